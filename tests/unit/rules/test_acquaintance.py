"""Whom a site knows: one person however often they came, and never one in place of another."""

from datetime import UTC, datetime
from typing import Any

import pytest

from parsers.records import Customer, Reading, Vehicle
from rules.acquaintance import car_key, cars, people, person_key
from rules.model import Record

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MAIL = "mail:eva@kunde.example"
GOLF = Vehicle(role="own", make="VW", model="Golf", plate="B-MX 1234")


def record(ref: str, name: str | None = None, cars: tuple[Vehicle, ...] = (), **more: Any) -> Record:
    person = Customer(name=name, emails=more.pop("emails", ("eva@kunde.example",)), **more)
    reading = Reading(kind="booking", customer=person, vehicles=cars)
    return Record(ref=ref, kind="booking", site="berlin", state="done", language="de", received_at=AT, reading=reading)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" Eva@Kunde.example", MAIL),
        ("030 5550123", "phone:+49305550123"),
        ("+45 20 12 34 56", "phone:+4520123456"),
        ("Eva", None),
        ("112", None),
    ],
)
def test_how_people_are_typed(typed: str, key: str | None) -> None:
    assert person_key(typed, "DE") == key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("wvwzzz1kz6w612305", "vin:WVWZZZ1KZ6W612305"),
        ("b-mx 1234", "plate:BMX1234"),
        ("京A·12345", "plate:京A12345"),
        ("Golf", None),
    ],
)
def test_how_cars_are_typed(typed: str, key: str | None) -> None:
    assert car_key(typed) == key


def test_the_newest_counts_and_older_ones_fill_gaps() -> None:
    (person,) = people(
        [
            record("B-3", "Eva Beispiel", emails=("eva@arbeit.example", "eva@kunde.example")),
            record("B-2", "Eva", phones=("+49305550123",), cars=(GOLF,)),
            record("B-1", cars=(Vehicle(role="own", make="VW", model="Golf", year="2020"),)),
        ],
        MAIL,
    )
    assert person.customer.name == "Eva Beispiel"
    assert person.customer.emails == ("eva@arbeit.example", "eva@kunde.example")
    assert person.customer.phones == ("+49305550123",)
    assert [(car.plate, car.year) for car in person.cars] == [("B-MX 1234", "2020")]
    assert person.refs == ("B-3", "B-2", "B-1")


def test_two_names_are_two_people() -> None:
    found = people([record("B-2", "Eva Beispiel"), record("B-1", "Max Beispiel")], MAIL)
    assert [one.customer.name for one in found] == ["Eva Beispiel", "Max Beispiel"]


def test_what_was_asked_for_or_given_away_is_nobodys_car() -> None:
    others = (Vehicle(role="wanted", make="VW", model="ID.3"), Vehicle(role="trade-in", make="Opel", plate="B-OP 1"))
    (person,) = people([record("L-1", "Eva Beispiel", cars=others)], MAIL)
    assert person.cars == ()


def test_a_car_with_all_who_brought_it() -> None:
    other = Vehicle(role="own", make="VW", plate="BM-X 1234")
    found = cars(
        [record("B-2", "Eva Beispiel", (GOLF,)), record("B-1", "Max Probe", (GOLF,)), record("B-0", "Ida", (other,))],
        "plate:BMX1234",
    )
    assert [(car.vehicle.plate, [one.customer.name for one in car.people]) for car in found] == [
        ("B-MX 1234", ["Eva Beispiel", "Max Probe"]),
        ("BM-X 1234", ["Ida"]),
    ]
