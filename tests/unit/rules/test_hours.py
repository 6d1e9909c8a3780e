from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from config.models import Site
from config.values import Duration, Interval, parse_duration
from rules.daybook import DayBook, daybook_of, instant
from rules.hours import NeverOpens, add, between, elapsed, is_open, next_open, opening_of

WEEK = {"mon-fri": "08:00-18:00", "sat": "09:00-13:00"}


def book(team: str | None = None, **fields: Any) -> DayBook:
    base = {
        "id": "s", "name": "S", "timezone": "Europe/Berlin", "language": "de", "holidays": "DE-BE", "hours": WEEK,
        "teams": {"sales": "a@b.example"}, "fallback": "sales", "desk": "d@b.example",
    }  # fmt: skip
    return daybook_of(Site.model_validate(base | fields), team)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


# local start, duration, local due; May 25, 2026 is Whit Monday, clocks change on March 29 and October 25
WEEKDAYS = [
    ("2026-05-20T10:00", "2h", "2026-05-20T12:00"),
    ("2026-05-20T16:00", "2h", "2026-05-20T18:00"),
    ("2026-05-20T16:00:30", "2h", "2026-05-21T08:00:30"),
    ("2026-05-20T18:00", "1m", "2026-05-21T08:01"),
    ("2026-05-20T03:00", "30m", "2026-05-20T08:30"),
    ("2026-05-22T17:40", "2h", "2026-05-23T10:40"),
    ("2026-05-23T12:00", "2h", "2026-05-26T09:00"),
    ("2026-05-24T12:00", "1h", "2026-05-26T09:00"),
    ("2026-05-20T10:00", "0m", "2026-05-20T10:00"),
    ("2026-05-22T17:40", "1wd", "2026-05-23T13:00"),
    ("2026-05-22T17:40", "2wd", "2026-05-26T18:00"),
    ("2026-05-24T12:00", "1wd", "2026-05-26T18:00"),
    ("2026-05-22T17:40", "2d", "2026-05-24T17:40"),
    ("2026-12-23T17:00", "2h", "2026-12-24T09:00"),
]


@pytest.mark.parametrize(("start", "duration", "due"), WEEKDAYS)
def test_counts_open_time(start: str, duration: str, due: str) -> None:
    assert add(book(), local(start), parse_duration(duration))[0] == local(due)


NIGHT = {"sat": "20:00-24:00", "sun": "00:00-06:00"}
CLOCK_CHANGES = [
    # spring: 02:00 to 03:00 does not exist
    ("2026-03-28T23:00", "3h", "2026-03-29T03:00"),
    ("2026-03-29T01:30", "1h", "2026-03-29T03:30"),
    ("2026-03-28T20:00", "9h", "2026-03-29T06:00"),
    # autumn: 02:00 to 03:00 comes twice
    ("2026-10-24T23:00", "5h", "2026-10-25T03:00"),
    ("2026-10-25T01:30", "2h", "2026-10-25T02:30+01:00"),
    ("2026-10-24T20:00", "11h", "2026-10-25T06:00"),
]


@pytest.mark.parametrize(("start", "duration", "due"), CLOCK_CHANGES)
def test_counts_hours_that_pass_on_the_days_of_the_clock_change(start: str, duration: str, due: str) -> None:
    expected = datetime.fromisoformat(due).astimezone(UTC) if "+" in due else local(due)
    assert add(book(hours=NIGHT), local(start), parse_duration(duration))[0] == expected


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_day_hours_are_local_on_both_sides_of_a_clock_change(day: str) -> None:
    hours = book(hours={"sat-sun": "08:00-18:00"})
    before = date.fromisoformat(day) - timedelta(days=1)
    assert add(hours, local(f"{before}T17:00"), Duration(2, "h"))[0] == local(f"{day}T09:00")


def test_a_time_that_the_clock_skips_is_the_moment_of_the_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert [instant(date(2026, 3, 29), minute, zone) for minute in (120, 150, 179, 180)] == [change] * 4
    assert book(hours={"sun": "02:00-03:00"}).spans(date(2026, 3, 29)) == ()


