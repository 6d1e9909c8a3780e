"""What stands against a visit at a time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from config.models import Settings
from rules.model import Refused
from rules.visit import Beside
from rules.visit_checks import objection
from rules.visits import local_time
from tests.unit.rules.visiting import AGREED, NOW, do, visiting

House = Callable[..., Settings]
OUTSIDE, HOURS = "outside the opening hours", "that day 07:00-17:00"
SERVICE = {"closures": ["2026-12-24..2027-01-01"], "exceptions": {"2026-05-30": "09:00-12:00", "2026-05-29": "closed"}}
"""Beside the hours of the team: Monday to Friday, 7 to 17 o'clock."""


@pytest.mark.parametrize(
    ("at", "until", "why"),
    [
        ("2026-05-28T09:00", "2026-05-28T10:00", None),
        ("2026-05-28T07:00", "2026-05-28T17:00", None),  # from opening to closing
        ("2026-05-28T16:00", "2026-06-01T09:00", None),  # over days: it is fetched while somebody is there
        ("2026-05-30T09:00", "2026-05-30T12:00", None),  # an exception on a Saturday
        ("2026-05-20T09:59", "2026-05-20T12:00", "2026-05-20 09:59 has passed"),
        ("2026-05-20T10:00", "2026-05-20T12:00", "2026-05-20 10:00 has passed"),
        ("2025-05-20T10:00", "2026-05-20T12:00", "2025-05-20 10:00 has passed"),
        ("2028-05-22T10:00", "2028-05-22T12:00", "2028-05-22 10:00 is more than 730 days ahead"),
        ("2026-05-28T09:00", "2026-05-28T08:59", "the visit would end at 2026-05-28 08:59, which is not after {at}"),
        ("2026-05-28T09:00", "2026-07-28T09:00", "the visit would last longer than 31 days"),
        ("2026-05-28T06:59", "2026-05-28T10:00", f"it would begin {OUTSIDE}, 2026-05-28 06:59: {HOURS}"),
        ("2026-05-28T17:00", "2026-05-29T10:00", f"it would begin {OUTSIDE}, 2026-05-28 17:00: {HOURS}"),
        ("2026-05-28T16:30", "2026-05-28T17:30", f"the visit would end {OUTSIDE}, 2026-05-28 17:30: {HOURS}"),
        ("2026-05-23T10:00", "2026-05-23T11:00", "2026-05-23 10:00 is on a day on which the workshop is closed"),
        ("2026-05-25T10:00", "2026-05-25T11:00", "2026-05-25 10:00 is on a public holiday"),
        ("2026-05-22T10:00", "2026-05-25T10:00", "2026-05-25 10:00 is on a public holiday"),
        ("2026-05-29T10:00", "2026-05-29T11:00", "2026-05-29 10:00 is on a day on which the workshop is closed"),
        ("2026-12-28T10:00", "2026-12-28T11:00", "2026-12-28 10:00 is on a day on which the workshop is closed"),
    ],
)  # fmt: skip
def test_hours_of_the_team(house: House, at: str, until: str, why: str | None) -> None:
    settings = house(**SERVICE)
    site = settings.sites["berlin"]
    start, end = local_time(at, site), local_time(until, site)
    assert objection(visiting("new"), start, end, (), site, NOW) == (why and why.format(at="2026-05-28 09:00"))


def test_a_break_at_noon(house: House) -> None:
    settings = house(team_hours={"service": {"mon-fri": "07:00-12:00, 13:00-17:00"}})
    site = settings.sites["berlin"]
    noon = [local_time(f"2026-05-28T{clock}", site) for clock in ("11:00", "12:00", "12:30", "13:00", "14:00")]
    found = [objection(visiting("new"), a, b, (), site, NOW) for a, b in pairwise(noon)]
    assert found == [
        None,
        "it would begin outside the opening hours, 2026-05-28 12:00: that day 07:00-12:00 / 13:00-17:00",
        "it would begin outside the opening hours, 2026-05-28 12:30: that day 07:00-12:00 / 13:00-17:00",
        None,
    ]


def test_where_nobody_has_hours_only_closures_and_holidays_count(house: House) -> None:
    settings = house(hours={}, team_hours={}, closures=["2026-06-01"])
    site = settings.sites["berlin"]
    days = [local_time(f"2026-{day}T03:00", site) for day in ("05-25", "05-26", "06-01")]
    found = [objection(visiting("new"), one, one + timedelta(hours=1), (), site, NOW) for one in days]
    assert found == [
        "2026-05-25 03:00 is on a public holiday",
        None,
        "2026-06-01 03:00 is on a day on which the workshop is closed",
    ]


BRAKES = Beside(
    ref="B-000009-Z",
    starts_at=datetime.fromisoformat("2026-05-28T07:00Z"),
    ends_at=datetime.fromisoformat("2026-05-28T08:00Z"),
)
"""9 to 10 o'clock."""


@pytest.mark.parametrize(
    ("at", "until", "free"),
    [
        ("08:00", "09:00", True),
        ("10:00", "11:00", True),
        ("08:30", "09:01", False),
        ("09:00", "10:00", False),
        ("09:59", "11:00", False),
        ("08:00", "12:00", False),
        ("09:15", "09:30", False),
    ],
)
def test_the_same_car_is_in_one_place(house: House, at: str, until: str, free: bool) -> None:
    args = {"at": f"2026-05-28T{at}", "until": until}
    if free:
        assert do(house(), visiting("new"), "offer", "team", args, beside=(BRAKES,))[0].state == "offered"
        return
    with pytest.raises(Refused) as refused:
        do(house(), visiting("new"), "offer", "team", args, beside=(BRAKES,))
    assert str(refused.value) == (
        "the same vehicle is booked already, B-000009-Z: 2026-05-28 09:00 to 2026-05-28 10:00"
    )


def test_a_booking_does_not_stand_against_itself(house: House) -> None:
    own = replace(BRAKES, ref="B-000005-Y")
    assert (
        do(house(), visiting("new"), "offer", "team", {"at": "2026-05-28T09:00"}, beside=(own,))[0].state == "offered"
    )


def test_what_was_taken_meanwhile_is_not_accepted(house: House) -> None:
    taken = replace(BRAKES, starts_at=AGREED.starts_at or NOW, ends_at=AGREED.ends_at or NOW)
    with pytest.raises(Refused, match="the same vehicle is booked already"):
        do(house(), visiting("offered"), "accept", "customer", beside=(taken,))
    assert do(house(), visiting("offered"), "agree", "customer", beside=(taken,))[0].state == "accepted"


@pytest.mark.parametrize("name", ["offer", "schedule", "pre-book"])
@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-05-19T09:00", "has passed"),
        ("2026-05-23T09:00", "is on a day on which the workshop is closed"),
        ("2027-03-28T02:30", "does not exist: the clock is put forward then"),
    ],
)
def test_each_way_to_set_a_time_is_checked(house: House, name: str, at: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        do(house(), visiting("new"), name, "team", {"at": at})
