"""A worker's state on the example group and an empty database, with a clock that a test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.init import initialise
from config.load import load
from config.models import Settings
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import open_store, watched
from daemon.store.upgrade import prepare
from rules.silence import watched_zones


class Hand(Clock):
    """Stands still until it is turned."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    @property
    def is_test(self) -> bool:
        """It is a test's."""
        return True

    def now(self) -> datetime:
        """What it was turned to."""
        return self.at


class Room:
    """What the calendar and the watchman work on."""

    def __init__(self, settings: Settings, at: datetime) -> None:
        self.clock = Hand(at)
        prepare(database_url(settings), data_directory(settings))
        self.store = open_store(database_url(settings))
        self.shift = Shift(settings, self.store, self.clock, Reader({}), desk_keys(settings))
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """As the worker takes settings over."""
        self.shift.settings = settings
        zones = watched_zones(settings)
        self.store.write(lambda c: watched.keep(c, settings.sources, zones, self.clock.at)).result()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Of the database."""
        with self.store.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def close(self) -> None:
        """Leave nothing behind."""
        self.shift.reader.close()
        self.store.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """From Monday, 2 November 2026."""
    initialise(tmp_path / "etc")
    settings, problems = load(tmp_path / "etc")
    assert settings is not None, problems
    one = Room(settings, datetime(2026, 11, 2, 9, tzinfo=UTC))
    yield one
    one.close()
