"""The daily list of what is open: which records stand in whose list, overdue first."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from config.lookup import team_address
from config.models import Settings, Site
from rules.daybook import daybook_of
from rules.model import Record
from rules.timing import works
from rules.transition import WAITING

BOOKING = "booking"


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An open record, and since when it is overdue, else when its next step is due (UTC)."""

    record: Record
    due_at: datetime | None = None


class OpenList(msgspec.Struct, frozen=True, kw_only=True):
    """What one address is told, for all teams that it is the address of."""

    to: str
    team: str
    items: tuple[Open, ...]


def open_lists(settings: Settings, site: Site, found: Iterable[Open], day: date, now: datetime) -> tuple[OpenList, ...]:
    """The lists of a site on a local day: one for each address of teams that work on it and have something open.

    What waits for a later day is left out: somebody said so. So are bookings, where they have a list of their own.
    """
    lists: dict[str, tuple[str, str, list[Open]]] = {}
    for one in found:
        team = one.record.team if one.record.team in site.teams else site.fallback
        book = daybook_of(site, team)
        until = one.record.resubmit_at
        later = one.record.state == WAITING and until is not None and book.local(until).date() > day
        if not works(book, day) or later or (one.record.kind == BOOKING and site.booking.list != "off"):
            continue
        to, _ = team_address(settings, site, str(team))
        lists.setdefault(to.casefold(), (to, str(team), []))[2].append(one)
    return tuple(
        OpenList(to=to, team=team, items=tuple(sorted(items, key=lambda one: _order(one, now))))
        for to, team, items in lists.values()
    )


def is_overdue(one: Open, now: datetime) -> bool:
    """Whether its next step was due before now."""
    return one.due_at is not None and one.due_at <= now


def _order(one: Open, now: datetime) -> tuple[bool, datetime, datetime]:
    """Overdue first, then by the time that is due, then the oldest."""
    due = one.due_at or datetime.max.replace(tzinfo=now.tzinfo)
    return not is_overdue(one, now), due, one.record.received_at
