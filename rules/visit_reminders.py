"""A customer is reminded of a visit: the times at which that can be, as deadlines, and which of them is his."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from config.models import Site
from rules.daybook import DayBook, daybook_of, instant
from rules.model import Deadline, Record
from rules.moments import day_words
from rules.reach import reply_address
from rules.transition import SCHEDULED
from rules.visit_mails import days_before

ANNOUNCE = "announce"
MORNING = "V0"
"""The morning of the day; the others name how many days before they come."""
STEPS = ("V4", "V3", "V2", "V1", MORNING)


def reminders(record: Record, site: Site, now: datetime, cycle: int) -> tuple[Deadline, ...]:
    """All times at which a customer may be reminded of a visit, those that have passed left out.

    Which of them is his is settled when its time comes: he may say so until then.

    Args:
        record: A booking whose visit is agreed.
        site: Its local days and hours count, also where a clock change lies between.
        now: UTC.
        cycle: The record's, after what was agreed.
    """
    visit = record.visit
    if visit is None or visit.starts_at is None:
        return ()
    book, starts_at = daybook_of(site, None), visit.starts_at
    found = ((step, _due(step, starts_at, book, site)) for step in STEPS)
    return tuple(_deadline(step, at, starts_at, book, now, cycle) for step, at in found if now < at < starts_at)


def announced(record: Record, due: Sequence[str], prefers: int | None, site: Site, now: datetime) -> str | None:
    """The step, of those whose time has come, by which the customer is reminded now; None where by none.

    After an outage that is the latest of his, and one for days before only until the day itself has a reminder.

    Args:
        record: As it is now.
        due: Steps whose time has come.
        prefers: How many days before a visit the person wants to be reminded, as said at any visit.
        site: The record's; what it says counts where he has said nothing.
        now: UTC.
    """
    visit = record.visit
    if record.state != SCHEDULED or visit is None or visit.starts_at is None or visit.starts_at <= now:
        return None
    days = days_before(visit, prefers, site.booking.reminder)
    if not days or reply_address(record) is None:
        return None
    book = daybook_of(site, None)
    if MORNING in due:
        return MORNING
    later = _due(MORNING, visit.starts_at, book, site) < visit.starts_at
    if later and book.local(now).date() >= book.local(visit.starts_at).date():
        return None
    return f"V{days}" if f"V{days}" in due else None


def _due(step: str, starts_at: datetime, book: DayBook, site: Site) -> datetime:
    days = int(step.removeprefix("V"))
    minute = site.booking.remind_at if days else site.booking.morning_at
    return instant(book.local(starts_at).date() - timedelta(days=days), minute, book.zone)


def _deadline(step: str, at: datetime, starts_at: datetime, book: DayBook, now: datetime, cycle: int) -> Deadline:
    return Deadline(
        step=step,
        due_at=at,
        deliver_at=at,
        effect=ANNOUNCE,
        to="customer",
        cycle=cycle,
        because=" ".join(_words(step, at, starts_at, book)),
        after=f"{step.removeprefix('V')}d",
        clock="wall",
        deliver="any",
        since=now,
        began="planned",
    )


def _words(step: str, at: datetime, starts_at: datetime, book: DayBook) -> Iterator[str]:
    """`V2 visit on Thu 3 Dec 09:00, 2 days before: due Tue 1 Dec 10:00`."""
    local, due, days = book.local(starts_at), book.local(at), int(step.removeprefix("V"))
    when = "on its morning" if not days else "the day before" if days == 1 else f"{days} days before"
    yield f"{step}: visit on {day_words(local.date())} {local:%H:%M}, {when},"
    yield f"due {day_words(due.date())} {due:%H:%M}"
