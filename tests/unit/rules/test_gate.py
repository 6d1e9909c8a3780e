"""Whether we may answer by ourselves: never what a program wrote, and what a source sends is taken in all the same."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from config.models import Settings
from daemon.desk.plan import hints_for
from parsers.read import parse
from parsers.records import Parsed
from rules.decide import decide_mail
from rules.gate import closed_to, closed_to_writer
from rules.model import Context, Envelope, MailDecision
from tests.support.automatic import DESK, MACHINES, OURS, OUT_OF_OFFICE, REPORTS, SHAPES, TO_MANY, Shape

House = Callable[..., Settings]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOURCE = "m@leads.example"
ENVELOPE = Envelope(recipient=DESK, sender="eva@kunde.example", accepted_at=NOW)
ALL = ["lead", "booking", "review", "alert", "check-in", "complaint", "unsorted"]
LEAD = "Name: Jonas Probe\nE-Mail: jonas@probe.example\nMarke: VW\nModell: Tiguan\nNachricht: Noch da?"
HEADERS = {**OUT_OF_OFFICE, **TO_MANY, **MACHINES, **OURS}
"""What else than a report may stand above a request."""
PEOPLE: dict[str, Shape] = {
    "plain": Shape("Subject: Anfrage zum Golf", "Ist der Golf noch da?"),
    "plain en": Shape("Subject: The Golf", "Is it still for sale? I will be in town on Monday."),
    "plain da": Shape("Subject: Golf", "Er den stadig til salg?"),
    "plain zh": Shape("Subject: 高尔夫", "这辆车还在吗？"),
    "Outlook's own mark on people's mail": Shape("Subject: Anfrage\nX-Auto-Response-Suppress: DR, RN, NRN", "Hallo"),
    "says that no program wrote it": Shape("Subject: Anfrage\nAuto-Submitted: no", "Hallo"),
    "wants a receipt": Shape("Subject: Anfrage\nDisposition-Notification-To: eva@kunde.example", "Hallo"),
    "answers a mail of ours": Shape(
        "Subject: Re: We have received your request\nIn-Reply-To: <1@post.example>", "Thank you, Tuesday is fine."
    ),
    "quotes an automatic mail": Shape(
        "Subject: AW: Anfrage\nIn-Reply-To: <1@post.example>",
        "Ja, gern.\n\nAm 23.11.2026 schrieb Autohaus <desk@berlin.example>:\n> Dies ist eine automatische Antwort.",
    ),
    "no subject": Shape("To: desk@berlin.example", "Rufen Sie mich bitte an."),
}


@pytest.fixture
def settings(house: House) -> Settings:
    """The house that is quickest to answer."""
    return house(receipt=ALL, trust="token")


def read(raw: bytes, settings: Settings, to: str = DESK) -> Parsed:
    return parse(raw, hints_for(settings, to))


def decided(raw: bytes, settings: Settings, to: str = DESK, sender: str = "eva@kunde.example") -> MailDecision:
    envelope = Envelope(recipient=to, sender=sender, accepted_at=NOW)
    return decide_mail(read(raw, settings, to), envelope, settings, Context(), NOW)


def test_there_are_sixty_shapes_at_least() -> None:
    assert len(SHAPES) == sum(map(len, (OUT_OF_OFFICE, REPORTS, TO_MANY, MACHINES, OURS))) >= 60


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_program_wrote_is_never_answered(name: str, settings: Settings) -> None:
    raw = SHAPES[name].mail()
    assert closed_to_writer(read(raw, settings), ENVELOPE, settings) is not None
    assert [one.receipt for one in decided(raw, settings).decisions if one.receipt] == []


@pytest.mark.parametrize("name", PEOPLE)
def test_what_a_person_wrote_is_answered(name: str, settings: Settings) -> None:
    assert closed_to_writer(read(PEOPLE[name].mail(), settings), ENVELOPE, settings) is None


@pytest.mark.parametrize("name", HEADERS)
def test_the_same_header_above_a_request_of_a_source_keeps_nothing_out(name: str, settings: Settings) -> None:
    """Its address is known and a request can be read: it is a record, and its customer gets his receipt."""
    raw = HEADERS[name].mail(text=LEAD)
    decision = decided(raw, settings, SOURCE, "bounce@mobile.example")
    assert (decision.fate, decision.source, decision.verified) == ("opened", "mobile-berlin", "address")
    assert [one.receipt and one.receipt.to for one in decision.decisions] == ["jonas@probe.example"]


@pytest.mark.parametrize(
    ("channel", "sender", "closed"),
    [("smtp", "", True), ("lmtp", "<>", True), ("imap:info", "", False), ("smtp", "eva@kunde.example", False),
     ("smtp", "noreply@kunde.example", True), ("smtp", DESK, True), ("lmtp", "desk+x.y@berlin.example", True)],
)  # fmt: skip
def test_the_envelope_sender_has_a_say_where_it_is_known(
    channel: str, sender: str, closed: bool, settings: Settings
) -> None:
    envelope = Envelope(recipient=DESK, sender=sender, channel=channel, accepted_at=NOW)
    assert (closed_to_writer(read(PEOPLE["plain"].mail(), settings), envelope, settings) is not None) is closed


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("eva@kunde.example", None),
        ("postmaster@kunde.example", None),
        ("noreply@kunde.example", "an address that takes no answers"),
        ("no_reply+1234@kunde.example", "an address that takes no answers"),
        ("DESK@Berlin.example", "an address of our own"),
        ("desk+l-000005-y.tabcdef@berlin.example", "an address of our own"),
        ("m@leads.example", "an address of our own"),
        ("x@post.example", "an address of our own"),
        ("x@sub.post.example", "an address of our own"),
        ("x@other-post.example", None),
        ("eva", "no mail address"),
        ("@kunde.example", "no mail address"),
    ],
)
def test_addresses_that_get_nothing(address: str, why: str | None, settings: Settings) -> None:
    assert closed_to(address, settings) == why
