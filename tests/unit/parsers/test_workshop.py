"""Letters to the workshop become bookings where they are clear, with the time that is wanted."""

import pytest

from parsers.read import parse
from parsers.records import Hints, Reading

DE, DK = Hints(region="DE", language="de"), Hints(region="DK", language="da")


def read(text: str, subject: str = "", hints: Hints = DE, more: str = "") -> Reading:
    raw = (
        f"From: Eva Beispiel <eva@kunde.example>\r\nTo: desk@muster.example\r\nSubject: {subject}\r\n"
        f"Date: Sun, 22 Nov 2026 10:00:00 +0100\r\nMessage-ID: <a@kunde.example>\r\n{more}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
    return parse(raw.encode(), hints).readings[0]


@pytest.mark.parametrize(
    ("subject", "text", "services", "starts_at"),
    [
        (
            "",
            "Ich brauche einen Termin zur Inspektion am Freitag, 4.12. ab 9 Uhr.",
            ("Inspektion",),
            "2026-12-04T09:00:00",
        ),
        ("Termin", "Hallo,\n\nmein Golf braucht einen Ölwechsel. Danke", ("Ölwechsel",), None),
        ("Inspektion", "Wann haben Sie einen Termin frei?", ("Inspektion",), None),
        (
            "",
            "Can I book my car in for a service and an oil change on 3 December at 10:00?",
            ("service", "oil change"),
            "2026-12-03T10:00:00",
        ),
        (
            "Hjulskift",
            "Jeg vil gerne bestille tid torsdag den 3. december kl. 9.",
            ("Hjulskift",),
            "2026-12-03T09:00:00",
        ),
        ("", "我想预约保养，12月3日上午9点可以吗？", ("保养",), "2026-12-03T09:00:00"),
    ],
)
def test_who_asks_for_a_time_in_the_workshop_books(
    subject: str, text: str, services: tuple[str, ...], starts_at: str | None
) -> None:
    reading = read(text, subject)
    assert (reading.kind, reading.booking and reading.booking.services) == ("booking", services)
    assert reading.booking is not None
    assert reading.booking.starts_at == starts_at
    assert reading.origins["booking.services"] == "text"
    assert reading.origins.get("booking.starts_at") == ("text" if starts_at else None)
    assert reading.comments


@pytest.mark.parametrize(
    "text",
    [
        "Was kostet eine Inspektion?",
        "Ich hätte gern einen Termin.",
        "Ich hätte gern einen Termin für eine Probefahrt. Ist der Service gemacht?",
        "Ich muss meinen Termin zur Inspektion absagen.",
        "Beschwerde: beim Termin zur Inspektion wurde nichts gemacht.",
        "My last service was bad.",
        "Wir suchen eine Stelle im Service, wann ist ein Termin möglich?",
    ],
)
def test_what_is_not_clear_is_left_to_a_person(text: str) -> None:
    assert read(text).kind == "unsorted"


def test_the_car_of_a_letter_is_the_customers_own() -> None:
    reading = read("Termin zur Inspektion bitte, Kennzeichen B-MX 1234.")
    assert [(car.role, car.plate) for car in reading.vehicles] == [("own", "B-MX 1234")]


def test_several_times_are_left_to_the_team() -> None:
    reading = read("Termin zur Inspektion bitte: am 3.12. um 9 Uhr oder am 4.12. um 10 Uhr.")
    assert reading.booking is not None
    assert reading.booking.starts_at is None
    assert reading.alternatives["booking.starts_at"] == ("2026-12-03T09:00:00", "2026-12-04T10:00:00")


def test_an_answer_is_no_request_of_its_own() -> None:
    more = "In-Reply-To: <x@muster.example>\r\n"
    assert read("Termin zur Inspektion am 3.12. passt", "Re: Termin", more=more).kind == "unsorted"


def test_what_is_quoted_says_nothing() -> None:
    quoted = "> Termin zur Inspektion am 3.12. um 9 Uhr\r\n> bitte"
    assert read(f"Danke!\r\n\r\nAm 20.11.2026 schrieb Max <max@x.example>:\r\n{quoted}").kind == "unsorted"


def test_a_form_with_a_remark_about_the_time() -> None:
    form = "Name: Eva Beispiel\nE-Mail: eva@kunde.example\nLeistung: Inspektion\nNachricht: Bitte am 4.12. um 9 Uhr."
    reading = read(form)
    assert (reading.kind, reading.booking and reading.booking.starts_at) == ("booking", "2026-12-04T09:00:00")
    form = f"{form}\nWunschtermin: 07.12.2026 08:00"
    again = read(form)
    assert again.booking is not None
    assert (again.booking.starts_at, again.origins["booking.starts_at"]) == ("2026-12-07T08:00:00", "label")


def test_the_numbers_of_danish_letters() -> None:
    reading = read("Jeg vil gerne bestille tid til service torsdag d. 3/12 kl. 9.30", hints=DK)
    assert reading.booking is not None
    assert reading.booking.starts_at == "2026-12-03T09:30:00"
