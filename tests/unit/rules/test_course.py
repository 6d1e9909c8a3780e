"""The course of each policy at a site with real dates, and what differs from what is shipped."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.models import Settings
from rules.course import Course, courses, set_steps

House = Callable[..., Settings]
At = Callable[[str], datetime]
SALES, CHIEF, MASTER = "verkauf@muster.example", "controlling@muster.example", "meister@muster.example"
FRIDAY = "2026-11-20T16:30+01:00"
OWN = {"step": [{"name": "E1", "after": "1h", "effect": "escalate", "to": "controller"}, {"name": "N", "after": "1d",
       "clock": "wall", "effect": "remind"}]}  # fmt: skip


def of(settings: Settings, at: datetime, policy: str, site: str = "berlin", team: str = "sales") -> Course:
    return next(one for one in courses(settings, settings.sites[site], team, at) if one.policy == policy)


def shown(course: Course) -> list[tuple[str, datetime | None, datetime | None, tuple[str, ...]]]:
    return [(one.set.step, one.due_at, one.tell_at, one.told) for one in course.steps]


def test_a_request_of_friday_afternoon(house: House, at: At) -> None:
    settings = house(steps={"standard": {"EM2.1": "on"}})
    assert shown(of(settings, at(FRIDAY), "standard")) == [
        ("E1", at("2026-11-21T09:30+01:00"), at("2026-11-21T09:30+01:00"), (SALES,)),
        ("E2.1", at("2026-11-23T08:30+01:00"), at("2026-11-23T08:45+01:00"), (CHIEF,)),
        ("EM2.1", at("2026-11-23T10:30+01:00"), at("2026-11-23T10:30+01:00"), (CHIEF,)),
    ]


def test_hours_that_are_not_the_controllers(house: House, at: At) -> None:
    found = of(house(), at(FRIDAY), "hot-alert")
    assert shown(found) == [
        ("W1", at("2026-11-22T04:30+01:00"), at("2026-11-22T04:30+01:00"), (SALES,)),
        ("E1", at("2026-11-22T16:30+01:00"), at("2026-11-23T08:00+01:00"), (CHIEF,)),
    ]
    assert shown(of(house(), at(FRIDAY), "booking-request"))[0][3] == (MASTER,)
    assert shown(of(house(roles={}), at(FRIDAY), "booking-request"))[0][3] == (SALES,)


def test_the_daily_list_alone_and_who_stands_in(house: House, at: At) -> None:
    listed = of(house(mail={"escalated": "list"}), at(FRIDAY), "standard")
    assert [(one.told, one.tell_at) for one in listed.steps][1] == ((), None)
    stands_in = {"of": CHIEF, "to": "eva@muster.example", "from": "2026-11-23", "until": "2026-11-23"}
    assert of(house(deputies=[stands_in]), at(FRIDAY), "standard").steps[1].told == ("eva@muster.example",)


def test_a_step_that_is_off_has_no_time(house: House, at: At) -> None:
    last = of(house(), at(FRIDAY), "standard").steps[-1]
    assert (last.set.step, last.set.value, last.set.shipped, last.due_at, last.told) == ("EM2.1", "off", None, None, ())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ({}, [("2h", None), ("4h", None), ("off", None)]),
        ({"E1": "3h"}, [("3h", "2h"), ("4h", None), ("off", None)]),
        ({"E1": "2h", "EM2.1": "on"}, [("2h", None), ("4h", None), ("2h", "off")]),
        ({"E1": "off", "EM2.1": "1h"}, [("off", "2h"), ("4h", None), ("1h", "off")]),
    ],
)
def test_what_differs_from_what_is_shipped(
    house: House, steps: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    settings = house(steps={"standard": steps})
    found = set_steps(settings, settings.sites["berlin"], "standard")
    assert [(one.value, one.shipped) for one in found] == expected


@pytest.mark.parametrize(
    ("name", "first"), [("standard", ("1h, escalate to controller", "2h")), ("ours", ("1h", "none"))]
)
def test_a_policy_of_our_own(house: House, name: str, first: tuple[str, str]) -> None:
    settings = house(policies={name: OWN})
    found = [(one.value, one.shipped) for one in set_steps(settings, settings.sites["berlin"], name)]
    assert found == [first, ("1d elapsed", "none")]


def test_what_runs_under_a_policy(house: House, at: At) -> None:
    rules: list[dict[str, Any]] = [
        {"name": "Here", "escalate": "hot-alert", "when": {"site": "berl*"}},
        {"name": "There", "escalate": "hot-alert", "when": {"site": "copenhagen"}},
        {"name": "Above", "escalate": "hot-alert", "when": {"unit": "gruppe"}},
        {"name": "All", "notify": {"team": "sales"}},
    ]
    settings = house(rules, escalate={"review": "hot-alert"})
    assert of(settings, at(FRIDAY), "hot-alert").runs_for == ("review", "alert", "rule 'Here'", "rule 'Above'")
    assert of(settings, at(FRIDAY), "follow-up").runs_for == ("resubmissions",)


def test_hours_that_never_come_are_told(house: House, at: At) -> None:
    found = of(house(hours={}), at(FRIDAY), "standard")
    assert "no hours" in (found.problem or "")
    assert {one.due_at for one in found.steps} == {None}
