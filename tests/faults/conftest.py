"""Tests with a running daemon; at the end of each its books are looked over: row R27."""

from tests.peers.fixtures import mail_server
from tests.peers.postgres import own_postgres
from tests.support.audit import audit
from tests.support.fixtures import new_database, new_house, sink

__all__ = ["audit", "mail_server", "new_database", "new_house", "own_postgres", "sink"]
