"""A state machine: whatever team, customer, clock and strangers do to a booking, in whatever order and time.

One UID, a sequence that never falls, no mail about a state that is not current, one list, one clock, and a history
that leads to the present. `POSTROOM_FUZZ_CASES` says how many steps, and asks for ones that nobody has seen.
"""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from config.models import Settings
from parsers.records import Booking, Customer, Reading, Vehicle
from rules.apply import apply
from rules.escalation import EFFECTS
from rules.holding import still_holds
from rules.lifecycle import PASSIVE, table_of
from rules.model import (
    Action,
    Actor,
    ActorRole,
    Deadline,
    Decision,
    Done,
    Effects,
    Notice,
    Opening,
    Record,
    Refused,
    Standing,
)
from rules.transition import ACTIONS, CLOSED_STATES, PLANNED, STATES
from rules.visit import Beside, Visit
from rules.visit_mails import VISIT_MAILS
from rules.visit_reminders import ANNOUNCE, STEPS, announced
from tests.support.seeds import seed

House = Callable[..., Settings]

STEPS_WANTED = int(os.environ.get("POSTROOM_FUZZ_CASES", "10000"))
WALKS, LENGTH = 40, 60
"""Walks of one run of hypothesis, and steps of one at most."""
BERLIN = ZoneInfo("Europe/Berlin")
BEGINS = datetime(2026, 10, 20, 8, tzinfo=UTC)
"""A Tuesday; on Sunday the clocks are put back."""
MAX = "max@kunde.example"
WHO = {"team": "eva@muster.example", "command": "anna", "customer": MAX, "relay": "mx.kunde.example"}
ENTRY = ("starts_at", "ends_at", "services", "price", "remarks", "adviser", "courtesy_car", "preferred")
WAITS_FOR_US = ("accepted", "declined", "postponed", "countered", "moving")
TABLE = table_of("booking")
WAYS = {
    "house_acts": 40,
    "customer_acts": 30,
    "time_passes": 12,
    "mails_go": 10,
    "others_act": 4,
    "takes_back": 3,
    "comes_back": 1,
}
"""What may happen, and how often."""
OTHERS: tuple[ActorRole, ...] = ("stranger", "source", "controller", "clock")
NOT_BY_HAND = ("undo", "reparse", "rest", "part", "apart", "join")
VISITS = ("offer", "schedule", "pre-book", "ask", "accept", "agree", "reject", "postpone", "counter", "confirm")
OFTEN = dict.fromkeys((*VISITS, "tentative", "announce"), 5) | {"reopen": 8, "decline": 2, "arrived": 2}
SELDOM = {(state, "decline") for state in STATES if state not in ("countered", "moving")}
BESIDE = Beside(
    ref="B-000009-Z",
    starts_at=datetime(2026, 10, 23, 8, tzinfo=UTC),
    ends_at=datetime(2026, 10, 23, 12, tzinfo=UTC),
)


class Kept(msgspec.Struct):
    """A deadline as a row."""

    deadline: Deadline
    revision: int
    fired: bool = False
    ended_by: int | None = None

    @property
    def is_open(self) -> bool:
        return not self.fired and self.ended_by is None


class Told(msgspec.Struct, frozen=True):
    """A notice that waits, with what was so when it was made."""

    notice: Notice
    revision: int
    state: str
    entry: tuple[Any, ...]


class Due(msgspec.Struct, frozen=True):
    """The same beside the record as it is now."""

    notice: Notice
    record: Record
    revision: int


