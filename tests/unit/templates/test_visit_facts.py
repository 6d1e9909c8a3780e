"""What is known of a workshop visit, as rows: times, lengths and prices in the form of each language, car, adviser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parsers.records import Money, Reading, Vehicle
from templates.render import Renderer
from tests.support.visit_mails import WORDS, job_of, read_as, rows

SHIPPED = Renderer({})


@pytest.mark.parametrize(
    ("language", "when", "length", "price"),
    [
        ("de", "Donnerstag, 3. Dezember 2026, 09:00 Uhr", "2 Stunden 30 Minuten (bis 11:30 Uhr)", "1.299,00 €"),
        ("en", "Thursday, 3 December 2026, 09:00", "2 hours 30 minutes (until 11:30)", "€1,299.00"),
        ("da", "torsdag den 3. december 2026 kl. 09.00", "2 timer 30 minutter (til 11.30)", "1.299,00 euro"),
        ("zh", "2026年12月3日（星期四）09:00", "2小时30分钟（至11:30）", "1,299.00 欧元"),
    ],
)
def test_times_and_prices_have_the_form_of_the_language(language: str, when: str, length: str, price: str) -> None:
    told, labels = rows(job_of("visit-scheduled", language)), WORDS[language]["visit_labels"]
    assert (told[labels["time"]], told[labels["length"]], told[labels["price"]]) == (when, length, price)


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("da", "1299", "DKK", "1.299,00 kr."),
        ("zh", "1299.00", "CNY", "1,299.00 元"),
        ("en", "1299.5", "DKK", "DKK\u00a01,299.50"),
        ("de", "89.90", None, "89,90"),
        ("de", "89.90", "CHF", "89,90 CHF"),
        ("de", "ca. 100", "EUR", "ca. 100 EUR"),
    ],
)
def test_prices_of_any_currency(language: str, amount: str, currency: str | None, written: str) -> None:
    told = rows(job_of("visit-offer", language, price=Money(amount, currency)))
    assert told[WORDS[language]["visit_labels"]["price"]].replace("\u00a0", " ") == written.replace("\u00a0", " ")


def test_a_visit_over_night_says_when_it_ends() -> None:
    told = rows(job_of("visit-scheduled", ends_at=datetime(2026, 12, 4, 9, 0, tzinfo=UTC)))
    assert told["Bis"] == "Freitag, 4. Dezember 2026, 10:00 Uhr"
    assert "Dauer" not in told


def test_midnight_is_that_of_the_site() -> None:
    """Eight in the evening until two at night in Shanghai is one day in Berlin."""
    starts = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
    visit: dict[str, Any] = {"starts_at": starts, "ends_at": starts + timedelta(hours=6)}
    assert rows(job_of("visit-scheduled", **visit))["Dauer"] == "6 Stunden (bis 19:00 Uhr)"
    there = rows(job_of("visit-scheduled", zone="Asia/Shanghai", **visit))
    assert (there["Termin"], there["Bis"]) == (
        "Donnerstag, 3. Dezember 2026, 20:00 Uhr",
        "Freitag, 4. Dezember 2026, 02:00 Uhr",
    )


def test_the_hour_that_comes_twice_says_which_and_lasts_as_long_as_it_does() -> None:
    starts = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    told = rows(job_of("visit-scheduled", starts_at=starts, ends_at=starts + timedelta(hours=1)))
    assert told["Termin"] == "Sonntag, 25. Oktober 2026, 02:30 Uhr (UTC+2)"
    assert told["Dauer"] == "1 Stunde (bis 02:30 Uhr (UTC+1))"


@pytest.mark.parametrize(
    ("courtesy_car", "shown"),
    [
        ("yes", "ist für Sie reserviert"),
        ("no", "nicht vorgesehen"),
        ("Fiat 500", "Fiat 500"),
        (" ", None),
        (None, None),
    ],
)
def test_courtesy_car(courtesy_car: str | None, shown: str | None) -> None:
    assert rows(job_of("visit-offer", courtesy_car=courtesy_car)).get("Ersatzwagen") == shown


def test_an_adviser_who_is_an_address_stays_in_the_house() -> None:
    assert "eva@muster.example" not in SHIPPED.render(job_of("visit-offer", adviser=" eva@muster.example")).text


@pytest.mark.parametrize(
    ("vehicles", "shown"),
    [
        ((Vehicle(role="wanted", model="Golf"), Vehicle(role="own", model="Polo", plate="B-X 1")), "Polo, B-X 1"),
        ((Vehicle(role="wanted", model="Golf"), Vehicle(model="Polo")), "Polo"),
        ((Vehicle(plate="AB 12 345"),), "AB 12 345"),
        ((Vehicle(vin="WVWZZZCDZMW000001"),), "WVWZZZCDZMW000001"),
        ((Vehicle(),), None),
        ((), None),
    ],
)
def test_vehicle(vehicles: tuple[Vehicle, ...], shown: str | None) -> None:
    assert rows(read_as(job_of("visit-offer"), Reading(kind="booking", vehicles=vehicles))).get("Fahrzeug") == shown
