"""R26: a million kept mails do not make the next one slower: by the plans of all that is asked, and by the clock.

By `make faults` with a million mails on both databases, for docs/reliability.md; else with 100,000 on SQLite.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.bench import growth
from tests.bench.figures import number
from tests.bench.fill import OVERDUE
from tests.bench.growth import Measured
from tests.bench.room import Room
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Tell

LONG = int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10")) >= 100
FEW, MANY, ROUNDS = (10_000, 1_000_000, 15) if LONG else (10_000, 100_000, 9)
LARGE = (
    "message", "raw", "record", "revision", "message_record", "contact", "record_contact", "deadline", "outbox",
    "rendered", "notice",
)  # fmt: skip
OPEN_ONLY = (
    "ix_message_pending", "ix_message_quarantined", "ix_raw_unpacked", "ix_deadline_open", "ix_deadline_leased",
    "ix_outbox_due", "ix_outbox_unfinished", "ix_notice_open",
)  # fmt: skip
"""Indexes of what is not done with yet: few rows, however many are kept."""
NEWEST = "SELECT record.id, record.data \nFROM record ORDER BY record.id DESC\n LIMIT ? OFFSET ?"
"""Reads a table from its end, and stops."""


@pytest.fixture
def bench_room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as stack:
        yield growth.filled(stack, OVERDUE)


def _whole(step: str) -> bool:
    """Whether a step of SQLite's plan reads all of a table that grows."""
    words = step.split()
    return words[0] == "SCAN" and words[1] in LARGE and words[-1] not in OPEN_ONLY


def test_nothing_reads_a_whole_table(bench_room: Room) -> None:
    asked = set[str]()

    def seen(*args: Any) -> None:
        asked.add(args[2])

    event.listen(Engine, "before_cursor_execute", seen)
    try:
        assert [what for what, _ in Measured(bench_room).turn(0)]
    finally:
        event.remove(Engine, "before_cursor_execute", seen)
    questions = [each for each in asked if each.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]
    assert len(questions) > 60
    found = {}
    with bench_room.shift.store.read() as connection:
        for each in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", (None,) * each.count("?"))
            if each != NEWEST and (steps := [row[3] for row in plan if _whole(row[3])]):
                found[each] = steps
    assert found == {}


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["SQLite", ON_POSTGRESQL_ONLY] if LONG else ["SQLite"])
def test_a_year_more_costs_the_next_mail_nothing(engine: str, request: pytest.FixtureRequest, tell: Tell) -> None:
    new = request.getfixturevalue("postgres").new_database if engine != "SQLite" else lambda: "sqlite"
    section = growth.run(rounds=ROUNDS, few=FEW, many=MANY, databases={engine: new})
    figures = [f"{goal.what.partition(':')[0]} {number(goal.measure())}x" for goal in section.goals]
    tell(f"R26: growth on {engine} from {FEW:,} to {MANY:,} mails: {', '.join(figures)}")
    if LONG:
        growth.keep(section, f"scale-{engine.lower()}", engine, FEW, MANY)
    assert [goal.what for goal in section.goals if not goal.reached] == []
