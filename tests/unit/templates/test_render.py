"""What notifications say, whose template wins, and what becomes of a template's fault."""

from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from parsers.records import Call, Customer, Money, Reading, Vehicle
from rules.model import RecordFlag
from templates.fallback import fallback
from templates.letter import write_letter
from templates.model import RenderJob
from templates.purposes import PURPOSES
from templates.render import Renderer, TemplateFault
from templates.samples import EMPTY, FULL, LEAD, sample_job
from templates.words import load_words
from tests.support.golden import assert_golden

GOLDEN = Path(__file__).parents[2] / "golden" / "mails"
SHIPPED = Renderer({})
DESK = "desk%2Bl-7kq2m4-2.tabcdefghijklmnop@muster.example"
LANGUAGES = ("de", "en", "da", "zh")
MAILS = [
    *((language, purpose, "lead", LEAD, "txt") for language in LANGUAGES for purpose in PURPOSES),
    *(("de", purpose, "lead", LEAD, "html") for purpose in PURPOSES),
    *(
        ("de", "new", name, reading, form)
        for name, reading in (("full", FULL), ("empty", EMPTY))
        for form in ("txt", "html")
    ),
]


@pytest.mark.parametrize(("language", "purpose", "name", "reading", "form"), MAILS)
def test_mail_equals_its_golden_file(language: str, purpose: str, name: str, reading: Reading, form: str) -> None:
    mail = SHIPPED.render(sample_job(language, purpose, reading))
    rendered = f"{mail.subject}\n\n{mail.text}" if form == "txt" else mail.html or ""
    assert_golden(GOLDEN / f"{language}-{purpose}-{name}.{form}", rendered)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_the_record_is_in_text_and_html(language: str) -> None:
    mail = SHIPPED.render(sample_job(language))
    page = LexborHTMLParser(mail.html or "").text(separator=" ")
    for value in (
        "Karin Beispiel",
        "Beispiel Haustechnik GmbH",
        "+49 1511 2345678",
        "karin@beispiel.example",
        "Lindenweg 3, 10999 Berlin",
        "Volkswagen Golf 2.0 TDI Style 2021",
        "WVWZZZCDZMW000001",
        "GW-20417",
        "https://suchen.mobile.example/fahrzeuge/details.html?id=398001122&ref=lead",
        "Opel Corsa 2014",
        "B-KB 1414",
        "ist der Golf noch da?",
        "5.000 €",
        "Probefahrt",
        "Bitte bestätigen",
        "4711-0815",
        "+49 30 5550100",
        "mobile.de",
        "Used cars of Berlin",
        "L-7KQ2M4-2",
    ):
        assert value in mail.text
        assert value in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reading", [FULL, EMPTY, Reading(customer=Customer(), vehicles=(Vehicle(),))])
def test_empty_things_leave_no_trace(language: str, reading: Reading) -> None:
    mail = SHIPPED.render(sample_job(language, reading=reading))
    assert "None" not in mail.subject + mail.text + (mail.html or "")
    assert "()" not in mail.subject
    assert not any(line.rstrip().endswith(":") for line in mail.text.splitlines())


def test_links_answer_the_customer() -> None:
    page = LexborHTMLParser(SHIPPED.render(sample_job("en", reading=LEAD)).html or "")
    assert [a.attributes["href"] for a in page.css("a.button")] == [
        "tel:+4915112345678",
        "tel:+49309876543",
        # through us, as a mail straight to her would go past the record
        f"mailto:{DESK}?subject=Your%20request%3A%20Volkswagen%20Golf%202.0%20TDI%20Style%202021",
    ]


def test_a_team_that_answers_by_itself_gets_links_straight_to_the_customer() -> None:
    job = sample_job("en", reading=LEAD)
    direct = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, reply="direct"))
    page = LexborHTMLParser(SHIPPED.render(direct).html or "")
    assert (page.css("a.button")[-1].attributes["href"] or "").startswith("mailto:karin@beispiel.example?subject=")


