"""A record as ADF 1.0 (Auto-lead Data Format, 2000), for the systems that read leads this way.

What was read from ADF comes out so that reading it again gives the same: elements that no field of ours holds go back
to the place that their label names. Our reference is the last `id`, with the source `Postroom`.
"""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from parsers.records import Customer, PostalAddress, Reading, Vehicle
from rules.model import Record

SOURCE = "Postroom"
_UNFIT = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 forbids."""
_PATH = re.compile(r"[a-z_][a-z0-9_-]{0,40}(?:\.[a-z_][a-z0-9_-]{0,40}){0,8}", re.ASCII)
_TYPED = re.compile(r"(?P<path>.*\b(?:price|phone|street|name|id|financing\.amount|amount))\.(?P<type>[a-z0-9_-]+)")
_CAR = re.compile(r"vehicle(\d*)\.(?P<rest>.+)")
_BEST_TIME = "customer.contact.phone.time"
_INTERESTS = {"trade-in": "trade-in", "own": "service"}
_WANTED = ("buy", "lease", "test-drive", "testdrive", "rent")


class _Node:
    """An element in the making: children by name in their order, so that paths can be laid into it."""

    def __init__(self, name: str, text: str = "", **attributes: str | None) -> None:
        self.name = name
        self.text = text
        self.attributes = {key.rstrip("_"): value for key, value in attributes.items() if value}
        self.children: list[_Node] = []

    def add(self, name: str, text: object = "", **attributes: str | None) -> "_Node":
        child = _Node(name, "" if text is None else str(text), **attributes)
        self.children.append(child)
        return child

    def say(self, name: str, text: object, **attributes: str | None) -> None:
        """Add an element, unless there is nothing to say."""
        if text is not None and text != "":
            self.add(name, text, **attributes)

    def at(self, path: str) -> "_Node":
        """The element at a path, made where it is missing."""
        here = self
        for name in path.split(".") if path else ():
            here = next((child for child in here.children if child.name == name and not child.text), None) or here.add(
                name
            )
        return here

    def lines(self, depth: int = 0) -> Iterator[str]:
        pad, given = "  " * depth, "".join(f" {key}={quoteattr(_fit(value))}" for key, value in self.attributes.items())
        if not self.children:
            yield f"{pad}<{self.name}{given}>{escape(_fit(self.text))}</{self.name}>"
            return
        yield f"{pad}<{self.name}{given}>"
        for child in self.children:
            yield from child.lines(depth + 1)
        yield f"{pad}</{self.name}>"


def write_adf(record: Record) -> str:
    """Write a record as an ADF document.

    Args:
        record: Of any kind; what ADF has no place for stands in the comments or is left out.

    Returns:
        XML with LF line ends. No value of a stranger becomes markup.
    """
    reading = record.reading
    prospect = _Node("prospect")
    for known in reading.external_ids:
        prospect.say("id", known.value, source=known.source)
    prospect.add("id", record.ref, sequence=str(len(reading.external_ids) + 1), source=SOURCE)
    prospect.add("requestdate", reading.requested_at or record.received_at.isoformat())
    cars = [_vehicle(prospect, car, reading) for car in reading.vehicles]
    customer = prospect.add("customer")
    contact = customer.add("contact")
    if reading.customer:
        _customer(contact, reading.customer, reading.extra.get(_BEST_TIME))
    customer.say("comments", _words(reading))
    _dealer(prospect, reading)
    for label, value in reading.extra.items():
        _lay(prospect, cars, label, value)
    body = "\n".join(prospect.lines(1))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n<adf>\n{body}\n</adf>\n'


def _words(reading: Reading) -> str:
    """The customer's own words, wherever the kind of request keeps them."""
    own = (
        reading.comments,
        reading.complaint.text if reading.complaint else None,
        reading.review.text if reading.review else None,
        reading.booking.remarks if reading.booking else None,
    )
    return "\n\n".join(dict.fromkeys(filter(None, own)))


def _vehicle(prospect: _Node, car: Vehicle, reading: Reading) -> _Node:
    interest = _INTERESTS.get(car.role or "")
    if car.role == "wanted" and reading.interest in _WANTED:
        interest = reading.interest
    elif car.role == "trade-in" and reading.interest == "sell":
        interest = "sell"
    elif car.role is None and reading.interest not in (*_WANTED, *_INTERESTS.values()):
        interest = reading.interest
    vehicle = prospect.add("vehicle", interest=interest, status=car.condition)
    for name, value in (("year", car.year), ("make", car.make), ("model", car.model), ("vin", car.vin)):
        vehicle.say(name, value)
    vehicle.say("stock", car.stock_number)
    vehicle.say("trim", car.trim)
    if car.odometer:
        vehicle.say("odometer", car.odometer.value, units=car.odometer.unit)
    if car.price:
        vehicle.say("price", car.price.amount, currency=car.price.currency)
    vehicle.say("comments", "\n".join(_beside(car, reading.comments or "")))
    return vehicle


def _beside(car: Vehicle, comments: str) -> Iterator[str]:
    """What ADF has no element for, unless the comments say it already."""
    for label, value in (("Plate", car.plate), ("Listing no.", car.listing_id), ("Listing", car.listing_url)):
        if value and value not in comments:
            yield f"{label}: {value}"


def _customer(contact: _Node, customer: Customer, best_time: str | None) -> None:
    if customer.name:
        contact.say("name", customer.name, part="full")
    contact.say("name", customer.first_name, part="first")
    contact.say("name", customer.last_name, part="last")
    contact.say("name", customer.company, part="full", type_="business")
    for address in customer.emails:
        contact.say("email", address)
    for number in customer.phones:
        contact.say("phone", number, time=best_time if number == customer.phones[0] else None)
    if customer.address:
        _address(contact.add("address"), customer.address)


def _address(node: _Node, address: PostalAddress) -> None:
    node.say("street", address.street, line="1")
    node.say("city", address.city)
    node.say("regioncode", address.region)
    node.say("postalcode", address.postal_code)
    node.say("country", address.country)


def _dealer(prospect: _Node, reading: Reading) -> None:
    if reading.dealer:
        vendor = prospect.add("vendor")
        vendor.say("id", reading.dealer.id)
        vendor.say("vendorname", reading.dealer.name)
    if reading.provider:
        prospect.add("provider").say("name", reading.provider.name, part="full")


def _lay(prospect: _Node, cars: list[_Node], label: str, value: str) -> None:
    """Put what no field holds back to where its label says; labels that are no path stand in the comments already."""
    if label == _BEST_TIME or not _PATH.fullmatch(label):
        return
    root, path = prospect, label
    if car := _CAR.fullmatch(label):
        number = int(car[1] or 1) - 1
        root = cars[number] if number < len(cars) else prospect.at(f"vehicle{car[1]}")
        path = car["rest"]
    typed = _TYPED.fullmatch(path)
    path, kind = (typed["path"], typed["type"]) if typed else (path, None)
    parent, _, name = path.rpartition(".")
    for piece in value.split("; "):
        root.at(parent).add(name, piece, type_=kind)


def _fit(text: str) -> str:
    return _UNFIT.sub("", text)
