"""Several people in one mail, and a person's own mail: nobody gets what is another's."""

import pytest

from parsers.read import parse
from parsers.records import Hints, Parsed, Reading

PLAIN = Hints(own=("verkauf@muster.example",), own_phone="+49 30 5550100")
FORM = Hints(source_type="website", senders=("portal.example",), own=PLAIN.own, own_phone=PLAIN.own_phone)
EVA = "Eva Beispiel <eva@kunde.example>"


def read(text: str, hints: Hints = PLAIN, *, sender: str = EVA, subject: str = "Frage", head: str = "") -> Parsed:
    header = (
        f"From: {sender}\nTo: verkauf@muster.example\n{head}Subject: {subject}\nDate: Mon, 16 Nov 2026 09:12:00 +0100"
    )
    return parse(f"{header}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode(), hints)


def people(readings: tuple[Reading, ...]) -> list[tuple[str | None, tuple[str, ...], tuple[str, ...]]]:
    persons = [reading.customer for reading in readings]
    return [(person.name, person.emails, person.phones) if person else (None, (), ()) for person in persons]


@pytest.mark.parametrize("ruler", ["", "------------\n\n"])
def test_of_two_people_none_gets_the_others_address(ruler: str) -> None:
    text = (
        f"Name: Eva Beispiel\nTelefon: 0171 2345678\nFahrzeug: VW Golf\n\n{ruler}"
        "Name: Karl Kunde\nE-Mail: karl@k.example\nFahrzeug: Skoda Fabia\n"
    )
    found = read(text, FORM, sender="noreply@portal.example").readings
    assert people(found) == [
        ("Eva Beispiel", (), ("+491712345678",)),
        ("Karl Kunde", ("karl@k.example",), ()),
    ]


def test_what_stands_in_a_strangers_part_is_not_the_customers() -> None:
    text = (
        "Name: Eva Beispiel\nTelefon: 0171 2345678\nFahrzeug: VW Golf\n\n------------\n\n"
        "Name: Karl Kunde\nE-Mail: karl@k.example\nKennzeichen: B-KK 12\n"
    )
    (found,) = read(text, FORM, sender="noreply@portal.example").readings
    assert people((found,)) == [("Eva Beispiel", (), ("+491712345678",))]
    assert [car.plate for car in found.vehicles] == [None]
    assert found.extra["E-Mail"] == "karl@k.example"


def test_a_name_and_an_address_in_two_parts_may_be_of_one_person() -> None:
    text = "Name: Eva Beispiel\nFahrzeug: VW Golf\n\n------------\n\nE-Mail: eva@kunde.example\nTelefon: 0171 2345678\n"
    found = read(text, FORM, sender="noreply@portal.example").readings
    assert people(found) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]
