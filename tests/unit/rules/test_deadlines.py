from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.models import Settings
from config.types import Category
from rules.deadlines import plan, policy_for
from rules.hours import NeverOpens
from rules.model import Deadline

House = Callable[..., Settings]
At = Callable[[str], datetime]


def times(deadlines: tuple[Deadline, ...]) -> list[tuple[str, str, str]]:
    return [(d.step, d.due_at.isoformat(), d.deliver_at.isoformat()) for d in deadlines]


def test_each_step_counts_from_the_one_before(house: House, at: At) -> None:
    settings = house(steps={"standard": {"EM2.1": "on"}})
    planned = plan(settings, "berlin", "sales", "standard", at("2026-05-20T10:00+02:00"), cycle=3)
    assert times(planned) == [
        ("E1", "2026-05-20T10:00:00+00:00", "2026-05-20T10:00:00+00:00"),
        ("E2.1", "2026-05-20T14:00:00+00:00", "2026-05-20T14:00:00+00:00"),
        ("EM2.1", "2026-05-20T16:00:00+00:00", "2026-05-21T06:00:00+00:00"),
    ]
    assert [(d.effect, d.to, d.cycle) for d in planned] == [
        ("overdue", "team", 3),
        ("escalate", "controller", 3),
        ("mail", "controller", 3),
    ]
    assert [d.because for d in planned] == [
        "E1 2h business: received Wed 10:00, counts Mon-Fri 08-18 and Sat 09-13, due Wed 12:00",
        "E2.1 4h business: E1 Wed 12:00, counts Mon-Fri 08-18 and Sat 09-13, due Wed 16:00",
        "EM2.1 2h business: E2.1 Wed 16:00, counts Mon-Fri 08-18 and Sat 09-13, due Wed 18:00, told Thu 08:00",
    ]


def test_counts_in_the_hours_of_the_team_and_tells_controllers_in_those_of_the_site(house: House, at: At) -> None:
    planned = plan(house(), "berlin", "service", "standard", at("2026-05-22T16:30+02:00"), cycle=0)
    assert times(planned) == [
        ("E1", "2026-05-26T06:30:00+00:00", "2026-05-26T06:30:00+00:00"),  # Tue 08:30: no Saturday, Monday a holiday
        ("E2.1", "2026-05-26T10:30:00+00:00", "2026-05-26T10:30:00+00:00"),
    ]


def test_wall_clocks_and_working_days(house: House, at: At) -> None:
    alert = plan(house(), "berlin", "sales", "hot-alert", at("2026-05-22T17:40+02:00"), cycle=0)
    assert times(alert) == [
        ("W1", "2026-05-24T03:40:00+00:00", "2026-05-24T03:40:00+00:00"),
        ("E1", "2026-05-24T15:40:00+00:00", "2026-05-26T06:00:00+00:00"),
    ]
    booking = plan(house(), "berlin", "service", "booking-request", at("2026-05-20T10:00+02:00"), cycle=0)
    assert times(booking) == [
        ("M1", "2026-05-21T08:00:00+00:00", "2026-05-21T08:00:00+00:00"),
        ("E1", "2026-05-26T15:00:00+00:00", "2026-05-26T15:00:00+00:00"),
    ]


def test_without_hours_a_wall_clock_tells_at_once_and_a_business_clock_is_an_error(house: House, at: At) -> None:
    settings = house(hours={}, team_hours={})
    alert = plan(settings, "berlin", "sales", "hot-alert", at("2026-05-22T17:40+02:00"), cycle=0)
    assert all(d.due_at == d.deliver_at for d in alert)
    with pytest.raises(NeverOpens):
        plan(settings, "berlin", "sales", "standard", at("2026-05-22T17:40+02:00"), cycle=0)


def test_no_policy_and_the_admin_have_no_deadlines(house: House, at: At) -> None:
    assert plan(house(), "berlin", "sales", "none", at("2026-05-22T17:40+02:00"), 0) == ()
    assert plan(house(), "admin", "admin", "standard", at("2026-05-22T17:40+02:00"), 0) == ()


SITE, RULE, SOURCE = {"escalate": {"lead": "by-site"}}, {"escalate": "by-rule"}, {"escalate": "by-source"}


@pytest.mark.parametrize(
    ("site", "rule", "source", "category", "policy"),
    [
        (SITE, RULE, SOURCE, "action", "by-site"),
        ({}, RULE, SOURCE, "action", "by-rule"),
        ({}, {}, SOURCE, "action", "by-source"),
        ({}, {}, {}, "action", "standard"),
        ({}, None, None, "action", "standard"),
        ({}, {}, SOURCE, "audit", "none"),
        ({}, RULE, {}, "audit", "by-rule"),
        (SITE, {}, {}, "audit", "by-site"),
    ],
)
def test_site_before_rule_before_source_before_kind(
    house: House,
    site: dict[str, Any],
    rule: dict[str, Any] | None,
    source: dict[str, Any] | None,
    category: Category,
    policy: str,
) -> None:
    settings = house(**site)
    where = settings.sites["berlin"]
    by_source = None if source is None else settings.sources["mobile-berlin"].model_copy(update=source)
    by_rule = None if rule is None else settings.rules[0].model_copy(update=rule)
    assert policy_for(settings, where, by_source, by_rule, "lead", category) == policy


def test_the_policy_of_a_kind_is_that_of_the_shipped_values(house: House) -> None:
    settings = house()
    kinds = {"booking": "booking-request", "alert": "hot-alert", "unsorted": "standard", "review": "none"}
    where = settings.sites["berlin"]
    assert {kind: policy_for(settings, where, None, None, kind, "action") for kind in kinds} == kinds
