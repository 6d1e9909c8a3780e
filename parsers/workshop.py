"""Letters to the workshop: whether somebody asks for a visit, what for and when, where that is clear."""

import msgspec

from parsers import replies
from parsers.document import Document
from parsers.merge import marked, merged
from parsers.records import Booking, Hints, MailClass, Reading
from parsers.visit_words import found, has_word, sentences
from parsers.wanted import LIMIT, wanted

MOST = 5
"""Services of one letter."""


def recognised(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    """A letter that nothing understood, as a booking where it asks for a time and names work of the workshop."""
    if reading.kind != "unsorted" or mail_class != "person" or hints.source_type or hints.kind:
        return reading
    services = _services(mail.headers.get("subject") or "", replies.unquoted(mail.text or ""))
    if not services:
        return reading
    booking = marked(Reading(kind="booking", booking=Booking(services=services)), "text")
    return merged(msgspec.structs.replace(reading, kind="booking"), booking)


def _services(subject: str, text: str) -> tuple[str, ...]:
    """What is to be done, as it is written, where one sentence (or it and the subject) asks for a time for it."""
    if has_word(f"{subject}\n{text[:LIMIT]}", "other"):
        return ()
    services: dict[str, str] = {}
    for sentence in (subject, *sentences(text[:LIMIT])):
        told = sentence if sentence == subject else f"{subject} {sentence}"
        if has_word(told, "asks"):
            for work in found(told, "work"):
                services.setdefault(work.casefold(), work)
    return tuple(services.values())[:MOST]


def timed(reading: Reading, mail: Document, hints: Hints) -> Reading:
    """The time that a booking is wanted for, from the customer's words; several stand among the alternatives."""
    booking = reading.booking or Booking()
    if reading.kind != "booking" or booking.starts_at or booking.method:
        return reading
    day = mail.sent_at.date() if mail.sent_at else None
    times = wanted(_words(reading, mail), day, hints.region or "")
    if len(times) == 1:
        return merged(reading, marked(Reading(booking=Booking(starts_at=times[0])), "text"))
    if not times:
        return reading
    known = reading.alternatives.get("booking.starts_at", ())
    return msgspec.structs.replace(
        reading, alternatives={**reading.alternatives, "booking.starts_at": tuple(dict.fromkeys((*known, *times)))}
    )


def _words(reading: Reading, mail: Document) -> str:
    """The customer's own words: the fields of a form, else the whole letter with its subject."""
    remarks = reading.booking.remarks if reading.booking else None
    said = [each for each in (remarks, reading.comments) if each]
    if said and reading.origins.get("comments") != "text":
        return "\n\n".join(said)
    return "\n\n".join((mail.headers.get("subject") or "", replies.unquoted(mail.text or "")))
