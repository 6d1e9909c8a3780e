"""When the clocks of a zone change, as the rules that a VTIMEZONE needs (RFC 5545, 3.6.5).

Outlook knows of a zone one yearly change each way, on the nth or last such weekday of a month (MS-OXCICAL
2.1.3.1.1.19): where the zone keeps to that, it is written so; where it does not (Ramadan in Morocco), each change that
counts stands by itself.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEARS_AHEAD = 2
"""A rule must hold in the year before, in the year itself and in so many that follow."""
_ALWAYS = datetime(1970, 1, 1)  # noqa: DTZ001 - local time of whatever zone


class Onset(NamedTuple):
    """From when an offset holds, at first and, where there is a rule, every year."""

    local: datetime
    """By the clock that ends; naive."""
    before: timedelta
    after: timedelta
    name: str
    by_day: str | None = None
    """`-1SU`, of the month of `local`; None where it is this once."""

    @property
    def is_summer(self) -> bool:
        """Whether the clocks went forward."""
        return self.after > self.before


@lru_cache(maxsize=256)
def onsets(key: str, year: int, last: int) -> tuple[Onset, ...]:
    """All that say which offset holds at any time of some years.

    Args:
        key: IANA name of a zone.
        year: The first year, by the zone's own clock.
        last: The last one.
    """
    zone = ZoneInfo(key)
    years = [_changes(zone, one) for one in range(year - 1, max(year + _YEARS_AHEAD, last) + 1)]
    ruled = [one for number in range(len(years[0])) if (one := _with_rule(number, years)) is not None]
    if len(ruled) == 2 == len(years[0]):
        return tuple(ruled)
    begin = datetime(year, 1, 1, tzinfo=zone)
    held = begin.utcoffset() or timedelta()
    changes = [change for one in years[1 : last - year + 2] for change in one]
    return (Onset(_ALWAYS, held, held, begin.tzname() or key), *changes)


def _with_rule(number: int, years: Sequence[tuple[Onset, ...]]) -> Onset | None:
    """The first year's change with the rule that it follows in all of them; None where it follows none."""
    if len({len(one) for one in years}) > 1:
        return None
    same = [one[number] for one in years]
    first = same[0]
    kept = {(one.local.month, one.local.weekday(), one.local.time(), one.before, one.after) for one in same}
    if len(kept) > 1:
        return None
    if all(one.local.day + 7 > monthrange(one.local.year, one.local.month)[1] for one in same):
        nth = -1
    elif len({_nth(one.local) for one in same}) == 1:
        nth = _nth(first.local)
    else:
        return None
    return first._replace(by_day=f"{nth}{_WEEKDAYS[first.local.weekday()]}")


def _nth(day: datetime) -> int:
    return (day.day - 1) // 7 + 1


def _changes(zone: ZoneInfo, year: int) -> tuple[Onset, ...]:
    """The changes of a year, by the local clock."""
    found = []
    start, end = (datetime(y, 1, 1, tzinfo=zone).astimezone(UTC) for y in (year, year + 1))
    day = timedelta(days=1)
    while start < end:
        if _offset(zone, start) != _offset(zone, min(start + day, end)):
            found.append(_change(zone, start, min(start + day, end)))
        start += day
    return tuple(found)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> Onset:
    """The change between two times, to the second."""
    before = _offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            middle = low + timedelta(seconds=1)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    local = high.astimezone(zone)
    return Onset((high + before).replace(tzinfo=None), before, _offset(zone, high), local.tzname() or zone.key)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
