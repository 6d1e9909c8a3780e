"""What the clock does to a record, who is told of it and when, and what ends it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Reading
from rules.alerting import together_at
from rules.apply import apply
from rules.escalation import EFFECTS, PURPOSES, escalated_since, is_escalated, overdue_since, still_said
from rules.model import Action, Actor, Done, Effects, Passed, Record, Refused
from rules.transition import ACTIONS, REQUESTED, STATES

House = Callable[..., Settings]
At = Callable[[str], datetime]

CLOCK, ANNA = Actor("clock"), Actor("team", "anna@muster.example")
SALES, CONTROLLER, MANAGER = "verkauf@muster.example", "controlling@muster.example", "meister@muster.example"
NOON = "2026-05-20T12:03+02:00"
"""A Wednesday."""
RECORD = Record(
    ref="L-000005-Y", kind="lead", site="berlin", team="sales", state="new", policy="standard", language="de",
    received_at=datetime.fromisoformat("2026-05-20T07:00+00:00"), reading=Reading(kind="lead"),
)  # fmt: skip


def args(step: str, to: str, due: str, **more: str) -> dict[str, str]:
    return {"step": step, "cycle": "0", "due": due, "to": to, **more}


def passes(
    settings: Settings, now: datetime, name: str, to: str, record: Record = RECORD, step: str = "E1", **more: str
) -> tuple[Record, Effects]:
    action = Action(name=name, actor=CLOCK, args=args(step, to, now.isoformat(), **more))
    return apply(record, action, settings, now)


def done(settings: Settings, now: datetime, record: Record, name: str, **given: Any) -> Record:
    told = {key: given.pop(key) for key in ("before", "last") if key in given}
    return apply(record, Action(name=name, actor=ANNA, args=given, **told), settings, now)[0]


@pytest.mark.parametrize(
    ("effect", "to", "told"),
    [
        ("overdue", "team", [("overdue", SALES, "team", NOON, "own")]),
        ("overdue", "service-manager", [("overdue", MANAGER, "team", NOON, "own")]),
        ("warn", "team", [("warning", SALES, "team", NOON, "own")]),
        ("remind", "team", [("reminder", SALES, "team", NOON, "own")]),
        ("mail", "controller", [("untouched", CONTROLLER, "controller", NOON, "own")]),
        ("mail", "service-manager", [("untouched", MANAGER, "team", NOON, "own")]),
        ("mail", "nobody-any-more", [("untouched", SALES, "team", NOON, "own")]),
        (
            "escalate",
            "controller",
            [
                ("escalated", CONTROLLER, "controller", "2026-05-20T12:15+02:00", "bundle"),
                ("flagged", SALES, "team", NOON, "own"),
            ],
        ),
    ],
)
def test_who_is_told_what(house: House, at: At, effect: str, to: str, told: list[tuple[str, ...]]) -> None:
    record, effects = passes(house(), at(NOON), effect, to)
    assert [(n.purpose, n.to, n.role, n.at, n.way) for n in effects.notices] == [
        (purpose, reader, role, at(when), way) for purpose, reader, role, when, way in told
    ]
    assert {n.category for n in effects.notices} == {"action"}
    assert record.passed == (Passed(step="E1", effect=effect, due_at=at(NOON)),)
    assert (record.state, record.cycle, record.revision) == ("new", 0, 2)
    assert not effects.ends_deadlines
    assert effects.deadlines == ()


@pytest.mark.parametrize(
    ("now", "effect", "step", "when"),
    [
        ("2026-05-20T12:00+02:00", "escalate", "E2.1", "2026-05-20T12:15+02:00"),
        ("2026-05-20T12:14:59+02:00", "escalate", "E2.1", "2026-05-20T12:15+02:00"),
        ("2026-05-20T17:59+02:00", "escalate", "E2.1", "2026-05-20T17:59+02:00"),  # else it would lie until tomorrow
        ("2026-05-20T22:00+02:00", "escalate", "E2.1", "2026-05-21T08:00+02:00"),
        ("2026-05-23T12:50+02:00", "escalate", "E2.1", "2026-05-23T12:50+02:00"),  # Saturday before closing
        ("2026-05-23T13:00+02:00", "escalate", "E2.1", "2026-05-26T08:00+02:00"),  # Whit Monday is a holiday
        ("2026-05-20T03:00+02:00", "overdue", "E1", "2026-05-20T08:00+02:00"),
        ("2026-05-20T03:00+02:00", "warn", "W1", "2026-05-20T03:00+02:00"),  # of the hot alert: at any hour
        ("2026-05-20T03:00+02:00", "warn", "W9", "2026-05-20T08:00+02:00"),  # no such step: within opening hours
    ],
)
def test_when_it_is_told(house: House, at: At, now: str, effect: str, step: str, when: str) -> None:
    record = msgspec.structs.replace(RECORD, policy="hot-alert" if effect == "warn" else "standard")
    to = "controller" if effect == "escalate" else "team"
    _, effects = passes(house(), at(now), effect, to, record, step)
    assert effects.notices[0].at == at(when)


def test_controllers_are_those_of_the_day_on_which_they_are_told(house: House, at: At) -> None:
    away = [{"of": CONTROLLER, "to": MANAGER, "from": "2026-05-21", "until": "2026-05-29"}]
    _, effects = passes(house(deputies=away), at("2026-05-20T22:00+02:00"), "escalate", "controller", step="E2.1")
    told = next(one for one in effects.notices if one.purpose == "escalated")
    assert (told.to, told.at) == (MANAGER, at("2026-05-21T08:00+02:00"))


def test_not_before_the_deadline_says(house: House, at: At) -> None:
    later = "2026-05-20T14:00+02:00"
    _, effects = passes(house(), at(NOON), "overdue", "team", deliver=at(later).isoformat())
    assert effects.notices[0].at == at(later)


def test_a_policy_that_is_gone_is_told_within_opening_hours(house: House, at: At) -> None:
    record = msgspec.structs.replace(RECORD, policy="of-last-year")
    _, effects = passes(house(), at("2026-05-20T03:00+02:00"), "warn", "team", record)
    assert effects.notices[0].at == at("2026-05-20T08:00+02:00")


def test_whoever_has_it_is_told(house: House, at: At) -> None:
    record = msgspec.structs.replace(RECORD, assignee="anna@muster.example", state="waiting")
    _, effects = passes(house(), at(NOON), "overdue", "team", record)
    assert [n.to for n in effects.notices] == ["anna@muster.example"]


def test_those_of_the_unit_above_are_told(house: House, at: At) -> None:
    record = msgspec.structs.replace(RECORD, site="copenhagen", team="front")
    _, effects = passes(house(), at(NOON), "escalate", "controller", record)
    assert [n.to for n in effects.notices] == ["chef@eksempel.example", "salg@eksempel.example"]


def test_a_team_hears_once_that_it_was_escalated(house: House, at: At) -> None:
    record, first = passes(house(), at(NOON), "escalate", "controller")
    _, second = passes(house(), at(NOON), "escalate", "controller", record, "E3")
    assert [n.purpose for n in first.notices] == ["escalated", "flagged"]
    assert [n.purpose for n in second.notices] == ["escalated"]


def test_what_was_passed_in_an_outage_is_told_once(house: House, at: At) -> None:
    settings, now = house(), at(NOON)
    together = together_at(now).isoformat()
    first, silent = passes(settings, now, "overdue", "team", late="outage")
    second, silent_too = passes(settings, now, "escalate", "controller", first, "E2.1", late="outage")
    third, told = passes(settings, now, "mail", "controller", second, "EM2.1", together=together)
    assert silent.notices == silent_too.notices == ()
    assert [(each.step, each.late) for each in third.passed] == [("E1", True), ("E2.1", True), ("EM2.1", False)]
    assert {(n.purpose, n.to, n.way, n.at) for n in told.notices} == {
        ("untouched", CONTROLLER, "bundle", at("2026-05-20T12:15+02:00")),
        ("flagged", SALES, "bundle", at("2026-05-20T12:15+02:00")),
    }


@pytest.mark.parametrize(
    ("now", "when"),
    [
        ("2026-05-20T12:00+02:00", "2026-05-20T12:15+02:00"),
        ("2026-05-20T12:13:59+02:00", "2026-05-20T12:15+02:00"),
        ("2026-05-20T12:14+02:00", "2026-05-20T12:30+02:00"),  # a minute at least, to gather
    ],
)
def test_what_is_late_is_told_together(at: At, now: str, when: str) -> None:
    assert together_at(at(now)) == at(when)


def test_what_is_late_waits_for_the_morning(house: House, at: At) -> None:
    now = at("2026-05-20T03:00+02:00")
    _, effects = passes(house(), now, "overdue", "team", together=together_at(now).isoformat())
    assert [(n.at, n.way) for n in effects.notices] == [(at("2026-05-20T08:00+02:00"), "bundle")]


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(("kind", "waits"), [("lead", REQUESTED), ("booking", ACTIONS)])
def test_only_the_clock_and_only_what_somebody_has_to_see_to(
    house: House, at: At, kind: str, waits: tuple[str, ...], effect: str
) -> None:
    """Of a visit that is planned nothing is overdue."""
    for state in STATES:
        record = msgspec.structs.replace(RECORD, kind=kind, state=state)
        if state in waits:
            assert passes(house(), at(NOON), effect, "team", record)[0].state == state
            with pytest.raises(Refused, match="clock may"):
                done(house(), at(NOON), record, effect, **args("E1", "team", at(NOON).isoformat()))
        else:
            with pytest.raises(Refused, match="not possible"):
                passes(house(), at(NOON), effect, "team", record)


@pytest.mark.parametrize("wrong", [{"due": "tomorrow"}, {"cycle": "x"}, {"step": " "}])
def test_it_says_which_step(house: House, at: At, wrong: dict[str, str]) -> None:
    action = Action(name="overdue", actor=CLOCK, args=args("E1", "team", at(NOON).isoformat()) | wrong)
    with pytest.raises(Refused):
        apply(RECORD, action, house(), at(NOON))


def escalated(house: House, at: At) -> Record:
    late, _ = passes(house(), at(NOON), "overdue", "team")
    return passes(house(), at(NOON), "escalate", "controller", late, "E2.1")[0]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("take", {}),
        ("assign", {"to": "anna@muster.example"}),
        ("done", {}),
        ("later", {"until": "2d"}),
        ("not-mine", {"team": "service"}),
        ("spam", {}),
        ("answered", {}),
    ],
)
def test_who_sees_to_it_ends_it_and_undo_brings_it_back(house: House, at: At, name: str, given: dict[str, str]) -> None:
    before = escalated(house, at)
    assert (is_escalated(before), overdue_since(before), escalated_since(before)) == (True, at(NOON), at(NOON))
    after = done(house(), at(NOON), before, name, **given)
    assert after.passed == ()
    assert (is_escalated(after), overdue_since(after), escalated_since(after)) == (False, None, None)
    assert not any(still_said(purpose, after) for purpose in PURPOSES)
    last = Done(name=name, actor=ANNA, at=at(NOON))
    assert done(house(), at(NOON), after, "undo", before=before, last=last).passed == before.passed


@pytest.mark.parametrize(("name", "given"), [("note", {"text": "x"}), ("status", {}), ("help", {})])
def test_who_only_looks_ends_nothing(house: House, at: At, name: str, given: dict[str, str]) -> None:
    before = escalated(house, at)
    assert done(house(), at(NOON), before, name, **given).passed == before.passed


@pytest.mark.parametrize(
    ("purpose", "holds"),
    [("overdue", True), ("escalated", True), ("flagged", True), ("untouched", False), ("warning", False),
     ("reminder", False)],
)  # fmt: skip
def test_what_is_said_still_holds(house: House, at: At, purpose: str, holds: bool) -> None:
    assert still_said(purpose, escalated(house, at)) == holds
