"""Who and which car is meant by what somebody types: a mail address, a number, a plate, a VIN, a reference."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from config.models import Site
from daemon.cli.output import FINDINGS, USAGE, fail, table
from daemon.store import records
from daemon.store.acquaintances import records_with
from parsers.records import Customer, Vehicle
from rules import reference
from rules.acquaintance import Car, Person, car_key, cars, people, person_key
from rules.cars import cars_of, identities
from rules.model import Record


class Known(NamedTuple):
    """What a new record is begun with."""

    customer: Customer | None = None
    vehicle: Vehicle | None = None


NOBODY = Known()


def looked_up(connection: Connection, site: Site, person: str | None, vehicle: str | None, *, own_car: bool) -> Known:
    """The customer and the car that are meant; where several could be, they are shown and the command ends.

    Args:
        connection: A snapshot.
        site: Where they are known.
        person: Mail address, telephone number or reference of a record.
        vehicle: VIN, plate or reference of a record.
        own_car: Whether the person's car is wanted, too, where they have one only.
    """
    car = _only_car(site, find_cars(connection, site, vehicle), vehicle) if vehicle else None
    found: Person | None
    if person:
        found = _only_person(site, find_people(connection, site, person), person)
    elif car and len(car.people) > 1:
        show_people(f"The car {vehicle} was brought by several people", car.people)
        fail(FINDINGS, "say which one is meant: person= with a mail address, telephone number or reference")
    else:
        found = car.people[0] if car and car.people else None
    if car is None and own_car and found and len(found.cars) > 1:
        show_people(f"{found.customer.name or person} has several cars", [found])
        fail(FINDINGS, "say which one is meant: vehicle= with a plate or VIN, or vehicles.make=… for another one")
    only = found.cars[0] if car is None and own_car and found and found.cars else None
    return Known(found.customer if found else None, car.vehicle if car else only)


def find_people(connection: Connection, site: Site, asked: str) -> tuple[Person, ...]:
    """Those whom a key can mean at a site."""
    if (record := _record(connection, site, asked)) is not None:
        return people([record])
    key = person_key(asked, site.country)
    if key is None:
        fail(USAGE, f"'{asked}' is no mail address, telephone number or reference of a record")
    return people(records_with(connection, site.id, [key]), key)


def find_cars(connection: Connection, site: Site, asked: str) -> tuple[Car, ...]:
    """The cars that a key can mean at a site."""
    if (record := _record(connection, site, asked)) is not None:
        keys = identities(cars_of(record))
        if keys:
            return tuple(car for key in keys[:1] for car in cars(records_with(connection, site.id, [key]), key))
        return tuple(Car(vehicle=car, people=people([record]), refs=(record.ref,)) for car in cars_of(record))
    key = car_key(asked)
    if key is None:
        fail(USAGE, f"'{asked}' is no VIN, plate or reference of a record")
    return cars(records_with(connection, site.id, [key]), key)


def _record(connection: Connection, site: Site, asked: str) -> Record | None:
    """The record of the site that a reference names; None for what is none."""
    ref = reference.parse(asked) if "@" not in asked else None
    kept = records.load(connection, ref) if ref else None
    if kept is None:
        return None
    if kept.record.site != site.id:
        fail(FINDINGS, f"{ref} is of {kept.record.site}: what is known there, {site.id} does not know")
    return kept.record


def _only_person(site: Site, found: Sequence[Person], asked: str) -> Person:
    if not found:
        fail(FINDINGS, f"{site.id} knows nobody by '{asked}'; of somebody new say customer.name=… customer.phones=…")
    if len(found) > 1:
        show_people(f"Several people are known by '{asked}'", found)
        fail(FINDINGS, "say which one is meant: person= with one of the references")
    return found[0]


def _only_car(site: Site, found: Sequence[Car], asked: str) -> Car:
    if not found:
        fail(FINDINGS, f"{site.id} knows no car '{asked}'; of a new one say vehicles.plate=… vehicles.make=…")
    if len(found) > 1:
        rows = [(one.refs[0], car_words(one.vehicle), one.vehicle.vin, _names(one.people)) for one in found]
        table(f"Several cars are known by '{asked}'", ("Record", "Car", "VIN", "Whose"), rows)
        fail(FINDINGS, "say which one is meant: vehicle= with its VIN or one of the references")
    return found[0]


def show_people(title: str, found: Sequence[Person]) -> None:
    """A table of people, each with a reference by which they can be named."""
    rows = [
        (
            one.refs[0],
            one.customer.name or one.customer.company,
            ", ".join((*one.customer.emails, *one.customer.phones)),
            "; ".join(map(car_words, one.cars)),
        )
        for one in found
    ]
    table(title, ("Record", "Name", "Contacts", "Cars"), rows)


def car_words(car: Vehicle) -> str:
    """A car in a few words."""
    return " ".join(filter(None, (car.make, car.model, car.plate or car.vin))) or "-"


def _names(found: Sequence[Person]) -> str:
    return ", ".join(filter(None, (one.customer.name or one.customer.company for one in found)))
