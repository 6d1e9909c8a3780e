"""When a customer is reminded of a visit: by the site's own clock, once, and only of what still is to come."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from config.models import Settings
from parsers.records import Customer
from rules.model import Deadline, Standing
from rules.rescheduling import moves
from rules.visit_reminders import announced, reminders
from tests.unit.rules.visiting import AGREED, BOOKING, NOW, do, visiting

House = Callable[..., Settings]
At = Callable[[str], datetime]
ALL_HOURS = {"mon-fri": "00:00-24:00", "sat": "00:00-24:00", "sun": "00:00-24:00"}


@pytest.mark.parametrize(
    ("zone", "visit", "due"),
    [
        # the clock is put back on 25 October 2026 (UTC+2 to UTC+1), forward on 28 March 2027; Shanghai keeps UTC+8
        ("Europe/Berlin", "2026-10-26T09:00", "22T08:00 23T08:00 24T08:00 25T09:00 26T06:00"),
        ("Europe/Copenhagen", "2026-10-26T09:00", "22T08:00 23T08:00 24T08:00 25T09:00 26T06:00"),
        ("Asia/Shanghai", "2026-10-26T09:00", "22T02:00 23T02:00 24T02:00 25T02:00 25T23:00"),
        ("Europe/Berlin", "2027-03-30T09:00", "26T09:00 27T09:00 28T08:00 29T08:00 30T05:00"),
        ("Europe/Copenhagen", "2027-03-30T09:00", "26T09:00 27T09:00 28T08:00 29T08:00 30T05:00"),
        ("Asia/Shanghai", "2027-03-30T09:00", "26T02:00 27T02:00 28T02:00 29T02:00 29T23:00"),
        # late in the evening and early in the morning it is another day elsewhere
        ("Asia/Shanghai", "2026-10-26T07:30", "22T02:00 23T02:00 24T02:00 25T02:00 25T23:00"),
        ("Europe/Berlin", "2026-10-25T23:30", "21T08:00 22T08:00 23T08:00 24T08:00 25T06:00"),
    ],
)
def test_reminders_are_local_to_the_site(house: House, at: At, zone: str, visit: str, due: str) -> None:
    site = house(timezone=zone, hours=ALL_HOURS, holidays=None, team_hours={}).sites["berlin"]
    settings = house(timezone=zone, hours=ALL_HOURS, holidays=None, team_hours={})
    month = at(f"{visit[:7]}-01T00:00Z")
    after, effects = do(settings, visiting("new"), "schedule", "team", {"at": visit}, now=month)
    assert [(one.step, f"{one.due_at:%dT%H:%M}") for one in effects.deadlines] == list(
        zip(("V4", "V3", "V2", "V1", "V0"), due.split(), strict=True)
    )
    assert {(one.cycle, one.effect, one.to) for one in effects.deadlines} == {(after.cycle, "announce", "customer")}
    assert effects.deadlines == reminders(after, site, month, 1)


def test_the_arithmetic_is_said(house: House, at: At) -> None:
    _, effects = do(house(), visiting("new"), "schedule", "team", {"at": "2026-05-28T09:00"})
    assert [one.because for one in effects.deadlines] == [
        "V4: visit on Thu 28 May 09:00, 4 days before, due Sun 24 May 10:00",
        "V3: visit on Thu 28 May 09:00, 3 days before, due Mon 25 May 10:00",
        "V2: visit on Thu 28 May 09:00, 2 days before, due Tue 26 May 10:00",
        "V1: visit on Thu 28 May 09:00, the day before, due Wed 27 May 10:00",
        "V0: visit on Thu 28 May 09:00, on its morning, due Thu 28 May 07:00",
    ]


@pytest.mark.parametrize(
    ("visit", "now", "steps"),
    [
        ("2026-05-28T09:00", "2026-05-25T10:01+02:00", "V2 V1 V0"),
        ("2026-05-28T09:00", "2026-05-26T10:00+02:00", "V1 V0"),  # it is ten just now: he hears of it anyhow
        ("2026-05-28T09:00", "2026-05-27T12:00+02:00", "V0"),
        ("2026-05-28T09:00", "2026-05-28T07:30+02:00", ""),
        ("2026-05-28T07:00", "2026-05-27T12:00+02:00", ""),  # the morning's mail would come as it begins
    ],
)
def test_only_what_is_still_ahead_is_set(house: House, at: At, visit: str, now: str, steps: str) -> None:
    _, effects = do(house(), visiting("new"), "schedule", "team", {"at": visit}, now=at(now))
    assert [one.step for one in effects.deadlines] == steps.split()


@pytest.mark.parametrize(("state", "name", "role"), [
    ("offered", "accept", "customer"), ("moving", "decline", "team"), ("moving", "confirm", "customer"),
    ("scheduled", "schedule", "team"),
])  # fmt: skip
def test_whatever_agrees_a_time_sets_them_in_a_cycle_of_its_own(house: House, state: str, name: str, role: Any) -> None:
    after, effects = do(house(), visiting(state, cycle=5), name, role)
    assert effects.ends_deadlines
    assert effects.spares is None, "no promise of its policy runs on beside them"
    assert {one.cycle for one in effects.deadlines} == {after.cycle} == {6}
    assert [one.step for one in effects.deadlines] == ["V4", "V3", "V2", "V1", "V0"]


@pytest.mark.parametrize(("name", "role"), [
    ("offer", "team"), ("cancel", "team"), ("arrived", "team"), ("done", "team"), ("reject", "customer"),
    ("postpone", "customer"), ("counter", "customer"), ("cancel", "customer"),
])  # fmt: skip
def test_they_end_with_what_was_agreed(house: House, name: str, role: Any) -> None:
    _, effects = do(house(), visiting("scheduled"), name, role)
    assert effects.ends_deadlines
    assert not {one.step for one in effects.deadlines} & {"V4", "V3", "V2", "V1", "V0"}
    reminder = reminders(visiting("scheduled"), house().sites["berlin"], NOW, 1)[0]
    assert reminder.until == (), "an action that ends only some deadlines ends it, too"


@pytest.mark.parametrize("name", ["take", "note", "reply", "ready"])
def test_whatever_else_happens_leaves_them(house: House, name: str) -> None:
    args = {"ready": {"what": "parts"}, "note": {"text": "x"}, "reply": {"text": "x"}}.get(name, {})
    settings = house(booking={"preconditions": {"parts": "warn"}})
    assert not do(settings, visiting("scheduled"), name, "team", args)[1].ends_deadlines


@pytest.mark.parametrize(
    ("own", "person", "site", "due", "his"),
    [
        (None, None, 2, ["V2"], "V2"),
        (None, None, 2, ["V3"], None),
        (None, 3, 2, ["V3"], "V3"),
        (None, 3, 2, ["V2"], None),
        (1, 3, 2, ["V1"], "V1"),
        (1, 3, 2, ["V3"], None),
        (0, 3, 2, ["V3"], None),
        (0, 3, 2, ["V0"], None),
        (None, 0, 2, ["V0"], None),
        (None, None, 0, ["V0"], None),
        (4, None, 0, ["V0"], "V0"),
        (2, None, 0, ["V4", "V3", "V2"], "V2"),
        (4, None, 0, ["V4", "V3", "V2"], "V4"),
        (2, None, 0, ["V2", "V1", "V0"], "V0"),
        (2, None, 0, [], None),
    ],
)
def test_which_is_the_customers_own(
    house: House, at: At, own: int | None, person: int | None, site: int, due: list[str], his: str | None
) -> None:
    """What he said of this visit, else at any visit, else what the site says; never means the morning, too."""
    now = at("2026-05-27T07:00+02:00") if "V0" in due else at("2026-05-25T10:00+02:00")
    record = visiting("scheduled", replace(AGREED, reminder=own))
    assert announced(record, due, person, house(booking={"reminder": site}).sites["berlin"], now) == his


@pytest.mark.parametrize(
    ("state", "now", "his"),
    [
        ("scheduled", "2026-05-25T10:00+02:00", "V2"),
        ("scheduled", "2026-05-26T23:59+02:00", "V2"),  # a day late: still sensible
        ("scheduled", "2026-05-27T06:00+02:00", None),  # the morning's mail comes at seven
        ("scheduled", "2026-05-27T10:00+02:00", None),  # it has begun
        ("scheduled", "2026-05-28T10:00+02:00", None),
        ("moving", "2026-05-25T10:00+02:00", None),
        ("arrived", "2026-05-25T10:00+02:00", None),
    ],
)
def test_after_an_outage_only_what_is_still_sensible(
    house: House, at: At, state: str, now: str, his: str | None
) -> None:
    assert announced(visiting(state), ["V2"], None, house().sites["berlin"], at(now)) == his


def test_a_visit_before_the_morning_has_its_reminder_even_late(house: House, at: At) -> None:
    early = replace(AGREED, starts_at=at("2026-05-27T06:30+02:00"))
    site = house().sites["berlin"]
    assert announced(visiting("scheduled", early), ["V2"], None, site, at("2026-05-27T05:00+02:00")) == "V2"


def test_nobody_is_reminded_where_no_address_is_known(house: House) -> None:
    person = replace(BOOKING.reading, customer=Customer(phones=("+4930123456",)))
    record = visiting("scheduled", reading=person)
    assert announced(record, ["V2"], None, house().sites["berlin"], NOW + timedelta(days=5)) is None


@pytest.mark.parametrize(
    ("step", "purpose"), [("V4", "visit-reminder"), ("V1", "visit-reminder"), ("V0", "visit-today")]
)
def test_what_he_is_told(house: House, step: str, purpose: str) -> None:
    args = {"step": step, "cycle": "1", "due": NOW.isoformat(), "to": "customer"}
    after, effects = do(house(), visiting("scheduled"), "announce", "clock", args)
    assert after == replace(visiting("scheduled"), revision=2)
    assert [(one.purpose, one.to, one.role, one.sequence) for one in effects.notices] == [
        (purpose, "max@kunde.example", "customer", 3)
    ]


def test_a_change_of_hours_leaves_them_alone(house: House) -> None:
    record = visiting("scheduled", cycle=1)
    found = reminders(record, house().sites["berlin"], NOW, 1)
    promise = Deadline(
        step="E1", due_at=NOW, deliver_at=NOW, effect="escalate", to="controller", because="x",
        policy="booking-request", since=NOW - timedelta(days=2), began="received",
    )  # fmt: skip
    standing = tuple(Standing(deadline=one) for one in (*found, promise))
    assert [move.old.step for move in moves(record, standing, house()) if move.old] == ["E1"]
    assert moves(record, standing[:-1], house()) == ()
