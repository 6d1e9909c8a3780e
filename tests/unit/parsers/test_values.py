"""Values in the notations of our sources."""

from datetime import datetime

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
    ("Preis - 500,00 €", None, "de", "500.00", "EUR"),
    ("245 t.kr", None, "da", "245000.00", "DKK"),
    ("245 tkr.", None, "da", "245000.00", "DKK"),
    ("24.500 € oder 199 € mtl.", None, "de", "24500.00", "EUR"),
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
    ("1 234,50 €", None, "fr", "1234.50", "EUR"),
    ("1\u202f234,50\u00a0€", None, "fr", "1234.50", "EUR"),
    ("£12,995", None, "en", "12995.00", "GBP"),
    ("245.000,- kr.", None, "da", "245000.00", "DKK"),
    ("kr 1.245,50", None, "da", "1245.50", "DKK"),
    ("DKK 245.000", None, "da", "245000.00", "DKK"),
    ("EUR 12.345,00", None, "de", "12345.00", "EUR"),
    ("12.345,- € VB", None, "de", "12345.00", "EUR"),
    ("19% MwSt., 12.345 €", None, "de", "12345.00", "EUR"),
    ("12.345 inkl. 19 % MwSt.", "EUR", "de", "12345.00", "EUR"),
    ("12.345 € VB, 2 Monate Garantie", None, "de", "12345.00", "EUR"),
    ("Mo 12.345 €", None, "de", "12345.00", "EUR"),
    ("11月 12万元", None, "zh", "120000.00", "CNY"),
    ("12万元 月底提车", None, "zh", "120000.00", "CNY"),
    ("€12.345,=", None, "nl", "12345.00", "EUR"),
    ("人民币12.8万元", None, "zh", "128000.00", "CNY"),
    ("RMB 128,000", None, "zh", "128000.00", "CNY"),
    ("Golf 2019 € 12.345,-", None, "nl", "12345.00", "EUR"),
    ("Golf 2019, 12.345 € 45.000 km", None, "de", "12345.00", "EUR"),
    ("€12k", None, "en", "12000.00", "EUR"),
]


