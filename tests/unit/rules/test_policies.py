"""Which policy runs, and what ends its steps: what admins say, against the lifecycles."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import msgspec
import pytest

from config.endings import LEADS_TO
from config.models import Settings
from config.types import Ending, Resting
from parsers.records import Customer, Parsed, Reading
from rules.apply import apply
from rules.deadlines import plan
from rules.decide import decide_mail
from rules.lifecycle import table_of
from rules.model import Action, Actor, Context, Envelope, Passed, Record, Refused, Standing
from rules.rescheduling import moves
from rules.transition import ACTIONS, CLOSED_STATES, OPEN_STATES, PLANNED

House = Callable[..., Settings]
At = Callable[[str], datetime]
KINDS = ("lead", "booking", "review", "alert", "check-in", "unsorted")


def own(name: str) -> dict[str, Any]:
    return {"step": [{"name": name, "after": "2h", "effect": "overdue"}]}


@pytest.mark.parametrize(
    ("site", "rule", "source", "kind", "steps"),
    [
        ("S", "R", "Q", "lead", ["S"]),
        (None, "R", "Q", "lead", ["R"]),
        (None, None, "Q", "lead", ["Q"]),
        (None, None, None, "lead", ["E1", "E2.1"]),
        (None, None, None, "check-in", ["E1", "E2.1"]),
        (None, None, None, "alert", ["W1", "E1"]),
        (None, None, None, "booking", ["M1", "E1"]),
        (None, None, None, "review", []),
        (None, None, None, "complaint", []),
        ("S", None, None, "review", ["S"]),
        (None, "R", None, "alert", ["R"]),
        (None, None, "Q", "booking", ["Q"]),
        ("none", "R", "Q", "lead", []),
        (None, "none", "Q", "lead", []),
        (None, None, "none", "lead", []),
    ],
)
def test_the_steps_that_run_are_those_of_site_rule_source_or_kind(
    house: House, at: At, site: str | None, rule: str | None, source: str | None, kind: str, steps: list[str]
) -> None:
    settings = house(
        rules=[{"name": "All", "notify": {"team": "sales"}, **({"escalate": rule} if rule else {})}],
        policies={name: own(name) for name in "SRQ"},
        escalate={kind: site} if site else {},
    )
    named = settings.sources["mobile-berlin"].model_copy(update={"escalate": source})
    settings = settings.model_copy(update={"sources": {**settings.sources, "mobile-berlin": named}})
    parsed = Parsed(
        digest="d", readings=(Reading(kind=kind, comments="x", customer=Customer(emails=("a@b.example",))),)
    )
    came = at("2026-05-20T10:00+02:00")
    envelope = Envelope(recipient="m@leads.example", accepted_at=came)
    (decision,) = decide_mail(parsed, envelope, settings, Context(), came).decisions
    assert [one.step for one in decision.deadlines] == steps


def test_a_policy_of_the_same_name_takes_the_place_of_the_shipped_one(house: House, at: At) -> None:
    settings = house(policies={"standard": own("mine")})
    planned = plan(settings, "berlin", "sales", "standard", at("2026-05-20T10:00+02:00"), 0)
    assert [(one.step, one.because) for one in planned] == [
        ("mine", "mine 2h business: received Wed 10:00, counts Mon-Fri 08-18 and Sat 09-13, due Wed 12:00")
    ]


def test_deadlines_say_what_ends_them_and_where_they_count_from(house: House, at: At) -> None:
    came = at("2026-05-20T10:00+02:00")
    for one in plan(house(), "berlin", "sales", "hot-alert", came, 0):
        assert one.until == ("reply", "answered", "send", "done")
        assert (one.policy, one.since, one.began, one.clock) == ("hot-alert", came, "received", "wall")


VISITS = ("offer", "schedule", "pre-book", "ask", "decline", "cancel")
"""Of bookings only."""


@pytest.mark.parametrize("kind", KINDS)
def test_what_until_may_name_ends_deadlines_in_every_lifecycle(kind: str) -> None:
    table = table_of(kind)
    for action in get_args(Ending):
        rows = [table[state, action] for state in ACTIONS if (state, action) in table]
        assert rows or (action in VISITS and kind != "booking"), action
        assert all(row.ends_deadlines for row in rows), action


@pytest.mark.parametrize("kind", KINDS)
def test_what_else_ends_deadlines_ends_all(kind: str) -> None:
    for (state, action), row in table_of(kind).items():
        if state in OPEN_STATES and row.ends_deadlines and action not in get_args(Ending):
            assert row.to in (*CLOSED_STATES, *PLANNED) or row.clocks in ("policy", "anew"), action


def test_what_leads_to_a_state_of_rest_is_what_the_lifecycle_says() -> None:
    assert set(LEADS_TO) == set(get_args(Resting))
    for state, actions in LEADS_TO.items():
        rows = table_of("lead").items()
        assert set(actions) == {
            action for (at, action), row in rows if row.to == state and at in OPEN_STATES and action != "rest"
        }


@pytest.fixture
def record(at: At) -> Record:
    came = at("2026-05-20T10:00+02:00")
    passed = (Passed(step="E1", effect="overdue", due_at=at("2026-05-20T12:00+02:00")),)
    return Record(
        ref="L-000005-Y", kind="lead", site="berlin", team="sales", state="new", policy="standard", language="de",
        received_at=came, reading=Reading(kind="lead"), passed=passed,
    )  # fmt: skip


def standing(settings: Settings, record: Record) -> tuple[Standing, ...]:
    planned = plan(settings, "berlin", "sales", "standard", record.received_at, 0)
    return tuple(Standing(deadline=one, is_open=one.step != "E1", has_passed=one.step == "E1") for one in planned)


def test_moving_leaves_what_has_passed(house: House, at: At, record: Record) -> None:
    stands, now = standing(house(), record), at("2026-05-20T13:00+02:00")
    asked = Action(name="reschedule", actor=Actor("command", "anna"), args={"reason": "hours"}, standing=stands)
    after, effects = apply(record, asked, house(hours={"mon-fri": "08:00-15:00"}), now)
    assert (after.passed, after.state, after.cycle) == (record.passed, "new", 1)
    assert (effects.notices, effects.ends_deadlines, effects.spares) == ((), True, None)
    assert [(one.step, one.cycle, one.because) for one in effects.deadlines] == [
        ("E2.1", 1, "E2.1 4h business: E1 Wed 12:00, counts Mon-Fri 08-15, due Thu 09:00")
    ]


def test_nothing_to_move_is_refused(house: House, at: At, record: Record) -> None:
    stands, now = standing(house(), record), at("2026-05-20T13:00+02:00")
    asked = Action(name="reschedule", actor=Actor("command", "anna"), args={"reason": "hours"}, standing=stands)
    with pytest.raises(Refused, match="nothing to move"):
        apply(record, asked, house(), now)


@pytest.mark.parametrize("role", ["team", "controller", "customer", "clock"])
def test_nobody_moves_it_by_mail(house: House, at: At, record: Record, role: Any) -> None:
    asked = Action(name="reschedule", actor=Actor(role), args={"reason": "hours"}, standing=standing(house(), record))
    with pytest.raises(Refused, match="may not reschedule"):
        apply(record, asked, house(hours={"mon-fri": "08:00-15:00"}), at("2026-05-20T13:00+02:00"))


def test_a_site_that_is_gone_is_said(house: House, record: Record) -> None:
    lost = msgspec.structs.replace(record, site="hamburg")
    with pytest.raises(Refused, match="the site 'hamburg' is no longer configured"):
        moves(lost, standing(house(), record), house())


@pytest.mark.parametrize(
    ("policy", "action", "args", "left"),
    [
        ("hot-alert", "take", {}, ["W1"]),
        ("hot-alert", "later", {"until": "2d"}, ["W1"]),
        ("hot-alert", "answered", {}, []),
        ("standard", "take", {}, []),
        ("standard", "note", {"text": "called, nobody there"}, ["E1"]),
    ],
)
def test_what_has_passed_stands_until_what_ends_it(
    house: House, at: At, record: Record, policy: str, action: str, args: dict[str, str], left: list[str]
) -> None:
    first, *others = plan(house(), "berlin", "sales", policy, record.received_at, 0)
    stands = (Standing(deadline=first, is_open=False, has_passed=True), *(Standing(deadline=one) for one in others))
    late = msgspec.structs.replace(
        record, policy=policy, passed=(Passed(step=first.step, effect=first.effect, due_at=first.due_at),)
    )
    asked = Action(name=action, actor=Actor("team", "eva@muster.example"), args=args, standing=stands)
    after, _ = apply(late, asked, house(), at("2026-05-22T09:00+02:00"))
    assert [one.step for one in after.passed] == left
