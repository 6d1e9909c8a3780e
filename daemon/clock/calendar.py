"""The calendar: what is to be done once a day, by the local time of each site.

A run is a row that names job, site and local day: several daemons ask for it once, and after days down only that of
the present day is asked for. Times are worked out from the settings and the clock that tests can set, not by a
scheduler of its own, which would go by the machine's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from config.models import Settings
from daemon.log import get_logger
from daemon.shift import Shift
from daemon.store import runs
from rules import controlling
from rules.timing import list_day, next_list

LIST = "list"
"""What is open is told to each team."""
LONGEST = timedelta(hours=1)
"""After this it is looked at again in any case: clocks are set."""

log = get_logger(__name__)


class Calendar:
    """Asks for the runs whose time has come."""

    def __init__(self, shift: Shift, wake: Callable[[], None]) -> None:
        self._shift = shift
        self._wake = wake
        self._settings: Settings | None = None
        self._looked_at = self._next = shift.clock.now()

    def step(self) -> None:
        """Ask for what is due; does nothing until the next time that anything can be."""
        settings, now = self._shift.settings, self._shift.clock.now()
        if self._settings is settings and self._looked_at <= now < self._next:
            return
        due = [
            runs.today(LIST, site.id, day)
            for site in settings.sites.values()
            if (day := list_day(site, now)) is not None
        ]
        due += [runs.today(one.job, one.scope, day) for one, day in controlling.due(settings, now)]
        if due and self._begun(due, now):
            self._wake()
        coming = (next_list(site, now) for site in settings.sites.values())
        self._next = min([now + LONGEST, *filter(None, (*coming, controlling.next_due(settings, now)))])
        self._settings, self._looked_at = settings, now

    def _begun(self, due: list[runs.Run], now: datetime) -> bool:
        store = self._shift.store
        with store.read() as connection:
            fresh = [one for one in due if not runs.is_known(connection, one)]
        if not fresh:
            return False
        try:
            begun = store.write(lambda c: runs.begin(c, fresh, now)).result()
        except IntegrityError:
            return True  # another daemon was faster with one of them; the next look takes the rest
        log.info("runs-begun", jobs=sorted({one.job for one in fresh}), count=begun)
        return begun > 0
