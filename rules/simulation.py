"""A post room without database and daemon, run by a clock that jumps from event to event: what would go out when?

Mails come, steps of policies fall due, teams answer as they are said to, lists are written each day: by the functions
that the daemon runs, in the order of its rounds. Nothing here reads a clock or writes anything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush, nsmallest
from itertools import count
from typing import NamedTuple

import msgspec

from config.lookup import team_address
from config.models import Settings, Site
from parsers.records import Reading
from rules.answering import TEXT_LIMIT
from rules.apply import apply
from rules.behaviour import Habit, answered_at, answers, habit_for
from rules.bundling import rows_of
from rules.cases import Arrival, Persons, SimulatedCase, contacts_in
from rules.daybook import daybook_of
from rules.decide import decide_mail, readings_of
from rules.escalation import PURPOSES
from rules.lifecycle import PASSIVE
from rules.model import (
    Action,
    Actor,
    Context,
    Deadline,
    Decision,
    Done,
    Effects,
    Envelope,
    MailDecision,
    Notice,
    Record,
    Refused,
)
from rules.opening import opening_of, thread_of
from rules.openlist import BOOKING, Open, open_lists
from rules.post import Post, Telling, is_joint
from rules.reference import make
from rules.timing import list_day, next_list
from rules.visit_lists import MOVES, OpenVisit, next_visits, visit_lists, visits_day

CLOCK = Actor("clock")
UNKNOWN = Context()
MOST_OPEN = 1000
"""Records that one day's lists of a site are made of, those that are due first; as in the daemon."""
LAST = datetime.max.replace(tzinfo=UTC)
_DAY, _STEP, _POST, _ANSWER, _MAIL = range(5)
"""What comes first within a moment, as in a round of the worker."""


class Row(NamedTuple):
    """One of the records that a mail tells of."""

    record: Record
    notice: Notice | None = None
    due_at: datetime | None = None
    """Since when it is overdue, else when its next step is due, UTC."""
    arrival: Arrival | None = None
    """The mail that opened it."""
    part: str | None = None
    since: datetime | None = None
    """Of the workshop's list: which part of it, and since when it stands as it does, UTC."""


class Mail(NamedTuple):
    """A mail that would go out."""

    at: datetime
    site: str
    notice: Notice
    """Its purpose, reader and language; of a mail that tells of several things, those of the mail."""
    rows: tuple[Row, ...]
    joint: bool = False
    """Whether it tells of several things, or lists what is open."""
    deadlines: tuple[Deadline, ...] = ()
    """Of what the clock tells of one record: what is still to come."""
    course: tuple[Done, ...] = ()
    """And what made each of its revisions, oldest first."""
    later: int = 0
    """Of the workshop's list: visits that it does not name."""


class Behaviour(NamedTuple):
    """What the teams do; the seed says to which requests."""

    habits: tuple[Habit, ...] = ()
    seed: int = 1


class Daily(NamedTuple):
    """What is done at a site once a day, by its local time."""

    next_at: Callable[[Site, datetime], datetime | None]
    mails: Callable[["Room", Site, datetime], Iterable[Mail]]


def simulate(
    settings: Settings, arrivals: Iterable[Arrival], begin: datetime, end: datetime, behaviour: Behaviour
) -> Iterator[Mail]:
    """Every mail that would go out, in the order of time.

    Args:
        settings: The settings to try.
        arrivals: Mails in the order of their times; taken as they are needed.
        begin: UTC; from when on daily lists are written.
        end: UTC; what would happen then or later does not.
        behaviour: Who sees to what.

    Raises:
        NeverOpens: A business clock is to run in hours that never come; `check` tells before.
    """
    room = Room(settings, behaviour)
    for site in settings.sites.values():
        for job in DAILY:
            room.plan_day(job, site, begin)
    return room.run(iter(arrivals), end)


