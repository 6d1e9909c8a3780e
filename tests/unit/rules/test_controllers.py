"""Who is a controller on which day, what he is told when, and as whom a deputy may act."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from config.lookup import controllers_of, overseers_of
from config.models import Settings
from parsers.records import Parsed, Reading
from rules.apply import apply
from rules.daybook import daybook_of
from rules.identity import UNKNOWN, writer
from rules.model import Action, Actor, Record, Refused, Way
from rules.timing import Timing, step_timing

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


def passed(
    settings: Settings, record: Record, effect: str, now: datetime, to: str = "controller"
) -> list[tuple[str, str, datetime, Way]]:
    """Whom the clock tells what, when and how, as a step is over."""
    args = {"step": "E2.1", "cycle": "0", "due": now.isoformat(), "to": to}
    _, effects = apply(record, Action(name=effect, actor=Actor("clock"), args=args), settings, now)
    return [(one.purpose, one.to, one.at, one.way) for one in effects.notices]


@pytest.mark.parametrize(
    ("mail", "effect", "now", "until", "way"),
    [
        # new escalations of a quarter of an hour in one mail
        ({}, "escalate", OPEN, "2026-05-20T10:15+02:00", "bundle"),
        ({"escalated_wait": "1h"}, "escalate", OPEN, "2026-05-20T11:00+02:00", "bundle"),
        ({"escalated_wait": "0m"}, "escalate", OPEN, OPEN, "bundle"),
        # in the site's hours: not at night, and not on Sunday and Whit Monday
        ({}, "escalate", "2026-05-20T18:00+02:00", "2026-05-21T08:00+02:00", "bundle"),
        ({}, "escalate", "2026-05-23T14:00+02:00", "2026-05-26T08:00+02:00", "bundle"),
        ({}, "escalate", "2026-05-20T17:50+02:00", "2026-05-20T17:50+02:00", "bundle"),
        ({"window": "any"}, "escalate", "2026-05-20T22:00+02:00", "2026-05-21T08:00+02:00", "bundle"),
        # one mail for one record, at once
        ({}, "mail", OPEN, OPEN, "own"),
        ({}, "mail", "2026-05-23T14:00+02:00", "2026-05-26T08:00+02:00", "own"),
        # the daily list alone
        ({"escalated": "list"}, "escalate", OPEN, "2026-05-20T10:15+02:00", "off"),
        ({"escalated": "list"}, "mail", OPEN, OPEN, "own"),
    ],
)
def test_when_a_controller_is_told(
    house: House, at: At, record: Record, mail: dict[str, Any], effect: str, now: str, until: str, way: Way
) -> None:
    purpose = {"escalate": "escalated", "mail": "untouched"}[effect]
    found = passed(house(mail=mail), record, effect, at(now))
    assert found[0] == (purpose, CHIEF, at(until), way)
    assert [one[:2] for one in found[1:]] == ([("flagged", "verkauf@muster.example")] if effect == "escalate" else [])


def test_where_there_are_no_hours_a_controller_is_told_at_any_time(house: House, at: At, record: Record) -> None:
    settings, night = house(hours={}), at("2026-05-24T03:07+02:00")
    assert passed(settings, record, "escalate", night)[0][2:] == (at("2026-05-24T03:15+02:00"), "bundle")
    assert passed(settings, record, "mail", night)[0][2:] == (night, "own")


def test_a_deputy_is_told_instead(house: House, at: At, record: Record) -> None:
    settings = house(deputies=[CHRISTMAS])
    assert passed(settings, record, "mail", at("2026-12-23T10:00+01:00"))[0][1] == DEPUTY
    assert passed(settings, record, "mail", at("2027-01-04T10:00+01:00"))[0][1] == CHIEF


def test_who_has_a_role_is_told_though_controllers_have_the_list(house: House, at: At, record: Record) -> None:
    settings = house(mail={"escalated": "list"})
    found = passed(settings, record, "mail", at(OPEN), to="service-manager")
    assert found == [("untouched", "meister@muster.example", at(OPEN), "own")]


def test_a_wait_of_no_minutes_still_goes_out_with_others(house: House, at: At) -> None:
    book = daybook_of(house().sites["berlin"], None)
    assert step_timing(book, at(OPEN), 0) == Timing(at(OPEN), "bundle")
    assert step_timing(book, at(OPEN)) == Timing(at(OPEN), "own")
    evening = at("2026-05-20T20:07+02:00")
    assert step_timing(book, evening, 15, any_time=True) == Timing(at("2026-05-20T20:15+02:00"), "bundle")
