"""The room of the clock: what it makes of records whose steps are due."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from daemon.act import act
from daemon.clock.deadlines import BATCH, Deadlines
from daemon.outbox.bundle import Bundler
from daemon.store import evidence, outgoing, records
from daemon.store.engine import DatabaseTime
from daemon.store.schema import deadline
from rules.model import Action, Actor, Record, Refused
from tests.support.answering import AT, CUSTOMER, House, house

E1 = AT + timedelta(hours=3)
"""The example's Berlin takes three hours; 10 to 13 o'clock on a Friday."""


class Hand:
    """A house, the room of its clock, and the file that holds the time."""

    def __init__(self, made: House, clock: Path) -> None:
        self.house = made
        self.room = Deadlines(made.shift)
        self._clock = clock

    def at(self, time: datetime) -> None:
        """Set the time."""
        self._clock.write_text(time.isoformat())
        self.house.shift.clock._read_at = float("-inf")  # it reads the file every 50 ms only

    def due(self, ref: str) -> datetime | None:
        """When a record is due next."""
        with self.house.shift.store.read() as connection:
            found = records.load(connection, ref)
        assert found is not None
        rows = self.house.rows("SELECT due_at FROM record WHERE id = :id", id=found.id)
        return rows[0][0] and datetime.fromisoformat(f"{rows[0][0]}+00:00")

    def record(self, ref: str) -> Record:
        """As it is now."""
        with self.house.shift.store.read() as connection:
            found = records.load(connection, ref)
        assert found is not None
        return found.record

    def rewrite(self, ref: str, **fields: str) -> None:
        """Make a record say what the configuration no longer knows."""
        store = self.house.shift.store
        with store.read() as connection:
            kept = records.load(connection, ref)
        assert kept is not None
        data = msgspec.json.encode(msgspec.structs.replace(kept.record, **fields)).decode()
        store.write(lambda c: c.exec_driver_sql("UPDATE record SET data = ? WHERE id = ?", (data, kept.id))).result()

    def customer_writes(self, ref: str) -> Record:
        """A further mail of the customer."""
        told = {"message": "1", "class": "person"}
        action = Action(name="write", actor=Actor("customer", CUSTOMER), args=told)
        shift = self.house.shift
        return act(shift.store, shift.settings, ref, action, shift.clock.now())

    def open_steps(self, ref: str) -> list[tuple[str, int]]:
        """Steps that are still to come, with their cycles."""
        query = (
            "SELECT step, cycle FROM deadline JOIN record ON record.id = deadline.record"
            " WHERE ref = :ref AND fired_at IS NULL AND ended_at IS NULL ORDER BY deadline.due_at"
        )
        return [tuple(row) for row in self.house.rows(query, ref=ref)]

    def findings(self) -> list[str]:
        """What the ledger says of records."""
        with self.house.shift.store.read() as connection:
            return [one.what for one in evidence.check(connection, AT)]


@pytest.fixture
def hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hand]:
    clock = tmp_path / "clock"
    clock.write_text(AT.isoformat())
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(clock))
    with house(tmp_path) as made:
        yield Hand(made, clock)


def test_nothing_happens_before_its_time(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.at(E1 - timedelta(seconds=1))
    assert not hand.room.step()
    assert hand.room.next_due() == hand.due(ref) == E1
    hand.at(E1)
    assert hand.room.step()
    assert not hand.room.step()
    assert [each.step for each in hand.record(ref).passed] == ["E1"]
    assert hand.room.next_due() == hand.due(ref)
    assert hand.house.shift.counters == {"deadlines_fired": 1, "deadlines_late": 0}
    assert hand.findings() == []


def test_more_than_a_batch_takes_several(hand: Hand) -> None:
    for _ in range(BATCH + 1):
        hand.house.opened()
    hand.at(E1)
    assert [hand.room.step() for _ in range(3)] == [True, True, False]
    assert hand.house.shift.counters["deadlines_fired"] == BATCH + 1


def test_what_was_put_off_and_nobody_looks_at(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.house.act(ref, "later", until="1d")
    due = hand.record(ref).resubmit_at
    assert due is not None
    hand.at(due + timedelta(hours=24))
    assert hand.room.step()
    assert [(each.step, each.effect, each.cycle) for each in hand.record(ref).passed] == [("E2.2", "escalate", 1)]
    assert hand.record(ref).state == "waiting"
    hand.house.act(ref, "undo")
    assert hand.record(ref).passed == (), "what its taking back undoes never was"
    assert hand.findings() == []


def test_a_site_that_is_gone_stops_nobody_else(hand: Hand) -> None:
    stays, goes = hand.house.opened().ref, hand.house.opened().ref
    shift = hand.house.shift
    hand.rewrite(goes, site="closed-down")
    hand.at(E1)
    assert hand.room.step()
    assert not hand.room.step(), "it is tried again in an hour, not all the time"
    assert [each.step for each in hand.record(stays).passed] == ["E1"]
    assert hand.record(goes).passed == ()
    assert shift.counters["deadlines_refused"] == 1
    gone = update(deadline).values(lease_until=DatabaseTime(timedelta(seconds=-1))).where(deadline.c.lease.is_not(None))
    shift.store.write(lambda c: c.execute(gone)).result()
    assert hand.room.step()
    assert shift.counters["deadlines_refused"] == 2


def test_further_steps_of_a_site_that_is_gone_wait_with_the_first(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.rewrite(ref, site="closed-down")
    hand.at(E1)
    assert hand.room.step()
    hand.at(AT + timedelta(days=3))
    assert not hand.room.step()
    assert hand.room.next_due() is None, "the worker would look for them all the time"


def test_notices_of_a_site_that_is_gone_stop_no_others(hand: Hand) -> None:
    stays, goes = hand.house.opened().ref, hand.house.opened().ref
    hand.rewrite(goes, site="closed-down")
    hand.house.tell()
    assert [stays in one.mail["Subject"] or stays in one.words for one in hand.house.letters("new")] == [True]
    hand.rewrite(goes, site="berlin")
    hand.house.tell()
    assert len(hand.house.letters("new")) == 1, "looked for again in an hour"
    hand.at(AT + timedelta(hours=1))
    hand.house.tell()
    assert len(hand.house.letters("new")) == 2


def test_a_letter_of_a_site_that_is_gone_stays_as_it_is(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.house.tell()
    hand.house.act(ref, "take")
    hand.rewrite(ref, site="closed-down")
    with hand.house.shift.store.read() as connection:
        assert len(outgoing.outdated(connection, 1)) == 1
    assert Bundler(hand.house.shift, lambda: None).gather() is None
    assert [one.state for one in hand.house.letters("new")] == ["waiting"]


@pytest.mark.parametrize("action", ["write", "reopen", "not-mine"])
def test_a_policy_that_is_gone_gives_way_to_that_of_the_kind(hand: Hand, action: str) -> None:
    ref = hand.house.opened().ref
    hand.rewrite(ref, policy="of-last-year")
    if action == "not-mine":
        hand.house.act(ref, "not-mine", team="service")
    else:
        hand.house.act(ref, "done")
        if action == "reopen":
            hand.house.act(ref, "reopen")
        else:
            hand.customer_writes(ref)
    assert hand.open_steps(ref) == [("E1", 1), ("E2.1", 1), ("EM2.1", 1)]


def test_one_clock_runs_where_a_customer_wrote_to_what_is_undone(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.house.act(ref, "done")
    hand.customer_writes(ref)
    assert hand.open_steps(ref) == [("E1", 1), ("E2.1", 1), ("EM2.1", 1)]
    hand.house.act(ref, "undo")
    assert hand.open_steps(ref) == [("E1", 0), ("E2.1", 0), ("EM2.1", 0)]
    assert [one for one in hand.findings() if "names message 1" not in one] == []


def test_what_a_customer_ended_holds_again_too(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.rewrite(ref, policy="hot-alert")
    hand.house.act(ref, "not-mine", team="service")
    hand.house.act(ref, "later", until="1d")
    assert hand.open_steps(ref) == [("W1", 1), ("E1", 1), ("E2.2", 2)]
    hand.customer_writes(ref)
    hand.house.act(ref, "undo")
    assert hand.record(ref).state == "new"
    assert hand.open_steps(ref) == [("W1", 1), ("E1", 1)], "putting off had ended neither of them"


def test_what_a_customer_woke_does_not_rest_again_by_undo(hand: Hand) -> None:
    ref = hand.house.opened().ref
    hand.house.act(ref, "later", until="1d")
    hand.house.act(ref, "done")
    hand.customer_writes(ref)
    with pytest.raises(Refused, match="the customer has written since"):
        hand.house.act(ref, "undo")
    assert hand.record(ref).state == "new"
    assert hand.open_steps(ref) == [("E1", 2), ("E2.1", 2), ("EM2.1", 2)]


def test_late_is_told_at_one_time(hand: Hand) -> None:
    first, second = hand.house.opened().ref, hand.house.opened().ref
    hand.house.act(second, "note", text="später")
    hand.at(AT + timedelta(days=3))
    assert hand.room.step()
    assert [each.late for each in hand.record(first).passed] == [True, True, False]
    rows = hand.house.rows("SELECT DISTINCT at, way FROM notice WHERE purpose IN ('untouched', 'flagged')")
    assert [tuple(row) for row in rows] == [("2026-11-23 09:15:00.000000", "bundle")]
    assert hand.house.shift.counters == {"deadlines_fired": 6, "deadlines_late": 6}
    assert hand.findings() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("deadline SET fired_at = NULL WHERE step = 'E1'", "history says that step E1 of cycle 0 fired"),
        ("deadline SET fired_at = due_at WHERE step = 'E2.1'", "its step E2.1 of cycle 0 has fired"),
        ("record SET due_at = NULL", "its due time is missing"),
    ],
)
def test_the_ledger_compares_steps_and_history(hand: Hand, change: str, said: str) -> None:
    hand.house.opened()
    hand.at(E1)
    assert hand.room.step()
    assert hand.findings() == []
    hand.house.shift.store.write(lambda c: c.exec_driver_sql(f"UPDATE {change}")).result()
    assert any(said in one for one in hand.findings())