SPECIAL: dict[str, Any] = {
    "closures": ["2026-12-24..2027-01-01", "2026-06-10"],
    "exceptions": {
        "2026-12-31": "08:00-12:00",
        "2026-06-14": "10:00-14:00",
        "2026-06-15": "closed",
        "2026-05-25": "10:00-11:00",
    },
    "holidays_add": ["2026-06-12"],
    "holidays_remove": ["2026-05-14"],
}  # fmt: skip
SPECIAL_DAYS = [
    ("2026-06-09T17:00", "2h", "2026-06-11T09:00"),  # closed for one day
    ("2026-06-11T17:00", "2h", "2026-06-13T10:00"),  # a holiday of the house's own, then Saturday
    ("2026-06-13T12:30", "2h", "2026-06-14T11:30"),  # a working Sunday
    ("2026-06-14T13:00", "2h", "2026-06-16T09:00"),  # a Monday that is closed by exception
    ("2026-12-23T17:00", "2h", "2026-12-31T09:00"),  # an exception wins over the closure
    ("2026-12-31T11:00", "2h", "2027-01-02T10:00"),
    ("2026-05-13T17:00", "2h", "2026-05-14T09:00"),  # Ascension Day, but they work
    ("2026-05-23T12:30", "1h", "2026-05-25T10:30"),  # an exception wins over a holiday
]


@pytest.mark.parametrize(("start", "duration", "due"), SPECIAL_DAYS)
def test_exceptions_win_over_closures_over_holidays_over_the_week(start: str, duration: str, due: str) -> None:
    assert add(book(**SPECIAL), local(start), parse_duration(duration))[0] == local(due)


def test_a_break_does_not_count() -> None:
    hours = book(hours={"mon-fri": "07:00-12:00, 13:00-17:00"}, timezone="Europe/Copenhagen", holidays="DK")
    assert add(hours, local("2026-05-20T11:00"), Duration(2, "h"))[0] == local("2026-05-20T14:00")
    assert add(hours, local("2026-05-20T11:00"), Duration(1, "h"))[0] == local("2026-05-20T12:00")
    assert not is_open(hours, local("2026-05-20T12:30"))


def test_a_team_has_its_own_hours_or_those_of_the_site() -> None:
    own = {"team_hours": {"service": {"mon-fri": "07:00-17:00"}}}
    start = local("2026-05-20T16:30")
    assert add(book("service", **own), start, Duration(1, "h"))[0] == local("2026-05-21T07:30")
    assert add(book("sales", **own), start, Duration(1, "h"))[0] == local("2026-05-20T17:30")


WORDS = [
    ({}, "2026-05-22T17:40", "2h", "opened Fri 17:40, counts Mon-Fri 08-18 and Sat 09-13, due Sat 10:40"),
    ({}, "2026-05-23T12:00", "2h",
     "opened Sat 12:00, counts Mon-Fri 08-18 and Sat 09-13, holiday Mon 25 May, due Tue 09:00"),
    (SPECIAL, "2026-12-23T17:30", "1h",
     "opened Wed 17:30, counts Mon-Fri 08-18 and Sat 09-13, closed Thu 24 Dec to Wed 30 Dec, "
     "exception Thu 31 Dec 08-12, due Thu 31 Dec 08:30"),
    ({"hours": {"mon-fri": "07:30-12:00, 13:00-17:00"}}, "2026-05-20T10:00", "1h",
     "opened Wed 10:00, counts Mon-Fri 07:30-12/13-17, due Wed 11:00"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "start", "duration", "words"), WORDS)
def test_the_arithmetic_reads_like_a_sentence(fields: dict[str, Any], start: str, duration: str, words: str) -> None:
    assert add(book(**fields), local(start), parse_duration(duration))[1] == words


def test_elapsed_time_runs_through_nights_and_clock_changes() -> None:
    due, words = elapsed(book(), local("2026-10-24T10:00"), Duration(48, "h"), "received")
    assert due == local("2026-10-26T09:00")
    assert words == "received Sat 10:00, counts 48h elapsed, due Mon 09:00"
    assert elapsed(book(), local("2026-05-22T10:00"), Duration(2, "wd"))[0] == local("2026-05-26T18:00")


def test_open_and_next_opening() -> None:
    hours = book()
    assert is_open(hours, local("2026-05-20T08:00"))
    assert not is_open(hours, local("2026-05-20T18:00"))
    assert next_open(hours, local("2026-05-20T09:00")) == local("2026-05-20T09:00")
    assert next_open(hours, local("2026-05-20T18:00")) == local("2026-05-21T08:00")
    assert next_open(hours, local("2026-05-23T13:00")) == local("2026-05-26T08:00")
    assert opening_of(hours, date(2026, 5, 24)) == local("2026-05-26T08:00")


