"""Handled in time: the share of requests that a person answered or decided on before their time was over.

What counts is data with a version; a figure names the one that it was counted by.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from rules.escalation import REMIND, WARN
from rules.model import ActorRole
from rules.shapes import Fact
from rules.transition import LINKED, SPAM

Verdict = Literal["in-time", "late", "open"]


class Definition(Fact, frozen=True, kw_only=True):
    """What `handled in time` means; a version that is out is never changed."""

    version: int
    step: str
    """Its due time is the limit: that of the request's first cycle."""
    never: frozenset[str]
    """Effects of steps that are no limit, where a policy has no step of that name: its first other step is the one."""
    handling: frozenset[str]
    """Actions that count."""
    by: frozenset[ActorRole]
    """Whose actions count: people of the house. What a program sends is no action of theirs."""
    no_request: frozenset[str]
    """States of what turned out to be no request, or none of its own: not counted."""
    became: str
    """Action by which an unsorted mail becomes another record, which is counted instead."""
    words: str


DEFINITIONS: Mapping[int, Definition] = {
    1: Definition(
        version=1,
        step="E1",
        never=frozenset({WARN, REMIND}),
        handling=frozenset({"reply", "send", "answered", "done"}),
        by=frozenset({"team", "command"}),
        no_request=frozenset({SPAM, LINKED}),
        became="read-as",
        words=(
            "before E1 was due (without an E1: before the first step that is no warning), counted from receipt by the "
            "clock of its policy, a person of the house answered the customer or closed the request; taking it or "
            "putting it off is not enough, mails of programs never count. Each request counts once, for the site and "
            "team that have it now: what is moved or comes back gets no second chance and is no second case. Spam, "
            "second requests, imported mails and requests without deadlines are not counted"
        ),
    ),
    2: Definition(
        version=2,
        step="E1",
        never=frozenset({WARN, REMIND}),
        handling=frozenset(
            {"reply", "send", "answered", "done", "offer", "schedule", "pre-book", "ask", "decline", "cancel"}
        ),
        by=frozenset({"team", "command"}),
        no_request=frozenset({SPAM, LINKED}),
        became="read-as",
        words=(
            "before E1 was due (without an E1: before the first step that is no warning), counted from receipt by the "
            "clock of its policy, a person of the house answered the customer or closed the request; of a workshop "
            "booking, offering, scheduling or pre-booking a time, asking him, declining and cancelling are answers, "
            "too; taking it or putting it off is not enough, mails of programs never count. Each request counts once, "
            "for the site and team that have it now: what is moved or comes back gets no second chance and is no "
            "second case. Spam, second requests, imported mails and requests without deadlines are not counted"
        ),
    ),
}
CURRENT = DEFINITIONS[max(DEFINITIONS)]


class Due(Fact, frozen=True):
    """A step of a request's first cycle."""

    step: str
    effect: str
    at: datetime


class Act(Fact, frozen=True):
    """A revision of a request: its number, what was done, by whom, when."""

    n: int
    name: str
    role: ActorRole
    at: datetime


class Case(Fact, frozen=True, kw_only=True):
    """A request as it is counted."""

    site: str
    team: str
    kind: str
    received_at: datetime
    due_at: datetime
    handled_at: datetime | None = None


class Figure(Fact, frozen=True, kw_only=True):
    """How many requests of a group were handled in time."""

    unit: str | None = None
    site: str | None = None
    team: str | None = None
    kind: str | None = None
    """What the group has in common; None: all."""
    received: int = 0
    in_time: int = 0
    late: int = 0
    """Handled late, or not yet and overdue."""
    open: int = 0
    """Not handled yet, and not overdue."""
    definition: int = CURRENT.version

    @property
    def share(self) -> float | None:
        """Of those whose time is over or who were handled, from 0 to 1; None where there are none."""
        judged = self.in_time + self.late
        return self.in_time / judged if judged else None


def limit(steps: Iterable[Due], by: Definition = CURRENT) -> datetime | None:
    """By when a request is to be handled, UTC; None where nothing says so."""
    known = list(steps)
    named = [one.at for one in known if one.step == by.step]
    return min(named or [one.at for one in known if one.effect not in by.never], default=None)


def handled_at(acts: Iterable[Act], undone: Iterable[int] = (), by: Definition = CURRENT) -> datetime | None:
    """When a person first saw to it, UTC; None where nobody did.

    Args:
        acts: The revisions of a request.
        undone: Numbers of those that were taken back.
        by: What counts.
    """
    void = frozenset(undone)
    counting = (one.at for one in acts if one.name in by.handling and one.role in by.by and one.n not in void)
    return min(counting, default=None)


def verdict(case: Case, now: datetime) -> Verdict:
    """How a request stands; at the very moment that it is due it is late."""
    if case.handled_at is not None:
        return "in-time" if case.handled_at < case.due_at else "late"
    return "late" if case.due_at <= now else "open"


def figures(
    cases: Sequence[Case], group: Callable[[Case], Iterable[Mapping[str, str]]], now: datetime
) -> tuple[Figure, ...]:
    """Count by groups, in the order of their names.

    Args:
        cases: What is counted.
        group: The groups that a case belongs to: fields of `Figure` with their values.
        now: UTC.
    """
    found: dict[tuple[tuple[str, str], ...], list[Verdict]] = {}
    for case in cases:
        for named in group(case):
            found.setdefault(tuple(sorted(named.items())), []).append(verdict(case, now))
    return tuple(_figure(dict(names), verdicts) for names, verdicts in sorted(found.items()))


def _figure(names: Mapping[str, str], verdicts: Sequence[Verdict]) -> Figure:
    return msgspec.structs.replace(
        Figure(received=len(verdicts)),
        in_time=verdicts.count("in-time"),
        late=verdicts.count("late"),
        open=verdicts.count("open"),
        **names,
    )
