"""Mails that begin with `!booking`: what is asked for in a customer's name, in four languages."""

import pytest

from parsers.read import parse
from parsers.records import Behalf, Hints, Parsed

HINTS = Hints(region="DE", language="de")


def read(text: str, hints: Hints = HINTS, sender: str = "Anna Muster <anna@muster.example>") -> Parsed:
    head = f"From: {sender}\r\nTo: desk@leads.example\r\nSubject: x\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\n"
    return parse(f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode(), hints)


def asked(text: str, hints: Hints = HINTS) -> Behalf:
    found = read(text, hints).behalf
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "region", "name", "phone", "plate", "service"),
    [
        (
            "!termin\nName: Eva Beispiel\nTelefon: 030 5550123\nE-Mail: eva@kunde.example\nKennzeichen: B-MX 1234\n"
            "Fahrzeug: VW Golf\nLeistung: Inspektion\nTermin: Donnerstag, 3.12. um 9 Uhr",
            *("DE", "Eva Beispiel", "+49305550123", "B-MX 1234", "Inspektion"),
        ),
        (
            "!booking\n\nName: Eva Example\nPhone: +44 20 7946 0123\nEmail: eva@kunde.example\n"
            "License plate: AB12 CDE\nVehicle: VW Golf\nService: Inspection\nAppointment: 2026-12-03 09:00",
            *("GB", "Eva Example", "+442079460123", "AB12 CDE", "Inspection"),
        ),
        (
            "!tidsbestilling\nNavn: Eva Eksempel\nTelefon: 30405060\nE-mail: eva@kunde.example\n"
            "Nummerplade: AB 12 345\nBil: VW Golf\nYdelse: Service\nØnsket tid: 3. december kl. 9",
            *("DK", "Eva Eksempel", "+4530405060", "AB 12 345", "Service"),
        ),
        (
            "！预约\n姓名：王芳\n电话：13800138000\n邮箱：eva@kunde.example\n车牌：京A12345\n车型：大众 高尔夫\n"
            "服务：保养\n预约时间：12月3日上午9点",
            *("CN", "王芳", "+8613800138000", "京A12345", "保养"),
        ),
    ],
)
def test_labels_in_four_languages(text: str, region: str, name: str, phone: str, plate: str, service: str) -> None:
    reading = asked(text, Hints(region=region)).reading
    assert reading is not None
    assert reading.customer is not None
    assert reading.booking is not None
    assert (reading.kind, reading.customer.name, reading.customer.phones) == ("booking", name, (phone,))
    assert reading.customer.emails == ("eva@kunde.example",)
    assert [(car.role, car.make, car.plate) for car in reading.vehicles] == [("own", "Volkswagen", plate)]
    assert (reading.booking.services, reading.booking.starts_at) == ((service,), "2026-12-03T09:00:00")


def test_the_writer_is_not_the_customer() -> None:
    text = "!termin\nName: Eva Beispiel\nE-Mail: anna@muster.example\n\nViele Grüße\nAnna Muster\nTel.: 030 999999"
    reading = asked(text).reading
    assert reading is not None
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.emails, reading.customer.phones) == ("Eva Beispiel", (), ())


def test_commands_stand_apart_from_labels() -> None:
    found = asked("!termin\n!take\nName: Eva Beispiel\nTelefon: 030 5550123\n!done won")
    assert [one.name for one in found.commands] == ["take", "done"]
    assert found.reading is not None
    assert found.reading.extra == {}


def test_until_its_writer_is_proven_nobody_is_named_by_it() -> None:
    parsed = read("!termin\nName: Eva Beispiel\nE-Mail: eva@kunde.example\nLeistung: HU", sender="max@kunde.example")
    (reading,) = parsed.readings
    assert reading.kind == "unsorted"
    assert reading.customer is not None
    assert reading.customer.emails == ("max@kunde.example",)
    assert "Eva Beispiel" in (reading.comments or "")


@pytest.mark.parametrize(
    "text",
    [
        "Termin bitte",
        "Guten Tag\n!termin",
        "!anfrage\nName: Eva",
        "!termin bitte sofort\nName: Eva Beispiel",
        "!!!termin",
        "> !termin\n> Name: Eva",
        "",
    ],
)
def test_other_mails_ask_for_nothing(text: str) -> None:
    assert read(text).behalf is None


def test_at_a_reply_address_it_is_a_command_of_its_record() -> None:
    assert read("!termin\nName: Eva", Hints(region="DE", answering=True)).behalf is None


def test_without_labels_nobody_is_named() -> None:
    assert asked("!termin\n\nFrau Beispiel ruft wieder an").reading is None


def test_long_mails_are_bounded() -> None:
    found = asked("!termin\n" + "Name: Eva Beispiel\nTelefon: 030 5550123\n!take\n" * 5_000)
    assert len(found.commands) == 10
