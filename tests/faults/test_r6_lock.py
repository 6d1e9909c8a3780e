"""Row R6: somebody else holds the database's lock: clients wait or are told to come back, none is refused for good."""

import sqlite3
from contextlib import closing

from tests.faults.accounts import draw_up
from tests.support.client import Clients
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

LOCKED_SECONDS = at_length(30)


def test_a_locked_database_refuses_nobody(new_house: Houses, sink: Sink, tell: Tell) -> None:
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
    tell(
        f"R6: locked for {LOCKED_SECONDS} s: {books.accepted} accepted in {books.tries} tries, {books.lost} of them "
        f"not stored, {clients.postponed.total()} times 4xx, {len(clients.refused)} times 5xx; problems: "
        f"{books.problems or 'none'}"
    )
    assert not books.problems
