"""A simulated record with what the store keeps beside it: its deadlines as they stand, and its course."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from config.models import Settings
from parsers.records import Parsed
from rules.decide import readings_of
from rules.escalation import overdue_since
from rules.model import Action, Deadline, Done, Effects, Known, MailDecision, Record, Standing
from rules.post import Case
from rules.second import contacts_at, contacts_of_record, known
from rules.transition import OPEN_STATES

MOST_KNOWN = 20
"""Open records of a person that are looked at, the newest first; as in the daemon."""


class Arrival(NamedTuple):
    """A mail that comes."""

    at: datetime
    recipient: str
    parsed: Parsed
    sender: str = ""


class SimulatedCase(Case, eq=False):
    """A record, its deadlines, what happened to it, and the mail that opened it."""

    number: int
    arrival: Arrival
    standing: list[Standing] = msgspec.field(default_factory=list)
    course: list[Done] = msgspec.field(default_factory=list)
    next_at: datetime | None = None
    """When its next step is due, UTC."""
    turn: int = 0
    """When its deadlines were made: of those that are due at the same moment, older ones come first."""

    @property
    def is_open(self) -> bool:
        """Whether anybody has to see to it still."""
        return self.record.state in OPEN_STATES

    @property
    def due_at(self) -> datetime | None:
        """Since when it is overdue, else when its next step is due, UTC."""
        return (overdue_since(self.record) if self.record.passed else None) or self.next_at

    def deadlines(self) -> Iterator[Deadline]:
        """Those that are still to come, in order of time."""
        return (one.deadline for one in self.standing if one.is_open)

    def become(self, after: Record, effects: Effects, action: Action, now: datetime) -> None:
        """The record as an action leaves it: deadlines end, new ones are set."""
        if effects.ends_deadlines:
            every = effects.spares is None
            self.standing = [
                msgspec.structs.replace(one, is_open=False)
                if one.is_open and (every or _ends(one.deadline, effects))
                else one
                for one in self.standing
            ]
        if effects.deadlines:
            begun = bool(self.standing)
            self.standing += [Standing(deadline=one) for one in effects.deadlines]
            if begun:  # else they come in their order
                self.standing.sort(key=lambda one: one.deadline.due_at)
        self.course.append(Done(name=action.name, actor=action.actor, at=now))
        self.record = after
        if effects.ends_deadlines or effects.deadlines:
            self._look_ahead()

    def let_pass(self, now: datetime) -> Deadline | None:
        """Let the time of the next step be over that is due by now; None where something ended it before."""
        if self.next_at is None or self.next_at > now:
            return None
        place, one = next((place, one) for place, one in enumerate(self.standing) if one.is_open)
        self.standing[place] = msgspec.structs.replace(one, is_open=False, has_passed=True)
        self._look_ahead()
        return one.deadline

    def _look_ahead(self) -> None:
        for one in self.standing:
            if one.is_open:
                self.next_at = one.deadline.due_at
                return
        self.next_at = None


def _ends(deadline: Deadline, effects: Effects) -> bool:
    """As the daemon's tables: those that end by the action, or whose time stands still from now on."""
    return not deadline.until or effects.spares in deadline.until or deadline.step in effects.rests


class Persons:
    """By which contacts the persons of open records are known, at each site."""

    def __init__(self) -> None:
        self._cases: dict[tuple[str, str], list[SimulatedCase]] = {}

    def add(self, case: SimulatedCase) -> None:
        """A record was opened, or another request stands with it now."""
        for contact in contacts_of_record(case.record):
            cases = self._cases.setdefault((case.record.site, contact), [])
            if case not in cases:
                cases.append(case)

    def met(self, wanted: Iterable[tuple[str, str]]) -> list[tuple[SimulatedCase, Known]]:
        """The open records of these contacts of sites, the newest first."""
        asked = list(dict.fromkeys(wanted))
        heard = [each for each in asked if each in self._cases]
        if not heard:
            return []
        found: dict[int, SimulatedCase] = {}
        for each in heard:
            still = [case for case in self._cases[each] if case.is_open]
            self._cases[each] = still
            found |= {case.number: case for case in still[-MOST_KNOWN:]}
        newest = sorted(found.values(), key=lambda case: case.number, reverse=True)[:MOST_KNOWN]
        shared = ((case, [one for site, one in asked if site == case.record.site]) for case in newest)
        named = ((case, known(case.record, contacts)) for case, contacts in shared)
        return [(case, one) for case, one in named if one is not None]


def contacts_in(parsed: Parsed, decision: MailDecision, settings: Settings) -> list[tuple[str, str]]:
    """Whose requests a mail brings, by site; nobody asks the admin twice."""
    found = []
    for reading, decided in zip(readings_of(parsed), decision.decisions, strict=False):
        site = settings.sites.get(decided.site or decision.site)
        if site is not None and decided.ignored is None:
            found += [(site.id, one) for one in contacts_at(reading, site)]
    return found
