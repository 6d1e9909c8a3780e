"""Which controller gets which mail of the calendar on which day, and the settings that it tells of."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from config.models import Settings
from rules.controlling import ESCALATIONS, SETTINGS, appointments, due
from rules.overview import overview

House = Callable[..., Settings]
At = Callable[[str], datetime]
CHIEF, NORTH = "controlling@muster.example", "chef@eksempel.example"
WEDNESDAY = "2026-05-20T08:00+02:00"


def shared(settings: Settings, **copenhagen: Any) -> Settings:
    """The settings, where one controller has both sites."""
    site = settings.sites["copenhagen"].model_copy(update={"controllers": (CHIEF.upper(),), **copenhagen})
    return settings.model_copy(update={"sites": {**settings.sites, "copenhagen": site}})


def of(settings: Settings, job: str, now: datetime) -> list[tuple[str, str, list[str]]]:
    found = (one for one in appointments(settings, now) if one.job == job)
    return [(one.to, one.home.id, [site.id for site in one.sites]) for one in found]


def test_a_controller_gets_one_list_however_many_sites_he_has(house: House, at: At) -> None:
    now = at(WEDNESDAY)
    assert of(house(), ESCALATIONS, now) == [(CHIEF, "berlin", ["berlin"]), (NORTH, "copenhagen", ["copenhagen"])]
    settings = shared(house())
    assert of(settings, ESCALATIONS, now) == [(CHIEF, "berlin", ["berlin", "copenhagen"])]
    assert [one.scope for one, _ in due(settings, now) if one.job == ESCALATIONS] == [f"{CHIEF} Europe/Berlin"]


def test_a_site_whose_list_is_off_is_in_no_list_but_in_the_settings(house: House, at: At) -> None:
    settings = shared(house(mail={"escalations": "off"}))
    assert of(settings, ESCALATIONS, at(WEDNESDAY)) == [(CHIEF.upper(), "copenhagen", ["copenhagen"])]
    assert of(settings, SETTINGS, at(WEDNESDAY)) == [(CHIEF, "berlin", ["berlin", "copenhagen"])]


def test_who_stands_in_has_the_place_of_who_is_absent(house: House, at: At) -> None:
    settings = house(deputies=[{"of": CHIEF, "to": "eva@muster.example", "from": "2026-05-20", "until": "2026-05-20"}])
    for day, to in (("19", CHIEF), ("20", "eva@muster.example"), ("21", CHIEF)):
        assert of(settings, ESCALATIONS, at(f"2026-05-{day}T08:00+02:00"))[0][0] == to


@pytest.mark.parametrize(
    ("mail", "now", "is_due"),
    [
        ({}, "2026-05-20T07:59:59+02:00", False),
        ({}, "2026-05-20T08:00+02:00", True),
        ({}, "2026-05-20T23:59+02:00", True),
        ({"escalations": "9:30"}, "2026-05-20T09:29+02:00", False),
        ({}, "2026-05-23T08:00+02:00", True),  # Saturday, which Berlin works
        ({}, "2026-05-24T12:00+02:00", False),  # Sunday
        ({}, "2026-05-25T12:00+02:00", False),  # Whit Monday
    ],
)
def test_the_list_comes_on_days_that_are_worked(
    house: House, at: At, mail: dict[str, Any], now: str, is_due: bool
) -> None:
    settings = house(mail=mail)
    assert [one.to for one, _ in due(settings, at(now)) if (one.job, one.to) == (ESCALATIONS, CHIEF)] == (
        [CHIEF] if is_due else []
    )


def test_a_day_counts_that_any_of_the_sites_works(house: House, at: At) -> None:
    great_prayer, saturday = "2026-05-25T08:00+02:00", "2026-05-23T08:00+02:00"
    settings = shared(house(), hours={"mon-sun": ((480, 1080),)}, holidays=None)
    for now in (great_prayer, saturday):
        assert ESCALATIONS in {one.job for one, _ in due(settings, at(now)) if one.to == CHIEF}


@pytest.mark.parametrize(
    ("now", "is_due"),
    [
        ("2026-05-02T08:00+02:00", True),  # the 1st is a holiday
        ("2026-05-02T07:59+02:00", False),
        ("2026-05-01T12:00+02:00", False),
        ("2026-05-04T08:00+02:00", False),
        ("2026-06-01T08:00+02:00", True),
        ("2026-01-02T08:00+01:00", True),
    ],
)
def test_the_settings_come_on_the_first_working_day_of_the_month(house: House, at: At, now: str, is_due: bool) -> None:
    found = {one.to for one, _ in due(house(), at(now)) if one.job == SETTINGS}
    assert (CHIEF in found) == is_due


def test_the_settings_can_be_switched_off(house: House, at: At) -> None:
    settings = house()
    monitor = settings.postroom.monitor.model_copy(update={"settings_mail": "off"})
    postroom = settings.postroom.model_copy(update={"monitor": monitor})
    assert of(settings.model_copy(update={"postroom": postroom}), SETTINGS, at(WEDNESDAY)) == []


def test_once_a_month_and_day_over_a_year(house: House, at: At) -> None:
    settings, now = house(), at("2026-01-01T12:00+01:00")
    months, listed = set[date](), set[date]()
    for day in range(365):
        for one, local in due(settings, now + timedelta(days=day)):
            if one.to == CHIEF:
                seen = months if one.job == SETTINGS else listed
                assert local not in seen
                seen.add(local)
    assert sorted(day.month for day in months) == list(range(1, 13))
    assert not any(day.weekday() == 6 for day in listed)


def test_the_overview_tells_what_is_set_and_what_is_not_as_shipped(house: House, at: At) -> None:
    settings = house(
        steps={"standard": {"E1": "3h"}},
        escalate={"check-in": "none"},
        exceptions={"2026-01-02": "08:00-12:00", "2026-12-31": "08:00-12:00", "2027-01-04": "closed"},
        holidays_add=["2026-06-05"],
        mail={"escalated_wait": "30m", "bundle": {"check-in": "1h", "lead": "5m"}, "escalations": "off"},
        deputies=[
            {"of": CHIEF, "to": "eva@muster.example", "from": "2026-12-21", "until": "2027-01-03"},
            {"of": CHIEF, "to": "alt@muster.example", "from": "2025-12-21", "until": "2026-01-03"},
        ],
    )
    monitor = settings.postroom.monitor.model_copy(update={"early": 0.5})
    postroom = settings.postroom.model_copy(update={"monitor": monitor})
    settings = settings.model_copy(update={"postroom": postroom})
    groups = overview(settings, settings.sites["berlin"], at(WEDNESDAY))
    assert [(group.site, group.sort) for group in groups] == [
        ("Autohaus Muster Berlin", sort) for sort in ("times", "sources", "limits", "people")
    ]
    found = {one.name: (one.value, one.shipped) for group in groups for one in group.settings}
    differing = {name: values for name, values in found.items() if values[1] is not None}
    assert differing == {
        "standard E1": ("3h", "2h"),
        "mail bundle check-in": ("60m", "30m"),
        "mail bundle lead": ("5m", "0m"),
        "mail escalated_wait": ("30m", "15m"),
        "mail escalations": ("off", "08:00"),
        "escalate check-in": ("none", "standard"),
        "monitor early": ("0.5", "0.2"),
    }
    assert found["hot-alert E1"] == ("12h elapsed", None)
    assert found["mobile-berlin silence"] == ("7d", None)
    assert found["hours service mon-fri"] == ("07:00-17:00", None)
    assert found["controllers"] == (CHIEF, None)
    assert found["brakes per_hour"] == ("5", None)
    assert found["monitor time"] == ("07:00", None)
    assert found["exceptions 2026-12-31"] == ("08:00-12:00", None)
    assert found["exceptions 2027-01-04"] == ("closed", None)
    assert not any(name.startswith("exceptions 2026-01") for name in found), "it is over"
    assert found["holidays_add"] == ("2026-06-05", None)
    assert found["role service-manager"] == ("meister@muster.example", None)
    assert [one.value for one in groups[-1].settings if one.name.startswith("deputy")] == [
        "eva@muster.example, 2026-12-21 to 2027-01-03"
    ]


def test_only_policies_that_something_runs_under_are_told(house: House, at: At) -> None:
    settings = house(policies={"unused": {"step": [{"name": "E1", "after": "1h", "effect": "overdue"}]}})
    times = overview(settings, settings.sites["berlin"], at(WEDNESDAY))[0]
    assert not any(one.name.startswith("unused") for one in times.settings)
