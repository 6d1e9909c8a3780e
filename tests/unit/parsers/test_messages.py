"""Where the customer's own words end, and what a form says below them begins."""

import pytest

from parsers import labels
from parsers.layout import Layout
from parsers.records import Hints, Reading
from parsers.vocabulary import vocabulary


def read(text: str) -> Reading:
    (found,) = labels.readings(labels.pairs_of_text(text), Hints(), "label")
    return found


@pytest.mark.parametrize(
    "line",
    [
        "Preis: ist der verhandelbar?",
        "Ihr Preis: zu hoch.",
        "Telefon: bitte nur abends anrufen.",
        "Fahrzeug: ist der Golf noch da?",
        "价格：还能谈吗？",
    ],
)
def test_a_sentence_that_begins_like_a_label_is_part_of_the_message(line: str) -> None:
    found = read(f"Name: Kim\nTelefon: 030 123456\nNachricht: Guten Tag,\n{line}\nViele Grüße")
    assert found.comments == f"Guten Tag,\n{line}\nViele Grüße"
    assert found.extra == {}


@pytest.mark.parametrize(
    ("line", "label", "value"),
    [
        ("Preis: auf Anfrage", "Preis", "auf Anfrage"),
        ("Telefon: -", "Telefon", "-"),
        ("Wunschtermin: nächste Woche, am besten Freitag.", "Wunschtermin", None),
        ("Preis: 9.000 EUR oder ein Angebot.", "Preis", None),
        ("Interesse an: Probefahrt oder Angebot?", "Interesse an", None),
    ],
)
def test_what_can_be_a_value_is_no_part_of_the_message(line: str, label: str, value: str | None) -> None:
    found = read(f"Name: Kim\nTelefon: 030 123456\nNachricht: Guten Tag\n{line}")
    assert found.comments == "Guten Tag"
    assert value is None or found.extra == {label: value}


def test_the_source_s_own_labels_always_end_a_message() -> None:
    words = vocabulary(Layout(labels={"Preis": "vehicle.price", "Text": "comments"}))
    text = "Name: Kim\nTelefon: 030 123456\nText: Guten Tag\nPreis: ist noch zu klären."
    (found,) = labels.readings(labels.pairs_of_text(text, words), Hints(), "label", words)
    assert (found.comments, found.extra) == ("Guten Tag", {"Preis": "ist noch zu klären."})


def test_full_stops_of_abbreviations_do_not_hide_a_label() -> None:
    found = read("Name: Kim\nTel. gesch.: 030/12340\nGew. Ausst.: Navi\nNachricht: x")
    assert found.customer is not None
    assert (found.customer.phones, found.extra) == (("+493012340",), {"Gew. Ausst.": "Navi"})


def test_the_end_of_a_sentence_before_a_colon_is_no_label() -> None:
    found = read("Name: Kim\nTelefon: 030 123456\n\nIch komme am Samstag. Mein Wunsch: Navi")
    assert found.extra == {}
