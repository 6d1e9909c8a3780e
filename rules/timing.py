"""When a notice goes out and how: at once, with others of the same minutes, in the day's digest, or not at all.

What is settled here is settled when the notice is made; when its time comes `rules.bundling` puts together what goes
to the same person. Waits are counted on a fixed grid (a wait of ten minutes ends at :00, :10, :20 …), so that all that
happens within one of its slots goes out in one mail, and nothing waits longer than it may.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from config.lookup import ADMIN_SITE, wait_of
from config.models import Settings, Site, Source
from config.types import Category
from rules.daybook import DayBook, daybook_of, instant
from rules.hours import LOOK_AHEAD, NeverOpens, is_open, next_open
from rules.model import Notice, Notification, Way

CAN_WAIT = frozenset({"new", "again", "attached", "assigned", "moved"})
"""Purposes of mails to teams and controllers; whoever asked for something, or is outside the house, does not wait."""
FOR_AUDIT = frozenset({"new", "again"})
"""What can be for the files only. What a person writes or hands over asks somebody to act, whatever the record."""
AT_ONCE = frozenset({"lead"})
"""Kinds that no window holds back."""

Told = TypeVar("Told", Notice, Notification)


class Timing(NamedTuple):
    """From when a mail may go out, how, and to whom if not to the one it is meant for."""

    at: datetime
    way: Way = "own"
    to: str | None = None


def own_category(site: Site, source: Source | None, kind: str) -> Category | None:
    """A category that stands over the rule's: the site's for the kind; None where the rule's counts.

    Of a source whose answers already stand in the work order (`written_back`) all is for the files, but for leads: a
    wish for a car or a contract is in no work order.
    """
    if source is not None and source.written_back and kind != "lead":
        return "audit"
    return {str(name): category for name, category in site.mail.categories.items()}.get(kind)


def timed(told: Told, settings: Settings, site: Site, kind: str, purpose: str, now: datetime) -> Told:
    """The notice with its time and way, by what its site says.

    Args:
        told: A notice, or what a decision asks for.
        settings: The settings in force.
        site: The site of the record.
        kind: The record's.
        purpose: What the mail is about.
        now: UTC.
    """
    role = told.role if isinstance(told, Notice) else "team"
    if site.id == ADMIN_SITE or purpose not in CAN_WAIT or role not in ("team", "controller"):
        return told
    hours_of = told.team if role == "team" else None
    found = timing(settings, site, kind, purpose, told.category, hours_of, now)
    changes: dict[str, Any] = {"at": found.at, "way": found.way}
    if found.to is not None:
        changes["to"] = found.to
    return msgspec.structs.replace(told, **changes)


def timing(
    settings: Settings, site: Site, kind: str, purpose: str, category: str, team: str | None, now: datetime
) -> Timing:
    """When and how a team or controller of a site is told of something.

    Args:
        settings: The settings in force.
        site: The site of the record.
        kind: The record's.
        purpose: What the mail is about.
        category: `action` or `audit`.
        team: Its hours count, else those of the site.
        now: UTC.
    """
    book = daybook_of(site, team)
    if category == "audit" and purpose in FOR_AUDIT:
        return _audit(site, book, now)
    at = slot_end(now, wait_of(settings, site, kind))
    if site.mail.window == "business" and kind not in AT_ONCE:
        return _within(book, now, at)
    return Timing(at, "bundle" if at > now else "own")


def step_timing(book: DayBook, now: datetime, wait: int | None = None, *, any_time: bool = False) -> Timing:
    """When and how somebody is told that a step's time is over: within his hours, where he has any.

    Args:
        book: His hours: a team's, or for controllers and roles those of the site.
        now: When the step is passed, UTC.
        wait: Minutes for others to go along; a wait that would end after closing ends at once. None: a mail of its own.
        any_time: The step's mail keeps to no hours.
    """
    way: Way = "own" if wait is None else "bundle"
    at = slot_end(now, wait or 0)
    if any_time or not any(book.week):
        return Timing(at, way)
    try:
        opens = next_open(book, now)
    except NeverOpens:
        return Timing(now, way)
    if opens > now:
        return Timing(opens, way)
    return Timing(at if is_open(book, at) else now, way)


def slot_end(now: datetime, minutes: int) -> datetime:
    """The end of the slot that a moment lies in: slots of so many minutes, counted from midnight UTC; 0 is at once."""
    if not minutes:
        return now
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=minutes)
    return min(midnight + ((now - midnight) // slot + 1) * slot, midnight + timedelta(days=1))


def next_digest(site: Site, book: DayBook, now: datetime) -> datetime:
    """The next time of the daily digest on a day that is worked, UTC; where nobody has hours, on any day."""
    return next((at for at in _daily(book, site.mail.digest, book.local(now).date()) if at > now), now)


def list_day(site: Site, now: datetime) -> date | None:
    """The local day whose list of what is open is due at a site by now; None before its time, and on days off.

    A day that has passed is not made up for: what is open is told as it is today.
    """
    return day_due(site, site.mail.list, now)


def day_due(site: Site, minute: int | str, now: datetime) -> date | None:
    """The local day on which something of a site's teams is due by now.

    Args:
        site: The site; None on days that none of its teams works.
        minute: Of the local day, or `off`.
        now: UTC.
    """
    if minute == "off":
        return None
    day = daybook_of(site, None).local(now).date()
    books = [daybook_of(site, team) for team in site.teams]
    due = instant(day, int(minute), books[0].zone)
    return day if due <= now and any(works(book, day) for book in books) else None


def works(book: DayBook, day: date) -> bool:
    """Whether a day is worked; where nobody has hours, every day is."""
    return bool(book.spans(day)) or not any(book.week)


def _audit(site: Site, book: DayBook, now: datetime) -> Timing:
    way = site.mail.audit
    if way == "digest":
        return Timing(next_digest(site, book, now), "digest")
    return Timing(now, "off" if way == "off" else "own", way if "@" in way else None)


def _within(book: DayBook, now: datetime, at: datetime) -> Timing:
    """Only while the team is there; a wait that would end after closing ends at once, not on the next day."""
    try:
        opens = next_open(book, now)
    except NeverOpens:
        return Timing(now)
    if opens > now:
        return Timing(opens, "bundle")
    return Timing(at, "bundle") if now < at and is_open(book, at) else Timing(now)


def _daily(book: DayBook, minute: int, first: date) -> Iterator[datetime]:
    """A time of day on each day that is worked, from a first day on."""
    days = (first + timedelta(days=ahead) for ahead in range(LOOK_AHEAD))
    return (instant(day, minute, book.zone) for day in days if works(book, day))
