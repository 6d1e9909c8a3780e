"""What a reading says, as rows under headings, in reading order. Empty things are left out here, once for all."""

from collections.abc import Mapping

from parsers.records import Attachment, Booking, Call, Customer, PostalAddress, Reading, Vehicle
from rules.model import Record
from templates.forms import call_link, one_line, phone, web_link
from templates.model import MailCard
from templates.rows import Row, Section, Speech

ROWS = 60
"""Rows of one section at most: a form with a thousand fields must stay readable."""
ATTACHMENTS = 20


def person_name(customer: Customer | None) -> str:
    """What to call the customer: name, else company, else an address or number; empty if nothing is known."""
    if customer is None:
        return ""
    full = customer.name or " ".join(filter(None, (customer.first_name, customer.last_name)))
    return one_line(full or customer.company or "".join(customer.emails[:1] or map(phone, customer.phones[:1])), 80)


def car_name(vehicle: Vehicle | None) -> str:
    """Make, model, trim and year in one line."""
    if vehicle is None:
        return ""
    return one_line(" ".join(filter(None, (vehicle.make, vehicle.model, vehicle.trim, vehicle.year))), 100)


def car_of(reading: Reading) -> str:
    """The car that a request is about."""
    wanted = next((v for v in reading.vehicles if v.role in (None, "wanted")), None)
    return car_name(wanted or next(iter(reading.vehicles), None))


def text_of(reading: Reading) -> str:
    """What was asked, in the customer's words."""
    texts = (
        reading.comments,
        reading.review.text if reading.review else None,
        reading.complaint.text if reading.complaint else None,
    )
    given = dict.fromkeys(text for text in texts if text)  # a form's whole text often holds the labelled one
    return "\n\n".join(text for text in given if not any(text in other for other in given if other != text))


def sections_of(reading: Reading, speech: Speech, home: str) -> list[Section]:
    """All that a reading says beside its text.

    Args:
        reading: One request.
        speech: The language to write in.
        home: ISO country of the site, which goes without saying in addresses.
    """
    headings, it = speech.words["headings"], _Told(speech)
    sections = [Section(speech.word("roles", v.role or "wanted"), tuple(it.vehicle(v))) for v in reading.vehicles[:10]]
    booking, *other = _asked(reading, speech, it)
    sections += [
        booking,
        Section(headings["customer"], tuple(it.customer(reading.customer, home))),
        *other,
        Section(headings["extra"], tuple(it.further({**reading.extra, **reading.consent}))),
        Section(headings["alternatives"], tuple(it.alternatives(reading.alternatives))),
    ]
    return [section for section in sections if section.rows]


def wish_of(reading: Reading, speech: Speech) -> list[Section]:
    """What a reading asks for beside its text, in short: without cars, addresses and further details."""
    return [section for section in _asked(reading, speech, _Told(speech)) if section.rows]


def _asked(reading: Reading, speech: Speech, it: "_Told") -> tuple[Section, ...]:
    headings = speech.words["headings"]
    return (
        Section(headings["booking"], tuple(it.booking(reading.booking))),
        Section(headings["call"], tuple(it.call(reading.call))),
        Section(headings["review"], tuple(it.named(reading.review, "platform", "author", "area"))),
        Section(headings["complaint"], tuple(it.named(reading.complaint, "category"))),
        Section(headings["alert"], tuple(it.named(reading.alert, "score", "threshold"))),
    )


def origin_of(record: Record, mail: MailCard | None, speech: Speech) -> Section:
    """Where a record came from: its source, its mail and what went with it."""
    reading, provider = record.reading, record.reading.provider
    sources = (provider.name if provider else None, record.source, *record.sources)
    rows = [
        *speech.row("received", speech.forms.moment(record.received_at)),
        *speech.row("requested", speech.forms.moment(reading.requested_at)),
        *speech.row("source", " / ".join(filter(None, sources))),
        *speech.row("external_id", ", ".join(known.value for known in reading.external_ids[:5])),
    ]
    if mail is not None:
        attached = speech.words["phrases"]["attached"] if mail.attached else None
        names = ", ".join(_attachment(one, speech) for one in mail.attachments[:ATTACHMENTS])
        rows += [
            *speech.row("sender", mail.sender),
            *speech.row("subject", mail.subject),
            *speech.row("original", ": ".join(filter(None, (attached, names)))),
        ]
    return Section(speech.words["headings"]["mail"], tuple(rows))


