"""When a record comes back: `later` takes a length of time, a day, or a time of day.

What people call days in their languages is put into this form by `parsers.until`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from config.values import DAYS, Duration, parse_duration
from rules.daybook import DayBook
from rules.hours import NeverOpens, add, elapsed, opening_of
from rules.model import Refused

_FARTHEST = timedelta(days=400)
_TRY = "write 3h, 2d (working days), 1w, tomorrow, mon, today 15:00, 2026-12-03 or 2026-12-03 09:00"
_WEEKS = re.compile(r"(\d{1,3})w")
_NAMED = re.compile(rf"(?P<day>today|tomorrow|{'|'.join(DAYS)}|\d{{2}}-\d{{2}})(?: (?P<time>\d{{2}}:\d{{2}}))?")


def resubmission(text: str, book: DayBook, now: datetime) -> datetime:
    """Read `until`: `3h` of open time, `2d` working days, the opening of a day, or a local time.

    Days are `2026-12-03`, `12-03` (the next one), `today`, `tomorrow`, `mon` to `sun` (the next one, never today) and
    `1w` (the same weekday after a week); a time of day may follow all but the last: `tomorrow 09:00`.

    Args:
        text: As a person wrote it, or `parsers.until` put it.
        book: The hours of the record's team.
        now: UTC.

    Returns:
        UTC, later than now.

    Raises:
        Refused: It cannot be read, has passed, or lies more than 400 days ahead.
    """
    try:
        at = _read(text.strip(), book, now)
    except NeverOpens as error:
        raise Refused(f"until '{text[:40]}': {error}") from error
    except (ValueError, OverflowError) as error:
        raise Refused(f"until '{text[:40]}' cannot be read, {_TRY}") from error
    if at <= now:
        raise Refused(f"until '{text[:40]}' has passed, {_TRY}")
    if at - now > _FARTHEST:
        raise Refused(f"until '{text[:40]}' is more than {_FARTHEST.days} days ahead")
    return at


def _read(text: str, book: DayBook, now: datetime) -> datetime:
    told, today = text.lower(), book.local(now).date()
    if weeks := _WEEKS.fullmatch(told):
        return _day(today + timedelta(weeks=int(weeks[1])), book)
    if text[-1:].isalpha() and text[:1].isdigit() and "-" not in text:
        return _after(parse_duration(told), book, now)
    if named := _NAMED.fullmatch(told):
        day = day_named(named["day"], today)
        return (
            _local(datetime.combine(day, time.fromisoformat(named["time"])), book) if named["time"] else _day(day, book)
        )
    if len(text) == len("2026-12-03"):
        return _day(date.fromisoformat(text), book)
    return _local(datetime.fromisoformat(text), book)


def day_named(name: str, today: date) -> date:
    """The day that a name means, seen from a local day; a weekday is never today."""
    if name in ("today", "tomorrow"):
        return today + timedelta(days=name == "tomorrow")
    if name in DAYS:
        return today + timedelta(days=(DAYS.index(name) - today.weekday() - 1) % 7 + 1)
    day = date.fromisoformat(f"{today.year}-{name}")
    return day if day >= today else date.fromisoformat(f"{today.year + 1}-{name}")


def _local(at: datetime, book: DayBook) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=book.zone)).astimezone(UTC)


def _after(length: Duration, book: DayBook, now: datetime) -> datetime:
    """People who say two days mean working days; where nobody has hours, time just runs."""
    if not any(book.week):
        days = length if length.unit != "wd" else Duration(length.amount, "d")
        return elapsed(book, now, days)[0]
    working = Duration(length.amount, "wd") if length.unit == "d" else length
    return add(book, now, working)[0]


def _day(day: date, book: DayBook) -> datetime:
    if any(book.week):
        return opening_of(book, day)
    return datetime.combine(day, datetime.min.time(), book.zone).astimezone(UTC)
