"""Days as sites count them: which moments a span of local days holds, by time zone."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.models import Site
from rules.daybook import instant


class Period(NamedTuple):
    """A span of days at sites of one time zone."""

    sites: tuple[str, ...]
    first: datetime
    """UTC."""
    last: datetime
    """UTC; no longer part of it."""


def periods(sites: Iterable[Site], first: date | None, last: date | None, now: datetime) -> Iterator[Period]:
    """The same local days at several sites.

    Args:
        sites: Which.
        first: The first day; None: that of the month of the last.
        last: The last day, which counts; None: today.
        now: UTC.
    """
    by_zone: dict[str, list[str]] = {}
    for site in sites:
        by_zone.setdefault(site.timezone, []).append(site.id)
    for name, ids in by_zone.items():
        zone = ZoneInfo(name)
        until = last or now.astimezone(zone).date()
        begin = first or until.replace(day=1)
        yield Period(tuple(ids), instant(begin, 0, zone), instant(until + timedelta(days=1), 0, zone))
