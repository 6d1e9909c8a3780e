"""Bookings, orders, reviews, customers and cars that a mail describes to programs as schema.org items.

What means nothing to a car dealer (flights, hotels, concerts) makes no reading. Nobody is guessed: a list of cars is
an advertisement, and a person who is named beside a page is not the customer of it.
"""

import msgspec

from parsers import items, json_ld, microdata, schema_org, values
from parsers.clean import block, single_line
from parsers.document import Document
from parsers.items import Item
from parsers.merge import marked
from parsers.records import Booking, Customer, ExternalId, Hints, Reading, Review
from parsers.schema_org import CARS, DEALERS, HOUSES

READINGS = 50
_SIGNS = ("temscope", "json", "TEMSCOPE", "JSON")
"""One of these stands in every mail that has either; most mails end here, at the price of a substring search."""
_VISITS = ("Reservation", "EventReservation", "RentalCarReservation", "ServiceReservation")
_WRAPPINGS = ("mainEntity", "mainEntityOfPage", "itemListElement", "item", "referencesOrder", "object", "about")
"""Properties that lead from a page, a list or an action to what it is about."""


def readings(document: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read what the HTML parts of the mail describe; each thing once, however often it is described."""
    found: list[Item] = []
    for text in document.html:
        if any(sign in text for sign in _SIGNS):
            described, defects = json_ld.items(text)
            document.defects.extend(defects)
            found += described
            found += microdata.items(text) if "temscope" in text or "TEMSCOPE" in text else []
    if not found:
        return ()
    return _Reader(document, hints).readings(_roots(found))


def _roots(found: list[Item], depth: int = 0) -> list[Item]:
    """The items, with pages, lists and actions replaced by what they are about."""
    roots: list[Item] = []
    for item in found:
        inner = item.items(*_WRAPPINGS) if depth < 5 and not item.is_a(*_VISITS, *CARS, "Order", "Review") else []
        roots += _roots(inner, depth + 1) if inner else [item]
    return roots


class _Reader:
    """Makes readings of items, with what is known of the source."""

    def __init__(self, document: Document, hints: Hints) -> None:
        self.document = document
        self.hints = hints

    def readings(self, roots: list[Item]) -> tuple[Reading, ...]:
        """A reading of each request and review; a lone person and a lone car complete the only one."""
        read = [reading for item in roots if (reading := self.request(item)) is not None]
        requests = list({msgspec.json.encode(reading): reading for reading in read}.values())[:READINGS]
        people = [item for item in roots if item.is_a("Person")]
        cars = [car for item in roots if (car := schema_org.vehicle(item)) is not None]
        dealers = [item for item in roots if item.is_a(*DEALERS)]
        customer = self.person(people[0]) if len(people) == 1 else None
        beside = Reading(
            kind=self.hints.kind or ("lead" if len(cars) == 1 else "unsorted"),
            customer=customer,
            vehicles=tuple(cars) if len(cars) == 1 else (),
            dealer=schema_org.dealer(dealers[0]) if len(dealers) == 1 else None,
        )
        if not requests:  # any newsletter may name its author, or a car
            is_request = self.hints.source_type or self.hints.kind
            return (marked(beside, "markup"),) if is_request and (beside.customer or beside.vehicles) else ()
        if len(requests) == 1:
            requests = [self.completed(requests[0], beside)]
        return tuple(marked(reading, "markup") for reading in requests)

    def completed(self, reading: Reading, beside: Reading) -> Reading:
        """The request with what stands beside it."""
        return msgspec.structs.replace(
            reading,
            customer=reading.customer or (beside.customer if reading.review is None else None),
            vehicles=reading.vehicles or beside.vehicles,
            dealer=reading.dealer or beside.dealer,
        )

    def request(self, item: Item) -> Reading | None:
        """A booking, an order or a review; None for anything else."""
        if item.is_a(*_VISITS):
            return self.visit(item)
        if item.is_a("Event") and self.hints.kind == "booking":
            return self.visit(Item(item.types, {"reservationFor": [item]}))
        if item.is_a("Order"):
            return self.order(item)
        return self.review(item) if item.is_a("Review", "UserReview", "CriticReview") else None

    def visit(self, item: Item) -> Reading | None:
        """An appointment that was made (schema.org/Reservation)."""
        what = item.item("reservationFor") or Item()
        status = single_line(items.bare_type(item.text("reservationStatus", "eventStatus") or ""), 60)
        service = item.item("reservedService", "serviceType")
        names = [item.text("serviceType"), service.text("name") if service else None]
        names += [what.text("name")] if not what.is_a(*CARS) else []
        place = what.item("location") or item.item("pickupLocation", "location")
        booking = Booking(
            uid=single_line(item.text("reservationId"), 300),
            starts_at=self.time(
                what.text("startDate", "doorTime") or item.text("startTime", "pickupTime", "bookingFor")
            ),
            ends_at=self.time(what.text("endDate") or item.text("endTime", "dropoffTime")),
            services=tuple(dict.fromkeys(name for one in names if (name := single_line(one, 200)))),
            remarks=block(item.text("description") or what.text("description")),
            status=_status(status),
            location=schema_org.place(place),
            url=schema_org.link(item.text("modifyReservationUrl", "url")),
        )
        car = schema_org.vehicle(what) or next(
            iter(filter(None, map(schema_org.vehicle, item.items("vehicle", "about")))), None
        )
        reading = Reading(
            kind="booking",
            external_ids=self.ids(item, "reservationNumber", "confirmationNumber"),
            customer=self.person(item.item("underName", "customer", "attendee")),
            vehicles=(msgspec.structs.replace(car, role="own"),) if car else (),
            dealer=schema_org.dealer(item.item("provider") or what.item("organizer", "performer") or place),
            provider=schema_org.provider(item.item("broker", "bookingAgent")),
            booking=booking,
        )
        return reading if booking.starts_at or booking.services or reading.external_ids else None

    def order(self, item: Item) -> Reading | None:
        """Something ordered (schema.org/Order): a car where it is one, else named among the rest."""
        goods = [one for offer in item.items("acceptedOffer") for one in offer.items("itemOffered")]
        goods += item.items("orderedItem")
        goods = [inner for one in goods for inner in (one.items("orderedItem") or [one])]
        cars = [car for one in goods if (car := schema_org.vehicle(one)) is not None]
        names = [name for one in goods if not schema_org.vehicle(one) and (name := single_line(one.text("name"), 200))]
        status = single_line(items.bare_type(item.text("orderStatus") or ""), 60)
        dealer = schema_org.dealer(item.item("seller", "merchant"))
        reading = Reading(
            kind=self.hints.kind or ("lead" if cars or dealer else "unsorted"),
            requested_at=self.time(item.text("orderDate")),
            comments=block(item.text("description")),
            external_ids=self.ids(item, "orderNumber", "confirmationNumber"),
            customer=self.person(item.item("customer", "billingAddress")),
            vehicles=tuple(cars) if len(cars) == 1 else (),
            dealer=dealer,
            extra={
                label: text
                for label, text in (("ordered", "; ".join(names)[:500]), ("order status", _status(status)))
                if text
            },
        )
        return reading if reading.external_ids or reading.customer or reading.vehicles else None

    def review(self, item: Item) -> Reading | None:
        """An opinion of a house (schema.org/Review); of a book or a film it is none of ours."""
        subject = item.item("itemReviewed")
        if subject is not None and not subject.is_a(*HOUSES, "Service"):
            return None
        rating = item.item("reviewRating")
        text = block(item.text("reviewBody", "description", "text")) or block(item.text("name", "headline"))
        score = rating.text("ratingValue") if rating else item.text("reviewRating")
        review = Review(
            platform=single_line(item.text("publisher"), 200),
            author=single_line(item.text("author", "creator"), 200),
            rating=single_line(score, 40),
            best_rating=single_line(rating.text("bestRating"), 40) if rating else None,
            text=text,
        )
        if not (review.rating or review.text):
            return None
        return Reading(
            kind="review",
            requested_at=self.time(item.text("datePublished", "dateCreated")),
            dealer=schema_org.dealer(subject, is_named=True),
            review=review,
        )

    def person(self, item: Item | None) -> Customer | None:
        """Whom an item names as customer."""
        return schema_org.person(item, self.document, self.hints)

    def ids(self, item: Item, *names: str) -> tuple[ExternalId, ...]:
        """The first of these numbers, by the name of who gave it."""
        number = single_line(item.text(*names), 100)
        giver = item.item("broker", "bookingAgent", "provider", "seller", "merchant")
        return (
            (ExternalId(source=single_line(giver.text("name"), 100) if giver else None, value=number),)
            if number
            else ()
        )

    def time(self, text: str | None) -> str | None:
        """ISO 8601 as written, with offset or without."""
        return values.instant(text, self.hints.language) if text else None


def _status(status: str | None) -> str | None:
    """`ReservationConfirmed` and `Confirmed` are one."""
    bare = (status or "").removeprefix("Reservation").removeprefix("Event").removeprefix("Order")
    return bare.lower() or None
