"""What a reading lacks is looked for in free text: the last level, `text`, below all labels.

It fills gaps only, and only with what can be nobody else's: found once, in the person's own words. What is found
several times, or in a text that somebody else may have written, is kept as an alternative.
"""

import re
from functools import lru_cache

import msgspec

from parsers import links, recognisers, sender, types
from parsers.document import Document
from parsers.language import guess
from parsers.merge import marked, merged
from parsers.records import Customer, Hints, MailClass, Reading, Vehicle
from parsers.vocabulary import vocabulary

_LINES = 300
_QUOTE = re.compile(
    r">|-{2,}\s{0,3}(?:original|ursprüngliche|oprindelig|oorspronkelijk|message d.origine|messaggio|forwarded"
    r"|weitergeleitet|videresendt|doorgestuurd|转发|原始)|_{10,}"
    r"|(?:am|on|den|op|le|il|在)\b.{5,150}(?:schrieb|wrote|skrev|schreef|a écrit|ha scritto|写道).{0,80}[:：]\s*$"
    r"|(?:\W{0,3})(?:von|from|fra|van|de|da|发件人|寄件人)\W{0,3}[:：].{0,150}[@<]",
    re.IGNORECASE,
)
_ROLE_NAMES = re.compile(
    r"(?:info|service|support|kontakt|contact|kundenservice|kundendienst|help|hello|hallo|mail|office|sales|verkauf|salg"
    r"|datenschutz|privacy|impressum|abuse|security|press|presse|billing|marketing|team|admin|webmaster|post)\d{0,3}",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"in zahlung|inzahlung|eintausch|ankauf|trade.?in|part.?ex|inruil|byttebil|i bytte|reprise|permuta|置换|旧车",
    re.IGNORECASE,
)
_MAILTO = re.compile(r"mailto:([^\"'?\s<>]{3,200})", re.IGNORECASE)
_CONTACTS = frozenset(["customer.email", "customer.phone"])
_OWN_CAR = ("booking", "complaint", "alert", "check-in", "grievance")


def completed(reading: Reading, mail: Document, hints: Hints, mail_class: MailClass, *, alone: bool) -> Reading:
    """Fill the gaps of a reading from free text.

    Args:
        reading: What the levels above found, or nothing but the text of a mail that none understands.
        mail: The mail.
        hints: What is known of the source.
        mail_class: Of the mail.
        alone: It is the only reading of the mail: what stands anywhere in the mail is about it. Of several, each has
            its own words only.
    """
    reading = _with_plain_link(reading)
    if mail_class == "automatic" and hints.source_type is None:
        return reading
    words, certain = _words(reading, mail, mail_class, alone=alone)
    if not (alone or words):
        return reading
    reading = _with_listing(reading, mail, words, alone=alone)
    if "adf" in reading.origins.values():
        return reading  # ADF says who asks; numbers beside it are the dealer's or the service's
    reading = _with_person(reading, mail, hints, words, certain=certain, alone=alone)
    if words:
        reading = _with_car(reading, words, hints.region, certain=certain)
    return _with_price(reading, mail, hints, words)


def _words(reading: Reading, mail: Document, mail_class: MailClass, *, alone: bool) -> tuple[str, bool]:
    """The text to search, and whether it is the person's own: a message field, or what a person wrote, not quoted.

    What stands outside the message fields of several requests is of nobody in particular.
    """
    if reading.comments and reading.origins.get("comments") != "text":
        return reading.comments, True
    for told in (reading.complaint and reading.complaint.text, reading.booking and reading.booking.remarks):
        if told:
            return told, True
    if not alone:
        return "", False
    person = reading.customer
    by_header = person is not None and bool(person.emails) and reading.origins.get("customer.emails") == "header"
    wrote_it = by_header and person is not None and person.emails[0].lower() == mail.sender[1]
    return _unquoted(mail.text or ""), wrote_it and mail_class in ("person", "reply")


def _unquoted(text: str) -> str:
    """The lines above what is quoted or forwarded."""
    lines: list[str] = []
    for line in text[: recognisers.CHARACTERS].splitlines()[:_LINES]:
        if _QUOTE.match(line[:400]):
            break
        lines.append(line)
    return "\n".join(lines)


def _with_plain_link(reading: Reading) -> Reading:
    """Addresses of advertisements that a label gave, without the tracker before them, and with their number."""
    cars: list[Vehicle] = []
    origins = dict(reading.origins)
    for index, car in enumerate(reading.vehicles):
        link = links.target(car.listing_url) if car.listing_url else None
        if link is None:
            cars.append(car)
            continue
        shown = links.listing(link)
        number = car.listing_id or (shown.id if shown else None)
        cars.append(msgspec.structs.replace(car, listing_url=shown.url if shown else link, listing_id=number))
        if number and not car.listing_id:
            origins[f"vehicles.{index}.listing_id"] = origins.get(f"vehicles.{index}.listing_url", "text")
    if tuple(cars) == reading.vehicles:
        return reading
    return msgspec.structs.replace(reading, vehicles=tuple(cars), origins=origins)


def _with_listing(reading: Reading, mail: Document, words: str, *, alone: bool) -> Reading:
    """The one advertisement that the mail links to, for the car that is asked about."""
    if reading.kind not in ("lead", "unsorted") or any(car.listing_url or car.listing_id for car in reading.vehicles):
        return reading
    found = _only_listing((*mail.plain, words) if alone else (words,), mail.html if alone else ())
    wanted = [car for car in reading.vehicles if car.role in ("wanted", None)]
    if found is None or len(wanted) > 1 or (reading.vehicles and not wanted):
        return reading
    car = Vehicle(role="wanted", listing_id=found.id, listing_url=found.url)
    return merged(reading, marked(Reading(vehicles=(car,)), "text"))


