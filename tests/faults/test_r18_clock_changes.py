"""Row R18: clock changes, 29 February and turns of the year, reckoned by hand in three zones."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.values import parse_duration
from rules.daybook import DayBook
from rules.hours import add, between, elapsed

WEEK = (((480, 1080),),) * 5 + (((540, 780),), ())
"""08:00 to 18:00, Saturdays 09:00 to 13:00."""
REGIONS = {"Europe/Berlin": "DE-BE", "Europe/Copenhagen": "DK", "Asia/Shanghai": None}

# zone, local start, open time, when it is over
CASES = [
    # 2028 is a leap year: 28 February is a Monday
    ("Europe/Berlin", "2028-02-28T17:00", "2h", "2028-02-29T09:00+01:00"),
    ("Europe/Berlin", "2028-02-29T17:30", "1h", "2028-03-01T08:30+01:00"),
    ("Europe/Copenhagen", "2028-02-28T17:00", "1wd", "2028-02-29T18:00+01:00"),
    ("Asia/Shanghai", "2028-02-29T17:30", "1h", "2028-03-01T08:30+08:00"),
    # 2027 is none: 27 February is a Saturday
    ("Europe/Berlin", "2027-02-27T12:00", "2h", "2027-03-01T09:00+01:00"),
    # turns of the year: New Year's Day 2027 is a Friday
    ("Europe/Berlin", "2026-12-30T17:00", "2h", "2026-12-31T09:00+01:00"),
    ("Europe/Berlin", "2026-12-31T17:00", "2h", "2027-01-02T10:00+01:00"),
    ("Europe/Copenhagen", "2026-12-31T17:00", "2h", "2027-01-02T10:00+01:00"),
    ("Asia/Shanghai", "2027-12-31T17:00", "2h", "2028-01-01T10:00+08:00"),
    # clocks go ahead on Sunday, 29 March 2026; there are none to change in Shanghai
    ("Europe/Berlin", "2026-03-28T12:00", "2h", "2026-03-30T09:00+02:00"),
    ("Europe/Copenhagen", "2026-03-28T12:00", "2h", "2026-03-30T09:00+02:00"),
    ("Asia/Shanghai", "2026-03-28T12:00", "2h", "2026-03-30T09:00+08:00"),
    # and on 28 March 2027, which is Easter Sunday: Good Friday and Easter Monday are closed
    ("Europe/Berlin", "2027-03-25T17:00", "2h", "2027-03-27T10:00+01:00"),
    ("Europe/Berlin", "2027-03-27T12:00", "2h", "2027-03-30T09:00+02:00"),
    # clocks go back on Sunday, 25 October 2026
    ("Europe/Berlin", "2026-10-24T12:00", "2h", "2026-10-26T09:00+01:00"),
    ("Europe/Copenhagen", "2026-10-24T12:30", "1wd", "2026-10-26T18:00+01:00"),
    ("Asia/Shanghai", "2026-10-24T12:00", "2h", "2026-10-26T09:00+08:00"),
    # Ascension Day in Denmark
    ("Europe/Copenhagen", "2026-05-13T17:00", "2h", "2026-05-15T09:00+02:00"),
]
# zone, local start, time that passes, when it is over
ELAPSED = [
    ("Europe/Berlin", "2026-03-28T12:00", "1d", "2026-03-29T13:00+02:00"),
    ("Europe/Copenhagen", "2026-10-24T12:00", "1d", "2026-10-25T11:00+01:00"),
    ("Asia/Shanghai", "2026-10-24T12:00", "2d", "2026-10-26T12:00+08:00"),
    ("Europe/Berlin", "2028-02-28T23:30", "1h", "2028-02-29T00:30+01:00"),
    ("Europe/Berlin", "2026-12-31T23:30", "1h", "2027-01-01T00:30+01:00"),
]


def _book(zone: str) -> DayBook:
    return DayBook(zone=ZoneInfo(zone), week=WEEK, exceptions=(), closures=(), region=REGIONS[zone], added=())


def _at(zone: str, local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("zone", "start", "length", "over"), CASES)
def test_open_time_is_that_of_the_clock_on_the_wall(zone: str, start: str, length: str, over: str) -> None:
    book, begin, duration = _book(zone), _at(zone, start), parse_duration(length)
    due = add(book, begin, duration)[0]
    assert due == datetime.fromisoformat(over)
    if duration.unit == "h":
        assert between(book, begin, due).total_seconds() == duration.amount * 3600


@pytest.mark.parametrize(("zone", "start", "length", "over"), ELAPSED)
def test_time_that_passes_knows_no_clock_changes(zone: str, start: str, length: str, over: str) -> None:
    assert elapsed(_book(zone), _at(zone, start), parse_duration(length))[0] == datetime.fromisoformat(over)
