"""How a command that works through a whole database shows where it is: a line now and then, on standard error."""

import sys
import time

from daemon.cli.output import complain, size

EVERY_SECONDS = 5.0
ON_A_TERMINAL_SECONDS = 0.5


class Stages:
    """Told a name and how far it is: rows of a table, pages or bytes."""

    def __init__(self) -> None:
        self._every = ON_A_TERMINAL_SECONDS if sys.stderr.isatty() else EVERY_SECONDS
        self._last = time.monotonic()

    def __call__(self, name: str, done: int) -> None:
        """So far."""
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        complain(f"{size(done)} of the file" if name == "bytes" else f"{name}: {done:,}")
