"""What a notification tells, in reading order: the same rows for text, HTML and the plain fallback.

Templates lay these rows out; they can still reach the record itself. Empty things are left out here, once for all.
"""

from dataclasses import dataclass
from typing import NamedTuple

from parsers.records import Attachment, Customer, PostalAddress, Reading, Vehicle
from templates.forms import Forms, call_link, lines, one_line, phone, web_link, write_link
from templates.model import RenderJob
from templates.reasons import translated
from templates.words import Words

MESSAGE_LINES = 400
"""Longer texts are cut; the original has them whole."""
ROWS = 60
"""Rows of one section at most: a form with a thousand fields must stay readable."""
ATTACHMENTS = 20


class Row(NamedTuple):
    """A labelled value; `href` where it leads to a telephone, a mail or a web page."""

    label: str
    value: str
    href: str | None = None


class Section(NamedTuple):
    """Rows under a heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A notification's contents; every text is clean and single-line, `message` is a text's lines."""

    reply: str
    """Where a plain reply goes, and how to answer instead."""
    topic: str
    """Who and which car, for the subject."""
    kind: str
    person: str
    car: str
    interest: str
    actions: tuple[Row, ...]
    """Links that answer: call, write."""
    message: tuple[str, ...]
    sections: tuple[Section, ...]
    because: str
    ref: str
    warnings: tuple[str, ...] = ()
    """What to beware of: an unverified sender, one that imitates another, a link that asks for a password."""


def write_letter(job: RenderJob, words: Words) -> Letter:
    """Lay out what the job's record says in the words of one language."""
    return _Writer(job, words).letter()


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


