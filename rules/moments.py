"""Times, days and hours as words: short, English, in the place's own time; no locale of the machine plays in."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from config.values import Interval
from rules.daybook import DayBook

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPECIALS_SHOWN = 6


def day_and_time(local: datetime, since: datetime | None = None) -> str:
    """`Sat 10:40`, with its date (`Mon 25 May 10:40`) where the weekday alone would leave `since` in doubt."""
    far = since is not None and (local.date() - since.date()).days > 6
    day = day_words(local.date()) if far else _DAYS[local.weekday()]
    return f"{day} {local:%H:%M}"


def day_words(day: date) -> str:
    """`Mon 25 May`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def week_words(week: Sequence[tuple[Interval, ...]]) -> str:
    """`Mon-Fri 08-18 and Sat 09-13`; a break shows as `07-12/13-17`."""
    parts = []
    for intervals, run in groupby(range(7), key=lambda day: week[day]):
        days = list(run)
        if intervals:
            names = _DAYS[days[0]] if len(days) == 1 else f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
            parts.append(f"{names} {_hours(intervals)}")
    return _and(parts) or "no hours"


def days_words(book: DayBook, first: date, last: date) -> list[str]:
    """The days of a span that do not follow their week: `holiday Mon 25 May`, `exception Thu 31 Dec 08-12`."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    runs = (list(run) for _, run in groupby(days, key=book.hours))
    words = [words for run in runs if (words := _run_words(book, run))]
    hidden = len(words) - _SPECIALS_SHOWN
    return words if hidden <= 0 else [*words[:_SPECIALS_SHOWN], f"and {hidden} more"]


def _run_words(book: DayBook, run: list[date]) -> str:
    """Days in a row of the same hours for the same reason; nothing where each would have had these hours anyway."""
    hours, why = book.hours(run[0])
    if why is None or all(hours == book.week[day.weekday()] for day in run):
        return ""
    days = day_words(run[0]) if len(run) == 1 else f"{day_words(run[0])} to {day_words(run[-1])}"
    return f"{why} {days} {_hours(hours)}".rstrip()


def _hours(intervals: tuple[Interval, ...]) -> str:
    return "/".join(f"{_clock(start)}-{_clock(end)}" for start, end in intervals)


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour:02}:{rest:02}" if rest else f"{hour:02}"


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
