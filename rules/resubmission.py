"""When a record comes back: `later` takes a length of time, a day, or a time of day."""

from datetime import UTC, date, datetime, timedelta

from config.values import Duration, parse_duration
from rules.daybook import DayBook
from rules.hours import NeverOpens, add, elapsed, opening_of
from rules.model import Refused

_FARTHEST = timedelta(days=400)
_TRY = "write 3h, 2d (working days), 2026-12-03 or 2026-12-03 09:00"


def resubmission(text: str, book: DayBook, now: datetime) -> datetime:
    """Read `until`: `3h` of open time, `2d` working days, the opening of a day, or a local time.

    Args:
        text: As a person wrote it.
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
    if text[-1:].isalpha() and text[:1].isdigit() and "-" not in text:
        return _after(parse_duration(text.lower()), book, now)
    if len(text) == len("2026-12-03"):
        return _day(date.fromisoformat(text), book)
    at = datetime.fromisoformat(text)
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
