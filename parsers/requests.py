"""The requests of one mail: what its levels found, completed by what stands around it."""

import msgspec

from parsers import adf_text, gaps, language, letters, replies, sender, types
from parsers.classify import classify, may_be_a_service
from parsers.clean import single_line
from parsers.document import Document
from parsers.guard import tried
from parsers.levels import from_levels
from parsers.merge import marked, merged
from parsers.records import Customer, Hints, MailClass, Reading
from parsers.vocabulary import vocabulary


def readings(mail: Document, hints: Hints, mail_class: MailClass | None = None) -> tuple[Reading, ...]:
    """Read the requests of a mail; whoever does not know its class yet leaves it out.

    Returns:
        Nothing for bounces and for automatic mail without a request; exactly one reading of kind `unsorted` for a
        person's mail, or a registered source's, that no level understands.
    """
    mail_class = mail_class or classified(mail, hints)[0]
    if mail_class == "bounce" or types.noise(mail, hints):
        return ()
    found = types.completed(mail, hints, _asked(mail, hints, mail_class))
    if mail_class == "person" and not (hints.source_type or hints.kind):
        found = tuple(letters.settled(reading, mail) for reading in found)
    if not found and (mail_class != "automatic" or _shows_adf(mail) or _is_of_a_source(mail, hints)):
        found = (unsorted(mail, hints, mail_class),)
    alone = len(found) == 1
    filled = (_filled(reading, mail, hints, mail_class, alone=alone) for reading in found)
    return tuple(_with_language(reading) for reading in filled)


def classified(mail: Document, hints: Hints) -> tuple[MailClass, str]:
    """Class of a mail and why; what cannot be classified is a person's until somebody looks."""
    noise = tried("noise", mail, lambda: types.noise(mail, hints), None)
    if noise:
        return "automatic", noise
    unclear: tuple[MailClass, str] = ("person", "could not be classified")
    return tried("class", mail, lambda: classify(mail), unclear)


def new_text(mail: Document) -> str | None:
    """What is new in an answer, above what it quotes."""
    return tried("reply", mail, lambda: replies.new_text(mail.text), None)


def _words(mail: Document, mail_class: MailClass) -> str | None:
    """What its author wrote: the whole text, of an answer what is new in it."""
    return (new_text(mail) if mail_class == "reply" else None) or mail.text


def _filled(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass, *, alone: bool) -> Reading:
    """The last level, `text`: what is still missing is looked for in free text."""
    return tried("text", mail, lambda: gaps.completed(reading, mail, hints, mail_class, alone=alone), reading)


def _asked(mail: Document, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    """What it asks for, with the customer as the header names him."""
    found, is_adf = from_levels(mail, hints, mail_class)
    if is_adf:
        return tuple(_reachable(lead, mail) for lead in found) if len(found) == 1 else found
    found = tuple(_without_houses(reading, mail, mail_class) for reading in found)
    if mail_class == "automatic":
        alone = len(found) == 1
        found = tuple(_filled(reading, mail, hints, mail_class, alone=alone) for reading in found)
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
    person = msgspec.structs.replace(person, emails=kept)
    origins = reading.origins
    if not kept:
        origins = {path: level for path, level in origins.items() if path != "customer.emails"}
    return msgspec.structs.replace(
        reading, customer=None if person == Customer() else person, extra=extra, origins=origins
    )


def _reachable(lead: Reading, mail: Document) -> Reading:
    """Add the sender's address to a lead in ADF that names its person without one."""
    if lead.customer and not lead.customer.emails:
        return _with_header_customer(lead, sender.customer(mail, reply_to_only=True, is_form=True))
    return lead


def _asks_something(reading: Reading, mail: Document, hints: Hints) -> bool:
    """Whether a program's mail carries a request: newsletters have labels, too, in their imprint."""
    if reading.booking and not reading.customer and not hints.source_type:
        return False  # an appointment that a newsletter proposes to all of its readers
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
        text = vocabulary(types.layout_of(hints)).before_ending(_words(mail, mail_class) or "")
        reading = merged(reading, marked(Reading(comments=text), "text"))
    return _with_relay(reading, mail)


def _has_words(reading: Reading) -> bool:
    """Whether the person's own words were found, wherever the kind of request keeps them."""
    complaint, review, booking = reading.complaint, reading.review, reading.booking
    kept = (complaint and complaint.text, review and review.text, booking and booking.remarks)
    return reading.comments is not None or any(kept)


def unsorted(mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    """What nothing understands: the text for a person to decide, and the sender if it is one."""
    reading = _with_language(marked(Reading(comments=_words(mail, mail_class)), "text"))
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


def _is_of_a_source(mail: Document, hints: Hints) -> bool:
    """Whether a source sent it to its own address: a lead in a layout that nobody knows yet must not be lost."""
    return hints.source_type is not None and may_be_a_service(mail)


def _shows_adf(mail: Document) -> bool:
    return any(adf_text.holds(part.text) for part in mail.structured)