class _Writer:
    """One letter in the making: the job, the language's words and forms at hand."""

    def __init__(self, job: RenderJob, words: Words) -> None:
        self.job = job
        self.words = words
        self.labels = words["labels"]
        self.reading: Reading = job.record.reading
        self.forms = Forms(words, job.site.timezone)

    def letter(self) -> Letter:
        reading, ref = self.reading, one_line(self.job.record.ref, 40)
        person = person_name(reading.customer)
        wanted = next((v for v in reading.vehicles if v.role in (None, "wanted")), None)
        car = car_name(wanted or next(iter(reading.vehicles), None))
        actions = self.actions(car)
        return Letter(
            reply=f"{self.words['reply']['team']} {self.words['reply'][self.way(actions)]}",
            topic=", ".join(filter(None, (person, car))) or self.subject(),
            kind=self.word("kinds", self.job.record.kind),
            person=person or self.words["phrases"]["unknown"],
            car=car,
            interest=self.word("interests", reading.interest),
            actions=actions,
            message=self.message(),
            sections=tuple(s for s in self.sections() if s.rows),
            because=self.because(),
            ref=ref,
            warnings=tuple(self.words["warnings"][flag] for flag in self.job.record.flags),
        )

    @staticmethod
    def way(actions: tuple[Row, ...]) -> str:
        return "answer" if any(action.href for action in actions) else "unreachable"

    def because(self) -> str:
        known = self.job.notice.because or self.words["phrases"]["default_because"]
        return one_line(translated(one_line(known), self.words["reasons"]), 200)

    def subject(self) -> str:
        return one_line(self.job.mail.subject or "", 120) if self.job.mail else ""

    def word(self, table: str, value: str | None) -> str:
        return str(self.words[table].get((value or "").lower(), one_line(value or "", 120)))

    def row(self, label: str, value: object, href: str | None = None) -> list[Row]:
        text = one_line(value) if value is not None else ""
        return [Row(self.labels.get(label, label), text, href)] if text else []

    def actions(self, car: str) -> tuple[Row, ...]:
        customer = self.reading.customer or Customer()
        subject = ": ".join(filter(None, (self.words["phrases"]["mail_subject"], car)))
        numbers = customer.phones[:5] or ((self.reading.call.number,) if self.reading.call else ())
        rows: list[Row] = []
        for number in filter(None, numbers):
            rows += self.row("call", phone(number), call_link(number))
        for address in customer.emails[:5]:
            rows += self.row("write", address, write_link(address, subject))
        return tuple(rows)

    def message(self) -> tuple[str, ...]:
        reading = self.reading
        texts = (
            reading.comments,
            reading.review.text if reading.review else None,
            reading.complaint.text if reading.complaint else None,
        )
        given = dict.fromkeys(text for text in texts if text)  # a form's whole text often holds the labelled one
        said = lines("\n\n".join(text for text in given if not any(text in other for other in given if other != text)))
        return said if len(said) <= MESSAGE_LINES else (*said[:MESSAGE_LINES], "", self.words["phrases"]["cut"])

    def sections(self) -> list[Section]:
        headings = self.words["headings"]
        reading = self.reading
        sections = [
            Section(self.word("roles", v.role or "wanted"), tuple(self.vehicle(v))) for v in reading.vehicles[:10]
        ]
        sections += [
            Section(headings["booking"], tuple(self.booking())),
            Section(headings["customer"], tuple(self.customer())),
            Section(headings["call"], tuple(self.call())),
            Section(headings["review"], tuple(self.named(reading.review, "platform", "author", "area"))),
            Section(headings["complaint"], tuple(self.named(reading.complaint, "category"))),
            Section(headings["alert"], tuple(self.named(reading.alert, "score", "threshold"))),
            Section(headings["extra"], tuple(self.extra())),
            Section(headings["alternatives"], tuple(self.alternatives())),
            Section(headings["mail"], tuple(self.mail())),
        ]
        return sections

    def vehicle(self, vehicle: Vehicle) -> list[Row]:
        listing = one_line(vehicle.listing_url or "", 2000)
        return [
            *self.row("model", car_name(vehicle)),
            *self.row("price", self.forms.money(vehicle.price)),
            *self.row("odometer", self.forms.distance(vehicle.odometer)),
            *self.row("condition", self.word("conditions", vehicle.condition)),
            *self.row("vin", vehicle.vin),
            *self.row("plate", vehicle.plate),
            *self.row("stock_number", vehicle.stock_number),
            *self.row("listing_id", vehicle.listing_id),
            *self.row("listing", listing, web_link(listing)),
        ]

    def booking(self) -> list[Row]:
        booking = self.reading.booking
        if booking is None:
            return []
        return [
            *self.row("starts_at", self.forms.moment(booking.starts_at)),
            *self.row("ends_at", self.forms.moment(booking.ends_at)),
            *self.row("services", ", ".join(booking.services)),
            *self.row("remarks", booking.remarks),
        ]

    def customer(self) -> list[Row]:
        customer = self.reading.customer
        if customer is None:
            return []
        name = customer.name or " ".join(filter(None, (customer.first_name, customer.last_name)))
        return [
            *self.row("name", name),
            *self.row("company", customer.company),
            *self.row("address", postal_line(customer.address, self.job.site.country)),
        ]

    def call(self) -> list[Row]:
        call = self.reading.call
        if call is None:
            return []
        accepted = None if call.accepted is None else self.words["phrases"]["yes" if call.accepted else "no"]
        return [
            *self.row("number", phone(call.number or ""), call_link(call.number or "")),
            *self.row("started_at", self.forms.moment(call.started_at)),
            *self.row("accepted", accepted),
        ]

    def named(self, shape: object, *names: str) -> list[Row]:
        """Rows of a shape's plain fields, a rating with its scale."""
        rating, best = getattr(shape, "rating", None), getattr(shape, "best_rating", None)
        scale = self.words["phrases"]["of"].format(rating=rating, best=best) if rating and best else rating
        return self.row("rating", scale) + [row for name in names for row in self.row(name, getattr(shape, name, None))]

    def extra(self) -> list[Row]:
        facts = {**self.reading.extra, **self.reading.consent}
        labels, values = self.words["extra"], self.words["extra_values"]
        return [
            row
            for label, value in list(facts.items())[:ROWS]
            for row in self.row(one_line(labels.get(label, label), 120), values.get(value, value))
        ]

    def alternatives(self) -> list[Row]:
        found: list[Row] = []
        for field, values in list(self.reading.alternatives.items())[:ROWS]:
            name = field.rsplit(".", 1)[-1]
            label = {"emails": "email", "phones": "phone"}.get(name, name)
            found += self.row(one_line(self.labels.get(label, field), 120), ", ".join(values))
        return found

    def mail(self) -> list[Row]:
        record, mail, provider = self.job.record, self.job.mail, self.reading.provider
        rows = [
            *self.row("received", self.forms.moment(record.received_at)),
            *self.row("requested", self.forms.moment(self.reading.requested_at)),
            *self.row("source", " / ".join(filter(None, (provider.name if provider else None, record.source)))),
            *self.row("external_id", ", ".join(known.value for known in self.reading.external_ids[:5])),
        ]
        if mail is None:
            return rows
        attached = self.words["phrases"]["attached"] if mail.attached else None
        names = ", ".join(map(self.attachment, mail.attachments[:ATTACHMENTS]))
        return [
            *rows,
            *self.row("sender", mail.sender),
            *self.row("subject", mail.subject),
            *self.row("original", ": ".join(filter(None, (attached, names)))),
        ]

    def attachment(self, attachment: Attachment) -> str:
        """Name and size; a program is called one, as nobody should open it."""
        name = one_line(attachment.name or attachment.type, 80)
        left = self.job.mail is not None and attachment.name in self.job.mail.left_out
        warnings = ((attachment.executable, "program"), (left, "left_out"))
        details = (
            *(self.words["phrases"][name] for holds, name in warnings if holds),
            self.forms.size(attachment.size),
        )
        return f"{name} ({', '.join(filter(None, details))})"


def postal_line(address: PostalAddress | None, home: str) -> str:
    """Street, postcode with town, region and country in one line; the site's own country goes without saying."""
    if address is None:
        return ""
    town = " ".join(filter(None, (address.postal_code, address.city)))
    region = address.region if address.region != address.city else None
    country = address.country if address.country != home else None
    return ", ".join(filter(None, (address.street, town, region, country)))
