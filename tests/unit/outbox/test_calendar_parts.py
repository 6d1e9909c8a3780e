"""The calendar in the finished mail: where mail programs look for it, and held where it holds what is ours."""

import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, cast

import msgspec
import pytest

from daemon.errands import Render
from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.draft import Draft, own_address, site_card
from daemon.outbox.guard import leak
from daemon.outbox.letters import letter
from daemon.reader import Reader
from daemon.store.notices import DueNotice
from parsers import document, read
from parsers.enclosures import Enclosure
from parsers.records import Hints
from rules.house import Internal
from rules.reference import make, token
from rules.visit_mails import VISIT_MAILS
from templates.fallback import fallback
from templates.invitation import calendar_of
from templates.model import Calendar, Rendered, RenderJob
from templates.words import load_words
from tests.support.answering import House, house
from tests.support.calendars import by_icalendar, by_vobject
from tests.support.visits import CUSTOMER, KEY, REF, REPLY_TO, SHOWN, VISIT, booking, telling

PURPOSES = {
    "visit-offer": "REQUEST",
    "visit-scheduled": "REQUEST",
    "visit-kept": "DECLINECOUNTER",
    "visit-cancelled": "CANCEL",
}
FILE = Enclosure(name="Angebot.pdf", type="application/pdf", content=b"%PDF-1.4\n")
OWN = token(REF, "customer", KEY)


def calendar(job: RenderJob) -> Calendar:
    made = calendar_of(job, load_words("de", {}))
    assert made is not None
    return made


def mail(purpose: str = "visit-offer", *, html: str | None = "<p>Hallo</p>", language: str = "de") -> OutgoingMail:
    job = telling(purpose, language)
    return OutgoingMail(
        sender="desk@muster.example",
        sender_name="Autohaus Muster",
        to=CUSTOMER,
        reply_to=REPLY_TO,
        subject="Ihr Termin",
        text="Hallo\n",
        html=html,
        message_id="<1@muster.example>",
        date=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        reference=REF,
        calendar=calendar(job),
    )


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def alternatives(message: EmailMessage) -> list[EmailMessage]:
    """The parts of its first multipart/alternative."""
    found = next(part for part in message.walk() if part.get_content_type() == "multipart/alternative")
    return cast("list[EmailMessage]", list(found.iter_parts()))


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("html", ["<p>Hallo</p>", None])
@pytest.mark.parametrize("files", [(), (FILE,)])
def test_it_stands_as_last_alternative_and_as_a_file(
    purpose: str, html: str | None, files: tuple[Enclosure, ...]
) -> None:
    sent = replace(mail(purpose, html=html), attachments=files)
    assert sent.calendar is not None
    raw = compose(sent)
    message = parsed(raw)
    assert message.get_content_type() == "multipart/mixed"
    first, *others = message.iter_parts()
    assert first.get_content_type() == "multipart/alternative"  # Outlook looks nowhere else
    parts = alternatives(message)
    forms = ["text/plain", "text/html", "text/calendar"] if html else ["text/plain", "text/calendar"]
    assert [part.get_content_type() for part in parts] == forms
    offered, file = parts[-1], others[0]
    assert dict(offered["Content-Type"].params) == {"charset": "utf-8", "method": PURPOSES[purpose]}
    assert offered["Content-Disposition"] is None
    assert (file.get_content_type(), file.get_filename(), file.get_content_disposition()) == (
        "application/ics",
        "invite.ics",
        "attachment",
    )
    for part in (offered, file):  # line ends must come through as they are: no quoted-printable
        assert part["Content-Transfer-Encoding"] == "base64"
        assert part.get_payload(decode=True) == sent.calendar.content.encode()
    assert [one.get_filename() for one in others[1:]] == [one.name for one in files]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 76


def test_one_to_look_at_is_only_a_file() -> None:
    sent = mail()
    assert sent.calendar is not None
    published = msgspec.structs.replace(sent.calendar, method="PUBLISH", name="visits.ics")
    message = parsed(compose(replace(sent, calendar=published)))
    assert [part.get_content_type() for part in alternatives(message)] == ["text/plain", "text/html"]
    assert [part.get_filename() for part in message.iter_attachments()] == ["visits.ics"]


def test_without_one_the_mail_is_as_it_was() -> None:
    message = parsed(compose(replace(mail(), calendar=None)))
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_our_own_parser_reads_one_booking_out_of_the_mail(purpose: str) -> None:
    raw = compose(mail(purpose))
    assert len([part for part in document.parse(raw).leaves if part.type in ("text/calendar", "application/ics")]) == 2
    found = read.parse(raw, Hints())
    (reading,) = (one for one in found.readings if one.booking)
    assert reading.booking is not None
    assert (reading.booking.uid, reading.booking.sequence, reading.booking.method) == (VISIT.uid, 2, PURPOSES[purpose])
    assert reading.booking.starts_at == (None if purpose == "visit-kept" else "2026-12-03T09:00:00+01:00")


def test_the_customers_own_address_in_it_does_not_hold_the_mail() -> None:
    for purpose in PURPOSES:
        assert OWN in calendar(telling(purpose)).content.replace("\r\n ", "")
        assert held(telling(purpose)) == ""


