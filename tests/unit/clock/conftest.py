"""A worker's state on the example group and an empty database, with a clock that a test turns."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from config.init import initialise
from config.load import load
from config.models import Settings
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import open_store, sources, watched
from daemon.store.chains import Accepted, Chain
from daemon.store.sources import Seen
from daemon.store.upgrade import prepare
from parsers.records import Shape
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

    def send(self, source: str, times: Sequence[datetime]) -> None:
        """Verified mails of a source that came then."""
        self.send_all([(source, at) for at in times])

    def send_all(self, sent: Sequence[tuple[str, datetime]]) -> None:
        """Verified mails of these sources."""
        mails = [Accepted(b"x", "a@b.example", "", "smtp", "192.0.2.1", at) for _, at in sent]
        ids = self.store.write(lambda c: Chain("test").append(c, mails)).result()
        seen = [Seen(key, source, at, Shape(structure="x")) for key, (source, at) in zip(ids, sent, strict=True)]
        self.store.write(lambda c: sources.keep(c, seen)).result()

    def texts(self, purpose: str) -> list[str]:
        """What a person reads in the mails of a purpose, oldest first."""
        query = "SELECT rendered.bytes FROM rendered JOIN outbox ON outbox.id = rendered.outbox"
        with self.store.read() as connection:
            found = connection.exec_driver_sql(f"{query} WHERE purpose = ? ORDER BY outbox.id", (purpose,))
            mails = [BytesParser(policy=policy.default).parsebytes(row[0]) for row in found]
        return [str(body.get_content()) for mail in mails if (body := mail.get_body(("plain",)))]

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