class Room:
    """All that is known at a moment of the simulation."""

    def __init__(self, settings: Settings, behaviour: Behaviour) -> None:
        self.settings = settings
        self._behaviour = behaviour
        self._events: list[tuple[datetime, int, int, Callable[[datetime], Iterable[Mail]]]] = []
        self._order, self._mails, self._records = count(), count(1), count(1)
        self._post = Post[SimulatedCase](settings.postroom.brakes)
        self._persons = Persons()
        self._seen = set[tuple[str, str]]()
        self._open: dict[str, dict[int, SimulatedCase]] = {}

    def run(self, arrivals: Iterator[Arrival], end: datetime) -> Iterator[Mail]:
        """Let everything happen, event by event."""
        self._await(arrivals)
        events, post = self._events, self._post
        while True:
            posted = post.next_due()
            if posted is not None and (not events or (posted, _POST) < events[0]):
                if posted >= end:
                    return
                for carried in post.take(posted):
                    yield _mail(carried, posted)
            elif not events or events[0][0] >= end:
                return
            else:
                at, _, _, happen = heappop(events)
                if mails := happen(at):
                    yield from mails

    def open_at(self, site: Site) -> Iterable[SimulatedCase]:
        """What asks for action and is not closed."""
        return self._open.get(site.id, {}).values()

    def plan_day(self, job: Daily, site: Site, now: datetime) -> None:
        """Wait for the next time that a site's daily job is due."""

        def do(then: datetime) -> Iterable[Mail]:
            self.plan_day(job, site, then)
            return job.mails(self, site, then)

        if (at := job.next_at(site, now)) is not None:
            self._plan(at, _DAY, do)

    def _plan(self, at: datetime, rank: int, happen: Callable[[datetime], Iterable[Mail]]) -> None:
        heappush(self._events, (at, rank, next(self._order), happen))

    # What comes in.

    def _await(self, arrivals: Iterator[Arrival]) -> None:
        def come(now: datetime) -> Iterable[Mail]:
            self._take(arrival, now)
            self._await(arrivals)
            return ()

        for arrival in arrivals:
            self._plan(arrival.at, _MAIL, come)
            return

    def _take(self, arrival: Arrival, now: datetime) -> None:
        """A mail is decided on, with what its person has asked before; each request becomes or joins a record."""
        parsed, number = arrival.parsed, next(self._mails)
        envelope = Envelope(recipient=arrival.recipient, sender=arrival.sender, accepted_at=now)
        decision = decide_mail(parsed, envelope, self.settings, UNKNOWN, now)
        same = (decision.site, parsed.digest)
        if decision.fate != "opened" or same in self._seen:
            return
        self._seen.add(same)
        met = self._persons.met(contacts_in(parsed, decision, self.settings))
        if met:
            context = Context(known=tuple(known for _, known in met))
            decision = decide_mail(parsed, envelope, self.settings, context, now)
        cases = {case.record.ref: case for case, _ in met}
        for reading, decided in zip(readings_of(parsed), decision.decisions, strict=False):
            if decided.again is not None:
                self._join(cases[decided.again], arrival, reading, decided, decision, number)
            elif decided.ignored is None:
                self._begin(arrival, reading, decided, decision, now)

    def _begin(self, arrival: Arrival, reading: Reading, decided: Decision, mail: MailDecision, now: datetime) -> None:
        number = next(self._records)
        thread = thread_of(arrival.parsed, mail.source)
        opening = opening_of(reading, decided, mail, make(decided.kind, number), now, thread)
        action = Action(name="open", actor=_who(arrival, mail), opening=opening)
        record, effects = apply(None, action, self.settings, now)
        case = SimulatedCase(record, number, arrival)
        self._write(case, record, effects, action, now)
        self._persons.add(case)
        site = self.settings.sites.get(record.site)
        habit = habit_for(self._behaviour.habits, self._behaviour.seed, number)
        if site is None or habit is None or record.category != "action":
            return
        at = answered_at(habit, daybook_of(site, record.team), now)
        if at is not None:
            self._plan(at, _ANSWER, lambda then: self._answer(case, habit, site, then))

    def _join(
        self,
        case: SimulatedCase,
        arrival: Arrival,
        reading: Reading,
        decided: Decision,
        mail: MailDecision,
        number: int,
    ) -> None:
        opening = opening_of(reading, decided, mail, case.record.ref, arrival.at)
        said = {"message": str(number), "text": (reading.comments or "")[:TEXT_LIMIT]}
        args = {name: value for name, value in said.items() if value}
        action = Action(name="join", actor=_who(arrival, mail), args=args, opening=opening)
        self._act(case, action, arrival.at)
        self._persons.add(case)

    # What happens to records.

    def _answer(self, case: SimulatedCase, habit: Habit, site: Site, now: datetime) -> Iterable[Mail]:
        if case.is_open:
            team, _ = team_address(self.settings, site, case.record.team or "")
            for action in answers(habit, case.record, site, team):
                self._act(case, action, now)
        return ()

    def _pass(self, case: SimulatedCase, due: Deadline, now: datetime) -> Iterable[Mail]:
        """A step's time is over; nothing happens where somebody saw to the record."""
        if case.pass_by(due):
            args = {
                "step": due.step,
                "cycle": str(due.cycle),
                "due": due.due_at.isoformat(),
                "deliver": due.deliver_at.isoformat(),
                "to": due.to,
            }
            self._act(case, Action(name=due.effect, actor=CLOCK, args=args), now)
        return ()

    def _act(self, case: SimulatedCase, action: Action, now: datetime) -> None:
        if action.name not in PASSIVE:
            action = msgspec.structs.replace(action, standing=tuple(case.standing))
        try:
            after, effects = apply(case.record, action, self.settings, now)
        except Refused:
            return  # as in the daemon: the record stays as it is
        self._write(case, after, effects, action, now)

    def _write(self, case: SimulatedCase, after: Record, effects: Effects, action: Action, now: datetime) -> None:
        case.become(after, effects, action, now)
        for due in effects.deadlines:
            self._plan(due.due_at, _STEP, lambda then, due=due: self._pass(case, due, then))  # type: ignore[misc]
        for notice in effects.notices:
            self._post.put(Telling(case, notice, now, after.revision))
        here = self._open.setdefault(after.site, {})
        if case.is_open and after.category == "action":
            here[case.number] = case
        else:
            here.pop(case.number, None)


