"""R14: three daemons on one PostgreSQL; killed and restarted, or stopped until others have taken over.

POSTROOM_FAULT_ROUNDS=100 (`make faults`) takes 5,000 mails instead of 500.
"""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.accounts import draw_up
from tests.peers.postgres import Postgres
from tests.support.client import Clients, lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

MAILS = 5000 if int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10")) >= 100 else 500
SEED = int(os.environ.get("POSTROOM_FAULT_SEED", "1"))
DAEMONS, DEATHS = 3, 4
EVERY_SECONDS = 2.0
RELAY_CONNECTIONS = 2
HINT_SECONDS = 1.0
"""The hint takes milliseconds; without it the other daemon would look after five seconds."""
ZOMBIE_SECONDS = 90


@pytest.fixture
def together(new_house: Houses, postgres: Postgres) -> Callable[..., Installation]:
    """Make daemons on one database."""
    database = postgres.new_database()
    return lambda **options: new_house(database=database, **options)


def _kill_one(houses: list[Installation], moments: random.Random) -> None:
    victim = moments.choice(houses)
    victim.kill_all()
    victim.start()


@pytest.mark.alone
@pytest.mark.peer
def test_daemons_that_die(together: Callable[..., Installation], sink: Sink, tell: Tell) -> None:
    houses = [together() for _ in range(DAEMONS)]
    moments = random.Random(SEED)  # noqa: S311 - moments
    clients = [Clients(house, 2) for house in houses]
    deaths, until = 0, time.monotonic() + 30 + MAILS / 10
    while deaths < DEATHS or sum(len(one.accepted) for one in clients) < MAILS:
        assert time.monotonic() < until, "too slow"
        began = time.monotonic()
        _kill_one(houses, moments)
        deaths += 1
        pause(max(0.0, began + EVERY_SECONDS - time.monotonic()))
    for one in clients:
        one.stop()
    houses[0].settle(240)
    books = draw_up(houses[0], sink, *clients, doubles_allowed=deaths * RELAY_CONNECTIONS)
    tell(
        f"{DAEMONS} daemons, {deaths} deaths: {books.accepted} accepted in {books.tries} tries, {books.records} "
        f"records, {books.told} told, {books.doubled} told twice; problems: {books.problems or 'none'}"
    )
    assert not books.problems
    checked = houses[0].postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
def test_a_worker_that_was_stopped_past_its_lease_changes_nothing(
    together: Callable[..., Installation], sink: Sink
) -> None:
    houses = [together() for _ in range(2)]
    clients = Clients(houses[0], 4)
    wait_until(lambda: len(clients.accepted) >= 30)
    zombie = houses[0].pid("worker")
    assert zombie
    os.kill(zombie, signal.SIGSTOP)
    try:
        wait_until(lambda: len(clients.accepted) >= 100, 60)
        clients.stop()
        houses[1].settle(ZOMBIE_SECONDS)  # what the stopped one has in hand is taken over
    finally:
        os.kill(zombie, signal.SIGCONT)
    send(houses[0], lead(new_key("after")))
    wait_until(lambda: houses[0].value("SELECT count(*) FROM message WHERE subject LIKE 'Anfrage after%'") == 1)
    houses[0].settle()
    books = draw_up(houses[0], sink, clients, doubles_allowed=RELAY_CONNECTIONS)
    assert [one for one in books.problems if "record twice" in one or "told by two" in one or "not told" in one] == []


@pytest.mark.alone
@pytest.mark.peer
def test_one_takes_and_another_works(together: Callable[..., Installation], sink: Sink) -> None:
    front, back = together(roles=("smtp",)), together(roles=("work",))
    assert back.port is None
    send(front, lead(first := new_key()))
    wait_until(lambda: sink.about(f"kunde-{first}@"), 20)
    front.settle()
    began = time.monotonic()
    send(front, lead(second := new_key()))
    wait_until(lambda: sink.about(f"kunde-{second}@"), 20)
    assert time.monotonic() - began < HINT_SECONDS
    assert front.pid("worker") is None
