"""What ends deadlines, where their time stands still, and what moves them: by actions, through the one door."""

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from config.load import load
from config.models import Settings
from daemon.act import act, open_by_hand
from daemon.cli.byhand import opening_by_hand
from daemon.store import Store, evidence_records, open_store, records, standing
from daemon.store.schema import record
from daemon.store.upgrade import prepare
from rules.lifecycle import possible
from rules.model import Action, Actor, Record, Refused
from rules.transition import CLOSED_STATES
from tests.support.seeds import seed

BASE = Path(__file__).parents[2] / "configs" / "base"
BERLIN = ZoneInfo("Europe/Berlin")
EVA, SALES = "eva@berlin.example", "sales@berlin.example"
OWN = """
[policy.rests]
step = [
  { name = "R1", after = "4h", effect = "overdue", until = ["reply", "send", "answered", "done"], pause = ["waiting"] },
  { name = "R2", after = "24h", clock = "wall", effect = "escalate", until = ["reply", "done"], pause = ["waiting"] },
]
[policy.days]
step = [{ name = "D1", after = "2wd", clock = "wall", effect = "overdue", until = ["reply"], pause = ["waiting"] }]
[policy.hands]
step = [{ name = "H1", after = "4h", effect = "overdue", until = ["done"], pause = ["taken"] }]
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


class Desk:
    """A site whose records are worked on at given times."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.ref = ""
        self.digests = {settings.digest}

    def open(self, kind: str, at: str) -> None:
        opening = opening_by_hand(self.settings, kind, [("customer.emails", "max@kunde.example")], local(at))
        action = Action(name="open", actor=Actor("command", "anna"))
        self.ref = open_by_hand(self.store, self.settings, opening, action, local(at)).ref

    def do(self, name: str, at: str, **args: str) -> Record:
        role = Actor("command", "anna") if name == "reschedule" else Actor("team", EVA)
        return act(self.store, self.settings, self.ref, Action(name=name, actor=role, args=args), local(at))

    def passes(self, effect: str, step: str, at: str) -> Record:
        """A step's time is over."""
        args = {"step": step, "cycle": "0", "due": local(at).isoformat(), "to": "team"}
        return act(self.store, self.settings, self.ref, Action(name=effect, actor=Actor("clock"), args=args), local(at))

    def open_steps(self) -> list[tuple[str, str]]:
        """Open deadlines with their local times."""
        with self.store.read() as connection:
            kept = records.load(connection, self.ref)
            assert kept is not None
            return [
                (one.deadline.step, f"{one.deadline.due_at.astimezone(BERLIN):%m-%d %H:%M}")
                for one in standing.of(connection, kept.id)
                if one.is_open
            ]

    def because(self, step: str) -> str:
        """The arithmetic of the newest deadline of a step."""
        with self.store.read() as connection:
            return str([row["because"] for row in records.deadlines(connection, self.ref) if row["step"] == step][-1])

    def findings(self) -> list[str]:
        """What the evidence check finds wrong with the records."""
        with self.store.read() as connection:
            found = evidence_records.check_records(connection, self.digests)
            return [one.what for one in found if one.where == f"record {self.ref}"]


@cache
def configured(escalate: str, hours: str) -> Settings:
    """The settings of a site: what kind runs under which policy, and its opening hours."""
    with TemporaryDirectory() as name:
        directory = Path(name) / "config"
        shutil.copytree(BASE, directory)
        sites = (BASE / "sites.toml").read_text("utf-8").replace("08:00-18:00", hours)
        (directory / "sites.toml").write_text(f"{sites}escalate = {escalate}\n")
        (directory / "escalation.toml").write_text(OWN)
        settings, problems = load(directory)
    assert problems == []
    assert settings is not None
    return settings


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Desk]]:
    """Make one; all of a module share a database."""
    data = tmp_path_factory.mktemp("desk")
    prepare(f"sqlite:///{data / 'postroom.db'}", data)
    shared = open_store(f"sqlite:///{data / 'postroom.db'}")

    def make(escalate: str = "{}", hours: str = "08:00-18:00", store: Store = shared) -> Desk:
        return Desk(store, configured(escalate, hours))

    yield make
    shared.close()


WARNED, ALERTED = ("W1", "05-21 22:00"), ("E1", "05-22 10:00")


@pytest.mark.parametrize(
    ("action", "args", "left"),
    [
        ("take", {}, [WARNED, ALERTED]),
        ("assign", {"to": SALES}, [WARNED, ALERTED]),
        ("later", {"until": "2026-05-29 10:00"}, [WARNED, ALERTED, ("E2.2", "05-30 10:00")]),
        ("reply", {"text": "Wir rufen an."}, []),
        ("answered", {}, []),
        ("done", {"result": "called"}, []),
        ("spam", {}, []),
        ("not-mine", {"team": "service"}, [("W1", "05-21 23:00"), ("E1", "05-22 11:00")]),
    ],
)
def test_a_hot_alert_ends_by_an_answer_only(
    desk: Callable[..., Desk], action: str, args: dict[str, str], left: list[tuple[str, str]]
) -> None:
    one = desk()
    one.open("alert", "2026-05-20T10:00")
    assert one.open_steps() == [WARNED, ALERTED]
    one.do(action, "2026-05-20T11:00", **args)
    assert one.open_steps() == left
    assert one.findings() == []