@pytest.mark.parametrize(("text", "currency", "language", "amount", "code"), MONEY)
def test_money(text: str, currency: str | None, language: str | None, amount: str, code: str | None) -> None:
    assert values.money(text, currency, language) == Money(amount=amount, currency=code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "auf Anfrage",
        "12.345 km",
        "110 kW",
        "€",
        "19 %",
        "€ 12.345,00 - € 13.000,00",
        "500-600 €",
        "ca. 5.000 - 6.000 EUR",
        "5.000 -6.000 EUR",
        "-500 €",
        "ab 199,- € mtl.",
        "199,- €/Monat",
        "£199 pm",
        "kr. 2.999 pr. md.",
        "399 € par mois",
        "monatlich ab 199 €",
        "月供2000元",
        "2000元/月",
        "12.000 bis 15.000 Euro",
        "8万至12万元",
        "2019 Golf 12.500",
        "十二万元",
    ],
)
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
        ("2019, 45.000 km", None, 45000, "km"),
        ("45'000 km", None, 45000, "km"),
        ("150 000 kilomètres", None, 150000, "km"),
        ("8.5万km", None, 85000, "km"),
        ("约3万公里", None, 30000, "km"),
        ("KM: 45.000", "km", 45000, "km"),
    ],
)
def test_distance(text: str, unit: str | None, value: int, its_unit: str | None) -> None:
    assert values.distance(text, unit) == Distance(value=value, unit=its_unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "k. A.", "5.000 - 10.000 km", "5.000 bis 10.000 km", "5万到8万公里", "66666666628万公里"]
)
def test_no_distance(text: str) -> None:
    assert values.distance(text, "km") is None


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
    ("2026年11月22日 下午3点", "zh", "2026-11-22T15:00:00"),
    ("2026年11月22日下午3点半", "zh", "2026-11-22T15:30:00"),
    ("2026年11月22日（周日）15:30", "zh", "2026-11-22T15:30:00"),
    ("2026年11月22日 晚上8点", "zh", "2026-11-22T20:00:00"),
    ("2026年11月22日 中午12点", "zh", "2026-11-22T12:00:00"),
    ("2026年11月22日 中午11点半", "zh", "2026-11-22T11:30:00"),
    ("2026年11月22日 凌晨12点", "zh", "2026-11-22T00:00:00"),
    ("søndag d. 22. november 2026 kl. 15:30", "da", "2026-11-22T15:30:00"),
    ("22/11 2026", "da", "2026-11-22"),
    ("22-11-2026 15:30", "da", "2026-11-22T15:30:00"),
    ("le 22/11/2026 à 15:30", "fr", "2026-11-22T15:30:00"),
    ("22 novembre 2026 à 15 h 30", "fr", "2026-11-22T15:30:00"),
    ("Sunday 22 November 2026 15:30 CET", "en", "2026-11-22T15:30:00+01:00"),
    ("22.11.2026 15:30 Uhr MESZ", "de", "2026-11-22T15:30:00+02:00"),
    ("3:30 p.m. on November 22, 2026", "en", "2026-11-22T15:30:00"),
    ("zo 22 nov 2026 15:30", "nl", "2026-11-22T15:30:00"),
    ("domenica 22 novembre 2026 ore 15.30", "it", "2026-11-22T15:30:00"),
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
        "KW 48/2026",
        "22.11.2026 zwischen 15 und 16 Uhr",
        "2026年11月22日 晚上12点",
        "11月22日 下午3点",
        "22. juni",
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
        ("20 12 34 56 / 86 12 34 56", "DK", "+4520123456"),
        ("+45 2012 3456 / 86 12 34 56", "DK", "+4520123456"),
        ("0351 / 12345678", "DE", "+4935112345678"),
        ("123456 abends", "DE", "123456"),
        ("10115 Berlin", "DE", None),
        ("16.11.2026", "DE", None),
        ("2026-11-16", "DE", None),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("＋86 138 0013 8000", None, "+8613800138000"),
        ("06-12345678", "NL", "+31612345678"),
        ("07700 900123", "GB", "+447700900123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("021-12345678转801", "CN", "+862112345678"),
        ("+86-138-0013-8000", "DE", "+8613800138000"),
        ("0045 12345678", "DE", "+4512345678"),
        ("WhatsApp 0151 23456789", "DE", "+4915123456789"),
        ("+1 (313) 555-0182 ext. 5", "DE", "+13135550182"),
        ("400-123-4567", "CN", "400-123-4567"),
        ("keine", "DE", None),
        ("-------------AUTO---", "DE", None),
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
        ("ab12cde", "GB", "AB12 CDE"),
        ("A123BCD", "GB", "A123 BCD"),
        ("1-abc-23", "NL", "1-ABC-23"),
        ("12-AB-34", "DE", "12-AB-34"),
        ("B-AB 1234 (VW Golf)", "DE", "B-AB 1234"),
        ("B - AB 1234", "DE", "B-AB 1234"),
        ("B-AB 1234", "DK", "B-AB 1234"),
        ("沪A-12345", "CN", "沪A12345"),
        ("粤B·D12345", "CN", "粤BD12345"),
        ("京AD12345", "CN", "京AD12345"),
        ("粤Z·1234港", "CN", "粤Z1234港"),
        ("京A 12345", "DE", "京A12345"),
        ("noch keins", "DE", None),
        ("unbekannt 1", "DE", None),
        ("2019", "DE", None),
        ("WVWZZZ1KZAW123456", "DE", None),
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
        ("Jensen Biler ApS", (None, None, "Jensen Biler ApS")),
        ("Jansen B.V.", (None, None, "Jansen B.V.")),
        ("Smith Ltd", (None, None, "Smith Ltd")),
        ("Firma Schulze", (None, None, "Firma Schulze")),
        ("Garage Dupont SARL", (None, None, "Garage Dupont SARL")),
        ("Rossi S.p.A.", (None, None, "Rossi S.p.A.")),
        ("van der Berg, Jan", ("Jan", "van der Berg", None)),
        ("Nv Tran", ("Nv", "Tran", None)),
        ("欧阳娜娜", (None, None, None)),
        ("王先生", (None, None, None)),
        ("王 小明", (None, None, None)),
        ("北京汽车有限公司", (None, None, "北京汽车有限公司")),
        ("", (None, None, None)),
        ("Max\0 Mus\u202eter", ("Max", "Muster", None)),
        ("\0\t0", (None, None, None)),
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


@given(
    st.datetimes(datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2090-12-31")),
    st.sampled_from(
        [
            ("%d.%m.%Y um %H:%M Uhr", "de"), ("%A, %d.%m.%Y %H.%M", "de"), ("%d/%m/%Y kl. %H.%M", "da"),
            ("%d-%m-%Y om %H:%M uur", "nl"), ("%d/%m/%Y à %Hh%M", "fr"), ("%d/%m/%Y ore %H:%M", "it"),
            ("%m/%d/%Y %I:%M %p", "en"), ("%d/%m/%Y at %H:%M", "en-GB"), ("%Y年%m月%d日 %H点%M分", "zh"),
            ("%Y-%m-%dT%H:%M:00", None), ("%B %d, %Y %I:%M%p", "en"), ("%I:%M%p - %A, %B %d, %Y", "en"),
        ]
    ),
)  # fmt: skip
def test_an_instant_reads_what_a_language_writes(at: datetime, form: tuple[str, str | None]) -> None:
    assert values.instant(at.strftime(form[0]), form[1]) == f"{at:%Y-%m-%dT%H:%M}:00"


@given(st.integers(1, 999_999), st.sampled_from([("{:,} km", ","), ("{:,} km", "."), ("{:,}km", " "), ("{} 公里", "")]))
def test_a_distance_reads_what_a_locale_writes(number: int, form: tuple[str, str]) -> None:
    assert values.distance(form[0].format(number).replace(",", form[1])) == Distance(value=number, unit="km")


@given(st.integers(10**6, 10**7 - 1), st.sampled_from(["0171 {}", "0171/{}", "+49 171 {}", "0049171{}", "(0171) {}"]))
def test_a_number_is_the_same_however_it_is_written(digits: int, form: str) -> None:
    assert values.phone(form.format(digits), "DE") == f"+49171{digits}"


@given(
    st.from_regex(r"[BMFS]-[A-Z]{2} [1-9][0-9]{1,3}", fullmatch=True), st.sampled_from(["{}", " {} ", "{} (VW)"])
)  # fmt: skip
def test_a_plate_that_was_read_is_read_again(plate: str, form: str) -> None:
    assert values.plate(form.format(plate.lower()), "DE") == plate
    assert values.plate(values.plate(plate, "DE") or "", "DE") == plate


@given(st.text(max_size=80), st.sampled_from(["DE", "DK", "NL", "GB", "CN", "FR", None]))
def test_what_was_read_is_read_again(text: str, region: str | None) -> None:
    for read in (values.vin, values.year, values.email, lambda t: values.plate(t, region)):
        found = read(text)
        assert found is None or read(found) == found
