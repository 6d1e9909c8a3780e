"""Whether a time can be offered or agreed at all: looked at before anybody is told of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from config.models import Site
from config.values import format_time
from rules.daybook import DayBook, daybook_of
from rules.model import Record
from rules.visit import Beside
from rules.visits import local_words

FARTHEST = timedelta(days=730)
LONGEST = timedelta(days=31)
_CLOSED = ("closed", "holiday")


def objection(
    record: Record,
    starts_at: datetime,
    ends_at: datetime,
    beside: Iterable[Beside],
    site: Site,
    now: datetime,
) -> str | None:
    """What stands against a visit at a time; None where nothing does.

    Args:
        record: The booking; its team's hours count.
        starts_at: UTC.
        ends_at: UTC. A visit may go over several days: the car comes and is fetched while somebody is there.
        beside: Other bookings of the same vehicle.
        site: The record's.
        now: UTC.
    """
    at = local_words(starts_at, site)
    if starts_at <= now:
        return f"{at} has passed"
    if starts_at - now > FARTHEST:
        return f"{at} is more than {FARTHEST.days} days ahead"
    if ends_at <= starts_at:
        return f"the visit would end at {local_words(ends_at, site)}, which is not after {at}"
    if ends_at - starts_at > LONGEST:
        return f"the visit would last longer than {LONGEST.days} days"
    book = daybook_of(site, record.team)
    outside = _outside(book, starts_at, at, is_end=False) or _outside(
        book, ends_at, local_words(ends_at, site), is_end=True
    )
    return outside or _double(record, starts_at, ends_at, beside, site)


def _outside(book: DayBook, at: datetime, words: str, *, is_end: bool) -> str | None:
    """Why nobody is there at a moment; at closing time a car may be fetched, but not brought."""
    day = book.local(at).date()
    hours, why = book.hours(day)
    if any(start < at <= end if is_end else start <= at < end for start, end in book.spans(day)):
        return None
    if why == "holiday":
        return f"{words} is on a public holiday"
    if why in _CLOSED or not hours:
        return f"{words} is on a day on which the workshop is closed" if any(book.week) or why else None
    shown = " / ".join(f"{format_time(first)}-{format_time(last)}" for first, last in hours)
    what = "the visit would end" if is_end else "it would begin"
    return f"{what} outside the opening hours, {words}: that day {shown}"


def _double(record: Record, starts_at: datetime, ends_at: datetime, beside: Iterable[Beside], site: Site) -> str | None:
    for one in beside:
        if one.ref != record.ref and one.starts_at < ends_at and starts_at < one.ends_at:
            first, last = local_words(one.starts_at, site), local_words(one.ends_at, site)
            return f"the same vehicle is booked already, {one.ref}: {first} to {last}"
    return None
