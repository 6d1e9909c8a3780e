"""What the calendar has asked for is written and sent: lists of what is open, overviews of the settings."""

import time
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from daemon.log import get_logger
from daemon.outbox.controllers_list import escalation_letters
from daemon.outbox.settings_mail import settings_letters
from daemon.outbox.team_list import LIST, team_letters
from daemon.shift import Shift
from daemon.store import outgoing, runs
from daemon.store.outgoing import Letter
from rules.controlling import ESCALATIONS, SETTINGS

LOOK_SECONDS = 30.0
"""How often it is looked for runs that another daemon began and did not do."""
WRITES: Mapping[str, Callable[[Shift, runs.Run], list[Letter]]] = {
    LIST: team_letters,
    ESCALATIONS: escalation_letters,
    SETTINGS: settings_letters,
}
"""Job of the calendar -> who writes its letters."""

log = get_logger(__name__)


class Lists:
    """Does the runs."""

    def __init__(self, shift: Shift, ring: Callable[[], None]) -> None:
        self._shift = shift
        self._ring = ring
        self._next_look = 0.0

    def wake(self) -> None:
        """A run was begun."""
        self._next_look = 0.0

    def step(self) -> None:
        """Write what is asked for."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        with self._shift.store.read() as connection:
            found = [one for job in WRITES for one in runs.waiting(connection, job)]
        for one in found:
            self._do(one)

    def _do(self, one: runs.Run) -> None:
        shift, now = self._shift, self._shift.clock.now()
        letters = WRITES[one.job](shift, one)

        def write(connection: Connection) -> None:
            if runs.finish(connection, one, now):
                for letter in letters:
                    outgoing.put(connection, letter, now)

        shift.store.write(write).result()
        log.info("list-told", job=one.job, scope=one.scope, day=one.day, mails=len(letters))
        if letters:
            self._ring()
