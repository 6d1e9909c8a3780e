"""Which bookings stand in which part of the workshop's daily list."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from config.models import Settings
from parsers.records import Reading
from rules.daybook import daybook_of
from rules.model import Record
from rules.transition import ACTIONS, OPEN_STATES, PLANNED
from rules.visit import Visit
from rules.visit_lists import PARTS, OpenVisit, part_of, visit_lists, visits_day

House = Callable[..., Settings]
At = Callable[[str], datetime]

THURSDAY = date(2026, 12, 3)


def booking(
    at: At, state: str, starts: str | None = None, ref: str = "B-000005-Y", team: str | None = "service"
) -> Record:
    return Record(
        ref=ref,
        kind="booking",
        site="berlin",
        team=team,
        state=state,
        language="de",
        received_at=at("2026-11-20T09:00+01:00"),
        reading=Reading(kind="booking"),
        visit=Visit(uid=f"{ref}@x", zone="Europe/Berlin", starts_at=at(starts) if starts else None),
    )


@pytest.mark.parametrize(
    ("state", "starts", "part"),
    [
        ("new", None, "ours"),
        ("taken", None, "ours"),
        ("waiting", None, "ours"),
        ("offered", "2026-12-03T09:00+01:00", "theirs"),
        ("asked", None, "theirs"),
        ("accepted", "2026-12-03T09:00+01:00", "ours"),
        ("declined", "2026-12-03T09:00+01:00", "ours"),
        ("postponed", "2026-12-03T09:00+01:00", "ours"),
        ("countered", "2026-12-03T09:00+01:00", "ours"),
        ("moving", "2026-12-03T09:00+01:00", "ours"),
        ("scheduled", "2026-12-02T17:00+01:00", "past"),
        ("pre-booked", "2026-11-30T09:00+01:00", "past"),
        ("arrived", "2026-12-02T09:00+01:00", "today"),
        ("scheduled", "2026-12-03T00:30+01:00", "today"),
        ("scheduled", "2026-12-03T23:30+01:00", "today"),
        ("scheduled", "2026-12-04T09:00+01:00", "next"),
        ("pre-booked", "2026-12-04T09:00+01:00", "next"),
        ("scheduled", "2026-12-07T09:00+01:00", "later"),
        ("scheduled", None, "today"),
    ],
)
def test_a_booking_stands_where_somebody_looks_for_it(
    house: House, at: At, state: str, starts: str | None, part: str
) -> None:
    book = daybook_of(house().sites["berlin"], "service")
    assert part_of(booking(at, state, starts), book, THURSDAY) == part


def test_the_next_working_day_is_that_of_the_team(house: House, at: At) -> None:
    """On Friday it is Monday, and what somebody planned on a day off between them is told with it."""
    settings = house(team_hours={"service": {"mon-fri": "07:00-17:00"}})
    book = daybook_of(settings.sites["berlin"], "service")
    friday = date(2026, 12, 4)
    days = ("2026-12-05", "2026-12-06", "2026-12-07", "2026-12-08")
    found = [part_of(booking(at, "scheduled", f"{day}T09:00+01:00"), book, friday) for day in days]
    assert found == ["next", "next", "next", "later"]


@given(found=st.lists(st.tuples(st.sampled_from(OPEN_STATES), st.none() | st.integers(-9_000, 9_000)), max_size=12))
def test_every_open_booking_stands_in_exactly_one_of_both_lists(
    house: House, found: list[tuple[str, int | None]]
) -> None:
    """The times of the visits are hours from the list's own; one more waits, so that there is a mail."""
    at = datetime.fromisoformat
    settings, now = house(), at("2026-12-03T07:00+01:00")
    open_ones = [booking(at, "new", ref="B-0")]
    for n, (state, hours) in enumerate(found, 1):
        one = booking(at, state, ref=f"B-{n}")
        starts = now + timedelta(hours=hours) if hours is not None else None
        assert one.visit is not None
        open_ones.append(replace(one, visit=replace(one.visit, starts_at=starts)))
    [told] = visit_lists(
        settings, settings.sites["berlin"], [OpenVisit(record=one) for one in open_ones], THURSDAY, now
    )
    listed = {(PARTS[part], one.record.ref) for part, ones in told.parts.items() for one in ones}
    assert sum(map(len, told.parts.values())) == len(open_ones)
    assert listed == {("actions" if one.state in ACTIONS else "planned", one.ref) for one in open_ones}
    assert set(OPEN_STATES) == {*ACTIONS, *PLANNED}
    assert not {*ACTIONS} & {*PLANNED}


def test_the_longest_waiting_stand_first_and_what_was_put_off_last(house: House, at: At) -> None:
    settings, now = house(), at("2026-12-03T07:00+01:00")
    site = settings.sites["berlin"]
    put_off = replace(booking(at, "waiting", ref="B-1"), resubmit_at=at("2026-12-10T09:00+01:00"))
    found = [
        OpenVisit(record=put_off, since=at("2026-11-20T09:00+01:00")),
        OpenVisit(record=booking(at, "new", ref="B-2"), since=at("2026-12-02T09:00+01:00")),
        OpenVisit(record=booking(at, "countered", ref="B-3"), since=at("2026-12-01T09:00+01:00")),
        OpenVisit(record=booking(at, "scheduled", "2026-12-03T14:00+01:00", ref="B-4")),
        OpenVisit(record=booking(at, "scheduled", "2026-12-03T08:00+01:00", ref="B-5")),
    ]
    [told] = visit_lists(settings, site, found, THURSDAY, now)
    assert [one.record.ref for one in told.parts["ours"]] == ["B-3", "B-2", "B-1"]
    assert [one.record.ref for one in told.parts["today"]] == ["B-5", "B-4"]
    assert told.to == "service@muster.example"


def test_visits_of_later_days_alone_are_no_mail(house: House, at: At) -> None:
    settings, now = house(), at("2026-12-03T07:00+01:00")
    site = settings.sites["berlin"]
    later = OpenVisit(record=booking(at, "scheduled", "2026-12-17T14:00+01:00"))
    assert visit_lists(settings, site, [later], THURSDAY, now) == ()
    assert visit_lists(settings, site, [], THURSDAY, now) == ()


def test_a_booking_of_no_team_is_with_the_fallback_and_nobody_is_told_on_a_day_off(house: House, at: At) -> None:
    settings, now = house(), at("2026-12-03T07:00+01:00")
    site = settings.sites["berlin"]
    [told] = visit_lists(settings, site, [OpenVisit(record=booking(at, "new", team=None))], THURSDAY, now)
    assert told.to == site.teams[site.fallback]
    sunday = date(2026, 12, 6)
    assert visit_lists(settings, site, [OpenVisit(record=booking(at, "new"))], sunday, now) == ()


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-12-03T06:59+01:00", None),
        ("2026-12-03T07:00+01:00", date(2026, 12, 3)),
        ("2026-12-03T23:59+01:00", date(2026, 12, 3)),
        ("2026-12-06T12:00+01:00", None),
    ],
)
def test_the_list_is_due_at_its_time_on_days_that_are_worked(house: House, at: At, now: str, day: date | None) -> None:
    assert visits_day(house().sites["berlin"], at(now)) == day
    assert visits_day(house(booking={"list": "off"}).sites["berlin"], at(now)) is None
