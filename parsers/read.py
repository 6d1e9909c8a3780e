"""The whole reading of a mail: bytes to Document to class to Readings, and what `parse --json` prints."""

import msgspec

from parsers import (
    answerable,
    answers,
    behalf,
    bounces,
    calendar,
    document,
    forwards,
    sender,
    suspicion,
    threads,
    wishes,
)
from parsers.clean import block, single_line
from parsers.digest import digest
from parsers.document import Document
from parsers.fingerprint import shape
from parsers.guard import tried
from parsers.levels import LEVELS
from parsers.records import Answer, Forwarded, Hints, MailClass, Parsed, Reading
from parsers.requests import classified, new_text, readings, unsorted
from parsers.several import is_named
from parsers.unlabelled import speaks_of_self
from parsers.verify import authenticated_domain

DEFECTS = 50
_LETTER = 40
"""Bytes of a note that says more than to whom it is passed on."""
RECORD = 40
"""Characters of a reference, as a foreign mail claims it."""
SOURCE_READINGS = 50
STRANGER_READINGS = 10
"""Requests of one mail at most: each opens a record and tells a team, and anybody can write a mail with thousands."""


def parse(raw: bytes, hints: Hints | None = None) -> Parsed:
    """Read one mail. Pure, and total: whatever the bytes are, a result comes back, with what went wrong as defects."""
    hints = hints or Hints()
    mail = document.parse(raw, hints)
    mail_class, because = classified(mail, hints)
    nothing: forwards.Inside = ()
    inside = tried("forward", mail, lambda: forwards.opened(mail, mail_class), nothing)
    asked = None if inside else tried("behalf", mail, lambda: behalf.behalf(mail, hints, mail_class), None)
    found = (unsorted(mail, hints, mail_class),) if asked else requested(mail, inside, hints, mail_class)
    found = _with_calendar(found, mail, mail_class)
    most = SOURCE_READINGS if hints.source_type else STRANGER_READINGS
    shown = [inner for inner, _ in inside] or [mail]
    name, address = mail.sender
    reply_to = mail.headers.addresses("reply-to")[:1]
    return Parsed(
        mail_class=mail_class,
        class_because=because,
        no_answer=_no_answer(mail, mail_class),
        digest=digest(mail),
        readings=found[:most],
        defects=(*_left_out(len(found), most), *_defects(mail, *shown))[:DEFECTS],
        message_id=mail.headers.get("message-id"),
        sender=address or None,
        sender_name=name,
        reply_to=reply_to[0][1].lower() if reply_to else None,
        subject=mail.headers.get("subject"),
        date=sent_at(mail),
        language=next((reading.language for reading in found if reading.language), hints.language),
        text=shown[0].text if len(shown) == 1 else block("\n\n".join(inner.text or "" for inner in shown)),
        new_text=new_text(mail) if mail_class == "reply" else None,
        forwarded=inside[0][1] if inside else None,
        bounce=tried("bounce", mail, lambda: bounces.failed(mail, mail_class), ()),
        attachments=tuple(attachment for inner in shown for attachment in inner.attachments),
        authenticated=authenticated_domain(mail.headers, hints.border) if hints.border else None,
        flags=tried("flags", mail, lambda: suspicion.flags(mail, found), ()),
        addressed=hints.address is not None and sender.is_addressed(mail, hints.address),
        answer=tried("answer", mail, lambda: _answer(mail), None) if hints.answering else None,
        references=threads.references(mail.headers),
        own_record=single_line(mail.headers.get("x-postroom-record"), RECORD),
        behalf=asked,
        shape=tried("shape", mail, lambda: shape(shown[0], found, hints, [name for name, _ in LEVELS]), None),
    )


def _no_answer(mail: Document, mail_class: MailClass) -> str | None:
    unclear: str | None = "it could not be told who wrote it"
    return tried("no_answer", mail, lambda: answerable.no_answer(mail, mail_class), unclear)


