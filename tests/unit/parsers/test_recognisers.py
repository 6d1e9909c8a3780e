"""Values that a text shows by their own form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import recognisers
from parsers.records import Money


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("Rufen Sie mich an: 0151 23456789, danke", "DE", ["+4915123456789"]),
        ("Tel. 030-123456\nFax: 030-123457", "DE", ["+4930123456"]),
        ("Telefax 030 123457", "DE", []),
        ("Handy-Nr. 0171 1234567", "DE", ["+491711234567"]),
        ("Meine Tel.Nr.: 0171 1234567", "DE", ["+491711234567"]),
        ("0151 23456789 oder 030 123456", "DE", ["+4915123456789", "+4930123456"]),
        ("0151 23456789, also +49 151 23456789", "DE", ["+4915123456789"]),
        ("Ring til mig på 20 12 34 56", "DK", ["+4520123456"]),
        ("Bel me op 06-12345678", "NL", ["+31612345678"]),
        ("call me on 07700 900123", "GB", ["+447700900123"]),
        ("我的手机13800138000，谢谢", "CN", ["+8613800138000"]),
        ("手机：138 0013 8000", "CN", ["+8613800138000"]),
        ("Inserat-Nr. 0301234567", "DE", []),
        ("Kunden-Nr: 030 123456", "DE", []),
        ("Rechnung ID 0151 23456789", "DE", []),
        ("IBAN DE89 3704 0044 0532 0130 00", "DE", []),
        ("FIN WVWZZZ1KZAW123456", "DE", []),
        ("https://x.example/0301234567 und www.x.example/030123456", "DE", []),
        ("030123456@x.example", "DE", []),
        ("Termin 22.11.2026 15:30 Uhr, Preis 12.345 €, 45.000 km, EZ 03/2019, PLZ 10115", "DE", []),
        ("", "DE", []),
    ],
)
def test_phones(text: str, region: str, expected: list[str]) -> None:
    assert recognisers.phones(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("Mein Kennzeichen ist B-AB 1234.", "DE", ["B-AB 1234"]),
        ("Kennzeichen: HH-XX 12H", "DE", ["HH-XX 12H"]),
        ("amtliches Kennzeichen B AB 1234, FIN folgt", "DE", ["B-AB 1234"]),
        ("Kenteken: 12-AB-34", "NL", ["12-AB-34"]),
        ("reg no. AB12 CDE", "GB", ["AB12 CDE"]),
        ("The registration is AB12CDE", "GB", ["AB12 CDE"]),
        ("nummerplade AB 12 345", "DK", ["AB 12 345"]),
        ("车牌京A·12345", "CN", ["京A12345"]),
        ("我的车牌号是京AD12345。", "CN", ["京AD12345"]),
        ("B-AB 1234", "DE", []),
        ("Kennzeichen am 12. Mai", "DE", []),
        ("Kennzeichen B-AB 12345", "DE", []),
        ("Vorkennzeichen B-AB 1234", "DE", []),
    ],
)
def test_plates(text: str, region: str, expected: list[str]) -> None:
    assert recognisers.plates(text, region) == expected


def test_vins() -> None:
    text = (
        "FIN WVWZZZ1KZAW123456, (wvwzzz1kzaw123456); 12345678901234567 https://x.example/WVWZZZ1KZAW123457 "
        "abcdefgh12345678x WVWZZZ1KZaw123458 <WVWZZZ1KZAW123459@x.example> WVWZZZ1KZAW12345A straße"
    )
    assert recognisers.vins(text) == ["WVWZZZ1KZAW123456"]


def test_emails() -> None:
    found = recognisers.emails("a.b@X.example, oder <c@d.example>. mailto:e@f.example; nicht @twitter, a@b")
    assert found == ["a.b@x.example", "c@d.example", "e@f.example"]


def test_prices_stand_beside_a_currency() -> None:
    assert recognisers.prices("Golf 2019 € 12.345,- statt 14.000 km", None, "de") == [Money("12345.00", "EUR")]
    assert recognisers.prices("500-600 €, 12.345 km", None, "de") == []
    assert recognisers.prices("Clio V (BS61 SEK)", None, "en") == []


def test_a_list_is_nobodys() -> None:
    text = "\n".join(f"Tel. 030 12345{number}" for number in range(10, 40))
    assert recognisers.phones(text, "DE") == []


@given(st.text(alphabet=st.characters(), max_size=400), st.sampled_from(["DE", "DK", "NL", "GB", "CN", None]))
def test_hostile_texts_raise_nothing(text: str, region: str | None) -> None:
    text = f"Tel. {text} Kennzeichen {text}"
    for found in (recognisers.phones(text, region), recognisers.plates(text, region), recognisers.vins(text)):
        assert all(value and "\n" not in value and len(value) < 20 for value in found)
    assert all("@" in value and "\n" not in value for value in recognisers.emails(text))
    recognisers.prices(text, None, "de")
