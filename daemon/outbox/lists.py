"""What the calendar has asked for is written and sent: lists of what is open, overviews of the settings."""

import time
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from daemon.log import get_logger
from daemon.outbox.controllers_list import escalation_letters
from daemon.outbox.settings_mail import settings_letters
from daemon.outbox.team_list import team_letters
from daemon.outbox.visits_list import visit_letters
from daemon.shift import Shift
from daemon.store import outgoing, runs
from daemon.store.outgoing import Letter
from rules.agenda import LIST, VISITS
from rules.controlling import ESCALATIONS, SETTINGS, Appointment, appointments

LOOK_SECONDS = 30.0
"""How often it is looked for runs that another daemon began and did not do."""
SLICE_SECONDS = 0.5
"""After this the worker's other rooms have their turn: a thousand sites have their lists at the same minute."""
FOR_TEAMS: Mapping[str, Callable[[Shift, runs.Run], list[Letter]]] = {LIST: team_letters, VISITS: visit_letters}
"""Job of the calendar -> who writes its letters to the teams of a site."""
FOR_CONTROLLERS: Mapping[str, Callable[[Shift, runs.Run, Appointment], list[Letter]]] = {
    ESCALATIONS: escalation_letters,
    SETTINGS: settings_letters,
}
"""Job of the calendar -> who writes its letters to a controller."""

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

    def step(self) -> bool:
        """Write what is asked for, for a while; whether there was anything."""
        began = time.monotonic()
        if began < self._next_look:
            return False
        self._next_look = began + LOOK_SECONDS
        with self._shift.store.read() as connection:
            found = [one for job in (*FOR_TEAMS, *FOR_CONTROLLERS) for one in runs.waiting(connection, job)]
        given = self._given() if any(one.job in FOR_CONTROLLERS for one in found) else {}
        for one in found:
            self._do(one, given.get((one.job, one.scope)))
            if time.monotonic() - began >= SLICE_SECONDS:
                self._next_look = 0.0
                break
        return bool(found)

    def _given(self) -> Mapping[tuple[str, str], Appointment]:
        """What runs for controllers are about, worked out once for all of them."""
        now = self._shift.clock.now()
        return {(one.job, one.scope): one for one in appointments(self._shift.settings, now)}

    def _do(self, one: runs.Run, wanted: Appointment | None) -> None:
        shift, now = self._shift, self._shift.clock.now()
        letters = self._letters(one, wanted)

        def write(connection: Connection) -> None:
            if runs.finish(connection, one, now):
                for letter in letters:
                    outgoing.put(connection, letter, now)

        shift.store.write(write).result()
        log.info("list-told", job=one.job, scope=one.scope, day=one.day, mails=len(letters))
        if letters:
            self._ring()

    def _letters(self, one: runs.Run, wanted: Appointment | None) -> list[Letter]:
        """Those of a run; none where its controller is none any more."""
        if one.job in FOR_TEAMS:
            return FOR_TEAMS[one.job](self._shift, one)
        return FOR_CONTROLLERS[one.job](self._shift, one, wanted) if wanted else []
