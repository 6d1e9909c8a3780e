"""What controllers are told from: escalations that are open or were cleared, and cases of `handled in time`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.load import load
from config.models import Settings
from daemon.act import act, open_by_hand
from daemon.store import Store, escalated, runs
from daemon.store.handling import cases
from daemon.store.runs import Run
from parsers.records import Customer, Reading
from rules.deadlines import plan
from rules.kpi import Case, verdict
from rules.model import Action, Actor, Decision, Opening

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""10:00 in Berlin, where a request is overdue after two hours."""
H = timedelta(hours=1)
TEAM, CLOCK, CHIEF = Actor("team", "eva@muster.example"), Actor("clock"), Actor("controller", "c@muster.example")
SITES = ("berlin", "potsdam")


@pytest.fixture(scope="module")
def settings() -> Settings:
    found, problems = load(Path(__file__).parents[3] / "config" / "example")
    assert found is not None, problems
    return found


class Desk:
    """Opens records and does things to them at given times."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings

    def open(self, site: str = "potsdam", kind: str = "lead", policy: str = "standard", at: datetime = MONDAY) -> str:
        """A new record."""
        decision = Decision(
            kind=kind, team="sales", policy=policy, language="de",
            deadlines=plan(self.settings, site, "sales", policy, at, 0),
        )  # fmt: skip
        reading = Reading(kind=kind, customer=Customer(emails=("max@kunde.example",)))
        opening = Opening(ref="", site=site, reading=reading, decision=decision, received_at=at)
        action = Action(name="open", actor=Actor("command", "anna"))
        return open_by_hand(self.store, self.settings, opening, action, at).ref

    def do(self, ref: str, name: str, at: datetime, actor: Actor = TEAM, /, **args: str) -> None:
        """Something happens to it."""
        act(self.store, self.settings, ref, Action(name=name, actor=actor, args=args), at)

    def escalate(self, ref: str, at: datetime, cycle: int = 0) -> None:
        """As the clock does it."""
        for step, effect in (("E1", "overdue"), ("E2.1", "escalate")):
            args = {"step": step, "cycle": str(cycle), "due": at.isoformat(), "to": "controller"}
            self.do(ref, effect, at, CLOCK, **args)

    def open_ones(self, now: datetime, *sites: str) -> list[str]:
        """References of what the controllers have."""
        with self.store.read() as connection:
            return [one.ref for one in escalated.open_escalated(connection, sites or SITES, now, 100)]

    def cleared(self, since: datetime, now: datetime, *sites: str) -> list[tuple[str, str, str]]:
        """What was cleared, by which action, by whom."""
        with self.store.read() as connection:
            found = escalated.cleared(connection, sites or SITES, since, now, 100)
        return [(record.ref, done.name, done.actor.name) for record, done in found]

    def cases(self, first: datetime = MONDAY - 100 * H, last: datetime = MONDAY + 100 * H) -> list[Case]:
        with self.store.read() as connection:
            return list(cases(connection, SITES, first, last))


@pytest.fixture
def desk(store: Store, settings: Settings) -> Desk:
    return Desk(store, settings)


def test_escalations_that_are_open_and_those_that_were_cleared(desk: Desk) -> None:
    one, other, elsewhere, never = desk.open(), desk.open("berlin"), desk.open("odense"), desk.open()
    due = MONDAY + 6 * H
    for ref in (one, other, elsewhere):
        desk.escalate(ref, due)
    now = MONDAY + 24 * H
    assert desk.open_ones(now) == [one, other]
    assert desk.open_ones(now, "odense") == [elsewhere]
    assert never not in desk.open_ones(now)

    desk.do(one, "take", due + H)
    desk.do(other, "note", due + 2 * H, text="called twice")
    assert desk.open_ones(now) == [other]
    assert desk.cleared(due, now) == [(one, "take", TEAM.name)]
    desk.do(one, "done", due + 3 * H)
    assert desk.cleared(due + 2 * H, now) == [], "what was done to it later is no news"
    assert desk.cleared(due, now) == [(one, "take", TEAM.name)]
    desk.do(other, "assign", due + 4 * H, CHIEF, to="jan@muster.example")
    assert desk.cleared(due, now) == [(one, "take", TEAM.name), (other, "assign", CHIEF.name)]
    assert desk.cleared(due + 4 * H, now, "berlin") == [(other, "assign", CHIEF.name)], "that very moment counts"
    assert desk.cleared(due, now, "odense") == []


def test_what_was_taken_back_is_open_again(desk: Desk) -> None:
    ref, due, now = desk.open(), MONDAY + 6 * H, MONDAY + 24 * H
    desk.escalate(ref, due)
    desk.do(ref, "take", due + H)
    desk.do(ref, "undo", due + 2 * H)
    assert desk.open_ones(now) == [ref]
    assert desk.cleared(due, now) == []


def test_what_was_handled_before_was_never_escalated(desk: Desk) -> None:
    ref = desk.open()
    desk.do(ref, "done", MONDAY + H)
    assert desk.open_ones(MONDAY + 24 * H) == []
    assert desk.cleared(MONDAY - H, MONDAY + 24 * H) == []


def test_the_last_list_of_a_controller(store: Store) -> None:
    days = [Run("escalations", scope, day) for scope in ("a", "b") for day in ("2026-11-20", "2026-11-23")]
    store.write(lambda c: runs.begin(c, days, MONDAY)).result()
    with store.read() as connection:
        assert runs.done_before(connection, "escalations", "a", "2026-11-24") is None
    store.write(lambda c: runs.finish(c, days[0], MONDAY)).result()
    store.write(lambda c: runs.finish(c, days[3], MONDAY + H)).result()
    with store.read() as connection:
        assert runs.done_before(connection, "escalations", "a", "2026-11-24") == MONDAY
        assert runs.done_before(connection, "escalations", "a", "2026-11-20") is None
        assert runs.done_before(connection, "list", "a", "2026-11-24") is None


IN_TIME, LATE = MONDAY + H, MONDAY + 3 * H


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ([], "late"),
        ([("done", IN_TIME)], "in-time"),
        ([("done", LATE)], "late"),
        ([("take", IN_TIME)], "late"),
        ([("take", IN_TIME), ("reply", LATE)], "late"),
        ([("later", IN_TIME)], "late"),
        ([("done", IN_TIME), ("undo", IN_TIME)], "late"),
        ([("done", IN_TIME), ("undo", IN_TIME), ("reply", MONDAY + 2 * H - timedelta(seconds=1))], "in-time"),
        # a second chance there is not
        ([("not-mine", IN_TIME), ("done", LATE)], "late"),
        # nor a second case
        ([("done", IN_TIME), ("reopen", LATE)], "in-time"),
    ],
)
def test_what_counts_as_handled_in_time(desk: Desk, done: list[tuple[str, datetime]], expected: str) -> None:
    ref = desk.open()
    needed = {"reply": {"text": "Ja."}, "later": {"until": "2d"}, "not-mine": {"team": "service"}}
    for name, at in done:
        desk.do(ref, name, at, **needed.get(name, {}))
    (case,) = desk.cases()
    assert (case.site, case.kind, case.received_at, case.due_at) == ("potsdam", "lead", MONDAY, MONDAY + 2 * H)
    assert verdict(case, MONDAY + 50 * H) == expected
    assert case.team == ("service" if done and done[0][0] == "not-mine" else "sales")


def test_a_hot_alert_has_48_hours(desk: Desk) -> None:
    desk.open(kind="alert", policy="hot-alert")
    (case,) = desk.cases()
    assert case.due_at == MONDAY + 48 * H


def test_what_is_no_request_or_has_no_deadlines_is_not_counted(desk: Desk) -> None:
    desk.do(desk.open(), "spam", IN_TIME)
    desk.open(policy="none")
    unknown, first = desk.open(kind="unsorted"), desk.open()
    desk.do(desk.open(), "again", IN_TIME, ref=first)
    desk.do(unknown, "read-as", IN_TIME, kind="lead")
    desk.open("odense")
    found = desk.cases()
    assert [case.kind for case in found] == ["lead"] * len(found)
    assert len(found) == 2, "the first request, and what the unsorted mail was read as"


def test_only_what_came_then_is_counted(desk: Desk) -> None:
    desk.open(at=MONDAY)
    assert len(desk.cases(MONDAY, MONDAY + H)) == 1
    assert desk.cases(MONDAY - H, MONDAY) == []
    assert desk.cases(MONDAY + H, MONDAY + 2 * H) == []
