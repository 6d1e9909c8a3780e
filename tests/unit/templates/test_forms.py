"""How times, amounts, distances and numbers are written in each language."""

from datetime import UTC, datetime

import pytest

from parsers.records import Distance, Money
from templates.forms import Forms, call_link, phone, printable, web_link, write_link
from templates.words import languages, load_words

BERLIN = {language: Forms(load_words(language, {}), "Europe/Berlin") for language in languages()}


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        (
            datetime(2026, 7, 1, 6, 5, tzinfo=UTC),
            "Mittwoch, 1. Juli 2026, 08:05 Uhr",
            "Wednesday, 1 July 2026, 08:05",
        ),
        ("2026-12-03T09:00:00+00:00", "Donnerstag, 3. Dezember 2026, 10:00 Uhr", "Thursday, 3 December 2026, 10:00"),
        ("2026-12-03T09:00", "Donnerstag, 3. Dezember 2026, 09:00 Uhr", "Thursday, 3 December 2026, 09:00"),
        ("2026-12-03", "Donnerstag, 3. Dezember 2026", "Thursday, 3 December 2026"),
        ("nächste Woche\n", "nächste Woche", "nächste Woche"),
        # No other zone has a name for these: they are told as written.
        ("0001-01-01T00:00:00+14:00", "Montag, 1. Januar 1, 00:00 Uhr", "Monday, 1 January 1, 00:00"),
        ("9999-12-31T23:59:00-11:00", "Freitag, 31. Dezember 9999, 23:59 Uhr", "Friday, 31 December 9999, 23:59"),
        (None, "", ""),
    ],
)
def test_moments(value: datetime | str | None, german: str, english: str) -> None:
    assert BERLIN["de"].moment(value) == german
    assert BERLIN["en"].moment(value) == english


@pytest.mark.parametrize(
    ("money", "german", "english"),
    [
        (Money("24500.00", "EUR"), "24.500 €", "€24,500"),
        (Money("1234.50", "EUR"), "1.234,50 €", "€1,234.50"),
        (Money("99.9", "DKK"), "99,90 DKK", "DKK\u00a099.90"),
        (Money("1000000.00"), "1.000.000", "1,000,000"),
        (Money("auf Anfrage", "EUR"), "auf Anfrage EUR", "auf Anfrage EUR"),
        (None, "", ""),
    ],
)
def test_money(money: Money | None, german: str, english: str) -> None:
    assert BERLIN["de"].money(money) == german
    assert BERLIN["en"].money(money) == english


def test_distance() -> None:
    assert BERLIN["de"].distance(Distance(value=121000, unit="km")) == "121.000\u00a0km"
    assert BERLIN["en"].distance(Distance(value=121000)) == "121,000"


@pytest.mark.parametrize(
    ("number", "shown", "link"),
    [
        ("+49301234567", "+49 30 1234567", "tel:+49301234567"),
        ("+4533123456", "+45 33 12 34 56", "tel:+4533123456"),
        ("030 / 123", "030 / 123", "tel:030123"),
        ("+", "+", None),
        ("+999999999999999999999999", "+999999999999999999999999", None),
        ("mail only", "mail only", None),
    ],
)
def test_phone(number: str, shown: str, link: str | None) -> None:
    assert phone(number) == shown
    assert call_link(number) == link


def test_links_take_only_what_they_are_for() -> None:
    assert write_link("o'neil+x@b.example", "Ä & b?") == "mailto:o%27neil%2Bx@b.example?subject=%C3%84%20%26%20b%3F"
    assert write_link("a@b@c", "x") is None
    assert web_link("HTTPS://a.example/?q=ü") == "HTTPS://a.example/?q=ü"
    assert web_link("https://a.example/ b") is None


def test_printable_keeps_text_and_mends_the_rest() -> None:
    assert printable("a\r\nb\rc\u2028d\x85e\tf\0g中😀\udc80") == "a\nb\nc\nd\ne\tf g中😀?"
