"""R14: three daemons on one PostgreSQL; killed and restarted, or stopped until others have taken over."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.faults.accounts import draw_up
from tests.peers.postgres import Postgres
from tests.support.client import Clients, lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

IS_LONG = at_length(100) == 100
MAILS = 10_000 if IS_LONG else 500
SEED = int(os.environ.get("POSTROOM_FAULT_SEED", "1"))
DAEMONS, DEATHS, STOPS = 3, 4, 1
STOP_SECONDS = (1.0, 40.0) if IS_LONG else (1.0, 3.0)
"""In the long set also past the lease of 30 s."""
EVERY_SECONDS = 2.0
RELAY_CONNECTIONS = 2
HINT_SECONDS = 1.0
"""The hint takes milliseconds; without it the other daemon would look after five seconds."""
ZOMBIE_SECONDS = 180


@pytest.fixture
def together(new_house: Houses, postgres: Postgres) -> Callable[..., Installation]:
    """Make daemons on one database."""
    database = postgres.new_database()
    return lambda **options: new_house(database=database, **options)


class Fate:
    """Kills a daemon and starts it again, or stops a worker and lets it go on, whichever the dice say."""

    def __init__(self, houses: list[Installation]) -> None:
        self._houses = houses
        self._dice = random.Random(SEED)  # noqa: S311 - moments
        self._stopped: dict[int, threading.Timer] = {}
        self.deaths = self.stops = 0

    def strike(self) -> None:
        """Once; who is stopped goes on when its time is over, whatever happens to others meanwhile."""
        victim = self._dice.choice(self._houses)
        worker = victim.pid("worker")
        if self._dice.random() < 0.3 and worker and worker not in self._stopped:
            os.kill(worker, signal.SIGSTOP)
            self._stopped[worker] = threading.Timer(self._dice.uniform(*STOP_SECONDS), _go_on, (worker,))
            self._stopped[worker].start()
            self.stops += 1
        else:
            victim.kill_all()
            victim.start()
            self.deaths += 1

    def end(self) -> None:
        """Whoever is stopped goes on."""
        for pid, timer in self._stopped.items():
            timer.cancel()
            timer.join()
            _go_on(pid)


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


@pytest.mark.alone
@pytest.mark.peer
def test_daemons_that_die_and_stop(together: Callable[..., Installation], sink: Sink, tell: Tell) -> None:
    houses = [together() for _ in range(DAEMONS)]
    fate = Fate(houses)
    clients = [Clients(house, 2 if IS_LONG else 1) for house in houses]
    until = time.monotonic() + 60 + MAILS / 10
    while fate.deaths < DEATHS or fate.stops < STOPS or sum(len(one.accepted) for one in clients) < MAILS:
        assert time.monotonic() < until, "too slow"
        began = time.monotonic()
        fate.strike()
        pause(max(0.0, began + EVERY_SECONDS - time.monotonic()))
    fate.end()
    for one in clients:
        one.stop()
    houses[0].settle(240)
    books = draw_up(houses[0], sink, *clients, doubles_allowed=(fate.deaths + fate.stops) * RELAY_CONNECTIONS)
    late = houses[0].value("SELECT count(*) FROM message WHERE fate = 'pending'")
    tell(
        f"R14: {DAEMONS} daemons, {fate.deaths} deaths, {fate.stops} stops: {books.accepted} accepted in {books.tries} "
        f"tries, {books.records} records, {books.told} told, {books.doubled} told twice, {late} left; problems: "
        f"{books.problems or 'none'}"
    )
    assert not books.problems
    assert late == 0
    checked = houses[0].postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
def test_a_worker_that_was_stopped_past_its_lease_changes_nothing(
    together: Callable[..., Installation], sink: Sink
) -> None:
    houses = [together() for _ in range(2)]
    clients = Clients(houses[0], 4)
    wait_until(lambda: len(clients.accepted) >= 30)
    zombie, acceptor = houses[0].pid("worker"), houses[0].pid("acceptor")
    assert zombie
    assert acceptor
    os.kill(zombie, signal.SIGSTOP)
    try:
        wait_until(lambda: len(clients.accepted) >= 100)
        clients.stop()
        os.kill(acceptor, signal.SIGSTOP)  # else it renews the worker, at about the time at which the lease ends
        houses[1].settle(ZOMBIE_SECONDS)  # what the stopped one has in hand is taken over
    finally:
        for pid in (zombie, acceptor):
            os.kill(pid, signal.SIGCONT)
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
