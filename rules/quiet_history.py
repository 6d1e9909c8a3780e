"""What a source has sent so far, as counts of local days and hours: what its usual rhythm is learned from."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import inf

from rules.daybook import DayBook, Span, instant

LOOK_BACK = timedelta(weeks=53)
"""Older mails are not looked at: 52 weeks that count, and what is left of the week of the last mail."""
HOLIDAY, CLOSED = 7, 8
"""Kinds of days beside the weekdays, 0 to 6."""

_DAYS = 364
_TOGETHER = 60.0
"""Seconds: mails closer than that are one sign of life, as a sender that collects sends many at once."""
_AHEAD = timedelta(days=1)
"""A mail further ahead of now than that was stamped by a clock that was wrong."""
_AWAY = 15
"""Usual gaps: by luck alone one in three million gaps lasts so long."""
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of a site: when it begins and ends, as UTC timestamps, and what kind of day it is."""

    begins: float
    ends: float
    kind: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A past day with its mails by hour of the local day; `counts` is false where the source could not be itself."""

    day: Day
    hours: tuple[int, ...]
    mails: int
    counts: bool


@lru_cache(maxsize=16384)
def day_of(book: DayBook, local: date) -> Day:
    """One local day; a day of exception without hours counts as closed, one with hours as its weekday."""
    intervals, why = book.hours(local)
    kind = local.weekday()
    if why == "holiday":
        kind = HOLIDAY
    elif why == "closed" or (why == "exception" and not intervals):
        kind = CLOSED
    begins, ends = (instant(day, 0, book.zone).timestamp() for day in (local, local + _ONE))
    return Day(begins, ends, kind)


def signs_of_life(arrivals: Iterable[datetime], now: datetime) -> list[float]:
    """Arrivals (aware) as UTC timestamps in order, those within a minute as one; of the last 53 weeks before the last.

    The order and doublets of the arrivals play no part.
    """
    latest = (now + _AHEAD).timestamp()
    times = sorted({time for arrival in arrivals if (time := arrival.timestamp()) <= latest})
    if not times:
        return []
    kept = [times[bisect_left(times, times[-1] - LOOK_BACK.total_seconds())]]
    for time in times:
        if time - kept[-1] >= _TOGETHER:
            kept.append(time)
    return [*kept[:-1], times[-1]]  # the silence begins with the very last


def counted(
    book: DayBook, signs: Sequence[float], silences: Sequence[Span] = (), fixed: timedelta | None = None
) -> list[Counted]:
    """The days before that of the last sign of life, oldest first, at most 52 weeks of them.

    The last sign's own day is left out: it is not over. Days that a planned silence touches do not count, nor those
    that lie wholly in a gap longer than the fixed limit and 15 usual gaps: then the source was away, and that is not
    its rhythm.

    Args:
        book: Zone, holidays and closures of the site.
        signs: As from `signs_of_life`.
        silences: Planned ones, UTC.
        fixed: After how long silence is told in any case.
    """
    if not signs:
        return []
    first, last = (datetime.fromtimestamp(sign, UTC).astimezone(book.zone).date() for sign in (signs[0], signs[-1]))
    gone = [(start.timestamp(), end.timestamp()) for start, end in silences]
    away = max(fixed.total_seconds(), _AWAY * (signs[-1] - signs[0]) / len(signs)) if fixed else inf
    days = []
    for offset in range(max(0, (last - first).days - _DAYS), (last - first).days):
        day = day_of(book, first + offset * _ONE)
        is_planned = any(start < day.ends and end > day.begins for start, end in gone)
        days.append(_count(day, signs, away, is_planned=is_planned))
    return days


def _count(day: Day, signs: Sequence[float], away: float, *, is_planned: bool) -> Counted:
    """Hours run from midnight: on the day of a clock change those after it are shifted by one."""
    hours = [0] * 24
    begin, end = bisect_left(signs, day.begins), bisect_left(signs, day.ends)
    for index in range(begin, end):
        hours[min(23, int((signs[index] - day.begins) / 3600))] += 1
    is_away = begin == end and signs[end] - signs[begin - 1] > away
    return Counted(day, tuple(hours), end - begin, counts=not is_planned and not is_away)