def _with_calendar(found: tuple[Reading, ...], mail: Document, mail_class: MailClass) -> tuple[Reading, ...]:
    """Where a mail answers one of ours, what its calendar answers is read whoever sent it: programs do so by right."""
    if not mail.hints.answering or mail_class == "bounce" or any(map(calendar.is_answering, found)):
        return found
    nothing: tuple[Reading, ...] = ()
    read = tried("calendar", mail, lambda: calendar.readings(mail, mail.hints), nothing)
    return (*filter(calendar.is_answering, read), *found)


def _answer(mail: Document) -> Answer:
    return wishes.with_wish(answers.answer(mail), mail)


def _left_out(found: int, most: int) -> tuple[str, ...]:
    return (f"only the first {most} of {found} requests were read",) if found > most else ()


def _defects(*mails: Document) -> tuple[str, ...]:
    return tuple(dict.fromkeys(defect for mail in mails for defect in mail.defects))


def sent_at(mail: Document) -> str | None:
    """The Date field as ISO 8601; None where it is missing or no date."""
    return mail.sent_at.isoformat() if mail.sent_at else None


def _writes_himself(mail: Document, inside: forwards.Inside, found: tuple[Reading, ...]) -> bool:
    """Whether the one who passes a mail on is the customer, and what he wrote above it his request.

    He is where nobody else is (a bounce of his own mail), and where he writes of himself, more than `please see to it`,
    from an address as private people have. Whoever forwards from a company, as an importer does, speaks for the one
    inside.
    """
    note = next((forwarded.note for _, forwarded in inside if forwarded.note), None)
    forwarder = sender.author(mail) if note and mail.hints.own and mail.hints.source_type is None else None
    if note is None or forwarder is None:
        return False
    is_private = sender.is_mailbox(sender.registrable(mail.sender[1].rpartition("@")[2]))
    is_letter = len(note.encode("utf-8")) >= _LETTER and speaks_of_self(note)
    return not any(map(is_named, found)) or (is_private and is_letter)


def _with_third_party(found: tuple[Reading, ...], inside: forwards.Inside) -> tuple[Reading, ...]:
    """Say whose mail the customer passed on."""
    said = next((_mailbox(one.sender_name, one.sender) for _, one in inside), "")
    third = {"forward_sender": single_line(said) or ""} if said else {}
    return tuple(msgspec.structs.replace(one, extra={**one.extra, **third}) for one in found)


def requested(mail: Document, inside: forwards.Inside, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    """The requests of a mail, or, where it forwards others, of these; a customer's own above what he passes on."""
    found = _of_forwards(inside, hints, mail_class) if inside else ()
    if inside and not _writes_himself(mail, inside, found):
        return found
    return _with_third_party(readings(mail, hints, mail_class), inside)


def _of_forwards(inside: forwards.Inside, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    return tuple(reading for inner, forwarded in inside for reading in _of_forward(inner, forwarded, hints, mail_class))


def _of_forward(inner: Document, forwarded: Forwarded, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    """What stands in a forwarded mail. Somebody passed it on: nothing in it is too automatic to be seen."""
    inner_class = classified(inner, hints)[0]
    if inner_class == "bounce" or mail_class == "automatic":
        inner_class = "automatic"
    elif forwards.is_answer(inner):
        inner_class = "reply"
    found = readings(inner, hints, inner_class)
    if not found and mail_class != "automatic":
        found = (unsorted(inner, hints, inner_class),)
    return tuple(_with_forwarder(reading, forwarded) for reading in found)


def _with_forwarder(reading: Reading, forwarded: Forwarded) -> Reading:
    """Let the team see who passed it on, and what he wrote above it."""
    said = {
        "forwarded_by": single_line(_mailbox(forwarded.by_name, forwarded.by)),
        "forward_note": single_line(forwarded.note),
    }
    if not (forwarded.sender and reading.customer and forwarded.sender in reading.customer.emails):
        said["forward_sender"] = single_line(_mailbox(forwarded.sender_name, forwarded.sender))
    told = {name: value for name, value in said.items() if value}
    return msgspec.structs.replace(reading, extra={**reading.extra, **told})


def _mailbox(name: str | None, address: str | None) -> str:
    return " ".join(filter(None, (name, f"<{address}>" if address else None)))
