"""The pulse of a process: each of its loops says that it goes on, and how long it may be silent now.

A loop that is about to wait says for how long; for what it does between two waits it has a limit of its own. One that
is overdue stands still: it hangs in a call that does not come back, or its thread has died.
"""

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from daemon.seams import FREEZE

AS_LONG_AS_IT_TAKES = math.inf
"""The wait of a loop that is woken when there is something to do; see `Heart.expect`."""
LOOK_SECONDS = 1.0
"""How often is looked at loops; see `look`."""
TEST_HASTE = 10
"""Limits are divided by this where a test makes loops stand still."""
_HELD_LOOK_SECONDS = 0.05


class Beating(NamedTuple):
    """How a loop stands.

    Attributes:
        loop: Its name.
        doing: What it said last that it does; empty where it does one thing only.
        overdue: Seconds past the time by which it should have been heard; 0 while all is well.
    """

    loop: str
    doing: str
    overdue: float


class Heart:
    """One loop of this process. Beaten by its own thread, looked at by others."""

    def __init__(self, loop: str, limit: float, within: float = 0.0) -> None:
        """Begin to count for a loop.

        Args:
            loop: Its name, of its own in this process.
            limit: Seconds that one round may take, whatever it waits for besides.
            within: Seconds that it waits first.
        """
        self.loop = loop
        self.doing = ""
        self._limit = limit / TEST_HASTE if FREEZE in os.environ else limit
        if not _hearts:
            look()  # else a stop between the start and the first look would be the loops' fault
        self._due = time.monotonic() + within + self._limit
        _hearts.add(self)

    def beat(self, within: float = 0.0, doing: str | None = None) -> None:
        """The loop goes on.

        Args:
            within: Seconds that it is about to wait, at most.
            doing: What it begins with; None for the same as before.
        """
        if doing is not None:
            self.doing = doing
        _stand_still_for_a_test(self)
        self._due = time.monotonic() + within + self._limit

    def expect(self) -> None:
        """Somebody has given it something to do while it may be waiting for just that: it must be heard of soon."""
        self._due = min(self._due, time.monotonic() + self._limit)

    def end(self) -> None:
        """The loop has ended as it should."""
        _hearts.discard(self)

    @property
    def overdue(self) -> float:
        """Seconds past the time by which it should have been heard."""
        return max(0.0, time.monotonic() - self._due)

    def forgive(self, seconds: float) -> None:
        """So long it could not say anything."""
        self._due += seconds


_hearts: set[Heart] = set()
"""One pulse a process, as there is one log."""
_own = threading.local()
_process = ["command"]


def begin(process: str) -> None:
    """Say which process this is: `acceptor` or `worker`; any other is a command."""
    _process[0] = process


@contextmanager
def beating(loop: str, limit: float) -> Iterator[Heart]:
    """The loop of the present thread, for `beat`. One that ends by an exception is missed from then on."""
    heart = Heart(loop, limit)
    _own.heart = heart
    yield heart
    heart.end()


def beat(within: float = 0.0, doing: str | None = None) -> None:
    """The loop of the present thread goes on, if it has one; see `Heart.beat`."""
    heart: Heart | None = getattr(_own, "heart", None)
    if heart is not None:
        heart.beat(within, doing)


def standing() -> list[Beating]:
    """How all loops of this process stand, by name."""
    return sorted(Beating(one.loop, one.doing, one.overdue) for one in list(_hearts))


def look() -> None:
    """Say before each look at `standing` that somebody looks: all who judge do so, each at least once a second.

    Where nobody did, the whole process stood still, with the machine or by a signal: that is no loop's fault, and
    whoever is the first to look forgives it, before anybody judges.
    """
    with _looking:
        seconds = _gap.seconds()
        for one in list(_hearts) if seconds else ():
            one.forgive(seconds)


class Gap:
    """Notices that whoever looks at hearts has been standing still itself."""

    def __init__(self, every: float) -> None:
        """Begin with the first look.

        Args:
            every: Seconds between two looks.
        """
        self._every = every
        self._looked_at = math.inf

    def seconds(self) -> float:
        """How much longer than meant the last look is ago, where that is too long for a busy machine; else 0."""
        now = time.monotonic()
        late, self._looked_at = now - self._looked_at - self._every, now
        return late if late > max(5.0, 2 * self._every) else 0.0


_gap = Gap(LOOK_SECONDS)
_looking = threading.Lock()


def _stand_still_for_a_test(heart: Heart) -> None:
    path = os.environ.get(FREEZE)
    names = {f"{_process[0]}.{heart.loop}", f"{_process[0]}.{heart.doing}"}
    while path and names & set(Path(path).read_text("utf-8").split()):
        time.sleep(_HELD_LOOK_SECONDS)
