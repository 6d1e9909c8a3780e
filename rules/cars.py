"""By what a car is known: its VIN and its plate, in one spelling, so that the same car is found again.

The index of the store says where to look; whether it is the same car, the records themselves do.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from parsers.records import Vehicle
from parsers.vehicles import plate, vin
from rules.model import Record, Refused

MOST = 10
"""Identities of one record that count."""
_BETWEEN = re.compile(r"[\W_]+")
_NOT_BROUGHT = ("wanted", "trade-in")
"""Roles of cars that do not come to the workshop."""
_LETTERS = re.compile(r"[^\W\d_]+")


def identities(cars: Iterable[Vehicle]) -> tuple[str, ...]:
    """`vin:…` (ISO 3779, upper case, 17 characters) and `plate:…` (upper case, letters and digits only), sorted."""
    return tuple(sorted({each for car in cars for each in _names(car)})[:MOST])


def identities_of_record(record: Record) -> tuple[str, ...]:
    """Of all cars in the request and in those that stand with it, also one in part exchange."""
    return identities(car for reading in record.readings for car in reading.vehicles)


def cars_of(record: Record) -> tuple[Vehicle, ...]:
    """The cars that a record is about: not those in part exchange."""
    return tuple(car for reading in record.readings for car in reading.vehicles if car.role != "trade-in")


def with_plate(record: Record, said: str | None) -> Record:
    """A record whose customer's car has the plate that the workshop says; where nothing is said, as it is.

    It stands in the request, so that all that is known by its car is. Reading the mail again leaves it.

    Args:
        record: The booking.
        said: The plate as a person wrote it.

    Raises:
        Refused: It is none.
    """
    if said is None or not said.strip():
        return record
    written = plate(said.strip(), None)
    if written is None:
        raise Refused(f"plate '{said.strip()[:40]}' cannot be read, write plate='B-EX 1234'")
    cars = record.reading.vehicles
    number = next((number for number, car in enumerate(cars) if car.role not in _NOT_BROUGHT), len(cars))
    named = replace(cars[number], plate=written) if number < len(cars) else Vehicle(role="own", plate=written)
    vehicles = (*cars[:number], named, *cars[number + 1 :])
    return replace(record, reading=replace(record.reading, vehicles=vehicles))


def is_same(one: Vehicle, other: Vehicle) -> bool:
    """Whether two are the same car: the VIN decides where both have it, else the plate."""
    mine, theirs = vin(one.vin or ""), vin(other.vin or "")
    if mine and theirs:
        return mine == theirs
    return bool(one.plate and other.plate) and _is_same_plate(one.plate or "", other.plate or "")


def bare_plate(text: str) -> str | None:
    """A plate without spaces, dashes and other marks: `B-MX 1234` is `BMX1234`."""
    return _BETWEEN.sub("", text[:40]).upper()[:20] or None


def _is_same_plate(one: str, other: str) -> bool:
    """Where both are written with their parts, these count as well: `B-MX 123` and `BM-X 123` are two German cars."""
    if bare_plate(one) != bare_plate(other):
        return False
    parts = [_LETTERS.findall(_BETWEEN.sub(" ", each[:40]).upper()) for each in (one, other)]
    return min(map(len, parts)) < 2 or parts[0] == parts[1]


def _names(car: Vehicle) -> Iterator[str]:
    if number := vin(car.vin or ""):
        yield f"vin:{number}"
    if car.plate and (bare := bare_plate(car.plate)):
        yield f"plate:{bare}"
