"""Tests with a running daemon."""

from tests.peers.postgres import own_postgres
from tests.support.fixtures import new_database, new_house, sink

__all__ = ["new_database", "new_house", "own_postgres", "sink"]
