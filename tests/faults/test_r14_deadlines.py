"""R14 for the clock: two daemons on one PostgreSQL, one of which dies again and again: each step happens once."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.postgres import Postgres
from tests.support.client import lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.turning import Turned
from tests.support.waiting import pause, wait_until

RECORDS = max(300, at_length(3333))
"""Of three steps each."""
DEATHS = 4


@pytest.fixture
def together(new_house: Houses, postgres: Postgres) -> Callable[..., Installation]:
    """Make daemons on one database."""
    database = postgres.new_database()
    return lambda **options: new_house(database=database, **options)


@pytest.mark.peer
def test_two_daemons_and_one_clock(together: Callable[..., Installation], tmp_path: Path, tell: Tell) -> None:
    houses = [together(started=False) for _ in range(2)]
    clock = Turned(houses[0], tmp_path / "clock")
    clock.set("2026-11-20T16:30")
    for house in houses:
        house.start(clock.env)
    for _ in range(RECORDS):
        send(houses[0], lead(new_key()))
    wait_until(lambda: houses[0].value("SELECT count(*) FROM record") == RECORDS, 120, "the records")
    houses[0].settle(120)
    moments = random.Random(1)  # noqa: S311 - moments
    clock.set("2026-11-24T09:02")
    for _ in range(DEATHS):
        pause(moments.uniform(0.05, 0.4))
        houses[1].kill("worker")
    began = time.monotonic()
    wait_until(lambda: houses[0].value("SELECT count(*) FROM deadline WHERE fired_at IS NULL") == 0, 90, "all passed")
    took = time.monotonic() - began
    steps = houses[0].value("SELECT count(*) FROM deadline")
    revisions = houses[0].query(
        "SELECT record, args::json->>'step', count(*) FROM revision WHERE actor_role = 'clock' GROUP BY 1, 2"
    )
    assert {times for *_, times in revisions} == {1}
    assert len(revisions) == steps == 3 * RECORDS
    order = houses[0].query(
        "SELECT count(*) FROM (SELECT string_agg(action, ' ' ORDER BY n) AS course FROM revision"
        " WHERE actor_role = 'clock' GROUP BY record) AS each WHERE course = 'overdue escalate mail'"
    )
    assert order == [(RECORDS,)]
    tell(f"R14: 2 daemons, {DEATHS} deaths: {steps} steps of {RECORDS} records, each once, within {took:.0f} s")
    clock.is_in_order()
