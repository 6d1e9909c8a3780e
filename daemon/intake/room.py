"""A reserve of disk that new mail may not use: what was accepted goes on when there is room for no more."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from daemon.log import get_logger
from daemon.pulse import Heart
from daemon.seams import wall_now
from daemon.store import StoreError

LOOK_SECONDS = 0.2
WATCH_SECONDS = 0.5
ROUND_SECONDS = 60.0
ENOUGH = 1.25
"""Times the reserve: an episode ends when so much is free. A level at which it began would end and begin it all day."""
MIB = 1 << 20

log = get_logger(__name__)


class NoRoom(Exception):  # noqa: N818
    """The disk is too full for new mail."""


class Episode(NamedTuple):
    """A time without room for new mail: why, and since when."""

    why: str
    since: datetime


class Room:
    """The file system of the data directory. Mail that was let in since the last look counts as if it were there.

    Used by several threads.

    Attributes:
        is_short: Whether an episode lasts: begun by less than the reserve, ended by clearly more.
        last: The last episode, however short it was.
    """

    def __init__(self, directory: Path, reserve: Callable[[], int]) -> None:
        """Watch a directory.

        Args:
            directory: Of the data.
            reserve: Gives the bytes that new mail must leave.

        Raises:
            OSError: There is no such directory.
        """
        self.is_short = False
        self.last: Episode | None = None
        self._lock = threading.Lock()
        self._directory = directory
        self._reserve = reserve
        self._look()

    @property
    def free(self) -> int:
        """Bytes that are free for us."""
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            with contextlib.suppress(OSError):  # writing will say what is wrong with it
                self._look()
        return self._free

    @property
    def reserve(self) -> int:
        """Bytes that new mail must leave."""
        return self._reserve()

    def has(self, size: int = 0) -> bool:
        """Whether a mail of so many bytes would leave the reserve."""
        return self.free - size >= self._reserve()

    def take(self, size: int) -> bool:
        """The same, and the mail is on its way to the disk if so."""
        if not self.has(size):
            return False
        self._free -= size
        return True

    def demand(self, size: int = 0) -> None:
        """Take room for so many bytes.

        Raises:
            NoRoom: There is none.
        """
        if not self.take(size):
            raise NoRoom(self.words)

    @property
    def words(self) -> str:
        """Why there is no room."""
        free, reserve = self.free / MIB, self._reserve() / MIB
        return f"the disk is too full for new mail: {free:.1f} MiB are free, [limits] reserve keeps {reserve:.1f} MiB"

    def _look(self) -> None:
        with self._lock:
            self._looked_at = time.monotonic()
            told, reserve = os.statvfs(self._directory), self._reserve()
            self._free = told.f_bavail * told.f_frsize
            if self._free >= ENOUGH * reserve:
                self.is_short = False
            elif self._free < reserve and not self.is_short:
                self.is_short, self.last = True, Episode(self.words, wall_now())


class RoomWatch:
    """Sees episodes begin and end, and tells of each beginning once."""

    def __init__(self, room: Room, tell: Callable[[str, datetime], None]) -> None:
        """Watch a room.

        Args:
            room: Which.
            tell: Writes to the admin why there is no room, and since when; may raise StoreError, and is asked again.
        """
        self._room = room
        self._tell = tell
        self._was_short = False
        self._seen: Episode | None = None
        self._untold: Episode | None = None

    async def run(self) -> None:
        """Look, for ever."""
        heart = Heart("room", ROUND_SECONDS)
        while True:
            heart.beat(WATCH_SECONDS)
            self._look()
            if self._untold is not None:
                with contextlib.suppress(StoreError):  # the disk is full to the last byte; the log knows already
                    await asyncio.to_thread(self._tell, self._untold.why, self._untold.since)
                    self._untold = None
            await asyncio.sleep(WATCH_SECONDS)

    def _look(self) -> None:
        room, free = self._room, self._room.free
        if room.last is not self._seen:
            log.error("disk-too-full", free=free, reserve=room.reserve)
            self._seen = self._untold = room.last
            self._was_short = True
        if self._was_short and not room.is_short:
            log.warning("disk-has-room", free=free, reserve=room.reserve)
            self._was_short = False
