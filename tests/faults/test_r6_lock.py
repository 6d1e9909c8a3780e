"""Somebody else holds the database's write lock: clients wait or are told to come back, none is refused for good."""

import os
import sqlite3
from contextlib import closing

from tests.faults.accounts import draw_up
from tests.support.client import Clients
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

LOCKED_SECONDS = 30 if int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10")) >= 100 else 4


def test_a_locked_database_refuses_nobody(new_house: Houses, sink: Sink) -> None:
    house = new_house()
    clients = Clients(house)
    wait_until(lambda: len(clients.accepted) > 10)
    with closing(sqlite3.connect(house.data / "postroom.db", isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        pause(LOCKED_SECONDS)
        other.execute("ROLLBACK")
    stored = len(clients.accepted)
    wait_until(lambda: len(clients.accepted) > stored + 10, 60, "it goes on")
    clients.stop()
    house.settle()
    books = draw_up(house, sink, clients, doubles_allowed=0)
    assert not books.problems
