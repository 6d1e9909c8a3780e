"""Every mail about a workshop visit as a phone shows it, in four languages; pictures stay in build/artefacts/visits."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from parsers.records import Customer, Money, Reading, Vehicle
from rules.visit_mails import VISIT_MAILS
from templates.model import RenderJob
from templates.render import Renderer
from templates.samples import LEAD, sample_job
from tests.support.phone import WIDTH, Phone

pytestmark = pytest.mark.peer

PICTURES = Path(__file__).parents[3] / "build" / "artefacts" / "visits"
SHIPPED = Renderer({})
LANGUAGES = ("de", "en", "da", "zh")
DATE = {
    "de": "Donnerstag, 3. Dezember 2026, 09:00 Uhr",
    "en": "Thursday, 3 December 2026, 09:00",
    "da": "torsdag den 3. december 2026 kl. 09.00",
    "zh": "2026年12月3日（星期四）09:00",
}
PRICE = {"de": "1.299,00 €", "en": "€1,299.00", "da": "1.299,00 euro", "zh": "1,299.00 欧元"}
OTHER_FORM = re.compile(r"2026-\d\d|\d\d/\d\d|\d\d\.\d\d\.\d\d\d\d|\d[.,]\d{3}(?![\d.,])|1299")
"""Dates and prices as no language here has them: of a program, or without cents."""
UNDATED = {"visit-ask", "visit-declined"}
PRICELESS = UNDATED | {"visit-cancelled", "visit-thanks"}
FINGER = 44
"""CSS pixels that a finger hits."""
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 9


@pytest.fixture(scope="module")
def phone(need_program: Callable[[str, str], str]) -> Iterator[Phone]:
    need_program("chromium", "chromium")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Phone() as opened:
        yield opened


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", sorted(VISIT_MAILS))
def test_a_mail_about_a_visit_fits_a_phone_and_is_in_the_form_of_its_language(
    purpose: str, language: str, phone: Phone
) -> None:
    shown = phone.show(SHIPPED.render(sample_job(language, purpose, LEAD)).html or "")
    (PICTURES / f"{purpose}-{language}.png").write_bytes(shown.picture)
    assert shown.width == WIDTH
    assert int.from_bytes(shown.picture[16:20], "big") == WIDTH
    assert re.findall(r"[{}\ufffd]|None|undefined", shown.text) == []
    assert shown.values
    assert all(shown.values)
    assert all(height >= FINGER for height in shown.buttons)
    plain = " ".join(shown.text.replace("\u00a0", " ").split())
    assert (DATE[language] in plain) is (purpose not in UNDATED)
    assert (PRICE[language] in plain) is (purpose not in PRICELESS)
    assert OTHER_FORM.findall(plain.replace(PRICE[language], "")) == []


def stretched(purpose: str) -> RenderJob:
    """The mail with a word in each place that is longer than any line."""
    job = sample_job("de", purpose, LEAD)
    assert job.record.visit is not None
    visit = msgspec.structs.replace(
        job.record.visit,
        services=(LONG, LONG),
        price=Money(LONG, LONG),
        remarks=LONG,
        adviser=LONG,
        courtesy_car=LONG,
        wanted=(LONG,),
    )
    reading = Reading(kind="booking", customer=Customer(name=LONG), vehicles=(Vehicle(model=LONG, plate=LONG),))
    return msgspec.structs.replace(
        job,
        record=msgspec.structs.replace(job.record, visit=visit, reading=reading),
        notice=msgspec.structs.replace(job.notice, text=LONG),
        site=msgspec.structs.replace(job.site, name=LONG, address=LONG, directions=f"https://a.example/{LONG}"),
    )


@pytest.mark.parametrize("purpose", sorted(VISIT_MAILS))
def test_whatever_is_written_nothing_stands_out(purpose: str, phone: Phone) -> None:
    assert phone.show(SHIPPED.render(stretched(purpose)).html or "").width == WIDTH


def test_the_phone_notices_what_stands_out(phone: Phone) -> None:
    assert phone.show('<!DOCTYPE html><p style="width: 500px">x</p>').width == 508  # with the margin of the page
