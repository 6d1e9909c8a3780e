"""The outgoing half of a daemon by hand: an outbox, one sender that takes a step when told to, and a clock to move."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from config.load import load
from config.models import Settings
from daemon.outbox.admin import Admin
from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.relay import Outlet
from daemon.outbox.sender import Bell, Sender
from daemon.reader import Reader
from daemon.seams import CLOCK, Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import open_store, outgoing
from daemon.store.outgoing import Letter
from daemon.store.upgrade import prepare
from tests.support.daemon import Installation
from tests.support.waiting import pause, wait_until

BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DESK = "desk.berlin@leads.muster.example"

__all__ = ["BEGIN", "DESK", "Outgoing", "letter_to", "opened"]


def letter_to(recipient: str, *, number: int = 0, purpose: str = "new", text: str = "Hallo") -> Letter:
    """A letter from a desk."""
    own_id = f"<{purpose}.{number}.{recipient.replace('@', '.').encode().hex()[:80]}@postroom.muster.example>"
    mail = OutgoingMail(sender=DESK, to=recipient, subject=f"Number {number}", text=text, message_id=own_id, date=BEGIN)
    return Letter(
        dedupe=own_id,
        purpose=purpose,
        recipient=recipient,
        sender=DESK,
        subject=mail.subject,
        message_id=own_id,
        content=compose(mail),
    )


class Outgoing:
    """One sender and its outbox.

    Attributes:
        shift: With settings, store and clock.
    """

    def __init__(self, settings: Settings, clock: Path) -> None:
        self._clock = clock
        prepare(database_url(settings), data_directory(settings))
        self.shift = Shift(settings, open_store(database_url(settings)), Clock(), Reader({}), desk_keys(settings))
        self.outlet = Outlet(self.shift)
        self._sender = Sender(self.shift, Bell(), self.outlet, Admin(self.shift))

    def put(self, *letters: Letter) -> list[int]:
        """Into the outbox, in this order; their numbers."""
        now = self.shift.clock.now()

        def write(connection: Connection) -> list[int]:
            return [key for one in letters if (key := outgoing.put(connection, one, now)) is not None]

        return self.shift.store.write(write).result()

    def later(self, **span: float) -> None:
        """Move the clock."""
        then = self.shift.clock.now() + timedelta(**span)
        self._clock.write_text(then.isoformat())
        wait_until(lambda: self.shift.clock.now() == then, 5)

    def step(self) -> float:
        """One step of the sender; the seconds it wants to wait."""
        return self._sender.step()

    def work(self, seconds: float = 20) -> None:
        """Steps until nothing is due any more."""
        wait_until(self._is_done, seconds, "all that is due is tried")

    def try_once(self) -> None:
        """One step that is not put off because a relay was down a moment ago."""
        while (left := self.outlet.relays.wait()) > 0:
            pause(min(left, 0.05))
        self.step()
        self.step()  # the last mark is waited for

    def _is_done(self) -> bool:
        if self.step() == 0:
            return False
        with self.shift.store.read() as connection:
            due = outgoing.next_due(connection)
        return due is None or due > self.shift.clock.now()

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Rows of one query."""
        with self.shift.store.read() as connection:
            return list(connection.execute(text(sql), values))

    def state(self, number: int) -> Any:
        """State, attempts, reached_data and last_error of a letter."""
        (row,) = self.rows("SELECT state, attempts, reached_data, last_error FROM outbox WHERE id = :id", id=number)
        return row

    def close(self) -> None:
        """End it."""
        self.outlet.close()
        self.shift.reader.close()
        self.shift.store.close()


@contextmanager
def opened(directory: Path, monkeypatch: pytest.MonkeyPatch, relays: str, more: str = "") -> Iterator[Outgoing]:
    """An outgoing half with these `[[relay]]` tables, and more of postroom.toml behind them."""
    house = Installation(directory / "house", "maildir:unused")
    main = (house.directory / "postroom.toml").read_text("utf-8")
    before, _, after = main.partition("[[relay]]")
    house.write("postroom.toml", before + relays + "\n" + after[after.index("[limits]") :] + more)
    clock = directory / "clock"
    clock.write_text(BEGIN.isoformat())
    monkeypatch.setenv(CLOCK, str(clock))
    settings, problems = load(house.directory)
    assert settings is not None, problems
    half = Outgoing(settings, clock)
    try:
        yield half
    finally:
        half.close()
