"""Which hours a place is open on a local day, and what they are in UTC.

Exceptions win over closures, closures over holidays, holidays over the hours of the week.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.util import find_spec
from types import ModuleType
from zoneinfo import ZoneInfo

from config.calendars import parse_date, parse_dates
from config.models import Site
from config.values import Interval, parse_days

Span = tuple[datetime, datetime]
"""From and to, both in UTC; the end no longer belongs to it."""
DateSpan = tuple[date, date]

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DayBook:
    """The hours of every local day of one site, or of one team of it."""

    zone: ZoneInfo
    week: tuple[tuple[Interval, ...], ...]
    """Hours of Monday to Sunday."""
    exceptions: tuple[tuple[date, tuple[Interval, ...]], ...] = ()
    closures: tuple[DateSpan, ...] = ()
    region: str | None = None
    """Holiday calendar: `DE-BE`, `DK`."""
    added: tuple[DateSpan, ...] = ()
    removed: tuple[DateSpan, ...] = ()

    def hours(self, day: date) -> tuple[tuple[Interval, ...], str | None]:
        """The local hours of a day, and why they are not those of its weekday (None where they are)."""
        for special, intervals in self.exceptions:
            if special == day:
                return intervals, "exception"
        if _within(day, self.closures):
            return (), "closed"
        if self._is_holiday(day):
            return (), "holiday"
        return self.week[day.weekday()], None

    def spans(self, day: date) -> tuple[Span, ...]:
        """The hours of a local day in UTC; what a clock change swallows is left out."""
        return _spans(self, day)

    def local(self, at: datetime) -> datetime:
        """The place's own wall clock at a moment."""
        return at.astimezone(self.zone)

    def _is_holiday(self, day: date) -> bool:
        if _within(day, self.added):
            return True
        if self.region is None or _within(day, self.removed):
            return False
        return day in holidays_of(self.region, day.year)


def daybook_of(site: Site, team: str | None) -> DayBook:
    """The hours of a team, or of the site where the team has none of its own."""
    hours = (site.team_hours.get(team) if team else None) or site.hours
    return _daybook(
        site.timezone,
        tuple(hours.items()),
        tuple(site.exceptions.items()),
        site.closures,
        site.holidays,
        site.holidays_add,
        site.holidays_remove,
    )


@lru_cache(maxsize=4096)
def _daybook(
    timezone: str,
    hours: tuple[tuple[str, tuple[Interval, ...]], ...],
    exceptions: tuple[tuple[str, tuple[Interval, ...]], ...],
    closures: tuple[str, ...],
    region: str | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
) -> DayBook:
    return DayBook(
        zone=ZoneInfo(timezone),
        week=_week(dict(hours)),
        exceptions=tuple((parse_date(day), intervals) for day, intervals in exceptions),
        closures=_date_spans(closures),
        region=region,
        added=_date_spans(added),
        removed=_date_spans(removed),
    )


@cache
def _holidays() -> ModuleType:
    """The holidays package, imported late, and without the 270 countries that nobody asks for.

    It finds a country's module by name, but its `countries` package imports all of them, 8 MB, before it gives one. An
    empty package of that name and place lets it find the one.
    """
    import holidays

    name = "holidays.countries"
    found = find_spec(name) if name not in sys.modules else None
    if found is not None and found.submodule_search_locations is not None:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = list(found.submodule_search_locations)
    return holidays


@lru_cache(maxsize=512)
def holidays_of(region: str, year: int) -> Mapping[date, str]:
    """Public holidays of a country or a part of it in one year, with their English names where there are any."""
    holidays = _holidays()
    country, _, part = region.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US"))
    except NotImplementedError:  # a calendar without English names
        return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the wall clock shows a minute of a local day.

    A minute that the clock shows twice is the first of the two; one that it skips is the moment of the change.
    """
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _change_between(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The minute at which the zone's offset changes; clocks change on whole minutes."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _MINUTE:
        middle = before + (after - before) // _MINUTE // 2 * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=8192)
def _spans(book: DayBook, day: date) -> tuple[Span, ...]:
    intervals, _ = book.hours(day)
    spans = ((instant(day, start, book.zone), instant(day, end, book.zone)) for start, end in intervals)
    return tuple((start, end) for start, end in spans if start < end)


def _week(hours: Mapping[str, tuple[Interval, ...]]) -> tuple[tuple[Interval, ...], ...]:
    week: list[tuple[Interval, ...]] = [()] * 7
    for days, intervals in hours.items():
        for day in parse_days(days):
            week[day] = intervals
    return tuple(week)


def _date_spans(texts: tuple[str, ...]) -> tuple[DateSpan, ...]:
    return tuple(parse_dates(text) for text in texts)


def _within(day: date, spans: tuple[DateSpan, ...]) -> bool:
    return any(first <= day <= last for first, last in spans)
