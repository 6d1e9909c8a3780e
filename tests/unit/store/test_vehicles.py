"""The index of cars, what is booked beside, and what a person prefers, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from daemon.act import Change, with_visits, write_change
from daemon.store import Store, acquaintances, preferences, records, vehicles
from daemon.store.schema import contact
from parsers.records import Customer, Reading, Vehicle
from rules.model import Action, Actor, Effects, Record
from rules.visit import Beside, Visit

NINE = datetime(2026, 12, 3, 8, 0, tzinfo=UTC)
NOON = NINE + timedelta(hours=3)
ANNA = Actor("team", "anna@muster.example")


def booking(ref: str, state: str = "scheduled", at: datetime | None = NINE, **more: Any) -> Record:
    """A booking of the Berlin site, of the car that the test says."""
    person = Customer(emails=("eva@kunde.example",), phones=("+49305550123",))
    car = Vehicle(role="own", make="VW", plate=more.pop("plate", None), vin=more.pop("vin", None))
    reading = Reading(kind="booking", customer=more.pop("customer", person), vehicles=(car,))
    ends_at = at + timedelta(hours=1) if at else None
    visit = Visit(uid=f"{ref}@x.example", zone="Europe/Berlin", starts_at=at, ends_at=ends_at)
    known = {"kind": "booking", "site": "berlin", "language": "de", "received_at": NINE, "visit": visit, **more}
    return Record(ref=ref, state=state, reading=reading, **known)


def kept(store: Store, *opened: Record) -> list[records.Kept]:
    """Opened as any record is."""
    changes = [Change(None, one, Effects(), Action(name="open", actor=ANNA)) for one in opened]
    keys = [store.write(lambda c, one=one: write_change(c, one, "s", NINE)).result() for one in changes]  # type: ignore[misc]
    return [records.Kept(key, one) for key, one in zip(keys, opened, strict=True)]


def beside(store: Store, one: Record) -> list[str]:
    with store.read() as connection:
        return [each.ref for each in vehicles.beside(connection, one)]


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ({"plate": "B-MX 1234"}, {"plate": "b mx1234"}, True),
        ({"plate": "BMX1234"}, {"plate": "B-MX 1234"}, True),
        ({"plate": "B-MX 123"}, {"plate": "BM-X 123"}, False),
        ({"plate": "京A·12345"}, {"plate": "京A12345"}, True),
        ({"vin": "wvwzzz1kz6w612305"}, {"vin": "WVW ZZZ 1KZ 6W612305"}, True),
        ({"vin": "WVWZZZ1KZ6W612305", "plate": "B-MX 1"}, {"vin": "WVWZZZ1KZ6W612306", "plate": "B-MX 1"}, False),
        ({"vin": "WVWZZZ1KZ6W612305", "plate": "B-MX 1"}, {"plate": "B-MX 1"}, True),
        ({"vin": "unknown"}, {"vin": "unknown"}, False),
        ({}, {}, False),
    ],
)
def test_the_same_car_is_found(store: Store, mine: Any, theirs: Any, same: bool) -> None:
    first, _ = kept(store, booking("B-1", **mine), booking("B-2", **theirs))
    assert beside(store, first.record) == (["B-2"] if same else [])


def test_only_bookings_with_a_time_at_the_site_stand_beside(store: Store) -> None:
    own = booking("B-1", plate="B-MX 1")
    at: Any = {"plate": "B-MX 1"}
    kept(
        store,
        own,
        booking("B-2", "offered", NOON, **at),
        booking("B-3", "pre-booked", NINE, **at),
        booking("B-4", "done", **at),
        booking("B-5", "new", None, **at),
        booking("B-6", "cancelled", **at),
        booking("B-7", site="potsdam", **at),
        booking("L-8", kind="lead", **at),
    )
    assert beside(store, own) == ["B-3", "B-2"]


def test_what_gives_a_time_knows_the_others(store: Store) -> None:
    first, _ = kept(store, booking("B-1", "offered", plate="B-MX 1"), booking("B-2", plate="B-MX 1"))
    with store.read() as connection:
        asked = with_visits(connection, first.record, Action(name="schedule", actor=ANNA))
        other = with_visits(connection, first.record, Action(name="take", actor=ANNA))
    assert asked.beside == (Beside(ref="B-2", starts_at=NINE, ends_at=NINE + timedelta(hours=1)),)
    assert other.beside == ()


def test_a_car_that_is_named_with_the_time_is_looked_up_by_that_name(store: Store) -> None:
    kept(store, booking("B-2", at=NOON, plate="B-MX 1"))
    unnamed, action = booking("B-1", "new", None), Action(name="schedule", actor=ANNA, args={"plate": "b mx1"})
    with store.read() as connection:
        assert [one.ref for one in with_visits(connection, unnamed, action).beside] == ["B-2"]
        assert with_visits(connection, unnamed, Action(name="schedule", actor=ANNA)).beside == ()


def test_a_time_that_was_given_meanwhile_is_seen_before_writing(store: Store) -> None:
    (first,) = kept(store, booking("B-1", "new", None, plate="B-MX 1"))
    with store.read() as connection:
        action = with_visits(connection, first.record, Action(name="schedule", actor=ANNA))
    kept(store, booking("B-2", plate="B-MX 1"))
    after = booking("B-1", plate="B-MX 1", revision=2)
    change = Change(first, after, Effects(), action)
    with pytest.raises(records.Changed):
        store.write(lambda c: write_change(c, change, "s", NINE)).result()
    with store.read() as connection:
        again = with_visits(connection, first.record, action)
        assert records.load(connection, "B-1") == first
    written = Change(first, after, Effects(), again)
    store.write(lambda c: write_change(c, written, "s", NINE)).result()
    assert beside(store, booking("B-3", plate="B-MX 1")) == ["B-1", "B-2"]


def test_how_long_before_belongs_to_the_person(store: Store) -> None:
    first, second, third = kept(
        store,
        booking("B-1", plate="B-MX 1"),
        booking("B-2", customer=Customer(phones=("+49305550123",))),
        booking("B-3", customer=Customer(emails=("max@kunde.example",))),
    )

    def wanted() -> list[int | None]:
        with store.read() as connection:
            return [preferences.prefers(connection, one.record) for one in (first, second, third)]

    assert wanted() == [None, None, None]
    visit = booking("B-1").visit
    assert visit is not None
    for days in (4, 0):
        said = Visit(uid=visit.uid, zone=visit.zone, reminder=days)
        revised = booking("B-1", plate="B-MX 1", visit=said, revision=first.record.revision + 1)
        change = Change(first, revised, Effects(), Action(name="prefer", actor=ANNA, args={"days": str(days)}))
        store.write(lambda c, one=change, at=NINE - timedelta(days=days): write_change(c, one, "s", at)).result()  # type: ignore[misc]
        first = records.Kept(first.id, revised)
        assert wanted() == [days, days, None]


def test_one_row_for_a_car_however_often_it_comes(store: Store) -> None:
    kept(store, booking("B-1", plate="B-MX 1"), booking("B-2", plate="b-mx1"))
    with store.read() as connection:
        found = connection.execute(select(contact.c.type, contact.c.value).order_by(contact.c.type)).all()
    assert [tuple(row) for row in found] == [
        ("mail", "eva@kunde.example"),
        ("phone", "+49305550123"),
        ("plate", "BMX1"),
    ]


def test_records_of_a_person_or_a_car_open_and_closed(store: Store) -> None:
    kept(
        store,
        booking("B-1", "done", plate="B-MX 1"),
        booking("B-2", "new", None, plate="B-MX 2"),
        booking("B-3", "cancelled", plate="b mx1", customer=Customer(emails=("max@kunde.example",))),
        booking("B-4", site="potsdam", plate="B-MX 1"),
    )

    def found(*known_by: str) -> list[str]:
        with store.read() as connection:
            return [one.ref for one in acquaintances.records_with(connection, "berlin", known_by)]

    assert found("mail:eva@kunde.example") == ["B-2", "B-1"]
    assert found("phone:+49305550123", "plate:BMX1") == ["B-3", "B-2", "B-1"]
    assert found("plate:BMX1") == ["B-3", "B-1"]
    assert (found("plate:NONE"), found()) == ([], [])
