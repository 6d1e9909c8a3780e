"""ADF 1.0 (Auto-lead Data Format, 2000) as it is really sent: prospect elements to readings.

The specification's requirements are never enforced: real leads break each of them, and a lead without a name is
still a lead. The customer comes from `customer` alone; `vendor` and `provider` name the dealer and the service.
"""

import re

import msgspec

from parsers import adf_contact, adf_text, labels, values
from parsers.adf_tree import EXTRA_CHARACTERS, EXTRA_COUNT, Element, Walker, attribute
from parsers.clean import single_line
from parsers.document import Document
from parsers.merge import marked, merged
from parsers.records import Dealer, ExternalId, Hints, Money, Provider, Reading, Vehicle, VehicleRole

PROSPECTS = 200
"""Of one mail. More is no mail of our sources, and is noted as a defect."""
VEHICLES = 20

_ROLES: dict[str, VehicleRole] = {
    "buy": "wanted", "lease": "wanted", "test-drive": "wanted", "testdrive": "wanted", "rent": "wanted",
    "trade-in": "trade-in", "tradein": "trade-in", "trade": "trade-in", "sell": "trade-in", "service": "own",
}  # fmt: skip
_CONDITIONS = ("new", "used", "demo", "certified")
_STAMP = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:T|\s+)(\d\d?):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(?:(Z)|([+-])(\d\d):?(\d{1,2})?)?",
    re.I,
)


