"""By what a car is known: its VIN and its plate, in one spelling, so that the same car is found again.

The index of the store says where to look; whether it is the same car, the records themselves do.
"""

import re
from collections.abc import Iterable, Iterator

from parsers.records import Reading, Vehicle
from parsers.vehicles import vin
from rules.model import Record

MOST = 10
"""Identities of one record that count."""
_BETWEEN = re.compile(r"[\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")


def identities(cars: Iterable[Vehicle]) -> tuple[str, ...]:
    """`vin:…` (ISO 3779, upper case, 17 characters) and `plate:…` (upper case, letters and digits only), sorted."""
    return tuple(sorted({each for car in cars for each in _names(car)})[:MOST])


def identities_of_record(record: Record) -> tuple[str, ...]:
    """Of all cars in the request and in those that stand with it, also one in part exchange."""
    return identities(car for reading in _readings(record) for car in reading.vehicles)


def cars_of(record: Record) -> tuple[Vehicle, ...]:
    """The cars that a record is about: not those in part exchange."""
    return tuple(car for reading in _readings(record) for car in reading.vehicles if car.role != "trade-in")


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


def _readings(record: Record) -> tuple[Reading, ...]:
    return (record.reading, *(one.reading for one in record.requests))
