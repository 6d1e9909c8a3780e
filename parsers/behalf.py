"""Mails that begin with `!booking`: somebody of the house asks for a visit in the name of a customer.

Below it stand lines with labels, as in a form, and commands that are to be done at once. Nothing of it counts before
the rules have proven its writer; his own address and signature are nobody's request.
"""

import msgspec

from parsers import commands, labels, replies, signature, workshop
from parsers.document import Document
from parsers.records import Behalf, Command, Customer, Hints, MailClass, Reading
from parsers.vocabulary import PLAIN

_LINES = 200


def behalf(mail: Document, hints: Hints, mail_class: MailClass) -> Behalf | None:
    """Read such a mail; None for all others.

    Args:
        mail: The mail; not one to a reply address, whose commands are of its record.
        hints: What is known of the recipient.
        mail_class: Of the mail.
    """
    if mail_class not in ("person", "reply") or hints.answering or hints.source_type:
        return None
    lines = replies.unquoted(mail.text or "").split("\n")[:_LINES]
    number = next((number for number, line in enumerate(lines) if line.strip()), None)
    if number is None or not _opens(lines[number], hints.region):
        return None
    below = lines[number + 1 :]
    own = signature.without(below, f"{mail.sender[0] or ''} {mail.sender[1].partition('@')[0]}")
    said = [line for line in own if not commands.is_command(line)]
    done = [commands.command(line, hints.region) for line in own if commands.is_command(line)]
    return Behalf(reading=_reading(said, mail, hints), commands=tuple(done)[: commands.MOST])


def _opens(line: str, region: str) -> bool:
    if not commands.is_command(line):
        return False
    first: Command = commands.command(line, region)
    return first.name == "read-as" and first.args == {"kind": "booking"}


def _reading(lines: list[str], mail: Document, hints: Hints) -> Reading | None:
    """The request of the labels, without what is its writer's, in the language of the site: the customer reads that."""
    pairs = labels.pairs_of_text("\n".join(lines), PLAIN)
    visit = msgspec.structs.replace(hints, kind="booking")
    found = labels.reading(pairs, visit, "label") if pairs else None
    if found is None:
        return None
    language = hints.language or found.language
    asked = msgspec.structs.replace(_without(found, mail.sender[1]), kind="booking", language=language)
    return workshop.timed(asked, mail, hints)


def _without(reading: Reading, writer: str) -> Reading:
    """The reading without the address of who wrote it."""
    person = reading.customer
    if person is None or writer.casefold() not in map(str.casefold, person.emails):
        return reading
    left = tuple(each for each in person.emails if each.casefold() != writer.casefold())
    person = msgspec.structs.replace(person, emails=left)
    origins = reading.origins if left else {k: v for k, v in reading.origins.items() if k != "customer.emails"}
    return msgspec.structs.replace(reading, customer=None if person == Customer() else person, origins=origins)