@pytest.mark.parametrize("action", ["take", "reply", "done", "later", "assign", "answered"])
def test_a_lead_ends_by_whatever_its_lifecycle_says(desk: Callable[..., Desk], action: str) -> None:
    one = desk()
    one.open("lead", "2026-05-20T10:00")
    args = {"reply": {"text": "Gern."}, "later": {"until": "2d"}, "assign": {"to": SALES}}.get(action, {})
    one.do(action, "2026-05-20T11:00", **args)
    assert [step for step, _ in one.open_steps()] == (["E2.2"] if action == "later" else [])


def test_a_note_ends_nothing(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.open("alert", "2026-05-20T10:00")
    one.do("note", "2026-05-20T11:00", text="called, nobody there")
    assert one.open_steps() == [WARNED, ALERTED]


def test_a_booking_that_was_taken_still_waits_for_the_first_contact(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.open("booking", "2026-05-20T10:00")
    assert one.open_steps() == [("M1", "05-21 10:00"), ("E1", "05-25 18:00")]
    one.do("take", "2026-05-20T11:00")
    assert one.open_steps() == [("E1", "05-25 18:00")]
    one.do("reply", "2026-05-20T12:00", text="Donnerstag um 9?")
    assert one.open_steps() == []


def test_what_an_answer_ended_holds_again_when_it_is_undone(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.open("alert", "2026-05-20T10:00")
    one.do("take", "2026-05-20T11:00")
    one.do("done", "2026-05-20T12:00", result="called")
    assert one.open_steps() == []
    one.do("undo", "2026-05-20T12:01")
    assert one.open_steps() == [WARNED, ALERTED]
    assert one.findings() == []


def test_what_passed_in_spite_of_an_action_stays_passed_when_it_is_undone(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.open("alert", "2026-05-20T10:00")
    one.do("take", "2026-05-20T11:00")
    one.passes("warn", "W1", "2026-05-21T22:00")
    one.passes("escalate", "E1", "2026-05-22T10:00")
    undone = one.do("undo", "2026-05-22T10:05")
    assert [each.step for each in undone.passed] == ["W1", "E1"], "the controllers have it, and it fires only once"
    assert one.do("done", "2026-05-22T10:10", result="called").passed == ()


def test_a_record_stays_due_by_what_an_action_did_not_end(desk: Callable[..., Desk]) -> None:
    one = desk()
    for kind, due in (("alert", "05-21 22:00"), ("lead", None)):
        one.open(kind, "2026-05-20T10:00")
        one.do("take", "2026-05-20T11:00")
        with one.store.read() as connection:
            at = connection.execute(select(record.c.due_at).where(record.c.ref == one.ref)).scalar()
        assert (f"{at.astimezone(BERLIN):%m-%d %H:%M}" if at else None) == due


def test_time_stands_still_while_a_record_waits(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "rests" }')
    one.open("lead", "2026-05-20T10:00")
    assert one.open_steps() == [("R1", "05-20 14:00"), ("R2", "05-21 14:00")]
    waiting = one.do("later", "2026-05-20T12:30", until="2026-05-26 09:00")
    assert [(still.step, still.left) for still in waiting.paused] == [("R1", 90 * 60), ("R2", 24 * 3600)]
    assert one.open_steps() == [("E2.2", "05-27 09:00")]
    after = one.do("take", "2026-05-22T17:00")
    assert after.paused == ()
    assert one.open_steps() == [("R1", "05-25 08:30"), ("R2", "05-26 08:30")]
    assert one.because("R1") == "R1 1h 30m left business: went on Fri 17:00, counts Mon-Fri 08-18, due Mon 08:30"
    assert one.because("R2") == "R2 24h left wall: R1 Mon 08:30, counts elapsed time, due Tue 08:30"
    one.do("reply", "2026-05-22T17:30", text="Gern.")
    assert one.open_steps() == []
    assert one.findings() == []


def test_what_stands_still_ends_by_what_ends_it(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "rests" }')
    one.open("lead", "2026-05-20T10:00")
    one.do("later", "2026-05-20T12:30", until="2026-05-26 09:00")
    answered = one.do("answered", "2026-05-21T09:00")
    assert answered.paused == ()
    assert one.open_steps() == [("R2", "05-22 09:00")], "R2 does not end by it, and goes on for its day"
    assert one.do("done", "2026-05-21T10:00").paused == ()
    assert one.open_steps() == []


def test_it_stands_still_twice_and_undo_follows(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "rests" }')
    one.open("lead", "2026-05-20T10:00")
    one.do("later", "2026-05-20T12:30", until="2026-05-26 09:00")
    one.do("undo", "2026-05-20T12:31")
    assert one.open_steps() == [("R1", "05-20 14:00"), ("R2", "05-21 14:00")], "as if it had never rested"
    one.do("later", "2026-05-20T13:00", until="2026-05-26 09:00")
    one.do("take", "2026-05-21T08:00")
    assert one.open_steps() == [("R1", "05-21 09:00"), ("R2", "05-22 09:00")]
    one.do("undo", "2026-05-21T08:01")
    assert one.open_steps() == [("E2.2", "05-27 09:00")], "it rests again"
    one.do("take", "2026-05-21T10:00")
    one.do("later", "2026-05-21T10:30", until="2026-05-28 09:00")
    one.do("assign", "2026-05-22T08:00", to=SALES)
    assert one.open_steps() == [("R1", "05-22 08:30"), ("R2", "05-23 08:30")]
    assert one.findings() == []


def test_working_days_stand_still_too(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "days" }')
    one.open("lead", "2026-05-20T10:00")
    assert one.open_steps() == [("D1", "05-22 18:00")]
    one.do("later", "2026-05-21T09:00", until="2026-06-05")
    one.do("take", "2026-06-01T09:00")
    assert one.open_steps() == [("D1", "06-02 18:00")], "one day was left"
    one.do("later", "2026-06-02T16:30", until="2026-06-12")
    one.do("take", "2026-06-08T17:00")
    assert one.open_steps() == [("D1", "06-09 08:30")], "1h 30m of its last day were left"


def test_a_state_that_was_left_for_another_lets_it_go_on(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "hands" }')
    one.open("lead", "2026-05-20T10:00")
    one.do("take", "2026-05-20T11:00")
    assert one.open_steps() == []
    one.do("later", "2026-05-21T10:00", until="2026-05-28 09:00")
    assert one.open_steps() == [("H1", "05-21 13:00"), ("E2.2", "05-29 09:00")]
    assert one.findings() == []


def test_a_record_moved_to_another_team_begins_its_policy_anew(desk: Callable[..., Desk]) -> None:
    one = desk('{ lead = "rests" }')
    one.open("lead", "2026-05-20T10:00")
    one.do("later", "2026-05-20T12:30", until="2026-05-26 09:00")
    assert one.do("not-mine", "2026-05-21T09:00", team="service").paused == ()
    assert one.open_steps() == [("R1", "05-21 13:00"), ("R2", "05-22 13:00")]


POLICIES = ("rests", "days", "hands", "standard", "hot-alert", "booking-request")
ARGS = {
    "assign": {"to": SALES},
    "later": {"until": "2d"},
    "reply": {"text": "Gern."},
    "done": {"result": "won"},
    "note": {"text": "red"},
    "reschedule": {"reason": "hours"},
    "answered": {},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_whatever_is_done_in_whatever_order_the_books_are_right(desk: Callable[..., Desk], policy: str) -> None:
    walk([desk(f'{{ lead = "{policy}" }}', hours) for hours in ("08:00-18:00", "09:00-16:00")], policy, 3)


def test_they_are_on_each_database(desk: Callable[..., Desk], store: Store) -> None:
    walk([desk('{ lead = "rests" }', hours, store) for hours in ("08:00-18:00", "09:00-16:00")], "again", 2)


def walk(desks: list[Desk], name: str, rounds: int) -> None:
    """Open records and do to each whatever comes, under the settings of either desk."""
    told = seed()
    draw = random.Random(f"{told} {name}")  # noqa: S311 - a walk, no secret
    one, other = desks
    one.digests |= other.digests
    for _ in range(rounds):
        at = datetime(2026, 5, 20, 10, tzinfo=UTC).replace(tzinfo=None)
        one.open("lead", at.isoformat())
        other.ref, done = one.ref, ["open"]
        for _ in range(12):
            at += timedelta(minutes=draw.randrange(1, 2000))
            state = step_on(draw, draw.choice((one, other)), at.isoformat(), done)
            assert state not in CLOSED_STATES or one.open_steps() == [], f"seed {told}: {done}"
            steps = [step for step, _ in one.open_steps()]
            assert len(set(steps)) == len(steps), f"seed {told}: {done}: a step runs twice: {steps}"
        assert one.findings() == [], f"seed {told}: {done}"


def step_on(draw: random.Random, desk: Desk, at: str, done: list[str]) -> str:
    """Do something that may be possible; the state then."""
    with desk.store.read() as connection:
        kept = records.load(connection, desk.ref)
    assert kept is not None
    names = {*possible(kept.record.kind, kept.record.state), "reschedule", "answered"} - {"again", "apart", "send"}
    name = draw.choice(sorted(names))
    args = ARGS.get(name, {})
    if name == "not-mine":
        args = {"team": "service" if kept.record.team == "sales" else "sales"}
    try:
        state = desk.do(name, at, **args).state
    except Refused:
        return kept.record.state
    done.append(name)
    return state
