"""`kill -9` at random moments under load: nothing accepted is lost, nothing is opened twice.

POSTROOM_FAULT_ROUNDS says how many kills of each process (10, and 100 by `make faults`); POSTROOM_FAULT_SEED chooses
the moments.
"""

import os
import random

import pytest

from tests.faults.accounts import draw_up
from tests.support.client import Clients
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import pause

ROUNDS = int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("POSTROOM_FAULT_SEED", "1"))
SHORTEST, LONGEST = 0.05, 0.6
RELAY_CONNECTIONS = 2
CLIENTS = 4


def _kill(house: Installation, who: str, last: int | None) -> int | None:
    match who:
        case "worker" | "reader":
            return house.kill(who, not_pid=last)
        case "acceptor":
            house.kill("acceptor")
        case _:
            house.kill_all()
    house.start()
    return None


@pytest.mark.parametrize("who", ["acceptor", "worker", "reader", "all"])
def test_kills(who: str, new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, moments = new_house(), random.Random(f"{who} {SEED}")  # noqa: S311 - moments
    clients = Clients(house, CLIENTS)
    last: int | None = None
    for _ in range(ROUNDS):
        pause(moments.uniform(SHORTEST, LONGEST))
        last = _kill(house, who, last)
    clients.stop()
    house.settle(120)
    books = draw_up(house, sink, clients, doubles_allowed=0 if who == "reader" else ROUNDS * RELAY_CONNECTIONS)
    tell(
        f"{ROUNDS} kills of {who}: {books.accepted} accepted in {books.tries} tries, {books.records} records, "
        f"{books.told} told, {books.doubled} told twice; problems: {books.problems or 'none'}"
    )
    assert not books.problems
    assert books.accepted >= ROUNDS
    checked = house.postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr
