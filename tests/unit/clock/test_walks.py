"""Whatever is done to a record, in whatever order, while its clock runs: one clock at most, and none that is lost."""

import random
from datetime import timedelta

import pytest

from daemon.act import act
from daemon.store import records, standing
from rules.model import Action, Refused
from rules.transition import CLOSED_STATES
from tests.support.answering import ANNA, AT
from tests.support.seeds import seed
from tests.unit.clock.test_deadlines import Hand, hand

__all__ = ["hand"]

STEPS = 25
GIVEN = {
    "later": {"until": "1d"},
    "done": {"result": "called"},
    "assign": {"to": "verkauf@muster.example"},
    "reply": {"text": "Ja."},
    "note": {"text": "Ruft an."},
}
DONE = (*GIVEN, "take", "spam", "reopen", "answered", "to-sales", "to-service", "undo", "undo")
NAMES = (*DONE, "written", "written", "joined", "parted", "time", "time", "time")


class Walk:
    """A record on which something is done every few minutes."""

    def __init__(self, hand: Hand, policy: str, drawn: int) -> None:
        self._hand = hand
        self._draw = random.Random(drawn)  # noqa: S311 - a walk, no secret
        self._now = AT
        self._joined: list[str] = []
        self.ref = hand.house.opened().ref
        hand.rewrite(self.ref, policy=policy)
        self._do(self.ref, "not-mine", team="service")
        self.log: list[str] = []

    def step(self) -> None:
        """Do something that is possible now."""
        name = self._draw.choice(NAMES)
        self._wait(timedelta(minutes=self._draw.choice([1, 10, 60])))
        try:
            self._one(name)
        except Refused:
            return
        self.log.append(f"{name} {self._now:%d %H:%M}")

    def check(self) -> None:
        """The record's own account and its deadlines agree, and one clock runs where somebody has to look at it."""
        with self._hand.house.shift.store.read() as connection:
            kept = records.load(connection, self.ref)
            assert kept is not None
            known = standing.of(connection, kept.id)
        record, told = kept.record, (kept.record.state, self.log)
        open_steps = [one.deadline.step for one in known if one.is_open]
        fired = {(one.deadline.step, one.deadline.cycle) for one in known if one.has_passed}
        assert len(set(open_steps)) == len(open_steps), told
        assert {(one.step, one.cycle) for one in record.passed} <= fired, told
        if record.state in CLOSED_STATES:
            assert (open_steps, record.passed) == ([], ()), told
        elif record.state == "new":
            assert open_steps or record.passed, told
        elif record.state == "waiting":
            assert "E2.2" in {*open_steps, *(one.step for one in record.passed)}, told
        assert self._hand.house.shift.counters["deadlines_refused"] == 0, told
        assert [one for one in self._hand.findings() if "names message 1" not in one] == [], told

    def _one(self, name: str) -> None:
        match name:
            case "time":
                self._wait(timedelta(hours=self._draw.choice([1, 3, 12, 30, 60])))
                while self._hand.room.step():
                    pass
            case "written":
                self._hand.customer_writes(self.ref)
            case "joined":
                second = self._hand.house.opened().ref
                self._do(second, "again", ref=self.ref)
                self._joined.append(second)
            case "parted" if self._joined:
                self._do(self._joined.pop(), "undo")
            case "to-sales" | "to-service":
                self._do(self.ref, "not-mine", team=name.removeprefix("to-"))
            case name if name in DONE:
                self._do(self.ref, name, **GIVEN.get(name, {}))

    def _do(self, whose: str, name: str, **args: str) -> None:
        shift = self._hand.house.shift
        act(shift.store, shift.settings, whose, Action(name=name, actor=ANNA, args=args), self._now)

    def _wait(self, time: timedelta) -> None:
        self._now += time
        self._hand.at(self._now)


@pytest.mark.parametrize("walked", [3, 13])
@pytest.mark.parametrize("policy", ["standard", "hot-alert", "booking-request"])
def test_one_clock_at_most_and_none_lost(hand: Hand, policy: str, walked: int) -> None:
    walk = Walk(hand, policy, seed() + walked)
    for _ in range(STEPS):
        walk.step()
        walk.check()
