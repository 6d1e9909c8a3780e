"""What the calendar asks for a thousand sites at the same minute is done in slices: mails that come in do not wait."""

from datetime import UTC, datetime

import pytest

from daemon.clock.calendar import Calendar
from daemon.clock.ping import Ping
from daemon.outbox import lists, watchman
from daemon.outbox.lists import Lists
from daemon.outbox.watchman import Watchman
from tests.unit.clock.conftest import Room

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def asked(room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Everything of a Friday morning is asked for; a slice has room for one of it."""
    monkeypatch.setattr(lists, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(watchman, "SLICE_SECONDS", 0.0)
    room.clock.at = FRIDAY
    calendar = Calendar(room.shift, lambda: None, Ping(room.shift))
    calendar.step()
    calendar.close()
    return room


def left(room: Room, *jobs: str) -> int:
    return len([job for (job,) in room.rows("SELECT job FROM run WHERE done_at IS NULL") if job in jobs])


def test_lists_are_written_in_slices(asked: Room) -> None:
    found, writer = left(asked, "list", "visits", "escalations", "settings"), Lists(asked.shift, lambda: None)
    assert found > 3
    for done in range(1, found + 1):
        assert writer.step(), "it says that it had something to do"
        assert left(asked, "list", "visits", "escalations", "settings") == found - done
    assert not writer.step()


def test_looks_at_sources_are_done_in_slices_and_tell_nobody_twice(asked: Room) -> None:
    looks, slices = Watchman(asked.shift, lambda: None, lambda _: None), 0
    while looks.step():
        slices += 1
        assert slices < 50
    assert slices > left(asked, "silent", "quiet")
    assert left(asked, "silent", "quiet") == 0
    told = asked.rows("SELECT recipient FROM outbox WHERE purpose = 'silent' ORDER BY recipient")
    assert told == [("controlling@muster.example",), ("kunde@importer.example",)]
    assert {times for (times,) in asked.rows("SELECT times FROM silent_source")} == {1}