def postal_line(address: PostalAddress | None, home: str) -> str:
    """Street, postcode with town, region and country in one line; the site's own country goes without saying."""
    if address is None:
        return ""
    town = " ".join(filter(None, (address.postal_code, address.city)))
    region = address.region if address.region != address.city else None
    country = address.country if address.country != home else None
    return ", ".join(filter(None, (address.street, town, region, country)))


def _attachment(attachment: Attachment, speech: Speech) -> str:
    """Name and size; a program is called one, as nobody should open it."""
    name = one_line(attachment.name or attachment.type, 80)
    details = (speech.words["phrases"]["program"] if attachment.executable else "", speech.forms.size(attachment.size))
    return f"{name} ({', '.join(filter(None, details))})"


class _Told:
    """The rows of each part of a reading."""

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        self.row = speech.row
        self.forms = speech.forms
        self.phrases: Mapping[str, str] = speech.words["phrases"]

    def vehicle(self, vehicle: Vehicle) -> list[Row]:
        listing = one_line(vehicle.listing_url or "", 2000)
        return [
            *self.row("model", car_name(vehicle)),
            *self.row("price", self.forms.money(vehicle.price)),
            *self.row("odometer", self.forms.distance(vehicle.odometer)),
            *self.row("condition", self.speech.word("conditions", vehicle.condition)),
            *self.row("vin", vehicle.vin),
            *self.row("plate", vehicle.plate),
            *self.row("stock_number", vehicle.stock_number),
            *self.row("listing_id", vehicle.listing_id),
            *self.row("listing", listing, web_link(listing)),
        ]

    def booking(self, booking: Booking | None) -> list[Row]:
        if booking is None:
            return []
        return [
            *self._calendar_says(booking),
            *self.row("starts_at", self.forms.moment(booking.starts_at)),
            *self.row("ends_at", self.forms.moment(booking.ends_at)),
            *self.row("services", ", ".join(booking.services)),
            *self.row("remarks", booking.remarks),
        ]

    def _calendar_says(self, booking: Booking) -> list[Row]:
        """The answer of a calendar that came without our reply address: it must not read like a wish for that time."""
        if booking.method not in ("REPLY", "COUNTER", "CANCEL"):
            return []
        said = "declined" if booking.method == "CANCEL" else booking.partstat
        told = self.speech.word("calendar_answers", said)
        return [Row(self.speech.words["workshop"]["calendar"], told)] if told else []

    def customer(self, customer: Customer | None, home: str) -> list[Row]:
        if customer is None:
            return []
        name = customer.name or " ".join(filter(None, (customer.first_name, customer.last_name)))
        return [
            *self.row("name", name),
            *self.row("company", customer.company),
            *self.row("address", postal_line(customer.address, home)),
        ]

    def call(self, call: Call | None) -> list[Row]:
        if call is None:
            return []
        accepted = None if call.accepted is None else self.phrases["yes" if call.accepted else "no"]
        return [
            *self.row("number", phone(call.number or ""), call_link(call.number or "")),
            *self.row("started_at", self.forms.moment(call.started_at)),
            *self.row("accepted", accepted),
        ]

    def named(self, shape: object, *names: str) -> list[Row]:
        """Rows of a shape's plain fields, a rating with its scale."""
        rating, best = getattr(shape, "rating", None), getattr(shape, "best_rating", None)
        scale = self.phrases["of"].format(rating=rating, best=best) if rating and best else rating
        return self.row("rating", scale) + [row for name in names for row in self.row(name, getattr(shape, name, None))]

    def further(self, facts: Mapping[str, str]) -> list[Row]:
        labels, values = self.speech.words["extra"], self.speech.words["extra_values"]
        return [
            row
            for label, value in list(facts.items())[:ROWS]
            for row in self.row(one_line(labels.get(label, label), 120), values.get(value, value))
        ]

    def alternatives(self, given: Mapping[str, tuple[str, ...]]) -> list[Row]:
        found: list[Row] = []
        for field, values in list(given.items())[:ROWS]:
            name = field.rsplit(".", 1)[-1]
            label = {"emails": "email", "phones": "phone"}.get(name, name)
            known = self.speech.words["labels"].get(label, field)
            found += self.row(one_line(known, 120), ", ".join(values))
        return found
