"""The workshop's daily list: what waits for somebody (actions), and which visits are planned."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from config.lookup import team_address
from config.models import Settings, Site
from rules.daybook import DayBook, daybook_of
from rules.hours import LOOK_AHEAD
from rules.lifecycle import table_of
from rules.model import Record
from rules.openlist import BOOKING
from rules.timing import day_due, works
from rules.transition import ACTIONS, ARRIVED, ASKED, OFFERED, WAITING

MOVES = frozenset({name for (_, name), transition in table_of(BOOKING).items() if transition.to} | {"undo"})
"""Actions that give a booking another state: since the last of them it stands as it does."""
Part = Literal["past", "ours", "theirs", "today", "next", "later"]
PARTS: Mapping[Part, Literal["actions", "planned"]] = {
    "past": "planned",
    "ours": "actions",
    "theirs": "actions",
    "today": "planned",
    "next": "planned",
    "later": "planned",
}
"""The parts in their order, and of which list each is one; those of `later` are only counted."""
_CUSTOMERS = (OFFERED, ASKED)
"""States that wait for the customer's word."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class OpenVisit(msgspec.Struct, frozen=True, kw_only=True):
    """An open booking, and since when it stands as it does (UTC)."""

    record: Record
    since: datetime | None = None


class VisitList(msgspec.Struct, frozen=True, kw_only=True):
    """What one address is told: the bookings of all teams that it is the address of, part by part."""

    to: str
    team: str
    parts: Mapping[Part, tuple[OpenVisit, ...]]

    @property
    def is_worth_a_mail(self) -> bool:
        """Whether it tells of anything but visits of later days."""
        return any(found for part, found in self.parts.items() if part != "later")


def visits_day(site: Site, now: datetime) -> date | None:
    """The local day whose list is due at a site by now; None before its time, on days off, and where it is off."""
    return day_due(site, site.booking.list, now)


def visit_lists(
    settings: Settings, site: Site, found: Iterable[OpenVisit], day: date, now: datetime
) -> tuple[VisitList, ...]:
    """The lists of a site on a local day, one for each address of teams that work on it and have bookings.

    Args:
        settings: The settings in force.
        site: The site.
        found: Its open bookings.
        day: The local day.
        now: UTC.
    """
    lists: dict[str, tuple[str, str, dict[Part, list[OpenVisit]]]] = {}
    for one in found:
        team = one.record.team if one.record.team in site.teams else site.fallback
        book = daybook_of(site, team)
        if works(book, day):
            to, _ = team_address(settings, site, str(team))
            parts = lists.setdefault(to.casefold(), (to, str(team), {part: [] for part in PARTS}))[2]
            parts[part_of(one.record, book, day)].append(one)
    made = (
        VisitList(
            to=to,
            team=team,
            parts={part: tuple(sorted(ones, key=lambda one: _order(one, now))) for part, ones in parts.items()},
        )
        for to, team, parts in lists.values()
    )
    return tuple(one for one in made if one.is_worth_a_mail)


def part_of(record: Record, book: DayBook, day: date) -> Part:
    """Where an open booking stands, seen from a local day."""
    if record.state in ACTIONS:
        return "theirs" if record.state in _CUSTOMERS else "ours"
    visit = record.visit
    on = book.local(visit.starts_at).date() if visit and visit.starts_at else day
    if on < day:
        return "today" if record.state == ARRIVED else "past"  # whose car is in the workshop is not forgotten
    if on == day:
        return "today"
    return "next" if on <= _next_worked(book, day) else "later"


def _next_worked(book: DayBook, day: date) -> date:
    ahead = (day + timedelta(days=n) for n in range(1, LOOK_AHEAD))
    return next((each for each in ahead if works(book, each)), day + timedelta(days=1))


def _order(one: OpenVisit, now: datetime) -> tuple[bool, datetime, str]:
    """Planned visits by their time, others the longest waiting first; what was put off to a later time comes last."""
    record = one.record
    rests = record.state == WAITING and record.resubmit_at is not None and record.resubmit_at > now
    planned = record.visit.starts_at if record.visit and record.state not in ACTIONS else None
    waiting = one.since or record.received_at if record.state in ACTIONS else _NEVER
    return rests, planned or waiting, record.ref
