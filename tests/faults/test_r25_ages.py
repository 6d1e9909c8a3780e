"""R25: what waits too long is told once, and once that it is over; by any number of starts and daemons."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, ROOT, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.turning import BERLIN, Turned
from tests.support.waiting import wait_until

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
OTHERS = "loop:other:worker.rounds"
NO_WORKER = "import sys\nif 'daemon.worker' in sys.orig_argv: sys.exit(3)\n"


def _alarms(house: Installation) -> set[str]:
    return {one["what"] for one in house.status()["alarms"]}


def _turn_until(turned: Turned, now: list[datetime], wanted: set[str]) -> None:
    """Let the time go on, five minutes at each look, until these alarms stand."""

    def stands() -> bool:
        now[0] += timedelta(minutes=5)
        turned.set(f"{now[0]:%Y-%m-%dT%H:%M}")
        return {one for one in _alarms(turned.house) if not one.startswith("loop:")} == wanted

    wait_until(stands, 60, f"alarms: {wanted}")


def test_what_waits_is_told_once_and_so_is_its_end(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    turned, now = Turned(new_house(started=False), tmp_path / "clock"), [MONDAY]
    house = turned.house
    turned.set(f"{MONDAY:%Y-%m-%dT%H:%M}")
    house.start(turned.env)
    send(house, lead(new_key()))
    house.settle()
    assert _alarms(house) == set()
    for name, days in (("gone", 1), ("other", 0)):
        told = f"{MONDAY.astimezone(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S.000000}"
        house.alter("INSERT INTO alarm VALUES (?, ?, ?)", f"loop:{name}:worker.rounds", told, told)
    wait_until(lambda: _alarms(house) == {OTHERS}, 20, "what a daemon left that is no more is forgotten after a day")
    house.stop()

    (tmp_path / "sitecustomize.py").write_text(NO_WORKER)
    env = {**turned.env, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    house.begin(env)
    send(house, lead(new_key()))
    _turn_until(turned, now, {"unread"})
    _turn_until(turned, now, {"unread", "unsent", "unfired"})
    unread = house.status()
    assert unread["oldest_pending_seconds"] >= 600
    assert unread["oldest_unfired_seconds"] >= 900
    assert "postroom_alarms 4.0" in house.get("/metrics")[1]
    shown = house.postroom("status").stdout
    assert "unfired" in shown
    house.stop()
    house.begin(env)
    wait_until(lambda: _alarms(house) >= {"unread", "unsent", "unfired"}, 20, "a restart forgets nothing")
    house.stop()

    house.start(turned.env)
    house.settle()
    _turn_until(turned, now, set())
    house.settle()
    assert _alarms(house) == {OTHERS}, "whether a loop of another daemon goes on is not ours to say"
    subjects = [str(mail.parsed()["Subject"]) for mail in sink.to(ADMIN)]
    for what in ("accepted mail is not read", "outgoing mail is not sent", "steps of policies do not happen"):
        assert subjects.count(f"[Postroom] {what}") == 1, subjects
        assert subjects.count(f"[Postroom] over: {what}") == 1, subjects