OURS = {
    "token of the team": f"desk+{token(REF, 'team', KEY)}@muster.example",
    "token of another record": f"desk+{token(make('booking', 8), 'customer', KEY)}@muster.example",
    "command link": "mailto:desk@muster.example?body=%21take",
    "address of the house": "chef@muster.example",
    "note": "Der Kunde hat noch; eine offene Rechnung.",
    "delimiter": "##- Eine Antwort geht an den Kunden. -##",
}


PLACES: dict[str, Callable[[RenderJob, str], RenderJob]] = {
    "remarks": lambda job, found: visited(job, remarks=found),
    "services": lambda job, found: visited(job, services=("Inspektion", f"x {found}")),
    "site": lambda job, found: msgspec.structs.replace(job, site=msgspec.structs.replace(SHOWN, name=found)),
}


def visited(job: RenderJob, **changes: Any) -> RenderJob:
    return msgspec.structs.replace(job, record=booking("offered", msgspec.structs.replace(VISIT, **changes)))


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_ours_is_found_in_it(name: str, place: str) -> None:
    assert held(PLACES[place](telling("visit-offer"), OURS[name])).startswith("it held ")


@pytest.mark.parametrize("name", [name for name in OURS if "@" in OURS[name]])
def test_nobody_elses_address_is_the_organizer(name: str) -> None:
    assert held(msgspec.structs.replace(telling("visit-offer"), reply_to=OURS[name])).startswith("it held ")


def held(job: RenderJob) -> str:
    """Why a mail with the calendar of this job is held; nothing where it is not."""
    return leak(replace(mail(), calendar=calendar(job)), OWN, None, [OURS["note"]], INSIDE) or ""


INSIDE = Internal(frozenset(["chef@muster.example"]), "desk+", "muster.example")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house"), {}) as made:
        yield made


def drafted(room: House, purpose: str) -> Draft:
    """A mail about a visit as the daemon drafts it for its customer."""
    shift, known = room.shift, telling(purpose)
    site = shift.settings.sites["berlin"]
    record = msgspec.structs.replace(known.record, site="berlin")
    job = msgspec.structs.replace(
        known, record=record, site=site_card(shift.settings, site), reply_to=own_address(shift, site, REF, "customer")
    )
    due = DueNotice(id=1, record_id=1, revision=1, notice=known.notice, record=record, mail=None)
    return Draft(due, job, None)


@pytest.mark.parametrize("purpose", VISIT_MAILS)
def test_the_reader_writes_it_and_the_letter_carries_it(room: House, purpose: str) -> None:
    one = drafted(room, purpose)
    (answer,) = room.shift.reader.ask([Render(one.job)])
    assert answer.rendered is not None, answer.error
    made = letter(room.shift, one, answer.rendered)
    assert made.held is None
    found = [part for part in parsed(made.content).walk() if part.get_content_type() == "text/calendar"]
    method = VISIT_MAILS[purpose].method
    assert [part["Content-Type"].params["method"] for part in found] == ([method] if method else [])
    for part in found:
        content = cast("bytes", part.get_payload(decode=True)).decode()
        assert by_icalendar(content) == by_vobject(content)
        assert f'ORGANIZER;CN="{one.job.site.name}":mailto:{one.job.reply_to}\r\n' in content.replace("\r\n ", "")
        assert parsed(made.content)["Reply-To"] == one.job.reply_to


AUTOMATIC = {"visit-ask": None, "visit-agreed": "auto-replied", "visit-current": "auto-replied"}


@pytest.mark.parametrize("purpose", VISIT_MAILS)
def test_programs_are_told_whether_a_program_wrote(room: House, purpose: str) -> None:
    made = letter(room.shift, drafted(room, purpose), Rendered(subject="x", text="x\n"))
    assert parsed(made.content)["Auto-Submitted"] == AUTOMATIC.get(purpose, "auto-generated")


def test_a_template_that_fails_leaves_a_plainer_calendar(room: House) -> None:
    reader = Reader({"de/visit-offer.html.j2": "{{ nothing.there }}"})
    try:
        one = drafted(room, "visit-offer")
        (answer,) = reader.ask([Render(one.job)])
    finally:
        reader.close()
    assert answer.rendered is None
    made = letter(room.shift, one, fallback(one.job))
    offered = alternatives(parsed(made.content))[-1]
    (seen,) = by_vobject(cast("bytes", offered.get_payload(decode=True)).decode())
    assert (seen.method, seen.uid, seen.sequence, seen.starts_at) == ("REQUEST", VISIT.uid, 2, VISIT.starts_at)


def test_the_site_as_configured_is_what_the_calendar_knows(room: House) -> None:
    site = room.shift.settings.sites["berlin"]
    booked = site.booking.model_copy(
        update={"directions": "https://maps.example/x", "hide": {"calendar": ("price",)}, "reminder": 3}
    )
    shown = site_card(room.shift.settings, site.model_copy(update={"geo": (52.5, 13.4), "booking": booked}))
    assert (shown.geo, shown.directions, shown.hide, shown.reminder) == (
        (52.5, 13.4),
        "https://maps.example/x",
        {"calendar": ("price",)},
        3,
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(shown), type=type(shown)) == shown
