"""Values in the notations of our sources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import values
from parsers.records import Distance, Money

MONEY = [
    ("12.345,-", None, "de", "12345.00", None),
    ("12.345,00", "EUR", "de", "12345.00", "EUR"),
    ("€ 12.345", None, "nl", "12345.00", "EUR"),
    ("€ 12.345,-", None, "nl", "12345.00", "EUR"),
    ("19.900 Euro", None, "de", "19900.00", "EUR"),
    ("25 T€", None, "de", "25000.00", "EUR"),
    ("1.234.567,89 €", None, "de", "1234567.89", "EUR"),
    ("VB 12.500 €", None, "de", "12500.00", "EUR"),
    ("2019 Golf 12.500 €", None, "de", "12500.00", "EUR"),
    ("-500,00 €", None, "de", "-500.00", "EUR"),
    ("kr. 245.000", None, "da", "245000.00", "DKK"),
    ("245.000,50 kr", None, "da", "245000.50", "DKK"),
    ("kr 245 000", "SEK", None, "245000.00", "SEK"),
    ("kr 245 000", None, "nb", "245000.00", "NOK"),
    ("13,200 USD", None, "en", "13200.00", "USD"),
    ("$4,000", None, "en", "4000.00", "USD"),
    ("$4,000", "CAD", "en", "4000.00", "CAD"),
    ("CA$ 4,000", None, "en", "4000.00", "CAD"),
    ("£9,995.00", None, "en", "9995.00", "GBP"),
    ("24500.00", "USD", None, "24500.00", "USD"),
    ("12.8万元", None, "zh", "128000.00", "CNY"),
    ("7.785万元", None, "zh", "77850.00", "CNY"),
    ("¥128,000", None, "zh", "128000.00", "CNY"),
    ("￥12.8万", None, "zh", "128000.00", "CNY"),
    ("¥ 500", "JPY", None, "500.00", "JPY"),
    ("CHF 12'345.–", None, "de", "12345.00", "CHF"),
    ("Fr. 12’345.50", None, "de", "12345.50", "CHF"),
    ("12 345,50 €", None, "fr", "12345.50", "EUR"),
    ("0,99 €", None, "it", "0.99", "EUR"),
]


@pytest.mark.parametrize(("text", "currency", "language", "amount", "code"), MONEY)
def test_money(text: str, currency: str | None, language: str | None, amount: str, code: str | None) -> None:
    assert values.money(text, currency, language) == Money(amount=amount, currency=code)


@pytest.mark.parametrize("text", ["", "auf Anfrage", "12.345 km", "110 kW", "€"])
def test_no_money(text: str) -> None:
    assert values.money(text, "EUR", "de") is None


@pytest.mark.parametrize(
    ("text", "unit", "value", "its_unit"),
    [
        ("13,200 miles", None, 13200, "mi"),
        ("45.000 km", None, 45000, "km"),
        ("45.000km", None, 45000, "km"),
        ("12.8万公里", None, 128000, "km"),
        ("45 tkm", None, 45000, "km"),
        ("87.500 Kilometer", None, 87500, "km"),
        ("ca. 120 000 km", None, 120000, "km"),
        ("123", "MILES", 123, "mi"),
        ("123", "miles", 123, "mi"),
        ("123", "km", 123, "km"),
        ("50.000 km", "mi", 50000, "km"),
        ("50000", None, 50000, None),
    ],
)
def test_distance(text: str, unit: str | None, value: int, its_unit: str | None) -> None:
    assert values.distance(text, unit) == Distance(value=value, unit=its_unit)  # type: ignore[arg-type]


INSTANTS = [
    ("2026-01-19 16:40:00 -0600", None, "2026-01-19T16:40:00-06:00"),
    ("2025-09-22T18:07", None, "2025-09-22T18:07:00"),
    ("2008-06-25T8:47:50", None, "2008-06-25T08:47:50"),
    ("2008-06-25T08:47:50-08:0", None, "2008-06-25T08:47:50-08:00"),
    ("20000330T153020-0800", None, "2000-03-30T15:30:20-08:00"),
    ("2018-04-12T16:30:20Z", None, "2018-04-12T16:30:20Z"),
    ("2018-04-12T16:30:20.123Z", None, "2018-04-12T16:30:20Z"),
    ("2026-25-11 10:00:00", None, "2026-11-25T10:00:00"),
    ("Tue, 19 Jan 2026 16:40:00 -0600", None, "2026-01-19T16:40:00-06:00"),
    ("Wed Nov 25 2026 14:30:00 GMT+0100 (CET)", None, "2026-11-25T14:30:00+01:00"),
    ("25.11.2026", "de", "2026-11-25"),
    ("25.11.26", "de", "2026-11-25"),
    ("Mittwoch, 25.11.2026, 14:30 Uhr", "de", "2026-11-25T14:30:00"),
    ("Mi., 25. November 2026 um 9 Uhr", "de", "2026-11-25T09:00:00"),
    ("14:30 Uhr am 25.11.2026", "de", "2026-11-25T14:30:00"),
    ("25.11.2026 10:00 - 11:00", "de", "2026-11-25T10:00:00"),
    ("25.11.2026 (Mittwoch) 10:00", "de", "2026-11-25T10:00:00"),
    ("25. november 2026 kl. 14.30", "da", "2026-11-25T14:30:00"),
    ("onsdag den 25. november 2026 kl. 14", "da", "2026-11-25T14:00:00"),
    ("man. 25/11-2026", "da", "2026-11-25"),
    ("12/03/2026", "en", "2026-12-03"),
    ("12/03/2026", "en-GB", "2026-03-12"),
    ("12/03/2026", "fr", "2026-03-12"),
    ("25/11/2026", "en", "2026-11-25"),
    ("01-19-2026", "en", "2026-01-19"),
    ("November 25, 2026 3:00 PM", "en", "2026-11-25T15:00:00"),
    ("Wednesday, November 25th, 2026 at 12 am", "en", "2026-11-25T00:00:00"),
    ("11:00am - Tuesday, February 7, 2023 (Pacific Time - US & Canada)", "en", "2023-02-07T11:00:00"),
    ("2026年11月25日 下午3点", "zh", "2026-11-25T15:00:00"),
    ("2026年11月25日 星期三 上午9点30分", "zh", "2026-11-25T09:30:00"),
    ("2026/11/25 14:30", "zh", "2026-11-25T14:30:00"),
    ("woensdag 25 november 2026 om 14:30 uur", "nl", "2026-11-25T14:30:00"),
    ("mercredi 25 novembre 2026 à 15h30", "fr", "2026-11-25T15:30:00"),
    ("mercoledì 25 novembre 2026 ore 15:00", "it", "2026-11-25T15:00:00"),
]


@pytest.mark.parametrize(("text", "language", "expected"), INSTANTS)
def test_instant(text: str, language: str | None, expected: str) -> None:
    assert values.instant(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "morgen 9 Uhr",
        "next week",
        "KW 48",
        "not-a-date",
        "9999-99-99T99:99:99",
        "31.02.2026",
        "1764000000",
        "5",
        "25.11.2026 vormittags",
        "2026-11-25 14",
        "2026-11-25 24:10",
        "12/03/2026",
        "0001-01-01",
    ],
)
def test_no_instant(text: str) -> None:
    assert values.instant(text) is None


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("555-1234", None, "555-1234"),
        ("393-999-3922", None, "393-999-3922"),
        ("555-0100", "US", "555-0100"),
        ("604-123-4567", "CA", "+16041234567"),
        ("(313) 555-0182", "US", "+13135550182"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("0171 / 123 45 67", "DE", "+491711234567"),
        ("1701234567", "DE", "+491701234567"),
        ("555-1234", "DE", "555-1234"),
        ("0049 (0)171 1234567", None, "+491711234567"),
        ("+49 (0) 30 / 12 34 56", None, "+4930123456"),
        ("tel:+4917112345678", "DK", "+4917112345678"),
        ("Tel. 030-123456 oder 0171 1234567", "DE", "+4930123456"),
        ("030 123456 / 0171 1234567", "DE", "+4930123456"),
        ("ab 17 Uhr: 0171 1234567", "DE", "+491711234567"),
        ("12 34 56 78", "DK", "+4512345678"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("＋86 138 0013 8000", None, "+8613800138000"),
        ("06-12345678", "NL", "+31612345678"),
        ("keine", "DE", None),
        ("", None, None),
    ],
)
def test_phone(text: str, region: str | None, expected: str | None) -> None:
    assert values.phone(text, region) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WVWZZZ1KZAW123456", "WVWZZZ1KZAW123456"),
        ("wvw zzz 1kz aw 123456", "WVWZZZ1KZAW123456"),
        ("FIN: WVWZZZ1KZAW123456.", "WVWZZZ1KZAW123456"),
        ("WVWZZZ1KZAW12345O", None),
        ("12345678901234567", None),
        ("ABCDEFGHJKLMNPRST", None),
        ("WVWZZZ1KZAW1234567", None),
    ],
)
def test_vin(text: str, expected: str | None) -> None:
    assert values.vin(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Max <Max.M@X.De>", "Max.M@x.de"),
        ("mailto:max@x.de", "max@x.de"),
        ("x@y.de\nBcc: z@y.de", "x@y.de"),
        ("müller@bär.de", "müller@bär.de"),
        ("max@bär.de", "max@bär.de"),
        ("max..m@x.de", None),
        ("a@b", None),
    ],
)
def test_email(text: str, expected: str | None) -> None:
    assert values.email(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Germany", "DE"),
        ("de", "DE"),
        ("UK", "GB"),
        ("USA", "US"),
        ("中国", "CN"),
        ("Østrig", "AT"),
        ("Atlantis", None),
    ],
)
def test_country(text: str, expected: str | None) -> None:
    assert values.country(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2021", "2021"), ("03/2019", "2019"), ("EZ 2019-03", "2019"), ("2021年", "2021"), ("12345", None), ("21", None)],
)
def test_year(text: str, expected: str | None) -> None:
    assert values.year(text) == expected


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("b-ab 1234", "DE", "B-AB 1234"),
        ("M:XY 12E", "DE", "M-XY 12E"),
        ("ab12345", "DK", "AB 12 345"),
        ("京A·12345", "CN", "京A12345"),
        ("ab123c", "NL", "AB-123-C"),
        ("AB-123-CD", "FR", "AB-123-CD"),
        ("AB12 CDE", "GB", "AB12 CDE"),
        ("noch keins", "DE", None),
    ],
)
def test_plate(text: str, region: str, expected: str | None) -> None:
    assert values.plate(text, region) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("John Doe", ("John", "Doe", None)),
        ("Herr Dr. Max Müller", ("Max", "Müller", None)),
        ("Frau Anna-Lena von der Heide", ("Anna-Lena", "von der Heide", None)),
        ("Müller, Hans", ("Hans", "Müller", None)),
        ("Herr Müller", (None, "Müller", None)),
        ("Jens Peter Hansen", ("Jens Peter", "Hansen", None)),
        ("Jane", (None, None, None)),
        ("王小明", (None, None, None)),
        ("Muster GmbH & Co. KG", (None, None, "Muster GmbH & Co. KG")),
        ("Nordbil A/S", (None, None, "Nordbil A/S")),
        ("北京汽车有限公司", (None, None, "北京汽车有限公司")),
        ("", (None, None, None)),
    ],
)
def test_name_parts(text: str, expected: tuple[str | None, str | None, str | None]) -> None:
    assert values.name_parts(text) == expected


@given(st.text(max_size=300), st.sampled_from(["DE", "DK", "CN", "US", "NL", "ZZ", None]))
def test_hostile_text_gives_values_or_nothing(text: str, region: str | None) -> None:
    found = [values.phone(text, region), values.vin(text), values.email(text), values.plate(text, region)]
    found += [values.year(text), values.country(text), values.instant(text, "de"), *values.name_parts(text)]
    assert all(value is None or (value and len(value) <= 254 and "\n" not in value) for value in found)
    amount, way = values.money(text), values.distance(text)
    assert amount is None or float(amount.amount) < 1e21
    assert way is None or way.value >= 0


@given(st.integers(0, 9_999_999), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_money_reads_what_a_locale_writes(cents: int, marks: tuple[str, str]) -> None:
    group, point = marks
    whole, part = divmod(cents, 100)
    text = f"{whole:,}".replace(",", group) + f"{point}{part:02}"
    assert values.money(text) == Money(amount=f"{whole}.{part:02}")
