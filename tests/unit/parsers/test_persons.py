"""Names and cars as people and address books write them."""

from collections.abc import Callable

import pytest

from parsers import labels, sender
from parsers.document import Document
from parsers.names import turned
from parsers.records import Distance, Hints, Reading


def read(text: str, hints: Hints | None = None) -> Reading:
    (found,) = labels.readings(labels.pairs_of_text(text), hints or Hints(), "label")
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Müller, Jörg", "Jörg Müller"),
        ("von der Heide, Eva Maria", "Eva Maria von der Heide"),
        ("O'Neill-Smith, Sam", "Sam O'Neill-Smith"),
        ("Jörg Müller", "Jörg Müller"),
        ("Smith, Jr.", "Smith, Jr."),
        ("Müller, Dr. Jörg", "Müller, Dr. Jörg"),
        ("Autohaus Muster, Berlin", "Autohaus Muster, Berlin"),
        ("Muster GmbH, Einkauf", "Muster GmbH, Einkauf"),
        ("Kim, Eva, Lena", "Kim, Eva, Lena"),
        ("", ""),
    ],
)
def test_names_out_of_an_address_book(name: str, expected: str) -> None:
    assert turned(name) == expected


def test_a_sender_is_named_as_people_are_spoken_to(mail: Callable[..., Document]) -> None:
    found = sender.customer(mail('From: "Müller, Jörg" <joerg@kunde.example>\nTo: a@b.example'))
    assert found is not None
    assert found.name == "Jörg Müller"


def test_an_italian_nome_may_be_the_whole_name() -> None:
    whole = read("Nome: Gina Bianchi\nTelefono: 347 1234567", Hints(region="IT")).customer
    assert whole is not None
    assert (whole.name, whole.first_name, whole.last_name) == ("Gina Bianchi", "Gina", "Bianchi")
    parts = read("Nome: Gina Maria\nCognome: Bianchi\nTelefono: 347 1234567", Hints(region="IT")).customer
    assert parts is not None
    assert (parts.name, parts.first_name) == ("Gina Maria Bianchi", "Gina Maria")


def test_details_behind_a_car_go_to_their_fields() -> None:
    words = "Opel Astra, Bj. 2014, 134.000 km, Kennzeichen B-EX 1234"
    found = read(f"Name: Kim\nTelefon: 030 123456\nInzahlungnahme Fahrzeug: {words}")
    (car,) = found.vehicles
    assert (car.role, car.make, car.model) == ("trade-in", "Opel", "Astra")
    assert (car.year, car.odometer, car.plate) == ("2014", Distance(value=134_000, unit="km"), "B-EX 1234")


@pytest.mark.parametrize("model", ["208 1,2 PureTech", "208, Navi, rot", "208, 110 PS"])
def test_other_words_stay_with_the_model(model: str) -> None:
    (car,) = read(f"Name: Kim\nTelefon: 030 123456\nFahrzeug: Peugeot {model}").vehicles
    assert (car.make, car.model) == ("Peugeot", model)
