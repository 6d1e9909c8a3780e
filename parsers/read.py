"""The whole reading of a mail: bytes to Document to class to Readings, and what `parse --json` prints.

Levels are tried in one order, the surest first. A higher level wins, lower ones fill gaps, and what they say
otherwise is kept as an alternative; every field remembers the level it came from.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import msgspec

from parsers import adf, adf_text, document, labels, language, sender
from parsers.classify import classify
from parsers.clean import single_line
from parsers.digest import digest
from parsers.document import Document
from parsers.fingerprint import shape
from parsers.merge import marked, merged
from parsers.records import Customer, Hints, MailClass, Parsed, Reading

DEFECTS = 50

Level = Callable[[Document, Hints], tuple[Reading, ...]]


def _tables(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """Label and value pairs of HTML: tables, definition lists, labels in bold type."""
    pairs = [pair for markup in mail.html if not adf_text.holds(markup) for pair in labels.pairs_of_html(markup)]
    reading = labels.reading(pairs, hints, "table") if pairs else None
    return (reading,) if reading else ()


def _lines(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """`Label: value` lines of plain text."""
    pairs = [pair for text in mail.plain if not adf_text.holds(text) for pair in labels.pairs_of_text(text)]
    reading = labels.reading(pairs, hints, "label") if pairs else None
    return (reading,) if reading else ()


LEVELS: tuple[tuple[str, Level], ...] = (("adf", adf.readings), ("table", _tables), ("label", _lines))
"""Ways to read a mail, the surest first."""


def parse(raw: bytes, hints: Hints | None = None) -> Parsed:
    """Read one mail. Pure, and total: whatever the bytes are, a result comes back, with what went wrong as defects."""
    hints = hints or Hints()
    mail = document.parse(raw, hints)
    mail_class, because = _classified(mail)
    found = readings(mail, hints, mail_class)
    name, address = mail.sender
    reply_to = mail.headers.addresses("reply-to")[:1]
    return Parsed(
        mail_class=mail_class,
        class_because=because,
        digest=digest(mail),
        readings=found,
        defects=tuple(dict.fromkeys(mail.defects))[:DEFECTS],
        message_id=mail.headers.get("message-id"),
        sender=address or None,
        sender_name=name,
        reply_to=reply_to[0][1].lower() if reply_to else None,
        subject=mail.headers.get("subject"),
        date=sent_at(mail),
        language=next((reading.language for reading in found if reading.language), hints.language),
        text=mail.text,
        attachments=mail.attachments,
        shape=shape(mail, found, hints, [name for name, _ in LEVELS]),
    )


def readings(mail: Document, hints: Hints, mail_class: MailClass | None = None) -> tuple[Reading, ...]:
    """Read the requests of a mail; whoever does not know its class yet leaves it out.

    Returns:
        Nothing for bounces and for automatic mail without a request; exactly one reading of kind `unsorted` for a
        person's mail that no level understands.
    """
    mail_class = mail_class or _classified(mail)[0]
    if mail_class == "bounce":
        return ()
    found = _from_levels(mail, hints, mail_class)
    if found:
        return tuple(_with_language(reading) for reading in found)
    return () if mail_class == "automatic" and not _shows_adf(mail) else (_unsorted(mail, hints, mail_class),)


def sent_at(mail: Document) -> str | None:
    """The Date field as ISO 8601; None where it is missing or no date."""
    try:
        return parsedate_to_datetime(mail.headers.raw("date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _classified(mail: Document) -> tuple[MailClass, str]:
    try:
        return classify(mail)
    except Exception as error:  # what cannot be classified is a person's until somebody looks
        mail.defects.append(f"class: {type(error).__name__}")
        return "person", "could not be classified"


def _from_levels(mail: Document, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    by_level: dict[str, tuple[Reading, ...]] = {}
    for name, level in LEVELS[: _depth(mail_class, hints)]:
        if name == "label" and any(map(_is_full, by_level["table"])) and _are_twins(mail):
            break
        by_level[name] = _guarded(name, level, mail, hints)
    leads = by_level.pop("adf")
    lower = [reading for readings_of_level in by_level.values() for reading in readings_of_level]
    if leads:
        return _completed(leads, lower, mail)
    if not lower:
        return ()
    reading = lower[0]
    for other in lower[1:]:
        reading = merged(reading, other)
    reading = _without_houses(reading, mail, mail_class)
    if mail_class == "automatic" and not _asks_something(reading, hints):
        return ()
    return (_addressed(reading, mail, hints, mail_class),)


def _without_houses(reading: Reading, mail: Document, mail_class: MailClass) -> Reading:
    """Drop addresses that cannot be the customer's, and keep them where they do no harm."""
    person = reading.customer
    if person is None or not person.emails:
        return reading
    kept = sender.personal(mail, person.emails, automatic=mail_class == "automatic")
    if kept == person.emails:
        return reading
    dropped = ", ".join(address for address in person.emails if address not in kept)
    extra = {**reading.extra, "other address": dropped}
    return msgspec.structs.replace(reading, customer=msgspec.structs.replace(person, emails=kept), extra=extra)


