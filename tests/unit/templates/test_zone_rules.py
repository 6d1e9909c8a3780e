"""The rules of a zone, as a VTIMEZONE takes them: they give the same offset as the zone itself, all year round."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from templates.zone_rules import Onset, onsets

ZONES = {
    "Europe/Berlin": ["-1SU", "-1SU"],
    "Europe/Copenhagen": ["-1SU", "-1SU"],
    "Europe/Dublin": ["-1SU", "-1SU"],
    "America/New_York": ["2SU", "1SU"],
    "Australia/Sydney": ["1SU", "1SU"],
    "Asia/Shanghai": [None],
    "Asia/Kathmandu": [None],
    "Africa/Casablanca": [None, None, None],
}


@pytest.mark.parametrize("zone", ZONES)
def test_rules_are_what_outlook_can_take(zone: str) -> None:
    assert [one.by_day for one in onsets(zone, 2026, 2026)] == ZONES[zone]


@pytest.mark.parametrize("year", [2026, 2027, 2031])
@pytest.mark.parametrize("zone", [*ZONES, "America/Sao_Paulo", "Asia/Jerusalem", "Pacific/Chatham", "Pacific/Apia"])
def test_they_give_the_offset_of_every_hour(zone: str, year: int) -> None:
    known, found = ZoneInfo(zone), unrolled(onsets(zone, year, year + 1), year + 1)
    at = datetime(year, 1, 1, tzinfo=known).astimezone(UTC)
    end = datetime(year + 2, 1, 1, tzinfo=known).astimezone(UTC)
    while at < end:
        held = max((one for one in found if one[0] <= at), key=lambda one: one[0])
        assert held[1] == at.astimezone(known).utcoffset(), at
        at += timedelta(hours=1)


@pytest.mark.parametrize("zone", ZONES)
def test_each_change_begins_with_the_offset_that_ends(zone: str) -> None:
    found = sorted(onsets(zone, 2026, 2027), key=lambda one: one.local)
    assert all(second.before == first.after for first, second in pairwise(found))


def unrolled(rules: tuple[Onset, ...], last: int) -> list[tuple[datetime, timedelta]]:
    """Each time from which an offset holds, UTC."""
    return [
        ((local - one.before).replace(tzinfo=UTC), one.after)
        for one in rules
        for local in [one.local, *later(one, last)]
    ]


def later(one: Onset, last: int) -> list[datetime]:
    """The years after the first, by the rule alone."""
    return [nth(one, year) for year in range(one.local.year + 1, last + 1)] if one.by_day else []


def nth(one: Onset, year: int) -> datetime:
    assert one.by_day is not None
    number, weekday = int(one.by_day[:-2]), ("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(one.by_day[-2:])
    first = one.local.replace(year=year, day=1)
    days = [first + timedelta(days=n) for n in range(31)]
    fitting = [day for day in days if day.month == first.month and day.weekday() == weekday]
    return fitting[number if number < 0 else number - 1]
