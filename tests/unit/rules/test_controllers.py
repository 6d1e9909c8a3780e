"""Who is a controller on which day, what he is told when, and as whom a deputy may act."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from config.lookup import controllers_of, overseers_of
from config.models import Settings
from parsers.records import Parsed, Reading
from rules.apply import apply
from rules.identity import UNKNOWN, writer
from rules.model import Action, Actor, Notice, Record, Refused, Way
from rules.timing import Timing, escalation_timing, timed

House = Callable[..., Settings]
At = Callable[[str], datetime]
CHIEF, DEPUTY, THIRD = "controlling@muster.example", "leitung@muster.example", "dritter@muster.example"
NORTH = "chef@eksempel.example"
OPEN = "2026-05-20T10:03:20+02:00"
"""A Wednesday."""


def deputy(of: str, to: str, first: str, last: str) -> dict[str, str]:
    return {"of": of, "to": to, "from": first, "until": last}


def with_units(settings: Settings, **deputies: list[dict[str, str]]) -> Settings:
    """The settings with deputies named at units."""
    units = {
        name: type(unit).model_validate(unit.model_dump(by_alias=True) | {"deputies": deputies.get(name, [])})
        for name, unit in settings.units.items()
    }
    return settings.model_copy(update={"units": units})


CHRISTMAS = deputy(CHIEF, DEPUTY, "2026-12-21", "2027-01-03")


@pytest.mark.parametrize(
    ("deputies", "on", "expected"),
    [
        ([], "2026-12-24", [CHIEF]),
        ([CHRISTMAS], "2026-12-20", [CHIEF]),
        ([CHRISTMAS], "2026-12-21", [DEPUTY]),
        ([CHRISTMAS], "2027-01-03", [DEPUTY]),
        ([CHRISTMAS], "2027-01-04", [CHIEF]),
        ([deputy(CHIEF.upper(), DEPUTY, "2026-12-24", "2026-12-24")], "2026-12-24", [DEPUTY]),
        # a deputy who is absent hands on to his own, and all of them being absent helps nobody
        ([CHRISTMAS, deputy(DEPUTY, THIRD, "2026-12-28", "2026-12-30")], "2026-12-29", [THIRD]),
        ([CHRISTMAS, deputy(DEPUTY, CHIEF, "2026-12-28", "2026-12-30")], "2026-12-29", [CHIEF]),
    ],
)
def test_a_deputy_takes_the_place_of_who_is_absent(
    house: House, deputies: list[dict[str, str]], on: str, expected: list[str]
) -> None:
    settings = house(deputies=deputies)
    assert list(controllers_of(settings, settings.sites["berlin"], date.fromisoformat(on))) == expected
    assert controllers_of(settings, settings.sites["berlin"]) == (CHIEF,)


def test_one_of_two_stands_in_for_the_other(house: House) -> None:
    settings = house(controllers=[CHIEF, DEPUTY, THIRD], deputies=[CHRISTMAS])
    assert controllers_of(settings, settings.sites["berlin"], date(2026, 12, 24)) == (DEPUTY, THIRD)


def test_a_site_without_controllers_has_those_of_the_nearest_unit_and_their_deputies(house: House) -> None:
    day, away = date(2026, 12, 24), ("2026-12-24", "2026-12-24")
    settings = house(controllers=[])
    assert controllers_of(settings, settings.sites["berlin"], day) == ()
    assert controllers_of(settings, settings.sites["copenhagen"], day) == (NORTH,)
    settings = with_units(house(), nord=[deputy(NORTH, DEPUTY, *away)])
    assert controllers_of(settings, settings.sites["copenhagen"], day) == (DEPUTY,)
    assert controllers_of(settings, settings.sites["berlin"], day) == (CHIEF,)


def test_who_is_absent_at_a_unit_is_absent_at_its_sites_unless_they_say_otherwise(house: House) -> None:
    day, away = date(2026, 12, 24), ("2026-12-24", "2026-12-24")
    of_the_group = [deputy(CHIEF, DEPUTY, *away)]
    settings = with_units(house(), gruppe=of_the_group)
    assert controllers_of(settings, settings.sites["berlin"], day) == (DEPUTY,)
    settings = with_units(house(deputies=[deputy(CHIEF, THIRD, *away)]), gruppe=of_the_group)
    assert controllers_of(settings, settings.sites["berlin"], day) == (THIRD,)


def test_both_may_act_while_one_stands_in(house: House) -> None:
    settings = house(deputies=[CHRISTMAS])
    berlin = settings.sites["berlin"]
    assert set(overseers_of(settings, berlin, date(2026, 12, 24))) == {CHIEF, DEPUTY}
    assert set(overseers_of(settings, berlin, date(2026, 12, 20))) == {CHIEF}
    assert set(overseers_of(settings, berlin)) == {CHIEF, DEPUTY}


@pytest.fixture
def record(at: At) -> Record:
    return Record(
        ref="L-7KQ2M4-2", kind="lead", site="berlin", team="sales", state="new", language="de",
        received_at=at(OPEN), reading=Reading(kind="lead"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sender", "when", "role"),
    [
        (DEPUTY, "2026-12-20T23:59:59+01:00", "stranger"),
        (DEPUTY, "2026-12-21T00:00:00+01:00", "controller"),  # the site's day, which is another in UTC
        (DEPUTY, "2027-01-03T23:59:59+01:00", "controller"),
        (DEPUTY, "2027-01-04T00:00:00+01:00", "stranger"),
        (CHIEF, "2026-12-24T10:00:00+01:00", "controller"),
    ],
)
def test_a_deputy_is_a_controller_in_his_time(
    house: House, at: At, record: Record, sender: str, when: str, role: str
) -> None:
    mail = Parsed(digest="", sender=sender, authenticated="muster.example")
    actor, why = writer(mail, "controller", record, house(deputies=[CHRISTMAS], members={}), at(when))
    assert (actor.role, why) == (role, None if role == "controller" else UNKNOWN)


def test_a_record_can_be_assigned_to_a_deputy_in_his_time(house: House, at: At, record: Record) -> None:
    settings = house(deputies=[deputy(CHIEF, "vertretung@else.example", "2026-12-21", "2027-01-03")])
    action = Action(name="assign", actor=Actor("controller", CHIEF), args={"to": "vertretung@else.example"})
    after, _ = apply(record, action, settings, at("2026-12-24T10:00+01:00"))
    assert after.assignee == "vertretung@else.example"
    with pytest.raises(Refused, match="is nobody of berlin"):
        apply(record, action, settings, at("2027-01-04T10:00+01:00"))


@pytest.mark.parametrize(
    ("mail", "purpose", "role", "now", "until", "way"),
    [
        # new escalations of a quarter of an hour in one mail
        ({}, "escalated", "controller", OPEN, "2026-05-20T10:15+02:00", "bundle"),
        ({"escalated_wait": "1h"}, "escalated", "controller", OPEN, "2026-05-20T11:00+02:00", "bundle"),
        ({"escalated_wait": "0m"}, "escalated", "controller", OPEN, OPEN, "bundle"),
        # in the site's hours: not at night, and not on Sunday and Whit Monday
        ({}, "escalated", "controller", "2026-05-20T18:00+02:00", "2026-05-21T08:00+02:00", "bundle"),
        ({}, "escalated", "controller", "2026-05-23T14:00+02:00", "2026-05-26T08:00+02:00", "bundle"),
        ({}, "escalated", "controller", "2026-05-20T17:50+02:00", "2026-05-20T17:50+02:00", "bundle"),
        ({"window": "any"}, "escalated", "controller", "2026-05-20T22:00+02:00", "2026-05-21T08:00+02:00", "bundle"),
        # one mail for one record, at once
        ({}, "untouched", "controller", OPEN, OPEN, "own"),
        ({}, "untouched", "controller", "2026-05-23T14:00+02:00", "2026-05-26T08:00+02:00", "own"),
        # the list alone; who has a role stands in no list of controllers
        ({"escalated": "list"}, "escalated", "controller", OPEN, OPEN, "off"),
        ({"escalated": "list"}, "untouched", "controller", OPEN, OPEN, "off"),
        ({"escalated": "list"}, "untouched", "team", OPEN, OPEN, "own"),
    ],
)
def test_when_a_controller_is_told(
    house: House, at: At, mail: dict[str, Any], purpose: str, role: str, now: str, until: str, way: Way
) -> None:
    site = house(mail=mail).sites["berlin"]
    assert escalation_timing(site, purpose, role, at(now)) == Timing(at(until), way)


def test_where_there_are_no_hours_a_controller_is_told_at_any(house: House, at: At) -> None:
    site = house(hours={}).sites["berlin"]
    night, quarter = "2026-05-24T03:07+02:00", "2026-05-24T03:15+02:00"
    assert escalation_timing(site, "escalated", "controller", at(night)) == Timing(at(quarter), "bundle")
    assert escalation_timing(site, "untouched", "controller", at(night)) == Timing(at(night))


def test_the_notice_of_an_escalation_has_this_time(house: House, at: At) -> None:
    settings = house()
    told = Notice(
        purpose="escalated", to=CHIEF, team="service", role="controller", template="escalated", language="de",
        at=at(OPEN),
    )  # fmt: skip
    found = timed(told, settings, settings.sites["berlin"], "lead", "escalated", at(OPEN))
    assert (found.at, found.way, found.to) == (at("2026-05-20T10:15+02:00"), "bundle", CHIEF)
