"""R17: the clock is set forward and back, and the machine sleeps: no step twice, none lost, none late after it."""

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.client import lead, new_key, send
from tests.support.fixtures import Houses, Tell
from tests.support.turning import BERLIN, Turned
from tests.support.waiting import wait_until

LATEST_SECONDS = 60
MOST_GROWTH = 20 << 20
LEADS = 5
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)


class Jump(NamedTuple):
    """What the clock does at once."""

    name: str
    by: timedelta
    asleep: bool = False
    """All processes stand still meanwhile."""


JUMPS = (
    Jump("the time goes on", timedelta(minutes=20)),
    Jump("+2 h", timedelta(hours=2, minutes=55)),
    Jump("-2 h", timedelta(hours=-2)),
    Jump("the same 2 h again", timedelta(hours=2)),
    Jump("+1 day", timedelta(days=1)),
    Jump("asleep overnight", timedelta(hours=14), asleep=True),
    Jump("-1 day", timedelta(days=-1)),
    Jump("+10 years", timedelta(days=3653)),
    Jump("the time goes on", timedelta(days=3)),
)


@pytest.fixture
def monday(new_house: Houses, tmp_path: Path) -> Turned:
    """A daemon on a Monday."""
    turned = Turned(new_house(started=False), tmp_path / "clock")
    turned.set(f"{MONDAY:%Y-%m-%dT%H:%M}")
    turned.house.start(turned.env)
    return turned


def _memory(turned: Turned) -> int:
    pid = turned.house.pid("worker")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


def _jump(turned: Turned, to: datetime, *, asleep: bool) -> None:
    pids = [pid for role in ("acceptor", "worker", "reader") if (pid := turned.house.pid(role))] if asleep else []
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        turned.set(f"{to:%Y-%m-%dT%H:%M}")
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _fired(turned: Turned) -> set[tuple[int, str, int]]:
    """Steps that have happened, by record and cycle; each in its record's history once."""
    rows = turned.house.query("SELECT record, step, cycle FROM deadline WHERE fired_at IS NOT NULL")
    history = turned.house.value("SELECT count(*) FROM revision WHERE actor_role = 'clock'")
    assert history == len(rows), "each step is one revision"
    return {(record, step, cycle) for record, step, cycle in rows}


def _has(turned: Turned, records: int) -> bool:
    return bool(turned.house.value("SELECT count(*) FROM record") == records)


def _is_done(turned: Turned, now: datetime) -> bool:
    due = turned.house.value("SELECT count(*) FROM deadline WHERE fired_at IS NULL AND due_at <= ?", _text(now))
    return bool(due == 0)


def _text(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def test_a_clock_that_jumps(monday: Turned, tell: Tell) -> None:
    house, now = monday.house, MONDAY
    fired: set[tuple[int, str, int]] = set()
    lateness = {}
    memory = 0
    for jump in JUMPS:
        records = house.value("SELECT count(*) FROM record") + LEADS
        for _ in range(LEADS):
            send(house, lead(new_key()))
        wait_until(partial(_has, monday, records), 30, "the leads")
        now += jump.by
        _jump(monday, now, asleep=jump.asleep)
        began = time.monotonic()
        wait_until(partial(_is_done, monday, now), LATEST_SECONDS, f"all that is due after {jump.name}")
        lateness[jump.name] = time.monotonic() - began
        monday.look()
        before, fired = fired, _fired(monday)
        assert before <= fired, f"nothing that happened is undone: {jump.name}"
        early = house.query(
            "SELECT record, step, cycle FROM deadline WHERE fired_at IS NOT NULL AND due_at > ?", _text(now)
        )
        assert {tuple(row) for row in early} <= before, f"nothing happens before its time: {jump.name}"
        memory = memory or _memory(monday)
    grown = _memory(monday) - memory
    tell(
        f"{len(JUMPS)} jumps, {len(fired)} steps, each once; at most {max(lateness.values()):.1f} s after the jump;"
        f" worker grew by {grown / (1 << 20):.1f} MB"
    )
    assert len(fired) == house.value("SELECT count(*) FROM deadline WHERE fired_at IS NOT NULL")
    assert grown < MOST_GROWTH
    monday.is_in_order()