def test_a_caller_without_other_contacts_can_be_called_back() -> None:
    mail = SHIPPED.render(sample_job("en", reading=Reading(kind="lead", call=Call(number="+49301234567"))))
    assert "\nCall: +49 30 1234567\n" in mail.text
    assert "neither" not in mail.text


@pytest.mark.parametrize(
    ("vehicle", "customer"),
    [
        (Vehicle(listing_url="javascript:alert(1)"), Customer()),
        (Vehicle(listing_url='https://a.example/"onmouseover=alert(1)'), Customer()),
        (Vehicle(listing_url="data:text/html,<script>alert(1)</script>"), Customer()),
        (Vehicle(), Customer(emails=("a@b.example?bcc=evil@x.example",))),
        (Vehicle(), Customer(emails=("a@b.example,evil@x.example",))),
        (Vehicle(), Customer(emails=("a@b.example%0Abcc:evil@x.example",))),
        (Vehicle(), Customer(phones=("javascript:alert(1)",))),
    ],
)
def test_values_that_are_no_plain_links_are_shown_but_not_linked(vehicle: Vehicle, customer: Customer) -> None:
    reading = Reading(kind="lead", vehicles=(vehicle,), customer=customer)
    page = LexborHTMLParser(SHIPPED.render(sample_job("en", reading=reading)).html or "")
    assert all((a.attributes["href"] or "").startswith(f"mailto:{DESK}?body=%21") for a in page.css("a"))
    shown = page.text()
    assert all(value in shown for value in (vehicle.listing_url, *customer.emails, *customer.phones) if value)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flag", get_args(RecordFlag))
def test_what_to_beware_of_stands_above_all_in_text_html_and_fallback(language: str, flag: RecordFlag) -> None:
    job = sample_job(language)
    flagged = msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, flags=(flag,)))
    warning = load_words(language, {})["warnings"][flag]
    rendered, plain = Renderer({}).render(flagged), Renderer({}).render(job)
    assert rendered.text.splitlines()[1] == warning
    assert unescape(rendered.html or "").index(warning) < (rendered.html or "").index("<h1")
    assert warning in fallback(flagged).text
    assert warning not in plain.text
    assert warning not in unescape(plain.html or "")


def test_line_breaks_of_the_message_are_kept() -> None:
    mail = SHIPPED.render(sample_job("de", reading=Reading(comments="eins\r\nzwei\u2028drei\n\n\n\nvier <b>fünf</b>")))
    assert "> eins\n> zwei\n> drei\n>\n> vier <b>fünf</b>\n" in mail.text
    message = LexborHTMLParser(mail.html or "").css_first("p.message")
    assert message is not None
    assert [child.tag for child in message.iter()] == ["br"] * 4
    assert "vier <b>fünf</b>" in message.text()


def test_a_text_cannot_pass_for_our_own_words() -> None:
    reading = Reading(comments="x\n-- \nWhy here: forged", customer=Customer(name="Max\n\nA reply goes to Max"))
    text = SHIPPED.render(sample_job("en", reading=reading)).text
    assert "> Why here: forged" in text
    assert "\nMax A reply goes to Max\n" in text


def test_text_longer_than_a_mail_should_be_is_cut_and_says_so() -> None:
    mail = SHIPPED.render(sample_job("en", reading=Reading(comments="\n".join(map(str, range(2000))))))
    assert "> 399\n" in mail.text
    assert "> 400\n" not in mail.text
    assert "goes on in the original" in mail.text


def test_subject_is_one_short_line() -> None:
    reading = Reading(
        customer=Customer(name="A\r\nBcc: x@y.example\u2028" + "ä" * 900), vehicles=(Vehicle(make="B" * 900),)
    )
    subject = SHIPPED.render(sample_job("de", reading=reading)).subject
    assert subject.isprintable()
    assert len(subject) <= 200