def _who(arrival: Arrival, mail: MailDecision) -> Actor:
    return Actor("source", mail.source) if mail.source else Actor("customer", arrival.parsed.sender or arrival.sender)


def _mail(carried: tuple[Telling[SimulatedCase], ...], now: datetime) -> Mail:
    """What goes out, of its records as they are now."""
    first = carried[0]
    if not is_joint(carried):
        case = first.case
        row = Row(case.record, first.notice, case.due_at, case.arrival)
        plain = Mail(now, case.record.site, first.notice, (row,))
        if first.notice.purpose not in PURPOSES:
            return plain
        return plain._replace(deadlines=tuple(case.deadlines()), course=tuple(case.course))
    rows = []
    for one, told in rows_of(carried):
        notice = msgspec.structs.replace(told, at=one.happened_at)
        rows.append(Row(one.record, notice, one.case.due_at, one.case.arrival))
    purpose = "digest" if first.notice.way == "digest" else "bundle"
    notice = msgspec.structs.replace(first.notice, purpose=purpose, template=purpose)
    return Mail(now, first.record.site, notice, tuple(rows), True)


def _open_lists(room: Room, site: Site, now: datetime) -> Iterator[Mail]:
    """The morning's list of what is open, for each team."""
    day = list_day(site, now)
    if day is None:
        return
    first = nsmallest(MOST_OPEN, room.open_at(site), key=lambda one: (one.next_at or LAST, one.number))
    cases = {case.record.ref: case for case in first}
    found = [Open(record=case.record, due_at=case.due_at) for case in first]
    for each in open_lists(room.settings, site, found, day, now):
        told = Notice(
            purpose=LIST, to=each.to, team=each.team, template=LIST, language=site.language, at=now, because=""
        )
        rows = tuple(Row(one.record, None, one.due_at, cases[one.record.ref].arrival) for one in each.items)
        yield Mail(now, site.id, told, rows, True)


def _visit_lists(room: Room, site: Site, now: datetime) -> Iterator[Mail]:
    """The workshop's list of bookings and visits, for each team."""
    day = visits_day(site, now)
    if day is None:
        return
    cases = {one.record.ref: one for one in room.open_at(site) if one.record.kind == BOOKING}
    found = (OpenVisit(record=one.record, since=_since(one.course)) for one in list(cases.values())[:MOST_OPEN])
    for each in visit_lists(room.settings, site, found, day, now):
        told = Notice(purpose=VISITS, to=each.to, team=each.team, template=VISITS, language=site.language, at=now)
        rows = tuple(
            Row(one.record, None, None, cases[one.record.ref].arrival, part, one.since)
            for part, ones in each.parts.items()
            if part != "later"
            for one in ones
        )
        yield Mail(now, site.id, told, rows, True, later=len(each.parts["later"]))


def _since(course: Sequence[Done]) -> datetime | None:
    return next((one.at for one in reversed(course) if one.name in MOVES), None)


LIST, VISITS = "list", "visits"
DAILY = (Daily(next_list, _open_lists), Daily(next_visits, _visit_lists))
"""One for each daily job of a site."""