@pytest.mark.parametrize("duration", ["1m", "1wd"])
def test_hours_that_never_come_are_an_error_that_says_so(duration: str) -> None:
    with pytest.raises(NeverOpens, match=r"within 400 days of 2026-05-20 \(hours: no hours\)"):
        add(book(hours={}), local("2026-05-20T10:00"), parse_duration(duration))


def test_a_time_that_the_hours_cannot_hold_is_an_error() -> None:
    with pytest.raises(NeverOpens, match="999999h of open time within 400 days"):
        add(book(), local("2026-05-20T10:00"), Duration(999999, "h"))


def test_a_business_day_may_lie_between_other_offsets() -> None:
    hours = book(timezone="Asia/Shanghai", holidays=None, hours={"mon-sun": "09:00-12:00"})
    assert add(hours, datetime(2026, 5, 20, 3, 30, tzinfo=UTC), Duration(1, "h"))[0] == datetime(
        2026, 5, 21, 1, 30, tzinfo=UTC
    )


# --- against counting minute by minute -------------------------------------------------------------------------------

EDGES = [m for m in range(0, 1441, 15) if m in (60, 120) or not 60 < m < 180]
"""Hours begin and end at quarters; an edge inside an hour that a clock skips or repeats has its own test."""


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = draw(st.lists(st.sampled_from(EDGES), min_size=0, max_size=4, unique=True).map(sorted))
    return tuple(zip(edges[0::2], edges[1::2], strict=False))


@st.composite
def books(draw: st.DrawFn) -> DayBook:
    week = tuple(draw(intervals()) for _ in range(7))
    closed = draw(st.lists(st.sampled_from(DAYS), max_size=2))
    special = draw(st.lists(st.tuples(st.sampled_from(DAYS), intervals()), max_size=2))
    return DayBook(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        week=week, exceptions=tuple(special), closures=tuple((day, day) for day in closed), region="DE-BE",
    )  # fmt: skip


CENTRES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 5, 25), date(2026, 3, 8), date(2026, 11, 1)]
DAYS = [centre + timedelta(days=n) for centre in CENTRES for n in range(-2, 4)]
ZONES = ["Europe/Berlin", "Europe/Copenhagen", "America/New_York", "Asia/Shanghai"]
MINUTE = timedelta(minutes=1)


def counted(hours: DayBook, at: datetime) -> bool:
    """Whether the minute that begins at a moment is an open one by the wall clock."""
    there = at.astimezone(hours.zone)
    minute = there.hour * 60 + there.minute
    return any(start <= minute < end for start, end in hours.hours(there.date())[0])


moments = st.builds(
    lambda day, minute: datetime.combine(day, datetime.min.time(), UTC) + minute * MINUTE,
    st.sampled_from(DAYS),
    st.integers(0, 1439),
)


@given(hours=books(), start=moments, minutes=st.integers(1, 1500))
@settings(max_examples=100, deadline=None)
def test_adding_equals_counting_minute_by_minute(hours: DayBook, start: datetime, minutes: int) -> None:
    at, left = start, minutes
    limit = start + timedelta(days=9)
    while left and at < limit:
        left -= counted(hours, at)
        at += MINUTE
    if not left:
        assert add(hours, start, Duration(minutes, "m"))[0] == at


@given(hours=books(), start=moments, length=st.integers(0, 4000))
@settings(max_examples=100, deadline=None)
def test_time_between_equals_counting_minute_by_minute(hours: DayBook, start: datetime, length: int) -> None:
    expected = sum(counted(hours, start + n * MINUTE) for n in range(length))
    assert between(hours, start, start + length * MINUTE) == expected * MINUTE


@given(hours=books(), start=moments, minutes=st.integers(1, 3000), seconds=st.integers(0, 59))
@settings(max_examples=100, deadline=None)
def test_what_was_added_lies_between(hours: DayBook, start: datetime, minutes: int, seconds: int) -> None:
    assume(minutes < 40 * sum(end - opens for day in hours.week for opens, end in day))  # a year holds it
    begin = start + timedelta(seconds=seconds)
    due, _ = add(hours, begin, Duration(minutes, "m"))
    assert between(hours, begin, due) == minutes * MINUTE
