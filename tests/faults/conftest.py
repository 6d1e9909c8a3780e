"""Tests with a running daemon."""

from tests.peers.fixtures import mail_server
from tests.peers.postgres import own_postgres
from tests.support.fixtures import new_database, new_house, sink

__all__ = ["mail_server", "new_database", "new_house", "own_postgres", "sink"]
