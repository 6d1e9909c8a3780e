"""Deadlines in hand: claimed by record, by one daemon at a time, and fired once; on both databases."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from daemon.store import Store, deadlines, records
from daemon.store.deadlines import Claimed
from daemon.store.engine import DatabaseTime
from daemon.store.messages import LostLease
from daemon.store.records import Kept
from daemon.store.schema import deadline, record
from parsers.records import Reading
from rules.model import Action, Actor, Deadline, Effects, Record

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OPEN = Action(name="open", actor=Actor("command", "anna"))


def steps(*minutes: int, cycle: int = 0) -> tuple[Deadline, ...]:
    """Steps that are due so many minutes from now."""
    return tuple(
        Deadline(
            step=f"E{n}",
            due_at=(at := NOW + timedelta(minutes=ahead)),
            deliver_at=at,
            effect="overdue",
            to="team",
            cycle=cycle,
            because="",
        )
        for n, ahead in enumerate(minutes, 1)
    )


def put(store: Store, ref: str, *minutes: int) -> Kept:
    """A record with such steps."""
    new = Record(
        ref=ref, kind="lead", site="berlin", team="sales", state="new", language="de", received_at=NOW,
        reading=Reading(kind="lead"),
    )  # fmt: skip
    effects = Effects(deadlines=steps(*minutes))
    return Kept(store.write(lambda c: records.open_record(c, new, effects, OPEN, "d", NOW)).result(), new)


def claim(store: Store, lease: str = "one/1", limit: int = 10, now: datetime = NOW) -> list[Claimed]:
    return store.write(lambda c: deadlines.claim(c, now=now, lease=lease, limit=limit)).result()


def fire(store: Store, one: Claimed, *, late: bool = False) -> None:
    store.write(lambda c: deadlines.fire(c, one, [late] * len(one.due), NOW)).result()


def run_out(store: Store) -> None:
    """As if half a minute went by."""
    gone = update(deadline).where(deadline.c.lease.is_not(None)).values(lease_until=DatabaseTime(timedelta(seconds=-1)))
    store.write(lambda c: c.execute(gone)).result()


def refs(claimed: list[Claimed]) -> dict[str, list[str]]:
    return {one.kept.record.ref: [due.step for due in one.due] for one in claimed}


def due_at(store: Store, ref: str) -> datetime | None:
    with store.read() as connection:
        found: datetime | None = connection.execute(select(record.c.due_at).where(record.c.ref == ref)).scalar()
    return found


def test_what_is_due_is_claimed_with_its_record(store: Store) -> None:
    put(store, "A", -30, -10, 60)
    put(store, "B", 0)
    put(store, "C", 1)
    assert refs(claim(store)) == {"A": ["E1", "E2"], "B": ["E1"]}
    assert claim(store, "two/1") == []


def test_the_longest_due_first(store: Store) -> None:
    put(store, "A", -10)
    put(store, "B", -30, -20)
    assert refs(claim(store, limit=1)) == {"B": ["E1", "E2"]}
    assert refs(claim(store, "two/1", limit=1)) == {"A": ["E1"]}


def test_steps_of_one_record_are_never_in_two_hands(store: Store) -> None:
    put(store, "A", -30, 1)
    assert refs(claim(store)) == {"A": ["E1"]}
    assert claim(store, "two/1", now=NOW + timedelta(minutes=2)) == [], "its first step is in another hand"
    run_out(store)
    assert refs(claim(store, "two/1", now=NOW + timedelta(minutes=2))) == {"A": ["E1", "E2"]}


def test_steps_of_the_same_moment(store: Store) -> None:
    put(store, "A", -5, -5)
    assert refs(claim(store)) == {"A": ["E1", "E2"]}


def test_each_is_fired_once(store: Store) -> None:
    put(store, "A", -30, 60)
    assert due_at(store, "A") == NOW - timedelta(minutes=30)
    (one,) = claim(store)
    fire(store, one, late=True)
    assert due_at(store, "A") == NOW + timedelta(minutes=60), "it waits for its next step"
    with pytest.raises(LostLease):
        fire(store, one)
    assert claim(store) == []
    with store.read() as connection:
        (first, second) = records.deadlines(connection, "A")
    assert (first["fired_at"], first["late"], first["lease"], first["lease_until"]) == (NOW, True, None, None)
    assert (second["fired_at"], second["late"]) == (None, False)


def test_after_the_last_nothing_is_due(store: Store) -> None:
    put(store, "A", -1)
    fire(store, *claim(store))
    assert due_at(store, "A") is None


def test_who_comes_back_too_late_fires_nothing(store: Store) -> None:
    put(store, "A", -30, -10)
    (zombie,) = claim(store)
    run_out(store)
    (heir,) = claim(store, "two/1")
    with pytest.raises(LostLease):
        fire(store, zombie)
    fire(store, heir)


def test_handling_ends_what_is_in_hand(store: Store) -> None:
    kept = put(store, "A", -30)
    (one,) = claim(store)
    taken, seen_to = Action(name="take", actor=OPEN.actor), msgspec.structs.replace(kept.record, revision=2)
    store.write(lambda c: records.save(c, kept, seen_to, Effects(ends_deadlines=True), taken, "d", NOW)).result()
    with pytest.raises(LostLease):
        fire(store, one)


def test_what_is_given_back_is_free(store: Store) -> None:
    put(store, "A", -30)
    (one,) = claim(store)
    store.write(lambda c: deadlines.release(c, one)).result()
    assert refs(claim(store, "two/1")) == {"A": ["E1"]}


def test_what_cannot_be_done_does_not_stand_before_the_others(store: Store) -> None:
    put(store, "A", -30)
    put(store, "B", -10)
    (one,) = claim(store, limit=1)
    store.write(lambda c: deadlines.set_aside(c, one)).result()
    assert refs(claim(store, limit=1)) == {"B": ["E1"]}
    with store.read() as connection:
        assert not deadlines.is_due(connection, NOW)
    run_out(store)
    assert refs(claim(store, limit=1)) == {"A": ["E1"]}


def test_leases_are_renewed_and_cleared(store: Store) -> None:
    put(store, "A", -30)
    claim(store)
    run_out(store)
    store.write(lambda c: deadlines.renew(c, ["one/1"])).result()
    assert claim(store, "two/1") == []
    assert store.write(lambda c: deadlines.clear_leases(c, "two")).result() == 0
    assert store.write(lambda c: deadlines.clear_leases(c, "one")).result() == 1
    assert refs(claim(store, "two/1")) == {"A": ["E1"]}
    assert store.write(lambda c: deadlines.clear_leases(c, None)).result() == 1


def test_when_the_next_is_due(store: Store) -> None:
    def asked(connection: Connection) -> tuple[datetime | None, bool]:
        return deadlines.next_due(connection), deadlines.is_due(connection, NOW)

    with store.read() as connection:
        assert asked(connection) == (None, False)
    put(store, "A", 20)
    with store.read() as connection:
        assert asked(connection) == (NOW + timedelta(minutes=20), False)
    put(store, "B", -20, 10)
    with store.read() as connection:
        assert asked(connection) == (NOW - timedelta(minutes=20), True)
    claim(store)
    with store.read() as connection:
        assert asked(connection) == (NOW + timedelta(minutes=10), False), "what is in hand wakes nobody"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_no_question_reads_all_deadlines(store: Store) -> None:
    with store.read() as connection:
        asked = deadlines.WAITING.compile(connection)
        values = tuple((asked.params | {"now": "x", "most": 100})[name] for name in asked.positiontup or ())
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values).all()
    told = [row.detail for row in plan]
    assert any("ix_deadline_open" in line for line in told), told
    assert any("record=?" in line for line in told), told
    assert not any(line.startswith("SCAN") for line in told), told
