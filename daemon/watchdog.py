"""Answers systemd's watchdog for as long as the acceptor goes round and no worker of its stands still.

A thread of its own: whatever stands still, this one sees it. Where it is the acceptor's own loop nothing within can
help; systemd hears nothing more and starts the daemon anew.
"""

import contextlib
import threading
import time
from collections.abc import Callable

from daemon import pulse
from daemon.log import get_logger
from daemon.outbox.other_way import OtherWay
from daemon.processes import notify_systemd, watchdog_seconds
from daemon.pulse import LOOK_SECONDS

CANNOT_WRITE = ("caretaker", "writer")
"""While one of these stands still the admin cannot be told by mail."""

log = get_logger(__name__)


class Watchdog:
    """Looks each second."""

    def __init__(self, worker_goes_on: Callable[[], bool], command: Callable[[], tuple[str, ...]]) -> None:
        """Begin nothing yet.

        Args:
            worker_goes_on: Whether nothing of the worker stands still. One that cannot begin, as the database is away,
                is no reason to start the acceptor anew: that could not begin either, and would not even answer 451.
            command: The other way to the admin.
        """
        self._worker_goes_on = worker_goes_on
        self._command = command
        self._other_way = OtherWay()
        self._known: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def end(self) -> None:
        """Answer no more: the end has a limit of its own."""
        self._ended.set()
        self._thread.join(LOOK_SECONDS)

    def _run(self) -> None:
        every = watchdog_seconds()
        fed_at = 0.0
        while not self._ended.wait(LOOK_SECONDS):
            pulse.look()
            with contextlib.suppress(Exception):  # whatever it is: one that does not look feeds nobody
                still = self._standing_still()
                if every and not still and self._worker_goes_on() and time.monotonic() - fed_at >= every - LOOK_SECONDS:
                    notify_systemd("WATCHDOG=1")
                    fed_at = time.monotonic()

    def _standing_still(self) -> set[str]:
        """The acceptor's own loops that only a start anew can help."""
        healed = ("worker", "mailbox:")
        still = {one.loop for one in pulse.standing() if one.overdue and not one.loop.startswith(healed)}
        for loop in still - self._known:
            if loop in CANNOT_WRITE:
                log.error("loop-stands-still", loop=f"acceptor.{loop}", why="nobody can be told by mail")
                self._other_way.tell(self._command(), f"Postroom: acceptor.{loop} stands still, restart it")
        self._known = still
        return still
