"""Tests with a running daemon."""

from tests.peers.fixtures import mail_server
from tests.support.fixtures import new_house, sink

__all__ = ["mail_server", "new_house", "sink"]
