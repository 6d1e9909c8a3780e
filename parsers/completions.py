"""What a type's layout cannot say as data: one small pure function per type, in one table.

Each takes the mail and what the levels read from it, and gives it back with what only this type implies: that a missed
call was missed, which platform a review stands on, whether a booking is new or withdrawn.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from parsers import clean
from parsers.dictionary import meaning, squeeze
from parsers.document import Document
from parsers.merge import marked, merged
from parsers.records import Booking, Call, Customer, Money, Reading, Review
from parsers.sender import registrable

Completion = Callable[[Document, tuple[Reading, ...]], tuple[Reading, ...]]

_ORIGIN = "layout"
_TIME = re.compile(r"\b(?:um|voor|à|alle)\s(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?!\d|[.:]\d)")
_THROUGH = re.compile(r"\s(?:über|via)\s.{1,40}$|\s?\([^()]{1,40}\)$", re.IGNORECASE)
_MOST_LINES = 100
_WITHDRAWN = ("cancel", "abgesagt", "storniert", "aflyst", "geannuleerd", "annul", "confirmation of cancellation")
"""How the subject of a booking tool's mail begins when the customer will not come."""
_WISHES: Mapping[str, str] = {
    squeeze(label): interest
    for interest, labels in {
        "buy": (
            "Interested in a new car", "New car", "Offer on a new car", "Tyre offer", "Offer on tyres",
            "Interesse i ny bil", "Ny bil", "Tilbud på ny bil", "Tilbud på dæk",
            "Interesse an einem Neuwagen", "Neuwagenangebot", "Reifenangebot",
        ),
        "trade-in": ("Value my car", "Vurdering af bilen", "Fahrzeugbewertung"),
    }.items()
    for label in labels
}  # fmt: skip
"""Answers at a check-in that are requests for the sales team: label -> interest."""


def _day_and_euros(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """AutoScout24 names the time of a call without its day: that of the mail; its prices are euros everywhere."""
    subject = mail.headers.get("subject") or ""
    time, day = _TIME.search(subject), _day_of(mail)
    if time is not None and day is not None:
        call = Reading(call=Call(started_at=f"{day}T{int(time['hour']):02}:{time['minute']}:00"))
        found = tuple(_with(reading, call) if reading.call else reading for reading in found)
    return tuple(_in_euros(reading) for reading in found) if "€" in subject else found


def _in_euros(reading: Reading) -> Reading:
    cars = tuple(
        msgspec.structs.replace(car, price=Money(car.price.amount, "EUR")) if car.price else car
        for car in reading.vehicles
    )
    return msgspec.structs.replace(reading, vehicles=cars)


def _day_of(mail: Document) -> str | None:
    return mail.sent_at.date().isoformat() if mail.sent_at else None


def _missed_call(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Gumtree writes of calls that nobody took."""
    if "missed" not in (mail.headers.get("subject") or "").lower():
        return found
    return tuple(_with(reading, Reading(call=Call(accepted=False))) if reading.call else reading for reading in found)


def _named_by_sender(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """`Eve über Kleinanzeigen`, `Simon (OfferUp)`: who writes through an exchange stands in its display name."""
    name = clean.single_line(_THROUGH.sub("", (mail.sender[0] or "")[:300].strip()), 100)
    house = registrable(mail.sender[1].rpartition("@")[2]).partition(".")[0]
    if name is None or "@" in name or squeeze(name) == squeeze(house):
        return found
    person = Reading(customer=Customer(name=name))
    return tuple(reading if reading.customer and reading.customer.name else _with(reading, person) for reading in found)


def _said_in_quotes(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """OfferUp shows the person's words between quotation marks, and its own below them."""
    found = _named_by_sender(mail, found)
    start, end = (mail.text or "").find("“"), (mail.text or "").rfind("”")
    words = clean.block((mail.text or "")[start + 1 : end]) if 0 <= start < end else None
    if words is None:
        return found
    said = (msgspec.structs.replace(reading, comments=None) for reading in found)
    return tuple(_with(reading, Reading(comments=words)) for reading in said)


def _booking_method(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """A booking tool says by the first words of the subject whether a booking is made or withdrawn."""
    subject = (mail.headers.get("subject") or "").strip().casefold()
    method = "CANCEL" if subject.startswith(_WITHDRAWN) else "REQUEST"
    return tuple(
        _with(reading, Reading(booking=Booking(method=method))) if reading.kind == "booking" else reading
        for reading in found
    )


def _on_google(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    review = Reading(review=Review(platform="Google", best_rating="5"))
    return tuple(_with(reading, review) if reading.review else reading for reading in found)


def _not_the_sender(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Who passes requests on under an address of its own, not known as a platform's, is not the customer."""
    return tuple(_without(reading, mail.sender[1]) for reading in found)


def _without(reading: Reading, sender: str) -> Reading:
    person = reading.customer
    if person is None or reading.origins.get("customer.emails") != "header" or person.emails != (sender,):
        return reading
    named = reading.origins.get("customer.name") == "header"
    left = Customer() if named else msgspec.structs.replace(person, emails=())
    gone = {"customer.emails", "customer.name"} if named else {"customer.emails"}
    return msgspec.structs.replace(
        reading,
        customer=None if left == Customer() else left,
        origins={path: origin for path, origin in reading.origins.items() if path not in gone},
        alternatives={path: said for path, said in reading.alternatives.items() if path != "customer.name"},
    )


def _survey(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """A survey without an alert is an opinion; only what the importer calls an alert has its 48 hours."""
    found = _not_the_sender(mail, found)
    if "alert" in (mail.headers.get("subject") or "").casefold():
        return found
    return tuple(
        msgspec.structs.replace(reading, kind="review")
        if reading.kind == "alert" and not (reading.alert and (reading.alert.id or reading.alert.threshold))
        else reading
        for reading in found
    )


def _wishes(mail: Document, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """A check-in that says yes to an offer is also a lead of the same person, for the sales team."""
    check_ins = (msgspec.structs.replace(one, kind="check-in") if one.kind == "booking" else one for one in found)
    return tuple(reading for check_in in check_ins for reading in (check_in, *_leads_in(check_in)))


def _leads_in(check_in: Reading) -> list[Reading]:
    if check_in.kind != "check-in":
        return []
    leads = []
    remarks = check_in.booking.remarks if check_in.booking else None
    lines = (line.partition(":") for line in (remarks or "").splitlines()[:_MOST_LINES])
    for label, answer in (*check_in.extra.items(), *((label, answer.strip()) for label, _, answer in lines)):
        interest = _WISHES.get(squeeze(label))
        if interest and answer and meaning("answers", answer, whole=True) != "no":
            lead = Reading(
                kind="lead",
                language=check_in.language,
                interest=interest,
                comments=f"{label}: {answer}",
                customer=check_in.customer,
                vehicles=check_in.vehicles,
            )
            leads.append(marked(lead, _ORIGIN))
    return leads[:10]


def _with(reading: Reading, implied: Reading) -> Reading:
    """The reading with what is implied where nothing was said."""
    return merged(reading, marked(implied, _ORIGIN))


COMPLETIONS: Mapping[str, Completion] = {
    "autoscout24": _day_and_euros,
    "cal.com": _booking_method,
    "calendly": _booking_method,
    "cem": _survey,
    "google-reviews": _on_google,
    "gumtree": _missed_call,
    "importer": _not_the_sender,
    "kleinanzeigen": _named_by_sender,
    "offerup": _said_in_quotes,
    "simplybook": _booking_method,
    "tjekvik": _wishes,
}
"""Type -> its function; a type without one is data alone."""
