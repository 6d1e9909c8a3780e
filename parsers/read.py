"""The whole reading of a mail: bytes to Document to class to Readings, and what `parse --json` prints.

Levels are tried in one order, the surest first. A higher level wins, lower ones fill gaps, and what they say
otherwise is kept as an alternative; every field remembers the level it came from.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import msgspec

from parsers import adf, adf_text, document, labels, language, patterned, sender, types
from parsers.classify import classify
from parsers.clean import single_line
from parsers.digest import digest
from parsers.document import Document
from parsers.merge import marked, merged
from parsers.records import Customer, Hints, MailClass, Parsed, Reading
from parsers.several import combined
from parsers.vocabulary import vocabulary

DEFECTS = 50

Level = Callable[[Document, Hints], tuple[Reading, ...]]


def _tables(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """Label and value pairs of HTML: tables, definition lists, labels in bold type."""
    words = vocabulary(types.layout_of(hints))
    texts = (markup for markup in mail.html if not adf_text.holds(markup))
    pairs = [pair for markup in texts for pair in labels.pairs_of_html(markup, words)]
    return labels.readings(pairs, hints, "table", words) if pairs else ()


def _lines(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """`Label: value` lines of plain text."""
    words = vocabulary(types.layout_of(hints))
    texts = (text for text in mail.plain if not adf_text.holds(text))
    pairs = [pair for text in texts for pair in labels.pairs_of_text(text, words)]
    return labels.readings(pairs, hints, "label", words) if pairs else ()


LEVELS: tuple[tuple[str, Level], ...] = (
    ("adf", adf.readings),
    ("layout", patterned.readings),
    ("table", _tables),
    ("label", _lines),
)
"""Ways to read a mail, the surest first."""


def parse(raw: bytes, hints: Hints | None = None) -> Parsed:
    """Read one mail. Pure, and total: whatever the bytes are, a result comes back, with what went wrong as defects."""
    hints = hints or Hints()
    mail = document.parse(raw, hints)
    mail_class, because = _classified(mail, hints)
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
    )


def readings(mail: Document, hints: Hints, mail_class: MailClass | None = None) -> tuple[Reading, ...]:
    """Read the requests of a mail; whoever does not know its class yet leaves it out.

    Returns:
        Nothing for bounces and for automatic mail without a request; exactly one reading of kind `unsorted` for a
        person's mail that no level understands.
    """
    mail_class = mail_class or _classified(mail, hints)[0]
    if mail_class == "bounce" or types.noise(mail, hints):
        return ()
    found = types.completed(mail, hints, _from_levels(mail, hints, mail_class))
    if found:
        return tuple(_with_language(reading, hints) for reading in found)
    return () if mail_class == "automatic" and not _shows_adf(mail) else (_unsorted(mail, hints, mail_class),)


def sent_at(mail: Document) -> str | None:
    """The Date field as ISO 8601; None where it is missing or no date."""
    try:
        return parsedate_to_datetime(mail.headers.raw("date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _classified(mail: Document, hints: Hints) -> tuple[MailClass, str]:
    try:
        noise = types.noise(mail, hints)
        return ("automatic", noise) if noise else classify(mail)
    except Exception as error:  # what cannot be classified is a person's until somebody looks
        mail.defects.append(f"class: {type(error).__name__}")
        return "person", "could not be classified"


def _from_levels(mail: Document, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    by_level: dict[str, tuple[Reading, ...]] = {}
    for name, level in LEVELS[: _depth(mail_class, hints)]:
        if name == "label" and any(map(_is_full, by_level["table"])) and _are_twins(mail):
            break
        by_level[name] = _guarded(name, level, mail, hints)
    found = combined(tuple(by_level.items()))
    if by_level.get("adf"):
        return tuple(_reachable(lead, mail) for lead in found) if len(found) == 1 else found
    found = tuple(_without_houses(reading, mail, mail_class) for reading in found)
    if mail_class == "automatic":
        found = tuple(reading for reading in found if _asks_something(reading, mail, hints))
    return tuple(_addressed(reading, mail, hints, mail_class, alone=len(found) == 1) for reading in found)


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


def _reachable(lead: Reading, mail: Document) -> Reading:
    """Add the sender's address to a lead in ADF that names its person without one."""
    if lead.customer and not lead.customer.emails:
        return _with_header_customer(lead, sender.customer(mail, reply_to_only=True, is_form=True))
    return lead


def _asks_something(reading: Reading, mail: Document, hints: Hints) -> bool:
    """Whether a program's mail carries a request: newsletters have labels, too, in their imprint."""
    if any((reading.booking, reading.review, reading.complaint, reading.alert, reading.call)):
        return True
    person = reading.customer
    if person is None:
        return False
    named = person.name is not None and person.name != person.company  # an imprint names a company
    if hints.source_type is None:
        return named and bool(person.emails or person.phones)
    answered = sender.relay(mail) or sender.customer(mail, reply_to_only=True, is_form=True)
    return bool(person.emails or person.phones or (named and (answered or reading.vehicles)))


def _addressed(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass, *, alone: bool) -> Reading:
    """Add what stands outside the labels: kind of the source, and of the only request the sender and the text."""
    automatic = mail_class == "automatic"
    if reading.kind == "unsorted" and hints.kind:
        reading = msgspec.structs.replace(reading, kind=hints.kind)
    if not alone:
        return reading
    if reading.customer is None or not reading.customer.emails:
        header = sender.customer(mail, reply_to_only=automatic, is_form=True)
        reading = _with_header_customer(reading, header)
    if not _has_words(reading) and not automatic and mail.text:
        text = vocabulary(types.layout_of(hints)).before_ending(mail.text)
        reading = merged(reading, marked(Reading(comments=text), "text"))
    return _with_relay(reading, mail)


def _has_words(reading: Reading) -> bool:
    """Whether the person's own words were found, wherever the kind of request keeps them."""
    complaint, review, booking = reading.complaint, reading.review, reading.booking
    kept = (complaint and complaint.text, review and review.text, booking and booking.remarks)
    return reading.comments is not None or any(kept)


def _unsorted(mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    """What nothing understands: the text for a person to decide, and the sender if it is one."""
    reading = _with_language(marked(Reading(comments=mail.text), "text"), hints)
    if not _shows_adf(mail):  # a service sent it, whatever its From says
        reading = _with_header_customer(reading, sender.customer(mail, reply_to_only=mail_class == "automatic"))
    return _with_relay(reading, mail)


def _with_language(reading: Reading, hints: Hints) -> Reading:
    """Add the language that the person writes in, where nothing told it yet; else that of the source."""
    if reading.language:
        return reading
    spoken = language.guess(reading.comments) if reading.comments else None
    origins = {"language": "text", **reading.origins} if spoken else reading.origins
    return msgspec.structs.replace(reading, language=spoken or hints.language, origins=origins)


def _with_header_customer(reading: Reading, found: Customer | None) -> Reading:
    return merged(reading, marked(Reading(customer=found), "header")) if found else reading


def _with_relay(reading: Reading, mail: Document) -> Reading:
    relay = single_line(sender.relay(mail))
    if relay is None or (reading.customer and reading.customer.emails):
        return reading
    return merged(reading, marked(Reading(extra={"reply_to": relay}), "header"))


def _shows_adf(mail: Document) -> bool:
    return any(adf_text.holds(part.text) for part in mail.structured)
