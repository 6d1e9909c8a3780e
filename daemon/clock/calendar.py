"""The calendar: asks for what is to be done at local times of sites, once each, whichever daemon is first.

A run is a row that names job, place and local day. The alarm clock says when to look, nothing else; so it is looked in
any case at the start, when the settings changed, when the clock was set or the machine slept, and every hour. After
days down the list of a day that has passed is not made up for, the weekly look at silent sources is, once.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.models import Settings
from daemon.clock.alarms import Alarms
from daemon.clock.ping import Ping
from daemon.log import get_logger
from daemon.shift import Shift
from daemon.store import runs, watched
from rules.agenda import QUIET, Due, bells, due

LONGEST = timedelta(hours=1)
"""After this it is looked at again in any case."""
LATE = timedelta(minutes=15)
"""A run that comes later than this was missed."""
JUMP_SECONDS = 5.0
"""The machine's clock and the time that has passed differ by more: it was set, or slept through."""
KEEP_HOURS = timedelta(days=2)
"""How long hourly runs are kept."""

REPEATS = 5

log = get_logger(__name__)


class Calendar:
    """Asks for the runs whose time has come."""

    def __init__(self, shift: Shift, wake: Callable[[], None], ping: Ping) -> None:
        self._shift = shift
        self._wake = wake
        self._ping = ping
        self.alarms = Alarms()
        self._settings: Settings | None = None
        self._rang = False
        self._looked_at = shift.clock.now()
        self._begun = time.monotonic()
        self._known: set[tuple[str, str, str]] = set()

    def step(self) -> None:
        """Ask for what is due; does nothing until there is a reason to look."""
        settings, now = self._shift.settings, self._shift.clock.now()
        is_new, jumped = settings is not self._settings, self._jumped(now)
        self._rang |= self.alarms.rang()  # until it was looked: the database may be away just now
        if not (self._rang or is_new or jumped or now - self._looked_at >= LONGEST):
            return
        if (is_new or jumped) and not self._shift.clock.is_test:
            self.alarms.set(bells(settings))
        if self._ask_for(list(due(settings, now)), now):
            self._wake()
        self._settings, self._looked_at, self._begun, self._rang = settings, now, time.monotonic(), False
        self._ping.daily(now)

    def close(self) -> None:
        """Look no more."""
        self.alarms.close()

    def _jumped(self, now: datetime) -> bool:
        """Whether our clock went otherwise than time; one that a test holds stands still until it is turned."""
        passed = timedelta(seconds=0 if self._shift.clock.is_test else time.monotonic() - self._begun)
        return abs((now - self._looked_at - passed).total_seconds()) > (
            0 if self._shift.clock.is_test else JUMP_SECONDS
        )

    def _ask_for(self, found: Iterable[Due], now: datetime) -> bool:
        """Begin those that nobody began; whether there were any."""
        found = list(found)
        unknown = [one for one in found if one[:3] not in self._known]
        begun = False
        for _ in range(REPEATS if unknown else 0):
            with self._shift.store.read() as connection:
                fresh = list(self._fresh(connection, unknown, now))
            try:
                begun = self._begin(fresh, now) or begun
            except IntegrityError:
                begun = True  # another daemon was faster with one of them
                continue
            self._known = {one[:3] for one in found}
            break
        return begun

    def _begin(self, fresh: Sequence[runs.Run], now: datetime) -> bool:
        if not fresh:
            return False
        old = (now - KEEP_HOURS).date().isoformat()

        def write(connection: Connection) -> int:
            for one in fresh:
                if one.job == QUIET:
                    runs.forget(connection, QUIET, one.scope, old)
            return runs.begin(connection, fresh, now)

        begun = self._shift.store.write(write).result()
        for job, number in Counter(one.job for one in fresh).items():
            log.info("runs-begun", job=job, count=number, missed=sum(one.missed for one in fresh if one.job == job))
        return begun > 0

    def _fresh(self, connection: Connection, unknown: Iterable[Due], now: datetime) -> Iterator[runs.Run]:
        zones = watched.since(connection, watched.ZONE)
        for one in unknown:
            run = runs.Run(one.job, one.scope, one.day)
            if runs.is_known(connection, run):
                continue
            if one.at is None:
                yield run
            elif one.scope in zones and zones[one.scope] <= one.at:  # else nobody was there to do it
                before = runs.latest(connection, one.job, one.scope) or zones[one.scope].date().isoformat()
                weeks = max(0, (date.fromisoformat(one.day) - date.fromisoformat(before)).days - 1) // 7
                yield runs.Run(one.job, one.scope, one.day, weeks + (now - one.at > LATE))
