"""Which sources are silent, by tables; when the weekly look is due, over ten years."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.models import PlannedSilence, Settings, Source
from rules.silence import (
    CLOSED,
    Heard,
    Planned,
    last_check,
    limit_of,
    next_check,
    overseen,
    overseen_in,
    planned_of,
    sites_of,
    standing,
)

House = Callable[..., Settings]
At = Callable[[str], datetime]
FRIDAY = "2026-05-29T07:00+02:00"
"""No closure, no change of the clock before it."""
FRI, SEVEN = 4, 7 * 60
CONTROLLER = "controlling@muster.example"


def mobile(settings: Settings, **changes: Any) -> Source:
    return settings.sources["mobile-berlin"].model_copy(update=changes)


@pytest.mark.parametrize(
    ("last", "seen", "silent"),
    [
        ("2026-05-22T06:59:59+02:00", "2026-01-01T00:00+00:00", True),
        ("2026-05-22T07:00+02:00", "2026-01-01T00:00+00:00", True),
        ("2026-05-22T07:01+02:00", "2026-01-01T00:00+00:00", False),  # 6 d 23 h 59 min: told a week later
        ("2026-05-29T06:59+02:00", "2026-01-01T00:00+00:00", False),
        (None, "2026-05-22T07:00+02:00", True),  # it never sent, and had its time
        (None, "2026-05-22T07:01+02:00", False),
        ("2026-01-01T00:00+00:00", "2026-05-25T10:00+02:00", False),  # known from an import, configured this week
        ("2026-05-28T00:00+00:00", "2026-05-29T05:00+00:00", False),
    ],
)
def test_silence_counts_from_the_last_mail_and_never_from_before_it_was_configured(
    house: House, at: At, last: str | None, seen: str, silent: bool
) -> None:
    settings = house()
    heard = Heard(seen_at=at(seen), last_at=at(last) if last else None)
    found = standing(settings, mobile(settings), heard, (), at(FRIDAY))
    assert (found.is_silent, found.limit) == (silent, timedelta(days=7))


@pytest.mark.parametrize(
    ("source", "changes", "days"),
    [
        ("mobile-berlin", {}, 7),
        ("by-vendor", {}, 7),
        ("mobile-berlin", {"type": "generic"}, 14),
        ("mobile-berlin", {"silence": "36h"}, 1.5),
        ("mobile-berlin", {"silence": "off"}, None),
    ],
)
def test_the_limit_is_the_sources_own_or_its_types(
    house: House, source: str, changes: dict[str, Any], days: float | None
) -> None:
    settings = house()
    one = Source.model_validate(settings.sources[source].model_dump(by_alias=True) | changes)
    assert limit_of(settings, one) == (None if days is None else timedelta(days=days))


def test_what_is_off_is_never_silent(house: House, at: At) -> None:
    settings = house()
    heard = Heard(seen_at=at("2020-01-01T00:00+00:00"))
    assert not standing(settings, mobile(settings, silence="off"), heard, (), at(FRIDAY)).is_silent


PLANS = [
    # last mail, planned, closures of the site, silent on the Friday, for how long
    ("2026-05-15T07:00", [("2026-05-18", "2026-05-24")], [], True, 7),  # 14 days, seven of them planned
    ("2026-05-15T07:00", [("2026-05-18", "2026-05-25")], [], False, 6),
    ("2026-05-15T07:00", [("2026-05-16", "2026-05-20"), ("2026-05-18", "2026-05-24")], [], False, 5),  # days once
    ("2026-05-15T07:00", [("2026-05-29", "2026-05-29")], [], False, 13 + 17 / 24),  # today is planned: no news
    ("2026-05-15T07:00", [("2026-05-29", "2026-12-31")], [], False, 13 + 17 / 24),
    ("2026-05-15T07:00", [("2026-05-30", "2026-12-31")], [], True, 14),
    ("2026-05-15T07:00", [("2026-05-01", "2026-05-14")], [], True, 14),  # before it fell silent
    ("2026-05-15T07:00", [("2026-05-01", "2026-05-15")], [], True, 13 + 7 / 24),
    ("2026-05-15T07:00", [], ["2026-05-18..2026-05-25"], False, 6),
    ("2026-05-15T07:00", [], ["2026-05-29"], False, 13 + 17 / 24),
]


@pytest.mark.parametrize("by", ["source", "site"])
@pytest.mark.parametrize(("last", "planned", "closures", "silent", "days"), PLANS)
def test_planned_days_do_not_count(
    house: House,
    at: At,
    last: str,
    planned: list[tuple[str, str]],
    closures: list[str],
    silent: bool,
    days: float,
    by: str,
) -> None:
    settings = house(closures=closures)
    site, source = ("berlin", None) if by == "site" else (None, "mobile-berlin")
    plans = [
        Planned(first=date.fromisoformat(first), until=date.fromisoformat(until), site=site, source=source)
        for first, until in planned
    ]
    others = [
        Planned(site="copenhagen", first=date(2026, 1, 1), until=date(2026, 12, 31)),
        Planned(source="by-vendor", first=date(2026, 1, 1), until=date(2026, 12, 31)),
    ]
    heard = Heard(seen_at=at("2026-01-01T00:00+00:00"), last_at=at(f"{last}+02:00"))
    found = standing(settings, mobile(settings), heard, [*plans, *others], at(FRIDAY))
    assert (found.is_silent, found.quiet) == (silent, timedelta(days=days))


def test_planned_days_are_local_days_also_where_the_clock_changes(house: House, at: At) -> None:
    settings = house()
    plan = Planned(site="berlin", first=date(2026, 10, 24), until=date(2026, 10, 25))  # 49 hours
    heard = Heard(seen_at=at("2026-01-01T00:00+00:00"), last_at=at("2026-10-23T12:00+02:00"))
    found = standing(settings, mobile(settings), heard, [plan], at("2026-10-26T12:00+01:00"))
    assert found.quiet == timedelta(hours=24)


def test_a_source_for_several_sites_rests_only_while_all_of_them_do(house: House, at: At) -> None:
    settings = house()
    source = settings.sources["by-vendor"]
    heard = Heard(seen_at=at("2026-05-15T07:00+02:00"))
    berlin = Planned(site="berlin", first=date(2026, 5, 18), until=date(2026, 5, 29))
    copenhagen = Planned(site="copenhagen", first=date(2026, 5, 20), until=date(2026, 5, 31))
    assert {site.id for site in sites_of(settings, source)} == {"berlin", "copenhagen"}
    alone = standing(settings, source, heard, [berlin], at(FRIDAY))
    both = standing(settings, source, heard, [berlin, copenhagen], at(FRIDAY))
    assert (alone.is_silent, alone.quiet) == (True, timedelta(days=14))
    assert (both.is_silent, both.quiet) == (False, timedelta(days=4, hours=17))


def test_plans_come_from_the_file_and_from_the_command() -> None:
    written = PlannedSilence.model_validate(
        {"site": "berlin", "from": "2026-12-24", "until": "2027-01-01", "reason": "x"}
    )
    kept = Planned(source="by-vendor", first=date(2026, 5, 1), until=date(2026, 5, 2), number=3)
    assert planned_of([written], [kept]) == (
        Planned(site="berlin", first=date(2026, 12, 24), until=date(2027, 1, 1), reason="x"),
        kept,
    )


def test_the_plan_that_lasts_longest_is_shown(house: House, at: At) -> None:
    settings = house(closures=["2026-05-29..2026-06-07"])
    heard = Heard(seen_at=at("2026-01-01T00:00+00:00"))
    plan = Planned(site="berlin", first=date(2026, 5, 28), until=date(2026, 5, 30), reason="stocktaking")
    found = standing(settings, mobile(settings), heard, [plan], at(FRIDAY)).planned
    assert found is not None
    assert (found.reason, found.until) == (CLOSED, date(2026, 6, 7))


def test_a_controller_hears_of_each_source_once_in_the_zone_of_his_own_first_site(house: House) -> None:
    settings = house(controllers=["Controlling@muster.example", "chef@eksempel.example"])
    day = date(2026, 5, 29)
    of_all = {
        who: [(source.id, site.id) for source, site in watching]
        for who, watching in overseen(settings, settings.sources.values(), day).items()
    }
    assert set(of_all) == {"Controlling@muster.example", "chef@eksempel.example"}
    assert of_all["chef@eksempel.example"][0] == ("mobile-berlin", "berlin")
    assert list(overseen_in(settings, "Europe/Berlin", day)) == list(of_all)
    assert overseen_in(settings, "Europe/Copenhagen", day) == {}
    other = house()  # each site has its own
    north = overseen_in(other, "Europe/Copenhagen", day)
    assert [(source.id, site.id) for source, site in north["chef@eksempel.example"]] == [
        ("by-vendor", "copenhagen"),
        ("by-name", "copenhagen"),
    ]


def test_who_stands_in_for_a_controller_is_told_in_his_place(house: House) -> None:
    stands_in = {"of": CONTROLLER, "to": "eva@muster.example", "from": "2026-05-29", "until": "2026-05-29"}
    settings = house(deputies=[stands_in])
    for day, to in ((28, CONTROLLER), (29, "eva@muster.example"), (30, CONTROLLER)):
        assert next(iter(overseen(settings, [mobile(settings)], date(2026, 5, day)))) == to


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/Copenhagen", "Asia/Shanghai"])
def test_every_friday_of_ten_years_comes_once_and_at_seven(zone: str) -> None:
    now, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    days: list[date] = []
    while now < end:
        day, due_at = last_check(FRI, SEVEN, zone, now)
        if not days or days[-1] != day:
            days.append(day)
            local = due_at.astimezone(ZoneInfo(zone))
            assert (local.weekday(), local.hour, local.minute, local.date()) == (4, 7, 0, day)
        assert due_at <= now < next_check(FRI, SEVEN, zone, now)
        now += timedelta(minutes=47)
    assert {after - before for before, after in pairwise(days)} == {timedelta(days=7)}
    assert (days[0], len(days)) == (date(2025, 12, 26), 523)