@pytest.mark.parametrize(
    ("language", "template", "begins"),
    [("fr", "new", "Request"), ("xx", "new", "Request"), ("de", "unknown", "Anfrage"), ("zh", "unknown", "客户咨询")],
)
def test_languages_and_purposes_without_templates_fall_back(language: str, template: str, begins: str) -> None:
    assert SHIPPED.render(sample_job(language, template, LEAD)).subject.startswith(begins)


def test_admin_template_wins_and_the_others_stay() -> None:
    renderer = Renderer({"de/new.txt.j2": "Hallo {{ site.name }}: {{ reading.customer.name }}\n"})
    mail, shipped = renderer.render(sample_job("de")), SHIPPED.render(sample_job("de"))
    assert mail.text == "Hallo Autohaus Muster Berlin: Karin Beispiel\n"
    assert (mail.subject, mail.html) == (shipped.subject, shipped.html)
    assert renderer.render(sample_job("en")).text == SHIPPED.render(sample_job("en")).text


def test_admin_words_lie_over_the_shipped_ones() -> None:
    renderer = Renderer({"de/words.toml": '[kinds]\nlead = "Interessent"\n'})
    assert renderer.render(sample_job("de", reading=LEAD)).subject.startswith("Interessent: ")
    assert "Fahrzeug\n" in renderer.render(sample_job("de", reading=LEAD)).text


@pytest.mark.parametrize(
    ("name", "source", "line", "what"),
    [
        ("de/new.txt.j2", "\n{% if %}", 2, "Expected an expression"),
        ("de/new.txt.j2", "a\n\n{{ recrod.ref }}", 3, "'recrod' is undefined"),
        ("de/new.html.j2", "{{ record.nothing }}", 1, "nothing"),
        ("de/new.subject.j2", "\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("base.html.j2", "\n\n\n{{ letter.__class__.__mro__ }}", 4, "unsafe"),
        ("de/new.txt.j2", "{% extends 'bsae.txt.j2' %}", 1, "bsae.txt.j2"),
        ("de/new.txt.j2", "{{ reading.extra.update({'a': 'b'}) }}", 1, "unsafe"),
        ("de/new.txt.j2", "{% for i in range(10**9) %}{% endfor %}", 1, "Range too big"),
        ("de/words.toml", "[kinds]\nlead = \n", 2, "Invalid value"),
    ],
)
def test_fault_names_file_and_line(name: str, source: str, line: int, what: str) -> None:
    with pytest.raises(TemplateFault) as fault:
        Renderer({name: source}).render(sample_job("de"))
    assert (fault.value.file, fault.value.line) == (name, line)
    assert what in fault.value.what


@pytest.mark.parametrize("language", [*LANGUAGES, "xx"])
@pytest.mark.parametrize("reading", [FULL, LEAD, EMPTY])
def test_fallback_tells_what_the_template_would(language: str, reading: Reading) -> None:
    job = sample_job(language, reading=reading)
    mail = fallback(job)
    letter = asdict(write_letter(job, SHIPPED.words(language if language in LANGUAGES else "en")))
    assert mail.html is None
    assert letter["ref"] in mail.subject
    for value in (letter["person"], letter["car"], letter["delimiter"], *(row.value for row in letter["actions"])):
        assert value in mail.text
    assert all(line in mail.text for line in letter["message"])


def test_fallback_survives_a_site_that_cannot_be_told_the_time() -> None:
    job = sample_job("de", reading=LEAD)
    broken: RenderJob = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, timezone="Not/AZone"))
    mail = fallback(broken)
    assert mail.subject == "lead [L-7KQ2M4-2]"
    assert "+4915112345678" in mail.text
    assert "> ist der Golf noch da?" in mail.text


@pytest.mark.parametrize("amount", ["", "abc", "1" * 60, "-5", "NaN", "1e9"])
def test_odd_amounts_are_shown_as_written(amount: str) -> None:
    reading = Reading(vehicles=(Vehicle(price=Money(amount=amount, currency="EUR")),))
    assert amount[:15] in SHIPPED.render(sample_job("en", reading=reading)).text
