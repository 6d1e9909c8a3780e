"""R7: PostgreSQL's primary is killed under load and its standby takes its place; or the standby goes away."""

import signal
import statistics
import time
from collections.abc import Iterator

import pytest

from tests.faults.accounts import draw_up
from tests.peers.postgres import Postgres
from tests.peers.replicas import Pair, replicas
from tests.support.client import Clients, lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

FAILOVERS = at_length(20)
UP_SECONDS = 2.0
P95_SECONDS = 10.0
RELAY_CONNECTIONS = 2
DAEMONS = 2


@pytest.fixture
def pair(postgres: Postgres) -> Iterator[Pair]:
    with replicas(postgres.programs) as pair:
        yield pair


def _fail_over(pair: Pair, clients: list[Clients]) -> float:
    """Seconds from the primary's death until each daemon takes mail again."""
    began = time.monotonic()
    pair.kill_primary()
    taken = [len(one.accepted) for one in clients]
    pair.promote()
    wait_until(
        lambda: all(len(one.accepted) > before for one, before in zip(clients, taken, strict=True)),
        60,
        "mail is taken again",
    )
    return time.monotonic() - began


@pytest.mark.alone
@pytest.mark.peer
def test_a_primary_that_dies_takes_nothing_with_it(new_house: Houses, sink: Sink, pair: Pair, tell: Tell) -> None:
    database = pair.new_database()
    houses: list[Installation] = [new_house(database=database) for _ in range(DAEMONS)]
    clients = [Clients(house, 2) for house in houses]
    back = []
    for n in range(FAILOVERS):
        pause(UP_SECONDS)
        back.append(_fail_over(pair, clients))
        if n + 1 < FAILOVERS:
            pair.rebuild_standby()
    for one in clients:
        one.stop()
    houses[0].settle(150)
    books = draw_up(houses[0], sink, *clients, doubles_allowed=FAILOVERS * DAEMONS * RELAY_CONNECTIONS)
    longest = statistics.quantiles(back, n=20)[-1] if len(back) > 1 else back[0]
    tell(
        f"R7: {FAILOVERS} primaries killed under load, their standbys promoted: {books.accepted} accepted in "
        f"{books.tries} tries, {books.records} records, {books.told} told, {books.doubled} told twice; each daemon "
        f"takes mail again after {longest:.2f} s (p95, from the kill); problems: {books.problems or 'none'}"
    )
    assert not books.problems
    assert books.accepted >= 10 * FAILOVERS
    assert longest <= P95_SECONDS
    checked = houses[0].postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
@pytest.mark.long
def test_without_its_standby_nothing_is_promised_and_nothing_lost(
    new_house: Houses, sink: Sink, pair: Pair, tell: Tell
) -> None:
    """A commit waits for the standby for as long as it takes; whoever sends is told to come again."""
    house = new_house(database=pair.new_database())
    send(house, lead(new_key()))
    pair.standby.signal(signal.SIGSTOP)
    clients = Clients(house, 3)
    wait_until(lambda: sum(clients.postponed.values()) >= 3, 90, "senders are told to come again")
    before = dict(clients.accepted)
    pair.standby.signal(signal.SIGCONT)
    wait_until(lambda: len(clients.accepted) >= 10, 60, "mail is taken again")
    clients.stop()
    house.settle(90)
    books = draw_up(house, sink, clients, doubles_allowed=0)
    tell(
        f"R7: while the standby was away {len(before)} mails were answered with 250, {dict(clients.postponed)} "
        f"postponed; then {books.accepted} accepted; problems: {books.problems or 'none'}"
    )
    assert before == {}
    assert not books.problems
    assert house.postroom("ledger").returncode == 0
