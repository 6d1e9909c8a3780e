"""R16: three days down with 500 open records: each step once and in order, and few mails."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

RECORDS = 500
ODENSE, POTSDAM = "website.odense.b8n4@leads.muster.example", "desk.potsdam@leads.muster.example"
PLACES = (WEBSITE, WEBSITE, WEBSITE, ODENSE, POTSDAM)
STEPS = {
    "berlin": ["overdue", "escalate", "mail"],
    "odense": ["overdue", "escalate"],
    "potsdam": ["overdue", "escalate"],
}
TOLD = "('overdue', 'flagged', 'escalated', 'untouched', 'bundle')"


@pytest.fixture
def friday(new_house: Houses, tmp_path: Path) -> Turned:
    """A daemon on a Friday afternoon."""
    turned = Turned(new_house(started=False, limits={"connections_per_address": 400}), tmp_path / "clock")
    turned.set("2026-11-20T16:30")
    turned.house.start(turned.env)
    return turned


def fill(house: Installation, number: int) -> None:
    """So many requests, most of them of one site; two sites have one controller."""
    for n in range(number):
        send(house, lead(new_key()), PLACES[n % len(PLACES)])
    wait_until(lambda: house.value("SELECT count(*) FROM record") == number, 120, "the records")
    house.settle(120)


def by_clock(house: Installation) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """Of each record of each site, what the clock did, in order, and whether that was past."""
    rows = house.query(
        "SELECT record.ref, record.site, revision.action, revision.args FROM revision"
        " JOIN record ON record.id = revision.record WHERE actor_role = 'clock' ORDER BY revision.record, revision.n"
    )
    found: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for ref, site, action, args in rows:
        found.setdefault((ref, site), []).append((action, '"late":"outage"' in args))
    return found


def test_three_days_down(friday: Turned, sink: Sink, tell: Tell) -> None:
    house = friday.house
    fill(house, RECORDS)
    house.stop()
    friday.set("2026-11-24T09:02")
    before = len(sink.mails)
    house.start(friday.env)
    wait_until(lambda: house.value("SELECT count(*) FROM deadline WHERE fired_at IS NULL") == 0, 120, "all is passed")
    friday.turn("2026-11-24T09:20")

    done = by_clock(house)
    assert len(done) == RECORDS
    for (_, site), steps in done.items():
        assert [name for name, _ in steps] == STEPS[site]
        assert [late for _, late in steps] == [*[True] * (len(steps) - 1), False], "only the last of them is told"
    assert house.value("SELECT count(*) FROM deadline WHERE NOT late") == 0
    told = house.query(f"SELECT recipient, category, purpose, state FROM outbox WHERE purpose IN {TOLD}")  # noqa: S608
    mails = Counter((to, category) for to, category, *_ in told)
    assert set(mails.values()) == {1}, mails
    lists = house.value("SELECT count(*) FROM outbox WHERE purpose IN ('list', 'escalations')")
    assert {state for *_, state in told} == {"sent"}
    assert len(sink.mails) - before == len(told) + lists
    notices = house.value("SELECT count(*) FROM notice WHERE purpose IN ('flagged', 'escalated', 'untouched')")
    assert notices >= 2 * RECORDS, "the team and the controllers of each"
    tell(
        f"{RECORDS} records, {sum(map(len, done.values()))} steps, {notices} notices: {len(told)} mails, {lists} lists"
    )
    friday.is_in_order()


def test_down_at_night_tells_nobody_at_night(friday: Turned) -> None:
    house = friday.house
    fill(house, 20)
    house.stop()
    friday.set("2026-11-24T03:10")
    house.start(friday.env)
    wait_until(lambda: house.value("SELECT count(*) FROM deadline WHERE fired_at IS NULL") == 0, 60, "all is passed")
    friday.turn("2026-11-24T07:59")
    assert house.value(f"SELECT count(*) FROM outbox WHERE purpose IN {TOLD}") == 0  # noqa: S608
    friday.turn("2026-11-24T08:00")
    assert house.value(f"SELECT count(*) FROM outbox WHERE purpose IN {TOLD}") > 0  # noqa: S608
