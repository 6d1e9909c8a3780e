"""R26: a million kept mails do not make the next one slower: by the plans of all that is asked, and by the clock.

By `make faults` with a million mails on both databases, for docs/reliability.md; else with 100,000 on SQLite.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from tests.bench import growth
from tests.bench.figures import number
from tests.bench.fill import OVERDUE
from tests.bench.growth import Measured
from tests.bench.room import Room
from tests.support.fixtures import ENGINES, ON_POSTGRESQL_ONLY, Tell

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
WHOLE = ("Seq Scan", "Index Scan", "Index Only Scan")
"""Steps of PostgreSQL that read all of a table or index, unless they have a condition for it."""
NEWEST = "SELECT record.id, record.data \nFROM record ORDER BY record.id DESC"
"""Reads a table from its end, and stops."""


@pytest.fixture(params=ENGINES)
def bench_room(request: pytest.FixtureRequest, database_of: Callable[[str], str]) -> Iterator[Room]:
    with ExitStack() as stack:
        yield growth.filled(stack, OVERDUE, database_of(request.param))


def _on_sqlite(connection: Connection, question: str, _: object) -> list[str]:
    """Steps of a plan that read all of a table that grows."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", (None,) * question.count("?"))
    steps = {row[3]: row[3].split() for row in plan}
    return [step for step, words in steps.items() if words[0] == "SCAN" and _is_whole(words[1], words[-1])]


def _on_postgresql(connection: Connection, question: str, values: Any) -> list[str]:
    """The same; in a small database, where it costs least to read a table as it lies, only if no other way is known."""
    connection.exec_driver_sql("SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off")
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {question}", values).scalar_one()
    return [
        f"{step['Node Type']} of {step['Relation Name']} by {step.get('Index Name')}"
        for step in _steps(plan[0]["Plan"])
        if step["Node Type"] in WHOLE and "Index Cond" not in step
        if _is_whole(step["Relation Name"], step.get("Index Name"))
    ]


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _steps(each)


def _is_whole(table: str, index: str | None) -> bool:
    return table in LARGE and index not in OPEN_ONLY


def test_nothing_reads_a_whole_table(bench_room: Room) -> None:
    asked = dict[str, Any]()

    def seen(_: object, __: object, question: str, values: Any, ___: object, ____: object) -> None:
        asked[question] = values[0] if isinstance(values, list) else values

    event.listen(Engine, "before_cursor_execute", seen)
    try:
        assert [what for what, _ in Measured(bench_room).turn(0)]
    finally:
        event.remove(Engine, "before_cursor_execute", seen)
    questions = [each for each in asked if each.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]
    assert len(questions) > 60
    whole = _on_postgresql if bench_room.shift.store.is_shared else _on_sqlite
    with bench_room.shift.store.read() as connection:
        found = {each: whole(connection, each, asked[each]) for each in questions if not each.startswith(NEWEST)}
    assert {each: steps for each, steps in found.items() if steps} == {}


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
