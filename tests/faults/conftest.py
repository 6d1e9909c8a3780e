"""Tests with a running daemon."""

from tests.support.fixtures import new_house, sink

__all__ = ["new_house", "sink"]
