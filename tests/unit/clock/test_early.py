"""Early silence through calendar and watchman: told the same day, once, and cleared; by what the database keeps."""

import random
from datetime import UTC, datetime, timedelta

from daemon.clock.calendar import Calendar
from daemon.clock.ping import Ping
from daemon.outbox.watchman import Watchman
from daemon.store import sources
from tests.unit.clock.conftest import Room

SOURCE = "website-berlin"
DIES = datetime(2026, 11, 18, 15, tzinfo=UTC)
"""A Wednesday."""


def a_busy_half_year() -> list[datetime]:
    """Twelve mails a working day, three on others, until the source dies."""
    chance, day, times = random.Random(4), DIES - timedelta(days=182), []  # noqa: S311 - no secret
    while day < DIES:
        number = 12 if day.weekday() < 5 else 3
        times += [day.replace(hour=7) + timedelta(hours=11 * chance.random()) for _ in range(number)]
        day += timedelta(days=1)
    return sorted(at for at in times if at < DIES)


def test_a_busy_source_that_dies_is_told_within_days_and_once(room: Room) -> None:
    settings = room.shift.settings
    only = {SOURCE: settings.sources[SOURCE]}
    room.clock.at = datetime(2026, 5, 1, tzinfo=UTC)
    room.use(settings.model_copy(update={"sources": {}}))  # what was seen in November is forgotten
    room.use(settings.model_copy(update={"sources": only}))
    times = a_busy_half_year()
    room.send(SOURCE, times)
    assert room.store.write(lambda c: sources.prune(c, SOURCE)).result() == len(times) - sources.KEEP
    watchman = Watchman(room.shift, lambda: None, lambda _: None)
    calendar = Calendar(room.shift, watchman.wake, Ping(room.shift))

    def told() -> list[tuple[object, ...]]:
        return room.rows("SELECT purpose, recipient, created_at FROM outbox WHERE purpose IN ('early', 'speaks')")

    room.clock.at = DIES
    while room.clock.at < DIES + timedelta(days=8):
        calendar.step()
        watchman.wake()
        watchman.step()
        room.clock.at += timedelta(hours=1)
    ((purpose, to, at),) = told()
    assert (purpose, to) == ("early", "controlling@muster.example")
    assert datetime.fromisoformat(str(at)).replace(tzinfo=UTC) <= DIES + timedelta(days=2)
    (text,) = room.texts("early")
    assert "Grenze: 7 Tage" in text, "the one of Fridays, which it says is not reached yet"
    room.send(SOURCE, [room.clock.at])
    watchman.wake()
    watchman.step()
    watchman.wake()
    watchman.step()
    assert [purpose for purpose, _, _ in told()] == ["early", "speaks"]
    calendar.close()
