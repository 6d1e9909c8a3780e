"""How times, amounts, distances and numbers are written in each language."""

from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (timedelta(0), {"de": "1 Minute", "en": "1 minute", "da": "1 minut", "zh": "1分钟"}),
        (timedelta(minutes=45), {"de": "45 Minuten", "en": "45 minutes", "da": "45 minutter", "zh": "45分钟"}),
        (timedelta(minutes=60), {"de": "1 Stunde", "en": "1 hour", "da": "1 time", "zh": "1小时"}),
        (timedelta(minutes=90), {"de": "90 Minuten"}),
        (timedelta(minutes=125), {"de": "2 Stunden", "en": "2 hours", "da": "2 timer", "zh": "2小时"}),
        (timedelta(hours=24), {"de": "1 Tag", "en": "1 day", "da": "1 dag", "zh": "1天"}),
        (timedelta(hours=47), {"de": "47 Stunden"}),
        (timedelta(hours=49), {"de": "2 Tage", "en": "2 days", "da": "2 dage", "zh": "2天"}),
        (timedelta(days=1500), {"de": "1.500 Tage", "en": "1,500 days"}),
    ],
)
def test_durations_have_their_unit_and_its_form(value: timedelta, written: dict[str, str]) -> None:
    for language, told in written.items():
        assert Forms(load_words(language, {}), "UTC").duration(value) == told


@pytest.mark.parametrize(
    ("language", "day", "days"),
    [
        ("de", "vor 1 Tag", "vor 9 Tagen"),
        ("en", "1 day ago", "9 days ago"),
        ("da", "for 1 dag siden", "for 9 dage siden"),
        ("zh", "1天前", "9天前"),
    ],
)
def test_how_long_since(language: str, day: str, days: str) -> None:
    forms = Forms(load_words(language, {}), "UTC")
    assert forms.duration(timedelta(days=1), "ago") == day
    assert forms.duration(timedelta(days=9), "ago") == days


def test_the_hour_that_comes_twice_says_which() -> None:
    forms = Forms(load_words("en", {}), "Europe/Berlin")
    told = [forms.moment(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1, 2)]
    day = "Sunday, 25 October 2026,"
    assert told == [f"{day} 02:30 (UTC+2)", f"{day} 02:30 (UTC+1)", f"{day} 03:30"]
    assert forms.moment("2026-10-25T02:30") == f"{day} 02:30"  # nobody said which
    assert forms.moment(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == "Sunday, 29 March 2026, 03:30"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "Europe/Berlin, UTC+1"),
        ("Asia/Kolkata", "Asia/Kolkata, UTC+5:30"),
        ("America/St_Johns", "America/St_Johns, UTC-3:30"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_named_with_its_offset(zone: str, said: str) -> None:
    assert Forms(load_words("de", {}), zone).zone(datetime(2026, 11, 20, tzinfo=UTC)) == said
