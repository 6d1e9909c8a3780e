"""Whom and which cars a site knows, from its records: one person or car, however often it came; never a guess."""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from parsers.phones import phone
from parsers.records import Customer, Reading, Vehicle
from parsers.vehicles import vin
from rules.cars import bare_plate, identities, is_same
from rules.model import Record
from rules.second import contacts_of
from rules.shapes import Fact

S = TypeVar("S", Customer, Vehicle)

MOST_CONTACTS = 10
_WORDS = re.compile(r"[^\W\d_]+")
_SURE = re.compile(r"\+[0-9]{7,15}")


class Person(Fact, frozen=True, kw_only=True):
    """Somebody as the newest records say, the older ones filling gaps; their cars, and the records, newest first."""

    customer: Customer
    cars: tuple[Vehicle, ...] = ()
    refs: tuple[str, ...] = ()


class Car(Fact, frozen=True, kw_only=True):
    """A car, whose it was, and the records, newest first."""

    vehicle: Vehicle
    people: tuple[Person, ...] = ()
    refs: tuple[str, ...] = ()


def person_key(text: str, country: str) -> str | None:
    """A mail address or telephone number as records are indexed by it; None for anything else."""
    told = text.strip()
    if "@" in told:
        return f"mail:{told.casefold()}"
    number = phone(told, country) if any(map(str.isdigit, told)) else None
    return f"phone:{number}" if number and _SURE.fullmatch(number) else None


def car_key(text: str) -> str | None:
    """A VIN or plate as records are indexed by it; None for what is neither."""
    if number := vin(text):
        return f"vin:{number}"
    bare = bare_plate(text)
    return f"plate:{bare}" if bare and any(map(str.isdigit, bare)) else None


def people(records: Sequence[Record], key: str | None = None) -> tuple[Person, ...]:
    """The persons of records, the newest first: two names are two persons, a name and its first word are one.

    Args:
        records: The newest first.
        key: Only those who are known by it (`person_key`); None: all.
    """
    groups: list[list[tuple[Record, Reading]]] = []
    for record, reading in _persons(records, key):
        group = next((each for each in groups if _may_be_one(reading, each)), None)
        if group is None:
            groups.append([(record, reading)])
        else:
            group.append((record, reading))
    return tuple(_person(group) for group in groups)


def cars(records: Sequence[Record], key: str) -> tuple[Car, ...]:
    """The cars of records that are known by a key (`car_key`), the newest first."""
    groups: list[list[tuple[Record, Vehicle]]] = []
    for record in records:
        for car in (car for reading in record.readings for car in reading.vehicles if key in identities((car,))):
            group = next((each for each in groups if any(is_same(car, one) for _, one in each)), None)
            if group is None:
                groups.append([(record, car)])
            else:
                group.append((record, car))
    return tuple(_car(group) for group in groups)


def called_alike(one: Customer, other: Customer) -> bool | None:
    """Whether two names may be one person's, as a name and its first word are; None where one has no name."""
    words, others = _name(one), _name(other)
    return (words <= others or others <= words) if words and others else None


def _persons(records: Sequence[Record], key: str | None) -> Iterator[tuple[Record, Reading]]:
    for record in records:
        for reading in record.readings:
            if reading.customer is not None and (key is None or key in contacts_of(reading)):
                yield record, reading


def _may_be_one(reading: Reading, group: Sequence[tuple[Record, Reading]]) -> bool:
    """Whether a name is the group's, or says nothing against it while a contact is common."""
    assert reading.customer is not None  # noqa: S101 - see _persons
    others = [one.customer for _, one in group if one.customer is not None]
    alike = [said for one in others if (said := called_alike(reading.customer, one)) is not None]
    if alike:
        return all(alike)
    return any(set(contacts_of(reading)) & set(contacts_of(one)) for _, one in group)


def _name(customer: Customer) -> set[str]:
    name = customer.name or customer.company
    return {word.casefold() for word in _WORDS.findall((name or "")[:200])}


def _person(group: Sequence[tuple[Record, Reading]]) -> Person:
    known = [reading.customer for _, reading in group if reading.customer]
    customer = _completed(max(known, key=lambda one: len(one.name or "")), known)
    lists = {
        field: tuple(dict.fromkeys(each for one in known for each in getattr(one, field)))[:MOST_CONTACTS]
        for field in ("emails", "phones")
    }
    return Person(
        customer=msgspec.structs.replace(customer, **lists),
        cars=_own_cars([reading for _, reading in group]),
        refs=tuple(dict.fromkeys(record.ref for record, _ in group)),
    )


def _own_cars(readings: Sequence[Reading]) -> tuple[Vehicle, ...]:
    """What somebody drives: not what they asked for, nor what they gave in part exchange."""
    found: list[list[Vehicle]] = []
    for car in (car for reading in readings for car in reading.vehicles if car.role not in ("wanted", "trade-in")):
        group = next((each for each in found if any(_is_one(car, one) for one in each)), None)
        if group is None:
            found.append([car])
        else:
            group.append(car)
    return tuple(_own(group) for group in found)


def _is_one(one: Vehicle, other: Vehicle) -> bool:
    """Two cars of one person: the same by number, or one without a number and of the other's model."""
    if identities((one,)) and identities((other,)):
        return is_same(one, other)
    models = [f"{each.make or ''} {each.model or ''}".casefold().strip() for each in (one, other)]
    return bool(models[0] and models[1]) and (models[0] in models[1] or models[1] in models[0])


def _car(group: Sequence[tuple[Record, Vehicle]]) -> Car:
    records = list({record.ref: record for record, _ in group}.values())
    return Car(
        vehicle=_own([car for _, car in group]), people=people(records), refs=tuple(record.ref for record in records)
    )


def _own(group: Sequence[Vehicle]) -> Vehicle:
    """A car as the newest record says, without what was asked about it there."""
    car = _completed(group[0], group)
    return msgspec.structs.replace(
        car, role="own", listing_id=None, listing_url=None, stock_number=None, price=None, condition=None, odometer=None
    )


def _completed(first: S, others: Sequence[S]) -> S:
    """The first with what only the others say."""
    gaps = {name: None for name in first.__struct_fields__ if getattr(first, name) is None}
    said = {name: next((v for one in others if (v := getattr(one, name)) is not None), None) for name in gaps}
    return msgspec.structs.replace(first, **{name: value for name, value in said.items() if value is not None})