def readings(document: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read every prospect of every piece of ADF in the mail; the same lead attached and shown is one reading."""
    found: list[Reading] = []
    for fragment in adf_text.fragments(document):
        for prospect in adf_text.prospects(fragment):
            if len(found) >= PROSPECTS:
                document.defects.append(f"more than {PROSPECTS} prospects: the rest is not read")
                return tuple(found)
            reading = _reading(prospect, hints)
            if reading not in found:
                found.append(reading)
    return tuple(found)


def _reading(prospect: Element, hints: Hints) -> Reading:
    """Read one prospect, and the `Key: value` lines inside its comments as a second, lower layer."""
    walk = Walker(prospect)
    asker = walk.child(prospect, "customer")
    region = adf_contact.region_of(walk, asker, hints)
    cars, interest = _vehicles(walk, hints)
    wrong_date = None
    stamp = walk.first(prospect, "requestdate")
    requested_at = instant(stamp, hints.language) if stamp else None
    if stamp and requested_at is None:
        wrong_date = stamp
    comments = _comments(walk, asker)
    reading = Reading(
        kind="lead",
        requested_at=requested_at,
        interest=interest,
        comments=comments,
        external_ids=_ids(walk),
        customer=adf_contact.customer(walk, asker, region),
        vehicles=cars,
        dealer=_dealer(walk),
        provider=_provider(walk),
        extra={**({"requestdate": wrong_date} if wrong_date else {}), **walk.rest()},
    )
    return _with_key_values(marked(reading, "adf"), hints)


def _with_key_values(reading: Reading, hints: Hints) -> Reading:
    """Read `Key: value` lines inside the comments as a lower layer; those that no dictionary knows are kept, too."""
    pairs = labels.pairs_of_text(reading.comments) if reading.comments and ":" in reading.comments else []
    told = [(label, value) for label, value in pairs if value]
    if len(told) < 2:  # a lone colon is prose
        return reading
    inner = labels.reading(told, hints, "label")
    if inner is None:
        extra = {single_line(label, 100) or "": single_line(value, EXTRA_CHARACTERS) or "" for label, value in told}
        inner = marked(Reading(extra=dict(list(extra.items())[:EXTRA_COUNT])), "label")
    return merged(reading, msgspec.structs.replace(inner, comments=None))


def instant(text: str, language: str | None) -> str | None:
    """Read a requestdate: ISO 8601 in its many broken spellings, else any date with a time.

    Returns:
        ISO 8601, with offset if the text names one; None for a moment that does not exist.
    """
    found = _STAMP.fullmatch(text.strip())
    if not found:
        return values.instant(text, language or "en")
    year, month, day, hour, minute, second, zulu, sign, off_hours, off_minutes = found.groups()
    if int(month) > 12 >= int(day):
        month, day = day, month  # seen: Y-d-m
    zone = "Z" if zulu else f"{sign}{off_hours}:{(off_minutes or '0'):0<2}" if sign else ""
    return values.instant(f"{year}-{month}-{day}T{int(hour):02}:{minute}:{second or '00'}{zone}", language)


def _ids(walk: Walker) -> tuple[ExternalId, ...]:
    found = []
    for element in walk.children(walk.prospect, "id")[:20]:
        source = attribute(element, "source")
        value = walk.line(element) or attribute(element, "value", "id")
        if value:
            found.append(ExternalId(source=source, value=value))
        elif source:
            found.append(ExternalId(value=source))  # seen: the number stands in the attribute
    return tuple(found)


def _comments(walk: Walker, asker: Element | None) -> str | None:
    """What the person wrote, wherever the source put it: customer, contact, prospect or vehicle."""
    places = [asker, *walk.children(asker, "contact"), walk.prospect, *walk.children(walk.prospect, "vehicle")]
    texts: list[str] = []
    for place in places:
        for element in walk.children(place, "comments", "comment"):
            text = walk.prose(element)
            if text and text not in texts:
                texts.append(text)
    return "\n".join(texts) or None


def _vehicles(walk: Walker, hints: Hints) -> tuple[tuple[Vehicle, ...], str | None]:
    """Cars with any data, and what the person is interested in.

    A single car without interest is the wanted one (default of the specification: buy); of several, none is guessed
    unless all others are part exchanges.
    """
    elements = walk.children(walk.prospect, "vehicle")[:VEHICLES]
    interests = [(attribute(element, "interest") or "").lower() for element in elements]
    open_cars = [i for i, interest in enumerate(interests) if not interest]
    wanted = [i for i, interest in enumerate(interests) if _ROLES.get(interest) == "wanted"]
    default = open_cars[0] if len(open_cars) == 1 and not wanted else None
    cars = []
    for index, element in enumerate(elements):
        role: VehicleRole | None = "wanted" if index == default else _ROLES.get(interests[index])
        car = _vehicle(walk, element, role, hints)
        if car is not None:
            cars.append(car)
    chosen = next((interests[i] for i in wanted), next(filter(None, interests), None))
    return tuple(cars), chosen


def _vehicle(walk: Walker, element: Element, role: VehicleRole | None, hints: Hints) -> Vehicle | None:
    status = (attribute(element, "status") or "").lower()
    vin_element = walk.child(element, "vin")
    vin = values.vin(adf_text.text_of(vin_element)) if vin_element is not None else None
    if vin:
        walk.line(vin_element)  # a broken number stays unread, and is kept among the rest
    data = Vehicle(
        make=walk.first(element, "make"),
        model=walk.first(element, "model"),
        trim=walk.first(element, "trim"),
        year=walk.first(element, "year"),
        vin=vin,
        stock_number=walk.first(element, "stock", "stocknumber", "stock-number"),
    )
    odometer = walk.child(element, "odometer", "mileage")
    mileage = walk.line(odometer)
    price = _price(walk, element, hints)
    distance = values.distance(mileage, attribute(odometer, "units", "unit")) if mileage else None
    data = msgspec.structs.replace(data, odometer=distance, price=price)
    if data == Vehicle():
        return None
    return msgspec.structs.replace(data, role=role, condition=status if status in _CONDITIONS else None)


def _price(walk: Walker, vehicle: Element, hints: Hints) -> Money | None:
    """The first price above nothing: `0.00` stands for none."""
    for element in walk.children(vehicle, "price"):
        text = walk.line(element)
        currency = (attribute(element, "currency") or "").upper()
        code = currency if len(currency) == 3 and currency.isalpha() and currency.isascii() else None
        money = values.money(text, code, hints.language) if text else None
        if money is not None and float(money.amount) > 0:
            return money
    return None


def _dealer(walk: Walker) -> Dealer | None:
    vendor = walk.child(walk.prospect, "vendor")
    name = walk.first(vendor, "vendorname", "name") or walk.first(walk.child(vendor, "contact"), "name")
    dealer = Dealer(name=name, id=walk.first(vendor, "id"))
    return None if dealer == Dealer() else dealer


def _provider(walk: Walker) -> Provider | None:
    name = walk.first(walk.child(walk.prospect, "provider"), "name")
    return Provider(name=name) if name else None
