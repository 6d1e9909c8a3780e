"""Time, and the seams for tests: a clock in a file, named crash points, mailboxes polled within seconds, stopped loops.

All are refused unless the configuration says `[test] enabled = true`.
"""

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

CLOCK = "POSTROOM_TEST_CLOCK"
CRASH = "POSTROOM_TEST_CRASH"
POLL = "POSTROOM_TEST_POLL"
FREEZE = "POSTROOM_TEST_FREEZE"
READ_EVERY_SECONDS = 0.05


class SeamRefused(Exception):  # noqa: N818
    """A test seam is set in the environment, but the configuration does not allow it."""


class Clock:
    """The time that due times and caps are compared with; leases and time-outs never use it."""

    def __init__(self) -> None:
        path = os.environ.get(CLOCK)
        self._file = Path(path) if path else None
        self._read_at = 0.0
        self._seen: tuple[int, int] | None = None
        self._time = datetime.now(UTC)

    @property
    def is_test(self) -> bool:
        """Whether the time stands in a file."""
        return self._file is not None

    def now(self) -> datetime:
        """The present time, aware, in UTC."""
        if self._file is None:
            return datetime.now(UTC)
        found = self._file.stat()
        seen = found.st_ino, found.st_mtime_ns
        # Whoever sets it and then sends a mail means the mail to come at that time; one file may be written twice
        # within a tick of the file system's clock.
        if seen != self._seen or time.monotonic() - self._read_at >= READ_EVERY_SECONDS:
            written = self._file.read_text().strip()
            if written:  # else it is being written
                self._time, self._seen = datetime.fromisoformat(written).astimezone(UTC), seen
                self._read_at = time.monotonic()
        return self._time


def wall_now() -> datetime:
    """The machine's time, aware, in UTC: for leases and logs."""
    return datetime.now(UTC)


def poll_seconds(configured: float) -> float:
    """How often a mailbox is looked at on a fresh connection: as configured, unless a test cannot wait for minutes."""
    return float(os.environ.get(POLL, configured))


def check_allowed(*, enabled: bool) -> None:
    """Refuse to start with a seam in the environment that the configuration does not allow.

    Raises:
        SeamRefused: A seam is set and `[test] enabled` is not true.
    """
    for name in (CLOCK, CRASH, POLL, FREEZE):
        if os.environ.get(name) and not enabled:
            raise SeamRefused(f"{name} is set, but postroom.toml does not say [test] enabled = true")


def crash_point(name: str, content: bytes = b"") -> None:
    """Die here, as by `kill -9`, if the environment names this point.

    `POSTROOM_TEST_CRASH=after-claim` dies at that point; `reader-parse@MARK` only where the content holds `MARK`;
    a leading `hang:` hangs instead, `eat:` takes memory until there is no more.
    """
    wanted = os.environ.get(CRASH)
    if not wanted:
        return
    way, _, named = wanted.rpartition(":")
    point, _, mark = named.partition("@")
    if point != name or (mark and mark.encode() not in content):
        return
    if way == "hang":
        signal.pause()
    if way == "eat":
        _eat()
    os.kill(os.getpid(), signal.SIGKILL)


def _eat() -> None:
    """Claim memory until MemoryError, as a mail does that unfolds without end; untouched, so that it is quick."""
    taken = []
    while True:
        taken.append(bytes(1 << 24))
