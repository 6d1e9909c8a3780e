"""Who is who in a mail that names several people."""

from collections.abc import Sequence

import pytest

from parsers import labels
from parsers.records import Hints, Reading


def of_text(text: str) -> list[Reading]:
    return list(labels.readings(labels.pairs_of_text(text), Hints(), "label"))


def of_html(rows: Sequence[tuple[str, ...]], cell: str = "th") -> list[Reading]:
    first, *others = rows
    lines = ["".join(f"<{cell}>{text}</{cell}>" for text in first)]
    lines += ["".join(f"<td>{text}</td>" for text in row) for row in others]
    markup = f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
    return list(labels.readings(labels.pairs_of_html(markup), Hints(), "table"))


def people(found: list[Reading]) -> list[tuple[str | None, str | None]]:
    """Name and address or number of each."""
    return [
        (one.customer.name, next(iter(one.customer.emails or one.customer.phones), None))
        for one in found
        if one.customer
    ]


ROWS = [
    ("Name", "Telefon", "Fahrzeug"),
    ("Eva Beispiel", "0171 2345678", "VW Golf"),
    ("Karl Kunde", "0172 2345678", "Skoda Fabia"),
    ("Lena Weber", "", "Audi A4"),
]


@pytest.mark.parametrize("cell", ["th", "td"])
def test_each_row_below_a_row_of_labels_is_a_request(cell: str) -> None:
    found = of_html(ROWS, cell)
    assert people(found) == [("Eva Beispiel", "+491712345678"), ("Karl Kunde", "+491722345678"), ("Lena Weber", None)]
    assert [one.vehicles[0].make for one in found] == ["Volkswagen", "Skoda", "Audi"]


def test_rows_with_tabs_and_of_two_cells_too() -> None:
    assert [name for name, _ in people(of_text("\n".join(map("\t".join, ROWS[:3]))))] == ["Eva Beispiel", "Karl Kunde"]
    two = [("Name", "E-Mail"), ("Eva B", "eva@k.example"), ("Karl K", "karl@k.example")]
    assert people(of_html(two)) == [("Eva B", "eva@k.example"), ("Karl K", "karl@k.example")]


@pytest.mark.parametrize(
    "rows",
    [
        [("Name", "Telefon"), ("Eva Beispiel", "0171 2345678"), ("Nachricht", "Bitte anrufen"), ("Auto", "VW Golf")],
        [("Name", "Telefon"), ("Eva Beispiel", "0171 2345678"), ("Wie war es?", "gut"), ("Fahrzeug", "VW Golf")],
        [("Marke", "Modell", "Preis"), ("VW", "Golf", "9.000 EUR"), ("VW", "Polo", "8.000 EUR")],
        [("Name", "Tel", "Modell"), ("Eva", "0171 2345678", "Golf"), ("Modell", "Farbe", "Jahr"), ("Polo", "rot", "2")],
    ],
)  # fmt: skip
def test_other_rows_are_no_further_persons(rows: list[tuple[str, ...]]) -> None:
    assert len(of_html(rows)) <= 1


SELLER = "Verkäufer\nName: Tom Verkauf\nE-Mail: tom@haendler.example\n"
BUYER = "Kunde\nName: Karl Kunde\nTelefon: 0172 2345678\nFahrzeug: Skoda Fabia\n"


@pytest.mark.parametrize("gap", ["", "\n"])
@pytest.mark.parametrize("parts", [(SELLER, BUYER), (BUYER, SELLER)])
def test_below_its_head_the_seller_is_named_not_the_customer(parts: tuple[str, str], gap: str) -> None:
    (found,) = of_text(gap.join(parts))
    assert people([found]) == [("Karl Kunde", "+491722345678")]
    assert found.customer is not None
    assert found.customer.emails == ()
    assert found.dealer is not None
    assert found.dealer.name == "Tom Verkauf"


@pytest.mark.parametrize(
    "text",
    [
        "Händler:\nName: Karl Kunde\nTelefon: 0172 2345678",
        "Händler:\nName: Karl Kunde\nTelefon: 0172 2345678\nAnsprechpartner:\nFahrzeug: VW Golf",
        f"{SELLER}{BUYER}Standort:\nTelefon: 0172 2345678",
        "Ansprechpartner:\nName: Karl Kunde\nTelefon: 0172 2345678\nHändler:\nFahrzeug: VW Golf",
    ],
)
def test_an_empty_field_is_no_head(text: str) -> None:
    (found,) = of_text(text)
    assert found.customer is not None
    assert (found.customer.name, found.customer.phones) == ("Karl Kunde", ("+491722345678",))
