"""What the calendar asks for at a moment, and the local times at which it looks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.models import Settings
from rules.agenda import LIST, QUIET, SILENT, VISITS, Bell, bells, due
from rules.controlling import ESCALATIONS
from rules.early import assessed, early_of

House = Callable[..., Settings]
At = Callable[[str], datetime]
BERLIN, COPENHAGEN = "Europe/Berlin", "Europe/Copenhagen"


def with_monitor(settings: Settings, **monitor: Any) -> Settings:
    changed = settings.postroom.monitor.model_copy(update=monitor)
    return settings.model_copy(update={"postroom": settings.postroom.model_copy(update={"monitor": changed})})


@pytest.mark.parametrize(
    ("now", "silent", "quiet"),
    [
        ("2026-05-29T06:59:59+02:00", "2026-05-22", []),
        ("2026-05-29T07:00+02:00", "2026-05-29", []),  # Berlin opens at eight
        ("2026-05-29T08:00+02:00", "2026-05-29", ["berlin 2026-05-29T08"]),
        ("2026-05-29T17:59+02:00", "2026-05-29", ["berlin 2026-05-29T17"]),
        ("2026-05-29T18:00+02:00", "2026-05-29", []),
        ("2026-05-31T12:00+02:00", "2026-05-29", []),  # Sunday
        ("2026-06-04T23:00+02:00", "2026-05-29", []),  # last week's is due until this week's is
    ],
)
def test_what_is_due(house: House, at: At, now: str, silent: str, quiet: list[str]) -> None:
    found = list(due(house(), at(now)))
    assert [(one.scope, one.day) for one in found if one.job == SILENT] == [(BERLIN, silent), (COPENHAGEN, silent)]
    hourly = [f"{one.scope} {one.day}" for one in found if one.job == QUIET]
    assert sorted(hourly) == quiet
    assert all(one.at is not None and one.at <= at(now) for one in found if one.job == SILENT)


def test_what_is_off_is_not_asked_for(house: House, at: At) -> None:
    settings = with_monitor(
        house(mail={"list": "off", "escalations": "off"}, booking={"list": "off"}),
        day="off",
        early="off",
        settings_mail="off",
    )
    assert {one.job for one in due(settings, at("2026-05-29T12:00+02:00"))} <= {LIST, VISITS, ESCALATIONS}
    assert bells(settings) == {Bell(COPENHAGEN, 8, 0), Bell(COPENHAGEN, 7, 0)}


def test_the_bells_are_those_of_each_zone(house: House) -> None:
    settings = house(mail={"list": "07:45", "escalations": "07:15"}, booking={"list": "06:30"})
    assert bells(settings) == {
        Bell(BERLIN, 7, 45),
        Bell(BERLIN, 7, 15),
        Bell(BERLIN, 6, 30),
        Bell(BERLIN, 8, 0),  # the settings, once a month
        Bell(COPENHAGEN, 8, 0),
        Bell(COPENHAGEN, 7, 0),
        Bell(BERLIN, 7, 0, "fri"),
        Bell(COPENHAGEN, 7, 0, "fri"),
        Bell(BERLIN, None, 0),  # of all sources the first site is there
    }


@pytest.mark.parametrize(
    ("monitor", "source", "alarms"),
    [
        (0.2, {}, 0.2),
        (0.2, {"early": 1.0}, 1.0),
        (0.2, {"early": "off"}, None),
        ("off", {}, None),
        ("off", {"early": 0.5}, 0.5),
        (0.2, {"silence": "off"}, None),  # it is not watched at all
    ],
)
def test_early_silence_is_the_sources_own_or_that_of_all(
    house: House, at: At, monitor: float | str, source: dict[str, Any], alarms: float | None
) -> None:
    settings = with_monitor(house(), early=monitor)
    one = settings.sources["mobile-berlin"].model_copy(update=source)
    assert early_of(settings, one) == alarms
    quiet = assessed(settings, one, [], (), at("2026-05-29T12:00+02:00"))
    assert not quiet.silent
    assert quiet.off_because