class Walk(RuleBasedStateMachine):
    """One booking and its house."""

    house: ClassVar[Settings]
    salt: ClassVar[int] = 0
    taken: ClassVar[int] = 0
    went: ClassVar[set[tuple[str, str]]] = set()
    """State and action of what was really done."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINS
        self.history: list[tuple[Record | None, Action, datetime, Record]] = []
        self.deadlines: list[Kept] = []
        self.waiting: list[Told] = []
        self.sent: list[tuple[datetime, Told]] = []
        reading = Reading(
            kind="booking",
            language="de",
            customer=Customer(name="Max Beispiel", emails=(MAX,)),
            vehicles=(Vehicle(role="own", plate="B-MX 123"),),
            booking=Booking(starts_at="2026-10-22T09:00:00", services=("Inspektion",)),
        )
        decision = Decision(kind="booking", team="service", policy="booking-request", language="de")
        opening = Opening(ref="B-000005-Y", site="berlin", reading=reading, decision=decision, received_at=BEGINS)
        self.record: Record = self._applied(None, Action(name="open", actor=Actor("source"), opening=opening))

    # what happens

    @rule(choice=st.integers(0, 2**32 - 1))
    def something_happens(self, choice: int) -> None:
        """One step, drawn from a number: rules of their own would be drawn evenly, and a walk would hardly get on."""
        draw = random.Random(f"{self.salt} {choice}")  # noqa: S311 - a walk, no secret
        [way] = draw.choices(list(WAYS), list(WAYS.values()))
        getattr(self, way)(draw)
        Walk.taken += 1

    def house_acts(self, draw: random.Random) -> None:
        """Somebody of the house does what is possible; only they plan a visit."""
        role: ActorRole = draw.choice(["team", "team", "command"])
        name = self._drawn(role, draw)
        self._do(name, role, self._args(name, draw))

    def customer_acts(self, draw: random.Random) -> None:
        """The customer says something, in words or by his calendar, whose mails may overtake each other."""
        name, minutes = self._drawn("customer", draw), draw.choice([None, -5, 0, 3])
        given = {} if minutes is None else {"stamp": (self.now + timedelta(minutes=minutes)).isoformat()}
        self._do(name, "customer", self._args(name, draw) | given)

    def others_act(self, draw: random.Random) -> None:
        """Nobody else changes anything of the visit."""
        before, role = self.record, draw.choice(OTHERS)
        name = draw.choice(sorted({name for _, name in TABLE if name not in ("open", "join", *EFFECTS)}))
        if (name, role) == (ANNOUNCE, "clock"):
            return
        self._do(name, role, self._args(name, draw))
        assert self.record.visit == before.visit
        assert role != "stranger" or self.record.state == before.state

    def time_passes(self, draw: random.Random) -> None:
        """With a daemon that runs, or with one that comes back after it."""
        until, runs = self.now + timedelta(hours=draw.choice([1, 4, 20, 24, 70])), draw.random() < 0.7
        while runs and (due := min((one.deadline.due_at for one in self._open()), default=until)) < until:
            self.now = max(due, self.now)
            self._fire()
        self.now = until
        self._fire()

    def mails_go(self, draw: random.Random) -> None:
        """What still holds goes out; what does not is dropped."""
        most = draw.randint(0, 3)
        going, self.waiting = self.waiting[:most], self.waiting[most:]
        self.sent += [(self.now, one) for one in going if self._holds(one)]

    def takes_back(self, draw: random.Random) -> None:
        """The last who did something takes it back."""
        self._do("undo", draw.choice(["team", "command"]), {})

    def comes_back(self, draw: random.Random) -> None:
        """A mail of ours is returned: from then on he has no address."""
        self._do("returned", "relay", {"letter": "1", "recipient": draw.choice([MAX, "other@kunde.example"])})

    # what must hold

    @invariant()
    def one_list(self) -> None:
        """Every open booking stands in exactly one."""
        lists = (self.record.state in ACTIONS) + (self.record.state in PLANNED)
        assert lists == (self.record.state not in CLOSED_STATES), self.record.state

    @invariant()
    def one_entry(self) -> None:
        """One UID for life, a sequence that goes up by one at most, answers that do not go back in time."""
        _, _, _, after = self.history[-1]
        before = self.history[-2][3] if len(self.history) > 1 else after
        was, now = _visit(before), _visit(after)
        assert now.uid == "b-000005-y@post.example"
        assert was.sequence <= now.sequence <= was.sequence + 1
        assert now.invited >= was.invited
        assert was.answered_at is None or (now.answered_at is not None and now.answered_at >= was.answered_at)
        if now.sequence == was.sequence and was.invited and after.state in ("offered", "pre-booked", "scheduled"):
            assert _entry(now) == _entry(was)

    @invariant()
    def a_time_where_there_is_one(self) -> None:
        """What is offered or agreed has a time, within hours, that no other visit of the car has."""
        visit = _visit(self.record)
        if self.record.state in ("offered", "accepted", *PLANNED):
            assert visit.starts_at is not None
            assert visit.ends_at is not None
            assert visit.starts_at < visit.ends_at
            assert not (visit.starts_at < BESIDE.ends_at and BESIDE.starts_at < visit.ends_at)

    @invariant()
    def only_what_is_so_is_told(self) -> None:
        """What waits and would go out says what holds now: of the state, and of the calendar entry."""
        for one in self.waiting:
            told = VISIT_MAILS.get(one.notice.purpose)
            if told is None or not told.sequenced or not self._holds(one):
                continue
            # before the first entry nobody was told of a time: there are questions, and who has no address
            assert one.entry == _entry(_visit(self.record)) or not _visit(self.record).invited, one
            same = one.state == self.record.state
            assert same or (one.state, self.record.state) == ("scheduled", "arrived"), one

    @invariant()
    def one_clock(self) -> None:
        """Each step once in each cycle; reminders of what is agreed only, and a promise where somebody waits for us."""
        keys = [(one.deadline.step, one.deadline.cycle) for one in self.deadlines]
        assert len(set(keys)) == len(keys)
        running = {one.deadline.step for one in self._open()}
        assert not running & {*STEPS} or self.record.state == "scheduled"
        assert running <= {*STEPS} or self.record.state not in (*PLANNED, *CLOSED_STATES)
        assert self.record.state not in WAITS_FOR_US or running or self.record.passed or self._answered()

    def teardown(self) -> None:
        """The actions, done again, lead to the same revisions; what was sent was right when it was."""
        record: Record | None = None
        for before, action, at, after in self.history:
            assert record == before
            record, _ = apply(before, action, self.house, at)
            assert record == after
        assert record == self.record
        assert msgspec.json.decode(msgspec.json.encode(self.record), type=Record) == self.record
        self._check_sent()

    def _check_sent(self) -> None:
        settled = [one.notice for _, one in self.sent if one.notice.purpose in ("visit-scheduled", "visit-changed")]
        assert len({one.sequence for one in settled}) == len(settled), "confirmed twice"
        reminded = [one for _, one in self.sent if one.notice.purpose in ("visit-reminder", "visit-today")]
        said = [(one.notice.purpose, self.history[one.revision - 1][3].cycle) for one in reminded]
        assert len({*said}) == len(said), "reminded twice"

    # how it happens

    def _drawn(self, role: ActorRole, draw: random.Random) -> str:
        """Something that he may do now, more often what brings a visit on than what ends it."""
        rows = ((name, row) for (state, name), row in TABLE.items() if state == self.record.state and role in row.who)
        names = sorted(name for name, _ in rows if name not in NOT_BY_HAND)
        return draw.choices(
            names, [1 if (self.record.state, name) in SELDOM else OFTEN.get(name, 1) for name in names]
        )[0]

    def _args(self, name: str, draw: random.Random) -> dict[str, str]:
        """What is said with it, times of which some cannot be."""
        day = self.now.astimezone(BERLIN).date() + timedelta(days=draw.choice([-1, 0, 1, 1, 2, 2, 3, 3, 5, 6, 7, 8]))
        at, price = f"{day}T{draw.randint(7, 16):02}:30", f"{draw.randint(1, 3)}9,00 EUR"
        if name in ("offer", "schedule", "pre-book"):
            details = {
                "until": "17:00",
                "services": "Bremsen; Öl",
                "price": price,
                "remarks": "Tor 3",
                "adviser": "Eva",
            }
            said = dict(draw.sample(sorted(details.items()), draw.choice([0, 0, 1, 2])))
            return said if draw.random() < 0.4 else said | {"at": at}
        return {
            "counter": {"at": at},
            "ask": {"text": "Welches Auto?"},
            "decline": {"reason": "Voll."},
            "prefer": {"days": draw.choice(["1", "2", "3", "4", "off", "5"])},
            "ready": {"what": "parts"} | draw.choice([{}, {"no": "yes"}]),
            "later": {"until": "1d"},
            "assign": {"to": "eva@muster.example"},
            "again": {"ref": "B-7KQ2M4-2"},
            "reply": {"text": "Ja."},
            "hold": {"text": "Ja.", "problem": "x"},
            "note": {"text": "Ruft an."},
            "refuse": {"problem": "x"},
            "reschedule": {"reason": "x"},
            "not-mine": {"team": "sales" if self.record.team == "service" else "service"},
            "announce": {"step": "V2", "cycle": "1", "due": self.now.isoformat(), "to": "customer"},
        }.get(name, {})

    def _do(self, name: str, role: ActorRole, args: dict[str, str]) -> None:
        """Try it; what is refused changes nothing."""
        takes = {each for (_, known), row in TABLE.items() if known == name for each in (*row.needs, *row.may)}
        needs = {each for (_, known), row in TABLE.items() if known == name for each in row.needs}
        said = {key: value for key, value in args.items() if key in takes}
        if role == "customer" or "message" in needs:
            said["message"] = "7"
        action = Action(name=name, actor=Actor(role, WHO.get(role, "x@y.example")), args=said, beside=(BESIDE,))
        state = self.record.state
        try:
            self.record = self._applied(self.record, action)
        except Refused as refused:
            note(f"{self.now:%a %d %H:%M} {role} {name} {said}: {refused}")
        else:
            note(f"{self.now:%a %d %H:%M} {role} {name} {said}: {state} -> {self.record.state}")
            Walk.went.add((state, name))

    def _fire(self) -> None:
        """As `daemon.clock.deadlines`: all steps of the record that are due, of the reminders the customer's own."""
        due = sorted(
            (one for one in self._open() if one.deadline.due_at <= self.now), key=lambda one: one.deadline.due_at
        )
        steps = [one.deadline.step for one in due if one.deadline.effect == ANNOUNCE]
        his = announced(self.record, steps, None, self.house.sites["berlin"], self.now)
        for one in due:
            step = one.deadline
            if step.effect != ANNOUNCE or step.step == his:
                args = {"step": step.step, "cycle": str(step.cycle), "due": step.due_at.isoformat(), "to": step.to}
                Walk.went.add((self.record.state, step.effect))
                self.record = self._applied(self.record, Action(name=step.effect, actor=Actor("clock"), args=args))
            one.fired = True

    def _applied(self, before: Record | None, action: Action) -> Record:
        """Through the one door, and into the books as `daemon.store.records` keeps them."""
        action = self._with_past(action)
        after, effects = apply(before, action, self.house, self.now)
        self.history.append((before, action, self.now, after))
        if effects.takes_back is not None:
            self._take_back(effects.takes_back, after.revision)
        if effects.ends_deadlines:
            self._end(effects, after.revision)
        self.deadlines += [Kept(one, after.revision) for one in effects.deadlines]
        entry = _entry(_visit(after))
        self.waiting += [Told(one, after.revision, after.state, entry) for one in effects.notices]
        return after

    def _with_past(self, action: Action) -> Action:
        if action.name == "undo":
            for before, done, at, after in reversed(self.history):
                if after.revision not in self.record.undone and done.name not in PASSIVE:
                    last = Done(name=done.name, actor=done.actor, at=at)
                    return replace(action, last=last, before=before) if before else action
        standing = tuple(
            Standing(deadline=one.deadline, is_open=one.is_open, has_passed=one.fired) for one in self.deadlines
        )
        return action if action.name in PASSIVE else replace(action, standing=standing)

    def _take_back(self, revision: int, by: int) -> None:
        for one in self.deadlines:
            if one.is_open and one.revision >= revision:
                one.ended_by = by
            elif one.revision < revision and (one.ended_by or 0) >= revision:
                one.ended_by = None

    def _end(self, effects: Effects, by: int) -> None:
        for one in self._open():
            until = one.deadline.until
            if effects.spares is None or not until or effects.spares in until or one.deadline.step in effects.rests:
                one.ended_by = by

    def _answered(self) -> bool:
        """Whether the house has written to the customer since he said something."""
        for _, action, _, after in reversed(self.history):
            if action.name in ("reply", "answered", "send") and after.revision not in self.record.undone:
                return True
            if action.name in ("agree", "reject", "postpone", "counter"):
                return False
        return False

    def _open(self) -> list[Kept]:
        return [one for one in self.deadlines if one.is_open]

    def _holds(self, one: Told) -> bool:
        return still_holds(Due(one.notice, self.record, one.revision))


def _visit(record: Record) -> Visit:
    assert record.visit is not None
    return record.visit


def _entry(visit: Visit) -> tuple[Any, ...]:
    return tuple(getattr(visit, name) for name in ENTRY)


def _walk(house: Settings, salt: int) -> None:
    Walk.house, Walk.salt = house, salt
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=LENGTH,
            derandomize=True,  # the salt says which ones
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_is_done_to_a_booking(house: House) -> None:
    sites = [{"preconditions": {"parts": "warn"}}, {"preconditions": {"parts": "schedule"}, "accepted": "ask"}]
    Walk.taken, Walk.went = 0, set()
    for salt in count(seed()):
        _walk(house(booking=sites[salt % 2]), salt)
        if Walk.taken >= STEPS_WANTED:
            break
    own = {row for row in TABLE if row[1] not in {name for _, name in table_of("lead")}}
    assert {name for _, name in own} <= {name for _, name in Walk.went}
    assert len(own - Walk.went) < len(own) // 4, sorted(own - Walk.went)
