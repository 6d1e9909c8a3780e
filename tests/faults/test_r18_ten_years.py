"""Row R18: business time against counting minute by minute, over ten years.

Each calendar is drawn: hours with breaks, closures, exceptions, holidays, in zones with and without clock changes.
Every minute of the years is looked at by its wall clock, and what `add` and `between` say is compared. Usually one year
of the ten, always the same; `make faults` looks at all of them, and POSTROOM_FUZZ_CASES asks for a new seed.
"""

import os
import random
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.values import Duration, Interval
from rules.daybook import DayBook
from rules.hours import add, between, next_open
from tests.support.fixtures import Tell
from tests.support.rows import at_length
from tests.support.seeds import seed

FULL = bool(os.environ.get("POSTROOM_FUZZ_CASES")) or at_length(100) == 100
YEARS = 10 if FULL else 1
FIRST, LAST = 2024, 2033
PLACES = (
    ("Europe/Berlin", "DE-BE"),
    ("Europe/Copenhagen", "DK"),
    ("Asia/Shanghai", "CN"),
    ("America/New_York", "US"),
    ("Europe/Berlin", None),
    ("Australia/Sydney", None),
)
CASES = 300 * YEARS
MARGIN = timedelta(days=100)
"""Counted beyond the last start, so that every due time lies within."""
EDGES = [m for m in range(0, 1441, 5) if not 60 < m < 180]
"""Hours do not begin or end inside an hour that a clock skips or repeats; what they would mean has its own test."""
MINUTE = timedelta(minutes=1)


def drawn_hours(draw: random.Random, chance: float) -> tuple[Interval, ...]:
    if draw.random() > chance:
        return ()
    edges = sorted(draw.sample(EDGES, draw.choice((2, 2, 4))))
    return tuple(zip(edges[0::2], edges[1::2], strict=True))


def drawn_day(draw: random.Random) -> date:
    return date(FIRST, 1, 1) + timedelta(days=draw.randrange(3652))


def drawn_book(draw: random.Random, zone: str, region: str | None) -> DayBook:
    week = tuple(drawn_hours(draw, 0.9 if day < 5 else 0.4) for day in range(7))
    closed = [(day, day + timedelta(days=draw.randrange(14))) for day in (drawn_day(draw) for _ in range(20))]
    return DayBook(
        zone=ZoneInfo(zone),
        week=week if any(week) else (((480, 1080),), *week[1:]),
        exceptions=tuple((drawn_day(draw), drawn_hours(draw, 0.7)) for _ in range(40)),
        closures=tuple(closed),
        region=region,
        added=tuple((day, day) for day in (drawn_day(draw) for _ in range(10))),
    )


class Counted:
    """Every open minute of some years, found by looking at each."""

    def __init__(self, book: DayBook, first: datetime, last: datetime) -> None:
        self.first = first
        self.minutes: list[int] = []
        """Open ones, from the first moment on."""
        self.closings: dict[date, int] = {}
        """The end of the last open minute of each local day that has one."""
        hours: dict[date, tuple[Interval, ...]] = {}
        zone, start = book.zone, int(first.timestamp())
        for minute in range(int((last - first) / MINUTE)):
            there = datetime.fromtimestamp(start + 60 * minute, zone)
            day = there.date()
            if day not in hours:
                hours[day] = book.hours(day)[0]
            now = there.hour * 60 + there.minute
            if any(opens <= now < closes for opens, closes in hours[day]):
                self.minutes.append(minute)
                self.closings[day] = minute + 1
        self.days = sorted(self.closings)

    def due(self, minute: int, second: int, length: int) -> datetime:
        """When so many open minutes are over, counted from a minute and second."""
        begin = bisect_left(self.minutes, minute)
        if second and self.minutes[begin] == minute:  # what the first minute lacks is of the next after the last
            return self.at(self.minutes[begin + length], second)
        return self.at(self.minutes[begin + length - 1] + 1)

    def closing(self, day: date, count: int) -> datetime:
        """When the n-th working day after a local day closes."""
        return self.at(self.closings[self.days[bisect_left(self.days, day + timedelta(days=1)) + count - 1]])

    def between(self, one: int, other: int) -> timedelta:
        """Open time from one minute to another."""
        return (bisect_left(self.minutes, other) - bisect_left(self.minutes, one)) * MINUTE

    def at(self, minute: int, second: int = 0) -> datetime:
        return self.first + minute * MINUTE + timedelta(seconds=second)


@pytest.mark.parametrize("number", range(len(PLACES)), ids=[f"{zone}-{region}" for zone, region in PLACES])
def test_no_difference_to_counting_minute_by_minute(number: int, tell: Tell) -> None:
    told = seed()
    draw = random.Random(told * len(PLACES) + number)  # noqa: S311 - cases, no secret
    book = drawn_book(draw, *PLACES[number])
    year = FIRST if FULL else draw.randint(FIRST, LAST)
    first = datetime(year, 1, 1, tzinfo=UTC)
    starts = int((datetime(year + YEARS, 1, 1, tzinfo=UTC) - first) / MINUTE)
    last = first + starts * MINUTE + MARGIN
    counted = Counted(book, first, last)
    assert between(book, first, last) == len(counted.minutes) * MINUTE
    for case in range(CASES):
        minute, second = draw.randrange(starts), draw.choice((0, 0, draw.randrange(60)))
        start, length = counted.at(minute, second), draw.choice((draw.randint(1, 60), draw.randint(60, 1500)))
        said = f"seed {told}, case {case}: {start} + {length}m in {book}"
        due = add(book, start, Duration(length, "m"))[0]
        assert due == counted.due(minute, second, length), said
        assert between(book, start, due) == length * MINUTE, said
        days = draw.randint(1, 5)
        local = start.astimezone(book.zone).date()
        assert add(book, start, Duration(days, "wd"))[0] == counted.closing(local, days), f"{said}, {days}wd"
        assert_between(book, counted, minute, draw, said)
        assert next_open(book, counted.at(minute)) == counted.due(minute, 0, 1) - MINUTE, said
    tell(f"R18: {PLACES[number][0]}: {starts} minutes looked at, {CASES} cases, 0 differences")


def assert_between(book: DayBook, counted: Counted, minute: int, draw: random.Random, said: str) -> None:
    """Time between two moments, and that adding it again leads to the last open moment before the second."""
    other = minute + draw.randrange(20_000)
    one, last = counted.at(minute), counted.at(other)
    open_time = between(book, one, last)
    assert open_time == counted.between(minute, other), f"{said}, to {last}"
    assert between(book, last, one) == timedelta(), said
    if open_time:
        again = add(book, one, Duration(int(open_time / MINUTE), "m"))[0]
        assert again <= last, said
        assert between(book, again, last) == timedelta(), said
