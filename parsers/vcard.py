"""The customer out of a card that hangs on the mail, where it can only be the sender's.

A card of somebody else (a colleague, an assessor) is no customer: it is kept among the rest.
"""

from parsers import sender, values, vcard_text
from parsers.clean import single_line
from parsers.document import Document
from parsers.merge import marked
from parsers.mime import Part
from parsers.records import Customer, Hints, PostalAddress, Reading
from parsers.vcard_text import Card

TYPES = ("text/vcard", "text/x-vcard", "text/directory", "application/vcard")
PARTS = 5
SHOWN = 10
"""Cards that are named among the rest."""


def readings(document: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read the cards of the mail: the only one as customer, if it is the sender's; others are only named."""
    parts = [part for part in document.leaves if is_card(part)][:PARTS]
    found = [card for part in parts for card in vcard_text.cards(part.text)]
    people = list(
        {(one.name, one.emails, one.phones): one for card in found if (one := _customer(card, hints))}.values()
    )
    foreign = [one for one in people if not _is_ours(one, document)]
    if not foreign:
        return ()
    if len(people) == 1 and _is_senders(foreign[0], document):
        languages = (one[:2].lower() for card in found for one in card.languages)
        language = next((one for one in languages if len(one) == 2 and one.isascii() and one.isalpha()), None)
        return (marked(Reading(customer=foreign[0], language=language), "vcard"),)
    named = "; ".join(", ".join(filter(None, (one.name, *one.emails, *one.phones))) for one in foreign[:SHOWN])
    return (marked(Reading(extra={"contact card": named[:1_000]}), "vcard"),)


def is_card(part: Part) -> bool:
    """Whether a part is a card by its type or its name."""
    if part.type in TYPES:
        return True
    return part.type.startswith(("application/", "text/x-")) and (part.name or "").lower().endswith(".vcf")


def _is_ours(card: Customer, document: Document) -> bool:
    """A signature card of our own house, or of a platform."""
    writer = sender.customer(document)
    addresses = card.emails or (writer.emails if writer else ())
    return bool(addresses) and not sender.personal(document, addresses, automatic=False)


def _is_senders(card: Customer, document: Document) -> bool:
    """Whether the card is of the person who sent the mail; of a platform's or a form's mail it is the customer's."""
    writer = sender.customer(document)
    if writer is None:
        return True
    mails = {address.lower() for address in card.emails}
    if mails & {address.lower() for address in writer.emails}:
        return True
    return bool(card.name and writer.name) and str(card.name).casefold() == str(writer.name).casefold()


def _customer(card: Card, hints: Hints) -> Customer | None:
    where = _address(card.addresses[0]) if card.addresses else None
    region = where.country if where and where.country and len(where.country) == 2 else hints.region
    name = single_line(card.name or " ".join(filter(None, (card.given, card.family))), 200)
    company = single_line(card.organization, 200)
    if card.kind == "org" or (name and name == company):
        first, last, company = None, None, company or name
    elif card.given or card.family:
        first, last = single_line(card.given, 100), single_line(card.family, 100)
    else:
        first, last, guessed = values.name_parts(name) if name else (None, None, None)
        company = company or guessed
    emails = (values.email(one) for one in card.emails)
    phones = (values.phone(one.removeprefix("tel:").partition(";")[0], region) for one in card.phones)
    found = Customer(
        name=name,
        first_name=first,
        last_name=last,
        company=company,
        emails=tuple(dict.fromkeys(one for one in emails if one)),
        phones=tuple(dict.fromkeys(one for one in phones if one)),
        address=where,
    )
    return found if name or found.emails or found.phones else None


def _address(parts: list[str]) -> PostalAddress | None:
    _, extended, street, city, region, code, country = parts
    land = single_line(country, 60)
    found = PostalAddress(
        street=single_line(" ".join(filter(None, (street, extended))), 200),
        postal_code=single_line(code, 20),
        city=single_line(city, 100),
        region=single_line(region, 100),
        country=(values.country(land) or land) if land else None,
    )
    return None if found == PostalAddress() else found
