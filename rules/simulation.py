"""A post room without database and daemon, run by a clock that jumps from event to event: what would go out when?

Mails come, steps of policies fall due, teams answer as they are said to, lists are written each day: by the functions
that the daemon runs, in the order of its rounds. Nothing here reads a clock or writes anything.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import msgspec

from config.lookup import team_address
from config.models import Settings, Site
from parsers.records import Reading
from rules.agenda import Bell
from rules.answering import TEXT_LIMIT
from rules.apply import apply
from rules.behaviour import Habit, answered_at, answers, habit_for
from rules.cases import Arrival, Persons, SimulatedCase, contacts_in
from rules.daybook import daybook_of
from rules.deadlines import falls_due
from rules.decide import decide_mail, readings_of
from rules.escalation import is_escalated
from rules.lifecycle import PASSIVE
from rules.model import Action, Actor, Context, Decision, Effects, Envelope, MailDecision, Record, Refused
from rules.opening import opening_of, thread_of
from rules.post import Post, Telling
from rules.reference import make
from rules.simulated_calendar import Calendar, next_ring
from rules.simulated_mail import Mail, mail_of

UNKNOWN = Context()
_DAY, _STEP, _POST, _ANSWER, _MAIL = range(5)
"""What comes first within a moment, as in a round of the worker."""


class Behaviour(NamedTuple):
    """What the teams do; the seed says to which requests."""

    habits: tuple[Habit, ...] = ()
    seed: int = 1


def simulate(
    settings: Settings, arrivals: Iterable[Arrival], begin: datetime, end: datetime, behaviour: Behaviour
) -> Iterator[Mail]:
    """Every mail that would go out, in the order of time.

    Args:
        settings: The settings to try.
        arrivals: Mails in the order of their times; taken as they are needed.
        begin: UTC; from when on lists are written, and sources can be silent.
        end: UTC; what would happen then or later does not.
        behaviour: Who sees to what.

    Raises:
        NeverOpens: A business clock is to run in hours that never come; `check` tells before.
    """
    return Room(settings, behaviour, begin).run(iter(arrivals), end)


class Room:
    """All that is known at a moment of the simulation."""

    def __init__(self, settings: Settings, behaviour: Behaviour, begin: datetime) -> None:
        self.settings = settings
        self._behaviour = behaviour
        self._events: list[tuple[datetime, int, int, int, Callable[[datetime], Iterable[Mail]]]] = []
        self._order, self._mails, self._records = count(), count(1), count(1)
        self._post = Post[SimulatedCase](settings.postroom.brakes)
        self._persons = Persons()
        self._seen = set[tuple[str, str]]()
        self._open: dict[str, dict[int, SimulatedCase]] = defaultdict(dict)
        self._calendar = Calendar(settings, begin, self._open)
        for bell in self._calendar.bells():
            self._await_bell(bell, begin)

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
                    yield mail_of(carried, posted)
            elif not events or events[0][0] >= end:
                return
            else:
                at, _, _, _, happen = heappop(events)
                if mails := happen(at):
                    yield from mails

    def _plan(self, at: datetime, rank: int, happen: Callable[[datetime], Iterable[Mail]]) -> None:
        heappush(self._events, (at, rank, 0, next(self._order), happen))

    def _await_bell(self, bell: Bell, now: datetime) -> None:
        self._plan(next_ring(bell, now), _DAY, partial(self._ring, bell))

    def _ring(self, bell: Bell, now: datetime) -> Iterator[Mail]:
        self._await_bell(bell, now)
        yield from self._calendar.ring(now)

    # What comes in.

    def _await(self, arrivals: Iterator[Arrival]) -> None:
        arrival = next(arrivals, None)
        if arrival is not None:
            self._plan(arrival.at, _MAIL, partial(self._come, arrival, arrivals))

    def _come(self, arrival: Arrival, arrivals: Iterator[Arrival], now: datetime) -> Iterable[Mail]:
        mails = self._take(arrival, now)
        self._await(arrivals)
        return mails

    def _take(self, arrival: Arrival, now: datetime) -> Iterable[Mail]:
        """A mail is decided on, with what its person has asked before; each request becomes or joins a record."""
        parsed, number = arrival.parsed, next(self._mails)
        envelope = Envelope(recipient=arrival.recipient, sender=arrival.sender, accepted_at=now)
        decision = decide_mail(parsed, envelope, self.settings, UNKNOWN, now)
        same = (decision.site, parsed.digest)
        if not decision.decisions or same in self._seen:
            return ()
        self._seen.add(same)
        speaks = decision.source is not None and decision.verified is not None
        mails = self._calendar.heard(str(decision.source), now) if speaks else ()
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
        return mails

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
            self._plan(at, _ANSWER, partial(self._answer, case, habit, site))

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

    def _pass(self, case: SimulatedCase, now: datetime) -> Iterable[Mail]:
        """A step's time is over; nothing happens where somebody saw to the record."""
        due = case.let_pass(now)
        if due is not None:
            self._act(case, falls_due(due), now)
        return ()

    def _await_step(self, case: SimulatedCase, at: datetime) -> None:
        """Look at the record when its next step is due; where that has changed by then, nothing is done."""
        happen: Callable[[datetime], Iterable[Mail]] = partial(self._pass, case)
        heappush(self._events, (at, _STEP, case.turn, next(self._order), happen))

    def _act(self, case: SimulatedCase, action: Action, now: datetime) -> None:
        if action.name not in PASSIVE:
            action = msgspec.structs.replace(action, standing=tuple(case.standing))
        try:
            after, effects = apply(case.record, action, self.settings, now)
        except Refused:
            if case.next_at is not None:
                self._await_step(case, case.next_at)
            return  # as in the daemon: the record stays as it is
        self._write(case, after, effects, action, now)

    def _write(self, case: SimulatedCase, after: Record, effects: Effects, action: Action, now: datetime) -> None:
        had = case.record.passed and is_escalated(case.record)
        case.become(after, effects, action, now)
        if had and not is_escalated(after):
            self._calendar.clear(case, case.course[-1])
        if effects.deadlines:
            case.turn = next(self._order)
        if case.next_at is not None:
            self._await_step(case, case.next_at)
        for notice in effects.notices:
            self._post.put(Telling(case, notice, now, after.revision))
        if after.category == "action" and case.is_open:
            self._open[after.site][case.number] = case
        else:
            self._open[after.site].pop(case.number, None)


def _who(arrival: Arrival, mail: MailDecision) -> Actor:
    return Actor("source", mail.source) if mail.source else Actor("customer", arrival.parsed.sender or arrival.sender)