def _depth(mail_class: MailClass, hints: Hints) -> int:
    """How many levels to try: an answer quotes the labels of what it answers, unless a source sends it."""
    return 1 if mail_class == "reply" and hints.source_type is None else len(LEVELS)


def _is_full(reading: Reading) -> bool:
    """Whether it says who asks, how to reach them and what for."""
    person = reading.customer
    reachable = person is not None and person.name is not None and bool(person.emails or person.phones)
    return reachable and reading.comments is not None and bool(reading.vehicles)


def _are_twins(mail: Document) -> bool:
    """Whether each plain text says what an HTML text beside it says (RFC 2046 5.1.4)."""
    shown = {part.alternative for part in mail.leaves if part.is_text and part.type == "text/html"} - {0}
    return all(part.alternative in shown for part in mail.leaves if part.is_text and part.type == "text/plain")


def _guarded(name: str, level: Level, mail: Document, hints: Hints) -> tuple[Reading, ...]:
    try:
        return level(mail, hints)
    except MemoryError:
        raise
    except Exception as error:  # a level that fails must not take the mail with it
        mail.defects.append(f"{name}: {type(error).__name__}")
        return ()


def _completed(leads: tuple[Reading, ...], lower: list[Reading], mail: Document) -> tuple[Reading, ...]:
    """Fill gaps of a single ADF lead from the human-readable twin in the same mail, if it is of the same person.

    The other text may name the dealer or the service; their data must never become the customer's.
    """
    if len(leads) > 1:
        return leads
    lead = leads[0]
    for reading in lower:
        same = _same_person(lead.customer, reading.customer)
        lead = merged(lead, reading if same else msgspec.structs.replace(reading, customer=None, comments=None))
    if lead.customer and not lead.customer.emails:
        lead = _with_header_customer(lead, sender.customer(mail, reply_to_only=True, is_form=True))
    return (lead,)


def _same_person(one: Customer | None, other: Customer | None) -> bool:
    if one is None or other is None:
        return False
    same_name = one.name is not None and other.name is not None and one.name.casefold() == other.name.casefold()
    mails = {mail.casefold() for mail in one.emails} & {mail.casefold() for mail in other.emails}
    return same_name or bool(mails) or bool({p[-7:] for p in one.phones} & {p[-7:] for p in other.phones})


def _asks_something(reading: Reading, hints: Hints) -> bool:
    """Whether a program's mail carries a request: newsletters have labels, too, in their imprint."""
    if any((reading.booking, reading.review, reading.complaint, reading.alert, reading.call)):
        return True
    person = reading.customer
    if person is None:
        return False
    named = person.name is not None and person.name != person.company  # an imprint names a company
    return bool(person.emails or person.phones) and (named or hints.source_type is not None)


def _addressed(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    """Add what stands outside the labels: kind of the source, the sender, the way to answer, the text."""
    automatic = mail_class == "automatic"
    if reading.kind == "unsorted" and hints.kind:
        reading = msgspec.structs.replace(reading, kind=hints.kind)
    if reading.customer is None or not reading.customer.emails:
        header = sender.customer(mail, reply_to_only=automatic, is_form=True)
        reading = _with_header_customer(reading, header)
    if not _has_words(reading) and not automatic and mail.text:
        reading = merged(reading, marked(Reading(comments=mail.text), "text"))
    return _with_relay(reading, mail)


def _has_words(reading: Reading) -> bool:
    """Whether the person's own words were found, wherever the kind of request keeps them."""
    complaint, review, booking = reading.complaint, reading.review, reading.booking
    kept = (complaint and complaint.text, review and review.text, booking and booking.remarks)
    return reading.comments is not None or any(kept)


def _unsorted(mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    """What nothing understands: the text for a person to decide, and the sender if it is one."""
    reading = _with_language(marked(Reading(comments=mail.text), "text"))
    if reading.language is None and hints.language:
        reading = msgspec.structs.replace(reading, language=hints.language)
    if not _shows_adf(mail):  # a service sent it, whatever its From says
        reading = _with_header_customer(reading, sender.customer(mail, reply_to_only=mail_class == "automatic"))
    return _with_relay(reading, mail)


def _with_language(reading: Reading) -> Reading:
    """Add the language that the person writes in, where nothing told it yet."""
    spoken = language.guess(reading.comments) if reading.comments and not reading.language else None
    origins = {"language": "text", **reading.origins}
    return msgspec.structs.replace(reading, language=spoken, origins=origins) if spoken else reading


def _with_header_customer(reading: Reading, found: Customer | None) -> Reading:
    return merged(reading, marked(Reading(customer=found), "header")) if found else reading


def _with_relay(reading: Reading, mail: Document) -> Reading:
    relay = single_line(sender.relay(mail))
    if relay is None or (reading.customer and reading.customer.emails):
        return reading
    return merged(reading, marked(Reading(extra={"reply_to": relay}), "header"))


def _shows_adf(mail: Document) -> bool:
    return any(adf_text.holds(part.text) for part in mail.structured)
