"""Tests with a running daemon."""

from tests.support.fixtures import new_database, new_house, sink

__all__ = ["new_database", "new_house", "sink"]
