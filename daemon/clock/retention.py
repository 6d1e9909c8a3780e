"""What was kept long enough is erased: asked for by the calendar once a day, done a little at a time."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from config.lookup import ADMIN_SITE
from daemon.act import act
from daemon.log import get_logger
from daemon.shift import Shift, database_url
from daemon.store import StoreError, erasing, expired, letters_erased, remains, runs
from daemon.store.engine import database_file
from rules.erasing import BY_TIME, ERASE
from rules.keeping import RETENTION, kept, span
from rules.model import Action, Actor, Refused
from rules.sites import is_configured
from rules.transition import CLOSED_STATES

LOOK_SECONDS = 30.0
"""How often it is looked for runs that another daemon began and did not do."""
SLICE_SECONDS = 0.2
"""After this the worker's other rooms have their turn."""
REWRITTEN_AT_ONCE = 32 << 20
"""A database file up to so many bytes is written anew after a run: it takes about a second."""
CLEAR_SECONDS = 2.0
BY_CLOCK = Action(name=ERASE, actor=Actor("clock"), args={"why": BY_TIME})

Look = Callable[[Connection, int, datetime], tuple[list[int], int | None]]

log = get_logger(__name__)


class Retention:
    """One run at a time; where it stands is not kept: begun anew, it finds what is left."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._next_look = 0.0
        self._run: runs.Run | None = None
        self._work: Iterator[int] = iter(())
        self._erased = 0

    def wake(self) -> None:
        """A run was begun."""
        self._next_look = 0.0

    def step(self) -> bool:
        """Go on with a run for a while; whether there is one."""
        began = time.monotonic()
        if self._run is None and began < self._next_look:
            return False
        if self._run is None and not self._begin():
            self._next_look = began + LOOK_SECONDS
            return False
        try:
            for number in self._work:
                self._erased += number
                if time.monotonic() - began >= SLICE_SECONDS:
                    return True
        except StoreError:
            self._run = None  # it is begun anew when the database is there again
            raise
        self._finish()
        return True

    def _begin(self) -> bool:
        with self._shift.store.read() as connection:
            waiting = runs.waiting(connection, RETENTION)
        if not waiting:
            return False
        self._run, self._erased = waiting[0], 0
        scope = waiting[0].scope
        self._work = chain(self._mails() if scope == ADMIN_SITE else (), self._records(scope))
        return True

    def _finish(self) -> None:
        run, now = self._run, self._shift.clock.now()
        if run is None:
            return
        self._run = None
        self._shift.store.write(lambda c: runs.finish(c, run, now)).result()
        if self._erased:
            log.info("retention-done", scope=run.scope, day=run.day, erased=self._erased)
            self._clear()

    def _clear(self) -> None:
        """Remnants in a small file of SQLite go at once; of a large one `postroom person clear` sees to them."""
        url = database_url(self._shift.settings)
        file = database_file(url)
        if file is not None and file.stat().st_size <= REWRITTEN_AT_ONCE:
            remains.clear(url, CLEAR_SECONDS)

    def _records(self, site: str) -> Iterator[int]:
        """Erase closed records of a site; how many, after each."""
        if not is_configured(self._shift.settings, site):
            return
        now = self._shift.clock.now()
        before = {kind: now - length for kind, length in kept(self._shift.settings.postroom.retention).items()}
        for state in CLOSED_STATES:
            after: int | None = 0
            while after is not None:
                with self._shift.store.read() as connection:
                    found, after = expired.records(connection, site, state, after, before)
                yield 0
                for ref in found:
                    yield self._erase_record(ref, now)

    def _erase_record(self, ref: str, now: datetime) -> int:
        with self._shift.store.read() as connection:
            if expired.is_erased(connection, ref) or expired.is_needed(connection, ref):
                return 0
        try:
            act(self._shift.store, self._shift.settings, ref, BY_CLOCK, now)
        except (Refused, letters_erased.OnItsWay) as why:
            log.info("kept-longer", ref=ref, why=str(why))
            return 0
        return 1

    def _erase(self, erase: Callable[[Connection], object], **what: int) -> int:
        """One mail; somebody may have begun to read or send it again since it was looked for."""
        try:
            self._shift.store.write(erase).result()
        except letters_erased.OnItsWay as why:
            log.info("kept-longer", why=str(why), **what)
            return 0
        return 1

    def _mails(self) -> Iterator[int]:
        """Erase mails that opened nothing, and mails of our own that are about no single record; how many, so far."""
        now = self._shift.clock.now()
        retention = self._shift.settings.postroom.retention
        if (length := span(retention.mails)) is not None:
            for found in self._pages(expired.mails, now - length):
                for mail in found:
                    yield self._erase(partial(erasing.erase_mail, key=mail, action=BY_CLOCK, at=now), mail=mail)
                yield 0
        if (length := span(retention.reports)) is not None:
            for found in self._pages(expired.reports, now - length):
                for letter in found:
                    yield self._erase(partial(letters_erased.erase_letter, key=letter), letter=letter)
                yield 0

    def _pages(self, look: Look, before: datetime) -> Iterator[list[int]]:
        """What is found with each look, which may be nothing, up to the end."""
        after: int | None = 0
        while after is not None:
            with self._shift.store.read() as connection:
                found, after = look(connection, after, before)
            yield found
