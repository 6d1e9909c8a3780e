"""The alarm clock of the calendar: rings at local times, and knows nothing of what is to be done then.

APScheduler with jobs in memory only, so that it is no second truth: what was done stands in table `run`, what is due is
worked out by `rules.agenda`. A ring that comes twice, at a wrong hour or not at all does no harm but a late look.
"""

import contextlib
import socket
from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING

from daemon.pulse import Heart
from rules.agenda import Bell

if TYPE_CHECKING:  # it takes a while to load, and a clock that a test turns needs no alarms
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

# By default a job that is a second late is dropped.
TICK_SECONDS = 20
ROUND_SECONDS = 60.0
JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


class Alarms:
    """Bells at local times; whoever waits at the socket hears them. Without any set, no thread runs."""

    def __init__(self) -> None:
        self._hearing, self._ringing = socket.socketpair()
        self._hearing.setblocking(False)
        self._ringing.setblocking(False)
        self._scheduler: BackgroundScheduler | None = None
        self._heart: Heart | None = None

    @property
    def socket(self) -> socket.socket:
        """Readable once a bell has rung."""
        return self._hearing

    def set(self, bells: Iterable[Bell]) -> None:
        """These from now on; also after the machine's clock was set, as what sleeps has reckoned with the old one."""
        if self._scheduler is None:
            from apscheduler.schedulers.background import BackgroundScheduler

            self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=JOB_DEFAULTS, daemon=True)
            self._scheduler.start()
            self._heart = Heart("bells", ROUND_SECONDS, TICK_SECONDS)
        self._scheduler.remove_all_jobs()
        self._scheduler.add_job(self._tick, "interval", seconds=TICK_SECONDS)
        for bell in bells:
            self._scheduler.add_job(self.ring, trigger_of(bell))

    def ring(self) -> None:
        """From the scheduler's thread."""
        with contextlib.suppress(OSError):  # it rings already, or nobody is there any more
            self._ringing.send(b"!")

    def _tick(self) -> None:
        """From the scheduler's thread: it still counts the time."""
        if self._heart is not None:
            self._heart.beat(TICK_SECONDS)

    def rang(self) -> bool:
        """Whether a bell has rung since the last question."""
        try:
            return bool(self._hearing.recv(4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """No more bells."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        if self._heart is not None:
            self._heart.end()
        self._hearing.close()
        self._ringing.close()


def trigger_of(bell: Bell) -> "CronTrigger":
    """When it rings, by the clock of its zone."""
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger(
        day_of_week=bell.weekday or "*",
        hour="*" if bell.hour is None else bell.hour,
        minute=bell.minute,
        timezone=bell.zone,
    )