@lru_cache(maxsize=1)  # an automatic mail is asked before and after its sender is known
def _only_listing(texts: tuple[str, ...], markups: tuple[str, ...]) -> links.Listing | None:
    shown = [link for text in texts if "://" in text for link in links.urls(text[:100_000])]
    hidden = [link for markup in markups if "http" in markup for link in links.hrefs(markup[:400_000])]
    return links.only_listing([*shown, *hidden])


def _with_person(reading: Reading, mail: Document, hints: Hints, words: str, *, certain: bool, alone: bool) -> Reading:
    person = reading.customer or Customer()
    emails = _missing_emails(reading, mail, hints, words, alone=alone)
    phones: tuple[str, ...] = ()
    if words and not person.phones and reading.call is None:
        others = re.sub(r"[^\d\n]", "", _of_others(reading, hints))
        found = [one for one in recognisers.phones(words, hints.region or None) if not sender.is_our_number(hints, one)]
        phones = tuple(number for number in found if number[-7:] not in others)
    reading = _told(reading, "customer.emails", emails, certain=certain or hints.source_type is not None)
    return _told(reading, "customer.phones", phones, certain=certain)


def _of_others(reading: Reading, hints: Hints) -> str:
    """Addresses and numbers that were kept under their labels: a co-buyer's, the dealer's, one that was dropped."""
    words = vocabulary(types.layout_of(hints))
    return "\n".join(
        value
        for label, value in reading.extra.items()
        if label == "other address" or not _CONTACTS.isdisjoint((words.lookup(label) or {}).values())
    )


def _missing_emails(reading: Reading, mail: Document, hints: Hints, words: str, *, alone: bool) -> tuple[str, ...]:
    """Addresses behind `mailto:`, else in the text, that can be a person's: none of the source, ours or a machine's."""
    if reading.customer and reading.customer.emails:
        return ()
    known = _of_others(reading, hints)
    markup = "".join(text for text in mail.html if alone and "mailto:" in text)[:200_000]
    linked = recognisers.emails(" ".join(_MAILTO.findall(markup)[: 2 * recognisers.MOST]))
    for said in (linked, recognisers.emails(words)):
        persons = sender.personal(mail, tuple(said), automatic=True)
        left = [one for one in persons if not _ROLE_NAMES.fullmatch(one.partition("@")[0]) and one not in known]
        if left:
            return tuple(left)
    return ()


def _told(reading: Reading, field: str, found: tuple[str, ...], *, certain: bool) -> Reading:
    if not found:
        return reading
    if len(found) > 1 or not certain:
        return _also(reading, field, found)
    name = field.partition(".")[2]
    return merged(reading, marked(Reading(customer=Customer(**{name: found})), "text"))  # type: ignore[arg-type]


def _also(reading: Reading, field: str, found: tuple[str, ...]) -> Reading:
    known = reading.alternatives.get(field, ())
    alternatives = {**reading.alternatives, field: tuple(dict.fromkeys((*known, *found)))}
    return msgspec.structs.replace(reading, alternatives=alternatives)


def _with_car(reading: Reading, words: str, region: str, *, certain: bool) -> Reading:
    """VIN and plate: of the customer's car where that is what the request is about, else of a car without rival."""
    known = {car.vin for car in reading.vehicles} | {car.plate for car in reading.vehicles}
    vins = [vin for vin in recognisers.vins(words) if vin not in known]
    plates = [plate for plate in recognisers.plates(words, region) if plate not in known]
    car = Vehicle(
        role="own" if reading.kind in _OWN_CAR else None,
        vin=vins[0] if len(vins) == 1 else None,
        plate=plates[0] if len(plates) == 1 else None,
    )
    clear = len(vins) <= 1 and len(plates) <= 1
    if (vins or plates) and clear and certain and _is_the_car(reading, car, words):
        return merged(reading, marked(Reading(vehicles=(car,)), "text"))
    for name, values in (("vin", vins), ("plate", plates)):
        if values:
            reading = _also(reading, f"vehicles.0.{name}", tuple(values))
    return reading


def _is_the_car(reading: Reading, found: Vehicle, words: str) -> bool:
    """Whether a number in the text can only be that of the car which the request is about."""
    cars = reading.vehicles
    if found.role == "own":
        free = all(
            car.role == "own" and not (car.vin and found.vin) and not (car.plate and found.plate) for car in cars
        )
        return len(cars) <= 1 and free
    return not cars and not _TRADE.search(words)


def _with_price(reading: Reading, mail: Document, hints: Hints, words: str) -> Reading:
    """The price in a source's subject is the one asked; in a person's words it may be an offer as well."""
    if any(car.price for car in reading.vehicles):
        return reading
    spoken = reading.language or guess(words[:500])
    asked = recognisers.prices(mail.headers.get("subject") or "", None, spoken) if hints.source_type else []
    if len(asked) == 1 and [car.role for car in reading.vehicles] == ["wanted"]:
        return merged(reading, marked(Reading(vehicles=(Vehicle(role="wanted", price=asked[0]),)), "text"))
    said = tuple(" ".join(filter(None, (one.amount, one.currency))) for one in recognisers.prices(words, None, spoken))
    return _also(reading, "vehicles.0.price", said) if said else reading
