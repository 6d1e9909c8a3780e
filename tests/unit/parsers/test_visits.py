"""A wished time: a visit to the workshop, or to a car that is for sale."""

import pytest

from parsers import read
from parsers.records import Hints

WHO = "Name: Kim Muster\nE-Mail: kim@k.example\n"


def mail(subject: str, text: str, region: str, kind: str | None = None) -> tuple[str, str | None, list[str | None]]:
    hints = Hints(source_type="website", region=region, kind=kind, senders=("muster.example",))
    head = f"From: noreply@muster.example\nTo: x@post.example\nSubject: {subject}\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}"
    (found,) = read.parse(raw.encode(), hints).readings
    return found.kind, found.interest, [car.role for car in found.vehicles]


@pytest.mark.parametrize(
    ("subject", "text", "region", "interest"),
    [
        ("Probefahrt-Anfrage", f"{WHO}Fahrzeug: VW Golf\nWunschtermin: 23.11.2026 10:00", "DE", "test-drive"),
        ("Anfrage", f"{WHO}Wunschfahrzeug: VW Golf\nWunschtermin: 23.11.2026 10:00", "DE", None),
        ("Anfrage", f"{WHO}Wunschfahrzeug: VW Golf\nWunschtermin: gern am Samstag", "DE", None),
        ("Anfrage", f"{WHO}Fahrzeug: VW Golf\nPreis: 24.500 EUR\nWunschtermin: 23.11.2026 10:00", "DE", None),
        ("Enquiry", f"{WHO}Vehicle: VW Golf\nStock number: 4711\nPreferred date: 23/11/2026", "GB", None),
        ("Prøvetur",
         "Navn: Kim Muster\nBil: VW Golf\nØnsket dato: 23-11-2026\nE-mail: kim@k.example", "DK", "test-drive"),
        ("官网预约", "姓名：王小明\n手机：13800138000\n意向车型：大众 途观L\n预约时间：2026-11-23 10:00", "CN", None),
        ("官网预约试驾",
         "姓名：王小明\n手机：13800138000\n车型：大众 途观L\n预约时间：2026-11-23 10:00", "CN", "test-drive"),
    ],
)  # fmt: skip
def test_the_time_of_a_car_for_sale_is_no_booking(subject: str, text: str, region: str, interest: str | None) -> None:
    assert mail(subject, text, region) == ("lead", interest, ["wanted"])


@pytest.mark.parametrize(
    ("subject", "text", "region", "kind"),
    [
        ("Terminanfrage", f"{WHO}Fahrzeug: VW Golf\nWunschtermin: 23.11.2026 10:00", "DE", None),
        ("Révision nécessaire",
         "Nom : Kim\nCourriel : kim@k.example\nVéhicule : VW Golf\nRendez-vous : 23/11/2026 10:00", "FR", None),
        ("Anfrage",
         f"{WHO}Fahrzeug: VW Golf\nPreis: 89 EUR\nWunschtermin: 23.11.2026 10:00\nLeistung: Inspektion",
         "DE", None),
        ("Anfrage", f"{WHO}Fahrzeug: VW Golf\nPreis: 89 EUR\nWunschtermin: 23.11.2026 10:00", "DE", "booking"),
    ],
)  # fmt: skip
def test_a_time_alone_or_with_services_is_a_workshop_s(subject: str, text: str, region: str, kind: str | None) -> None:
    assert mail(subject, text, region, kind) == ("booking", None, ["own"])


@pytest.mark.parametrize(
    ("region", "day"), [("GB", "2026-04-03"), ("DE", "2026-04-03"), ("US", "2026-03-04"), ("CA", "2026-03-04")]
)
def test_english_dates_are_those_of_the_site_s_country(region: str, day: str) -> None:
    hints = Hints(source_type="website", region=region, language="en")
    raw = b"From: noreply@muster.example\nTo: x@post.example\n\nName: Kim\nEmail: kim@k.example\nService: MOT\n"
    for wish in (b"Appointment: 03/04/2026 10:00", b"Preferred date: 03/04/2026\nPreferred time: 10:00"):
        (found,) = read.parse(raw + wish, hints).readings
        assert found.booking is not None
        assert found.booking.starts_at == f"{day}T10:00:00"
