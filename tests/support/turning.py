"""A daemon whose clock a test turns: what time does, minute by minute."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.support.client import send
from tests.support.daemon import Installation
from tests.support.waiting import wait_until

BERLIN = ZoneInfo("Europe/Berlin")
ADVERTISING = """\
From: Werbung <info@werbung.example>\r
To: desk.berlin@leads.muster.example\r
Subject: Katalog\r
Message-ID: <{number}@werbung.example>\r
Content-Type: text/plain; charset=utf-8\r
\r
Werbeartikel für Autohäuser, Nummer {number}\r
"""
"""What a rule of the example ignores."""


class Sent(NamedTuple):
    """A mail that was written: what it is about, to whom, how far it came."""

    purpose: str
    recipient: str
    state: str


class Turned:
    """An installation and the hand that turns its clock."""

    def __init__(self, house: Installation, clock: Path) -> None:
        self.house = house
        self.clock = clock
        self._looks = 0

    @property
    def env(self) -> dict[str, str]:
        """What lets a daemon go by that clock."""
        return {"POSTROOM_TEST_CLOCK": str(self.clock)}

    def set(self, local: str) -> None:
        """Set it, in the local time of Berlin; written whole, as the daemon reads it at any moment."""
        told = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(told.isoformat())
        fresh.rename(self.clock)

    def turn(self, local: str) -> None:
        """Set it, and see that what is due then has happened and is sent."""
        self.set(local)
        self.look()
        self.rest()

    def rest(self) -> None:
        """Wait until what came and what is due by this time is done and sent."""
        wait_until(self.is_settled, 60, "all that is due is sent")

    def look(self) -> None:
        """Let the worker go a whole round by this time: what was due before has happened then.

        A round may have begun by the time before; so one must have been seen to end by this one first.
        """
        while not self._round_by_this_time():
            pass
        self._round_by_this_time()

    def _round_by_this_time(self) -> bool:
        before, before_now = self._ignored(), self._ignored_now()
        self._looks += 1
        send(self.house, ADVERTISING.format(number=self._looks).encode(), "desk.berlin@leads.muster.example")
        wait_until(partial(self._has_ignored, before + 1), 30, "a round of the worker")
        return self._ignored_now() > before_now

    def _now(self) -> str:
        return f"{datetime.fromisoformat(self.clock.read_text()).astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"

    def is_settled(self) -> bool:
        """Whether all that is due by this time has happened and is sent."""
        return not self.house.value(
            "SELECT (SELECT count(*) FROM message WHERE fate = 'pending') + (SELECT count(*) FROM outbox"
            " WHERE state IN ('waiting', 'sending', 'unknown') AND next_try_at <= ?) + (SELECT count(*) FROM notice"
            " WHERE outbox IS NULL AND withdrawn_at IS NULL AND at <= ? AND coalesce(held_until, at) <= ?) + ("
            "SELECT count(*) FROM deadline WHERE fired_at IS NULL AND ended_at IS NULL AND due_at <= ?)",
            *[self._now()] * 4,
        )

    def _has_ignored(self, number: int) -> bool:
        return self._ignored() >= number

    def _ignored(self) -> int:
        return int(self.house.value("SELECT count(*) FROM message WHERE fate = 'ignored'"))

    def _ignored_now(self) -> int:
        return int(self.house.value("SELECT count(*) FROM message WHERE fate = 'ignored' AND fate_at = ?", self._now()))

    def told(self, *purposes: str) -> list[Sent]:
        """The mails of these purposes, oldest first."""
        rows = self.house.query("SELECT purpose, recipient, state FROM outbox ORDER BY id")
        return [Sent(*row) for row in rows if row[0] in purposes]

    def passed(self, ref: str) -> list[str]:
        """The steps of a record that have happened, in their order, as its history has them."""
        rows = self.house.query(
            "SELECT revision.action FROM revision JOIN record ON record.id = revision.record"
            " WHERE record.ref = ? AND revision.actor_role = 'clock' ORDER BY revision.n",
            ref,
        )
        return [name for (name,) in rows]

    def steps(self, ref: str) -> dict[str, tuple[bool, bool]]:
        """Of each step of a record: whether it has fired, and whether it has ended without."""
        rows = self.house.query(
            "SELECT step, fired_at IS NOT NULL, ended_at IS NOT NULL FROM deadline"
            " JOIN record ON record.id = deadline.record WHERE record.ref = ? ORDER BY deadline.id",
            ref,
        )
        return {step: (bool(fired), bool(ended)) for step, fired, ended in rows}

    def is_in_order(self) -> None:
        """The ledger finds nothing."""
        found = self.house.postroom("ledger")
        assert found.returncode == 0, found.stdout + found.stderr
