"""The requests of one mail: what its levels found, completed by what stands around it."""

import msgspec

from parsers import adf_text, gaps, labels, language, letters, replies, sender, types, unlabelled, workshop
from parsers.classify import classify, may_be_a_service
from parsers.clean import single_line
from parsers.document import Document
from parsers.guard import tried
from parsers.levels import from_levels
from parsers.merge import marked, merged
from parsers.records import Customer, Hints, MailClass, Reading
from parsers.several import has_words, is_named
from parsers.vocabulary import vocabulary

_LABELS = frozenset(["table", "label"])
"""Levels that take a label's word for what stands behind it."""
_PERSONAL = frozenset(["customer.name", "customer.emails", "comments"])


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
    if len(found) == 1:
        found = (_recognised(found[0], mail, hints, mail_class),)
    alone = len(found) == 1 or _are_of_one(found)
    filled = (_filled(reading, mail, hints, mail_class, alone=alone) for reading in found)
    return tuple(_with_language(_timed(reading, mail, hints, alone=alone)) for reading in filled)


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


def _recognised(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass) -> Reading:
    return tried("visit", mail, lambda: workshop.recognised(reading, mail, hints, mail_class), reading)


def _timed(reading: Reading, mail: Document, hints: Hints, *, alone: bool) -> Reading:
    """When a visit is wanted; of several requests, nobody knows whose the words are."""
    return tried("times", mail, lambda: workshop.timed(reading, mail, hints), reading) if alone else reading


def _asked(mail: Document, hints: Hints, mail_class: MailClass) -> tuple[Reading, ...]:
    """What it asks for, with the customer as the header names him."""
    found, is_adf = from_levels(mail, hints, mail_class)
    if is_adf:
        return tuple(_reachable(lead, mail) for lead in found) if len(found) == 1 else found
    found = tuple(_without_our_number(_without_houses(reading, mail, mail_class), hints) for reading in found)
    if mail_class == "automatic":
        alone = len(found) == 1
        found = tuple(_filled(reading, mail, hints, mail_class, alone=alone) for reading in found)
        found = tuple(reading for reading in found if _asks_something(reading, mail, hints))
    alone = len(found) == 1 or (mail_class in ("person", "reply") and not any(map(is_named, found)))
    return tuple(_addressed(reading, mail, hints, mail_class, alone=alone) for reading in found)


def _are_of_one(found: tuple[Reading, ...]) -> bool:
    """Whether several requests, as the dates that somebody proposes, are of the one who wrote the mail."""
    return all(
        reading.customer == found[0].customer and reading.origins.get("customer.emails") == "header"
        for reading in found
    )


def _without_houses(reading: Reading, mail: Document, mail_class: MailClass) -> Reading:
    """Drop addresses that cannot be the customer's, and keep them where they do no harm."""
    person = reading.customer
    if person is None or not person.emails:
        return reading
    kept = sender.personal(mail, person.emails, automatic=mail_class == "automatic")
    if kept == person.emails:
        return reading
    dropped = ", ".join(address for address in person.emails if address not in kept)
    return _left(reading, msgspec.structs.replace(person, emails=kept), "emails", "other address", dropped)


def _without_our_number(reading: Reading, hints: Hints) -> Reading:
    """Drop the house's own number, likewise: forms and signatures show it beside the customer's."""
    person = reading.customer
    ours = [number for number in person.phones if sender.is_our_number(hints, number)] if person else []
    if person is None or not ours:
        return reading
    kept = tuple(number for number in person.phones if number not in ours)
    return _left(reading, msgspec.structs.replace(person, phones=kept), "phones", "other number", ", ".join(ours))


def _left(reading: Reading, person: Customer, field: str, label: str, dropped: str) -> Reading:
    """The reading with what is left of its customer, and what was dropped where it does no harm."""
    origins = reading.origins
    if not getattr(person, field):
        origins = {path: level for path, level in origins.items() if path != f"customer.{field}"}
    return msgspec.structs.replace(
        reading,
        customer=None if person == Customer() else person,
        extra={**reading.extra, label: dropped},
        origins=origins,
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
    """Add what stands outside the labels: kind of the source, and of the only one who asks the sender and the text."""
    automatic = mail_class == "automatic"
    if reading.kind == "unsorted" and hints.kind:
        reading = msgspec.structs.replace(reading, kind=hints.kind)
    if not alone:
        return reading
    if mail_class == "person" and hints.source_type is None:
        reading = _as_letter(reading, mail)
    if reading.customer is None or not reading.customer.emails:
        header = sender.customer(mail, reply_to_only=automatic, is_form=True)
        reading = _with_header_customer(reading, header)
    if not has_words(reading) and not automatic and mail.text:
        text = vocabulary(types.layout_of(hints)).before_ending(_words(mail, mail_class) or "")
        reading = merged(reading, marked(Reading(comments=text), "text"))
    if automatic and hints.source_type and mail.text and not _LABELS.isdisjoint(reading.origins.values()):
        reading = unlabelled.completed(reading, mail.text, vocabulary(types.layout_of(hints)))
    return _with_relay(reading, mail)


def _as_letter(reading: Reading, mail: Document) -> Reading:
    """A person's letter: its header says who wrote it, and all of it is what he says.

    `Name: see above` or `Contact: privacy@…` in it says otherwise by accident; what begins with a label is a form.
    """
    author = sender.author(mail)
    text = replies.unquoted(mail.text or "").strip()
    by_label = {field for field, origin in reading.origins.items() if origin in _LABELS}
    if author is None or by_label.isdisjoint(_PERSONAL) or labels.begins_labelled(text):
        return reading
    person = reading.customer or Customer()
    has_name = author.name is not None and not _is_part_of(author.name, person.name)
    name = author.name if has_name and (person.name is None or "customer.name" in by_label) else None
    emails = author.emails if "customer.emails" in by_label else ()
    if name:
        reading = _without_name_parts(reading, person)
    letter = marked(Reading(customer=Customer(name=name, emails=emails)), "header")
    if "comments" in by_label:
        letter = merged(letter, marked(Reading(comments=text), "text"))
    return merged(letter, reading)


def _without_name_parts(reading: Reading, person: Customer) -> Reading:
    """Without what was read out of a name that is none."""
    parts = ("first_name", "last_name", *(["company"] if person.company == person.name else []))
    origins = {field: origin for field, origin in reading.origins.items() if field.partition(".")[2] not in parts}
    person = msgspec.structs.replace(person, **dict.fromkeys(parts))
    return msgspec.structs.replace(reading, customer=person, origins=origins)


def _is_part_of(name: str, other: str | None) -> bool:
    """Whether another name has all of this one: mail programs often show the first name only."""
    return set(name.casefold().split()) <= set((other or "").casefold().split())


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
