from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import read
from parsers.document import Document
from parsers.records import Hints, Parsed
from parsers.sender import is_platform, registrable

Make = Callable[..., Document]

FORM = "Vorname: Eva\nNachname: Muster\nTelefon: 030 1234567\nFahrzeug: VW Golf\nNachricht: Ist der Golf noch da?\n"


def parsed(head: str, body: str, hints: Hints | None = None) -> Parsed:
    return read.parse(f"{head}\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode(), hints)


def test_a_person_in_free_text_is_unsorted() -> None:
    found = parsed("From: Eva Muster <eva@example.de>\nSubject: Golf", "Guten Tag, ich suche einen Golf.")
    assert found.mail_class == "person"
    (reading,) = found.readings
    assert (reading.kind, reading.comments) == ("unsorted", "Guten Tag, ich suche einen Golf.")
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.emails) == ("Eva Muster", ("eva@example.de",))
    assert reading.language == "de"
    assert reading.origins == {
        "comments": "text",
        "language": "text",
        "customer.name": "header",
        "customer.emails": "header",
    }


def test_a_form_is_read_and_its_sender_is_the_customer_only_by_reply_to() -> None:
    head = "From: no-reply@portal.example\nTo: x@muster.example\n"
    without = parsed(head + "Subject: Anfrage", FORM, Hints(source_type="website", language="de")).readings[0]
    assert without.customer is not None
    assert (without.customer.emails, without.customer.phones) == ((), ("+49301234567",))
    answer = parsed(head + "Reply-To: Eva <eva@example.de>\nSubject: Anfrage", FORM, Hints(source_type="website"))
    assert answer.readings[0].customer is not None
    assert answer.readings[0].customer.emails == ("eva@example.de",)
    assert answer.readings[0].origins["customer.emails"] == "header"


@pytest.mark.parametrize(
    ("head", "email", "relay"),
    [
        ("From: wordpress@muster.example\nReply-To: eva@example.de", "eva@example.de", None),
        ("From: eva@example.de\nReply-To: seller@mobile.de", "eva@example.de", None),
        ("From: web@muster.example", None, None),
        ("From: Eva <x7@mail.kleinanzeigen.de>", None, "x7@mail.kleinanzeigen.de"),
        ("From: eva@gmail.com", "eva@gmail.com", None),
    ],
)
def test_who_the_customer_is(head: str, email: str | None, relay: str | None) -> None:
    (reading,) = parsed(f"{head}\nTo: desk@muster.example", FORM, Hints(source_type="website")).readings
    assert reading.customer is not None
    assert reading.customer.emails == ((email,) if email else ())
    assert reading.extra.get("reply_to") == relay


def test_an_address_that_is_not_the_customers_leaves_no_trace_but_its_text() -> None:
    """A form that names only the address of our own house names nobody."""
    head = "From: web@muster.example\nTo: desk@muster.example"
    hints = Hints(source_type="website", own=("verkauf@muster.example",))
    (reading,) = parsed(head, "E-Mail: verkauf@muster.example\nFahrzeug: VW Golf\nNachricht: Hallo\n", hints).readings
    assert (reading.customer, reading.extra) == (None, {"other address": "verkauf@muster.example"})
    assert "customer.emails" not in reading.origins


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("From: news@muster.example\nList-Unsubscribe: <x>", "Neue Modelle!\nTelefon: 030 1234567\nFax: 030 1234568\n"),
        ("From: mailer-daemon@example.de\nSubject: Mail delivery failed", FORM),
        ("From: eva@example.de\nSubject: Abwesenheitsnotiz\nAuto-Submitted: auto-replied", "Ich bin im Urlaub."),
    ],
)
def test_automatic_mail_and_bounces_are_no_requests(head: str, body: str) -> None:
    assert parsed(head, body).readings == ()


def test_an_answer_is_not_read_by_the_labels_it_quotes() -> None:
    head = "From: eva@example.de\nSubject: Re: Golf\nIn-Reply-To: <1@muster.example>"
    found = parsed(head, f"Danke, passt.\n\n{FORM}")
    assert (found.mail_class, [reading.kind for reading in found.readings]) == ("reply", ["unsorted"])


def test_the_envelope() -> None:
    head = (
        "From: =?utf-8?q?Bj=C3=B8rn?= <Bjorn@Example.dk>\nReply-To: B <b@example.dk>\nMessage-ID: <1@example.dk>\n"
        "Subject: =?utf-8?q?Pr=C3=B8vetur?=\nDate: Mon, 2 Nov 2026 10:00:00 +0100"
    )
    found = parsed(head, "Hej")
    assert (found.sender, found.sender_name, found.reply_to) == ("bjorn@example.dk", "Bjørn", "b@example.dk")
    assert (found.subject, found.message_id) == ("Prøvetur", "<1@example.dk>")
    assert (found.date, found.text, found.defects) == ("2026-11-02T10:00:00+01:00", "Hej", ())


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 99 Foo 2026 10:00:00 +0100", "Mon, 2 Nov 99999999999 10:00:00 +9999"]
)
def test_no_date_is_none(date: str) -> None:
    assert parsed(f"From: a@example.de\nDate: {date}", "x").date is None


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("mobile.de", "mobile.de"),
        ("a.b.mobile.de", "mobile.de"),
        ("x.motors.co.uk", "motors.co.uk"),
        ("co.uk", "co.uk"),
    ],
)
def test_registrable(domain: str, registered: str) -> None:
    assert registrable(domain) == registered


@pytest.mark.parametrize(
    ("address", "platform"),
    [
        ("a@rtm.autoscout24.com", True),
        ("a@autoscout24.be", True),
        ("a@autoscout24.evil.example", False),
        ("a@notautoscout24.be", False),
        ("a@ebay.de-sicherheit.com", False),
    ],
)
def test_look_alikes_are_no_platforms(address: str, platform: bool) -> None:
    assert is_platform(address) is platform


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_read(raw: bytes) -> None:
    for prefix in (b"", b"From: a@example.de\n\n<adf><prospect>", b"Content-Type: text/html\n\n<table><tr><td>Name:"):
        assert len(read.parse(prefix + raw).digest) == 64


def real_mails(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Mails as they are; bare bodies behind a header of ours."""
    for folder in ("mime", "spam-ham", "bounces", "replies", "forwards", "tnef", "markup", "calendar"):
        for path in sorted((corpus / folder).rglob("*")):
            if path.is_file():
                yield str(path), path.read_bytes()
                yield f"{path} (wrapped)", b"From: a@example.de\r\nSubject: x\r\n\r\n" + path.read_bytes()


@pytest.mark.slow
def test_every_real_mail_is_read(corpus: Path) -> None:
    failed = []
    for name, raw in real_mails(corpus):
        found = read.parse(raw)
        failed += [(name, defect) for defect in found.defects if "Error" in defect or "Exception" in defect]
        if found.mail_class in ("person", "reply") and not found.readings:
            failed.append((name, "no reading"))
    assert failed == []


@pytest.mark.parametrize(("source", "most"), [(None, 10), ("website", 50)])
def test_a_mail_with_thousands_of_requests_is_read_so_far(source: str | None, most: int) -> None:
    one = "<prospect><customer><contact><name>Eva {n}</name><phone>030 12{n:05}</phone></contact></customer></prospect>"
    adf = f"<?adf version='1.0'?><adf>{''.join(one.format(n=n) for n in range(200))}</adf>"
    head = "From: a@stranger.example\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n"
    parsed = read.parse((head + adf).encode(), Hints(source_type=source))
    assert len(parsed.readings) == most
    assert parsed.defects[0] == f"only the first {most} of 200 requests were read"
