"""R7: the connection to PostgreSQL is lost at every statement of every transaction, once before and once after it ran.

Taking in, claiming, deciding, writing, telling, sending, marking; deadlines and the calendar.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.faults.accounts import draw_up
from tests.peers.postgres import Postgres
from tests.peers.statement_cutter import Spot, StatementCutter
from tests.support.client import Clients
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

EVERY = 250 // at_length(100) if at_length(100) < 100 else 1
"""In short runs only one of so many places."""
MAILS = at_length(60)
"""So many mails and nothing new: there is no statement left."""
MOST_ROUNDS = 50
"""What some mails leave out on a quick machine, as nothing is cut for a moment after each cut, others ask."""
ON_ITS_WAY = (
    "INSERT INTO message",
    "INSERT INTO raw",
    "UPDATE message SET lease",
    "UPDATE message SET",
    "INSERT INTO record",
    "INSERT INTO revision",
    "INSERT INTO deadline",
    "INSERT INTO notice",
    "INSERT INTO outbox",
    "UPDATE outbox SET",
    "COMMIT",
)
BY_THE_CLOCK = (
    "UPDATE deadline SET",
    "INSERT INTO revision",
    "UPDATE record SET",
    "INSERT INTO run",
    "UPDATE run SET",
    "COMMIT",
)
"""What must be among what was written."""
ROUNDS = MOST_ROUNDS if EVERY == 1 else 1
MAILS_A_DAY = 3
FIRST_DAY = date(2026, 11, 23)
LEAST_DAYS = 5
"""Until the lists of Friday have gone out."""


@pytest.fixture
def cutter(postgres: Postgres) -> Iterator[StatementCutter]:
    cutter = StatementCutter(postgres.port, EVERY)
    yield cutter
    cutter.close()


def _house(new_house: Houses, postgres: Postgres, cutter: StatementCutter) -> Installation:
    """An installation whose daemon goes by the proxy, and whose tests do not."""
    direct = postgres.new_database()
    house = new_house(
        started=False, database=direct.replace(f":{postgres.port}/", f":{cutter.port}/") + "?sslmode=disable"
    )
    house.database = direct
    return house


def _kinds(spots: set[Spot]) -> str:
    """How many cuts there were in transactions of each kind, told by what they begin with."""
    counted = Counter(" ".join(spot.first.split()[:3]) for spot in spots)
    return ", ".join(f"{kind}: {times}" for kind, times in counted.most_common())


def _send(house: Installation, number: int) -> Clients:
    """Mails that are tried until they are taken."""
    clients = Clients(house, 2)
    wait_until(lambda: len(clients.accepted) >= number, 180, "mails are taken")
    clients.stop()
    return clients


def _figures(cutter: StatementCutter) -> str:
    lost = Counter(spot.lost for spot in cutter.spots)
    return (
        f"R7: connection lost at {len(cutter.spots)} of {cutter.known} places, {lost['question']} times before the "
        f"statement, {lost['answer']} after it; transactions that begin with {_kinds(cutter.spots)}"
    )


def _unseen(cutter: StatementCutter, wanted: Sequence[str]) -> list[str]:
    """Statements that nobody made, so that none was cut."""
    written = {spot.statement for spot in cutter.spots | cutter.passed if spot.program == "postroom writer"}
    return [words for words in wanted if not any(one.startswith(words) for one in written)]


@pytest.mark.slow
@pytest.mark.peer
def test_a_mail_on_its_way(
    new_house: Houses, sink: Sink, postgres: Postgres, cutter: StatementCutter, tell: Tell
) -> None:
    house = _house(new_house, postgres, cutter)
    house.start()
    cutter.is_cutting = True
    senders: list[Clients] = []
    known = -1
    while (len(senders) < ROUNDS and cutter.known > known) or (
        len(senders) < MOST_ROUNDS and _unseen(cutter, ON_ITS_WAY)
    ):
        known = cutter.known
        senders.append(_send(house, MAILS))
        house.settle(300)
    cutter.is_cutting = False
    books = draw_up(house, sink, *senders, doubles_allowed=0)
    tell(
        f"{_figures(cutter)}: {books.accepted} accepted in {books.tries} tries, {books.records} records, "
        f"{books.told} told, {books.doubled} told twice; problems: {books.problems or 'none'}"
    )
    assert not books.problems
    assert _unseen(cutter, ON_ITS_WAY) == []
    assert len(cutter.spots) >= cutter.known // cutter.every
    assert house.postroom("ledger").returncode == 0


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.long
def test_deadlines_and_the_calendar(
    new_house: Houses, sink: Sink, postgres: Postgres, cutter: StatementCutter, tmp_path: Path, tell: Tell
) -> None:
    house = _house(new_house, postgres, cutter)
    turned = Turned(house, tmp_path / "clock")
    day = FIRST_DAY
    turned.set(f"{day}T10:00")
    house.start(turned.env)
    known = -1
    while cutter.known > known or day < FIRST_DAY + timedelta(days=LEAST_DAYS):
        known = cutter.known
        cutter.is_cutting = False  # what a mail brings is the other test's
        _send(house, MAILS_A_DAY)
        house.settle()
        cutter.is_cutting = True
        turned.set(f"{day}T17:59")
        wait_until(turned.is_settled, 300, "all that was due is sent")
        day += timedelta(days=1)
        turned.set(f"{day}T10:00")
        wait_until(turned.is_settled, 300, "all that was due is sent")
    cutter.is_cutting = False
    turned.set(f"{day + timedelta(days=7)}T10:00")
    wait_until(turned.is_settled, 120, "all that was due is sent")
    fired = house.value("SELECT count(*) FROM deadline WHERE fired_at IS NOT NULL")
    times = house.query(
        "SELECT count(*), count(DISTINCT (record, args::json->>'step', args::json->>'cycle')) FROM revision"
        " WHERE actor_role = 'clock'"
    )
    wait_until(lambda: house.value("SELECT count(*) FROM run WHERE done_at IS NULL") == 0, 60, "all runs are done")
    runs = house.value("SELECT count(*) FROM run")
    doubled = sink.doubled()
    tell(
        f"{_figures(cutter)}: {fired} deadlines passed, {times[0][0]} steps, {runs} runs of the calendar, "
        f"{len(doubled)} mails told twice"
    )
    assert times == [(fired, fired)]
    assert _unseen(cutter, BY_THE_CLOCK) == []
    assert fired > 0
    assert runs > 0
    assert doubled == {}
    turned.is_in_order()
