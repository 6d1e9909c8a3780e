"""Requests of one mail put together from what its levels read: the same person and car are one request."""

from collections.abc import Sequence

import msgspec

from parsers.merge import merged
from parsers.records import Customer, Reading, Vehicle

STRANGERS = frozenset(["adf"])
"""Levels beside which other text may name the dealer or the service: a person named only there is no further one."""
ALONE = STRANGERS | {"xml", "markup", "calendar"}
"""Levels that tell all requests of a mail: who is named in the text below serves them."""
OWN = "layout"
"""The level of the source's own patterns: they stand in the form whose labels give the rest of the person."""


def combined(levels: Sequence[tuple[str, tuple[Reading, ...]]]) -> tuple[Reading, ...]:
    """Lay the readings of all levels over each other, the surest level first.

    A lower reading fills the gaps of the request that it is of. Where a level names another person than all above it,
    that is a request of its own.
    """
    requests: list[Reading] = []
    top = ""
    for name, readings in levels:
        if not requests:
            requests = list(_joined(readings))
            top = name if requests else ""
            continue
        for number, reading in enumerate(readings):
            alike = len(readings) == len(requests)
            place = _place(requests, reading, number, alike=alike, same_form=top == OWN)
            if place is not None:
                requests[place] = _over(requests[place], reading, strict=top in STRANGERS)
            elif top not in ALONE and _is_request(reading):
                requests.append(reading)
    return tuple(requests)


def _joined(readings: tuple[Reading, ...]) -> list[Reading]:
    """The readings of one level; two of the same person, car and kind are one request."""
    found: list[Reading] = []
    for reading in readings:
        place = next((i for i, other in enumerate(found) if _is_same_request(other, reading)), None)
        if place is None:
            found.append(reading)
        else:
            found[place] = merged(found[place], reading)
    return found


def _is_same_request(one: Reading, other: Reading) -> bool:
    if one.kind != other.kind or one.external_ids != other.external_ids or one.interest != other.interest:
        return False
    if one.booking and other.booking and one.booking.uid != other.booking.uid:
        return False
    if one.call and other.call and one.call != other.call:
        return False
    return same_person(one.customer, other.customer) and same_cars(one.vehicles, other.vehicles)


def _place(requests: list[Reading], reading: Reading, number: int, *, alike: bool, same_form: bool) -> int | None:
    """Which request a lower reading is of: by person, by its place if it names nobody else, or the only one."""
    same = [i for i, one in enumerate(requests) if of_one(one, reading)]
    if same:
        return next((i for i in same if same_cars(requests[i].vehicles, reading.vehicles)), same[0])
    are_others = are_two if same_form else _are_named
    if alike and not are_others(requests[number], reading):
        return number
    alone = len(requests) == 1
    return 0 if alone and not (is_named(requests[0]) and _is_request(reading)) else None


def of_one(one: Reading, other: Reading) -> bool:
    """Whether two readings of different levels are of the same person, whom one may name in full and one in short."""
    if one.review and other.review and one.review.author and other.review.author:
        return _words(one.review.author) == _words(other.review.author)
    if same_person(one.customer, other.customer):
        return True
    mine, other_s = (_words(reading.customer.name if reading.customer else None) for reading in (one, other))
    return bool(mine and other_s) and (mine <= other_s or other_s <= mine)


def _words(name: str | None) -> frozenset[str]:
    return frozenset((name or "").casefold().split())


def _over(high: Reading, low: Reading, *, strict: bool) -> Reading:
    """Fill gaps; a text of somebody else gives neither person nor words (`strict`: one that names nobody, too)."""
    stranger = not same_person(high.customer, low.customer) if strict else are_two(high, low)
    if stranger:
        low = msgspec.structs.replace(low, customer=None, comments=None)
    return merged(_unless_fuller(high, low), low)


def _unless_fuller(high: Reading, low: Reading) -> Reading:
    """Without the name, where the lower reading has all of it and more: a subject often gives the first name only."""
    one, other = high.customer, low.customer
    if one is None or other is None or not _words(one.name) < _words(other.name):
        return high
    origins = {path: origin for path, origin in high.origins.items() if path != "customer.name"}
    return msgspec.structs.replace(high, customer=msgspec.structs.replace(one, name=None), origins=origins)


def is_named(reading: Reading) -> bool:
    """Whether it says of whom it is."""
    person, review = reading.customer, reading.review
    if review is not None and review.author:
        return True
    return person is not None and bool(person.name or person.emails or person.phones)


def _are_named(one: Reading, other: Reading) -> bool:
    return is_named(one) and is_named(other)


def has_words(reading: Reading) -> bool:
    """Whether the person's own words were found, wherever the kind of request keeps them."""
    complaint, review, booking = reading.complaint, reading.review, reading.booking
    kept = (complaint and complaint.text, review and review.text, booking and booking.remarks)
    return reading.comments is not None or any(kept)


def are_two(some: Reading, others: Reading) -> bool:
    """Whether both say the same thing of a person, and not the same; a name and a number may be of one."""
    one, other = (reading.customer or Customer() for reading in (some, others))
    authors = some.review and some.review.author and others.review and others.review.author
    both = (one.name and other.name, one.emails and other.emails, one.phones and other.phones, authors)
    return any(both) and not of_one(some, others)


def _is_request(reading: Reading) -> bool:
    """Whether it could stand alone: somebody with a name and a way to reach them, or an opinion."""
    person, review = reading.customer, reading.review
    if review is not None and review.author and (review.text or review.rating):
        return True
    return person is not None and person.name is not None and bool(person.emails or person.phones)


def same_person(one: Customer | None, other: Customer | None) -> bool:
    """Whether both name one person: by name, address or number."""
    if one is None or other is None:
        return False
    same_name = one.name is not None and other.name is not None and one.name.casefold() == other.name.casefold()
    mails = {mail.casefold() for mail in one.emails} & {mail.casefold() for mail in other.emails}
    return same_name or bool(mails) or bool({p[-7:] for p in one.phones} & {p[-7:] for p in other.phones})


def same_cars(some: tuple[Vehicle, ...], others: tuple[Vehicle, ...]) -> bool:
    """Whether no car of one is another than that of the other in the same role; nothing said is no difference."""
    for car in some:
        for other in others:
            if (car.role or "wanted") == (other.role or "wanted") and _differ(car, other):
                return False
    return True


def _differ(car: Vehicle, other: Vehicle) -> bool:
    for name in ("vin", "plate", "stock_number", "listing_id", "listing_url", "make", "model"):
        here, there = getattr(car, name), getattr(other, name)
        if here and there:
            return str(here).casefold() != str(there).casefold()
    return False
