"""Open deadlines: finding and claiming the next hundred must not depend on how many there are."""

import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from daemon.store import Store, deadlines, open_store
from daemon.store.upgrade import prepare
from parsers.records import Reading
from rules.model import Record
from tests.bench.figures import Figures, Goal, Section

NEXT = 100
STEPS = 2
"""Of each record."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SPREAD = timedelta(days=30)
CLAIM, LOOK = f"claim {NEXT} ms", "look ms"
RECORD = Record(
    ref="", kind="lead", site="berlin", team="sales", state="new", policy="standard", language="de",
    received_at=NOW, reading=Reading(kind="lead"),
)  # fmt: skip


def _fill(file: Path, number: int) -> None:
    """Records with two open steps each, half of them due; written past the daemon, which would take hours."""
    data = msgspec.json.encode(RECORD).decode()
    records = ((n, f"L-{n}", data) for n in range(number // STEPS))
    step = SPREAD / number
    due = (
        (n // STEPS, f"E{n % STEPS}", _text(NOW - SPREAD / 2 + step * ((n * 7919) % number)))  # in no order
        for n in range(number)
    )
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO record (id, ref, site, kind, state, team, category, revision, received_at, data)"
            " VALUES (?, ?, 'berlin', 'lead', 'new', 'sales', 'action', 1, '2026-11-20 09:00:00.000000', ?)",
            records,
        )
        connection.executemany(
            "INSERT INTO deadline (record, revision, step, cycle, due_at, deliver_at, effect, target, because)"
            " VALUES (?, 1, ?, 0, ?, '2026-11-20 09:00:00.000000', 'overdue', 'team', 'bench')",
            due,
        )


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _claim(store: Store, lease: str) -> float:
    """Milliseconds for the next hundred records, which are given back."""
    began = time.perf_counter()
    claimed = store.write(lambda c: deadlines.claim(c, now=NOW, lease=lease, limit=NEXT), sync=False).result()
    took = time.perf_counter() - began
    assert len(claimed) == NEXT

    for one in claimed:
        store.write(lambda c, back=one: deadlines.release(c, back), sync=False)  # type: ignore[misc]
    return took * 1000


def _look(store: Store) -> float:
    """Milliseconds for the question that each round of the worker asks, and for when to wake up."""
    began = time.perf_counter()
    with store.read() as connection:
        assert deadlines.is_due(connection, NOW)
        assert deadlines.next_due(connection) is not None
    return (time.perf_counter() - began) * 1000


def run(rounds: int, few: int, many: int) -> Section:
    """Measure both in turn, round by round.

    Args:
        rounds: Of ten claims each.
        few: Open deadlines to compare with.
        many: Open deadlines.
    """
    figures = Figures("open deadlines")
    names = {few: f"{few:,}", many: f"{many:,}"}
    with ExitStack() as stack:
        stores = {}
        for number in names:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{directory / 'postroom.db'}"
            prepare(url, directory)
            _fill(directory / "postroom.db", number)
            stores[number] = open_store(url)
            stack.callback(stores[number].close)
            _claim(stores[number], "warm")
        for turn in range(rounds * 10):
            for number, store in stores.items():
                figures.add(names[number], CLAIM, _claim(store, f"bench/{turn}"))
                figures.add(names[number], LOOK, _look(store))
    goals = [
        Goal(
            f"claiming {NEXT} of {names[many]} open deadlines against {names[few]}",
            lambda: figures.ratio(CLAIM, names[many], names[few]),
            "<=",
            2.0,
            1.3,
        )
    ]
    return Section(figures, goals)
