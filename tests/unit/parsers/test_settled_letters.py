"""Labels in a person's own letter, and in a form."""

import pytest

from parsers import read
from parsers.records import Hints, Reading

EVA = "Eva Beispiel <eva@k.example>"
SIGNED = "Guten Tag,\nist der Golf noch da?\n\nEva Beispiel\nTelefon: 0171 2345678\nE-Mail: eva@k.example\n"


def one(text: str, hints: Hints | None = None) -> Reading:
    head = f"From: {EVA}\nTo: verkauf@muster.example\nSubject: Frage\nContent-Type: text/plain; charset=utf-8"
    raw = f"{head}\n\n{text}"
    (found,) = read.parse(raw.encode(), hints or Hints(own=("verkauf@muster.example",))).readings
    return found


@pytest.mark.parametrize(
    "text",
    [
        SIGNED,
        "Guten Tag,\nanbei die Rechnung.\nAnsprechpartner: Max Buch\nTelefon: 030 99887766\nBetrag: 1.234 EUR\n",
    ],
)
def test_a_signature_is_no_request(text: str) -> None:
    found = one(text)
    assert found.kind == "unsorted"
    assert found.customer is not None
    assert found.customer.emails == ("eva@k.example",)
    assert len(found.customer.phones) == 1


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("Hallo,\nFahrzeug: VW Golf\nTelefon: 0171 2345678\n", None),
        ("Name: Eva Beispiel\nTelefon: 0171 2345678\nE-Mail: eva@k.example\n", None),
        (SIGNED, Hints(source_type="website")),
    ],
)
def test_a_car_a_form_and_a_source_make_a_lead(text: str, hints: Hints | None) -> None:
    assert one(text, hints).kind == "lead"


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Hallo,\nKennzeichen: B-EB 77\nKm: 45.000\nTelefon: 0171 2345678\nWann haben Sie Zeit?\n", [None]),
        ("Hallo,\nFahrzeug: VW Golf\nFIN: WVWZZZ1JZXW000001\nTelefon: 0171 2345678\n", [None]),
        ("Hallo,\nFahrzeug: VW Golf\nInserat-ID: 4711\nFIN: WVWZZZ1JZXW000001\nTelefon: 0171 2345678\n", ["wanted"]),
        ("Hallo,\nFahrzeug: VW Golf\nTelefon: 0171 2345678\n", ["wanted"]),
        ("Name: Eva\nFahrzeug: VW Golf\nFIN: WVWZZZ1JZXW000001\nTelefon: 0171 2345678\n", ["wanted"]),
    ],
)
def test_a_plate_in_a_letter_is_of_any_car(text: str, roles: list[str | None]) -> None:
    assert [car.role for car in one(text).vehicles] == roles
