"""`history person`, `history vehicle`: all that a person asked for, all visits of a car."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, settings_of, store_of
from daemon.cli.output import FINDINGS, USAGE, fail, json_line, json_option, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from config.models import Settings, Site
    from rules.model import Record

Json = dict[str, Any]

site_option = click.option("--site", help="Only of this site.")


@click.group()
def history() -> None:
    """All records of a person or of a car, oldest first, with the visits to the workshop."""


@history.command()
@click.argument("key")
@site_option
@config_option
@json_option
def person(key: str, site: str | None, directory: Path, as_json: bool) -> None:
    """All that somebody asked for: KEY is a mail address, a telephone number or the reference of a record.

    Each site knows its own customers: what several sites know is listed one after the other.
    """
    _tell(f"What {key} asked for", key, site, directory, as_json, _of_person)


@history.command()
@click.argument("key")
@site_option
@config_option
@json_option
def vehicle(key: str, site: str | None, directory: Path, as_json: bool) -> None:
    """All visits of a car, and what else was asked about it: KEY is a VIN, a plate or the reference of a record."""
    _tell(f"What was done with {key}", key, site, directory, as_json, _of_vehicle)


Finder = Callable[["Connection", "Site", str], list["Record"]]


def _of_person(connection: "Connection", site: "Site", asked: str) -> list["Record"]:
    from daemon.store.acquaintances import records_with
    from rules.acquaintance import person_key
    from rules.second import contacts_of_record

    if (named := _named(connection, asked)) is not None:
        return records_with(connection, site.id, contacts_of_record(named)) if named.site == site.id else []
    key = person_key(asked, site.country)
    if key is None:
        fail(USAGE, f"'{asked}' is no mail address, telephone number or reference of a record")
    return [one for one in records_with(connection, site.id, [key]) if key in contacts_of_record(one)]


def _of_vehicle(connection: "Connection", site: "Site", asked: str) -> list["Record"]:
    from daemon.store.acquaintances import records_with
    from rules.acquaintance import car_key
    from rules.cars import cars_of, identities, identities_of_record

    if (named := _named(connection, asked)) is not None:
        keys = identities(cars_of(named)) if named.site == site.id else ()
        return records_with(connection, site.id, keys)
    key = car_key(asked)
    if key is None:
        fail(USAGE, f"'{asked}' is no VIN, plate or reference of a record")
    return [one for one in records_with(connection, site.id, [key]) if key in identities_of_record(one)]


def _named(connection: "Connection", asked: str) -> "Record | None":
    """The record that a reference names."""
    from daemon.store import records
    from rules import reference

    ref = reference.parse(asked) if "@" not in asked else None
    kept = records.load(connection, ref) if ref else None
    return kept.record if kept else None


def _tell(title: str, key: str, site: str | None, directory: Path, as_json: bool, find: Finder) -> None:
    settings = settings_of(directory)
    with store_of(settings) as store, store.read() as connection:
        found = [one for place in _sites(settings, site) for one in reversed(find(connection, place, key))]
    if not found:
        fail(FINDINGS, f"nothing is known of '{key}'")
    rows = [_plain(one) for one in sorted(found, key=_when)]
    if as_json:
        for row in rows:
            json_line(row)
        return
    columns = ("When", "Reference", "Site", "State", "What for", "Car", "Customer")
    table(title, columns, list(_shown(settings, rows)))


def _sites(settings: "Settings", site: str | None) -> "Sequence[Site]":
    from config.problems import nearest

    if site is None:
        return list(settings.sites.values())
    if site not in settings.sites:
        meant = nearest(site, settings.sites) or f"known are {', '.join(settings.sites)}"
        fail(USAGE, f"there is no site '{site}', {meant}")
    return [settings.sites[site]]


def _when(record: "Record") -> tuple[Any, str]:
    """A visit counts for its day, all else for when it came in."""
    starts_at = record.visit.starts_at if record.visit else None
    return starts_at or record.received_at, record.ref


def _plain(record: "Record") -> Json:
    """What `--json` prints: the record's own words, without its mails."""
    import msgspec

    found: Json = msgspec.json.decode(msgspec.json.encode(record))
    reading, visit = found["reading"], found.get("visit", {})
    names = ("ref", "kind", "site", "state", "result", "received_at", "visit")
    services = visit.get("services") or reading.get("booking", {}).get("services", [])
    said = {"services": services, "customer": reading.get("customer"), "vehicles": reading.get("vehicles", [])}
    return {name: found[name] for name in names if found.get(name) is not None} | {
        name: value for name, value in said.items() if value
    }


def _shown(settings: "Settings", rows: Sequence[Json]) -> Iterator[tuple[Any, ...]]:
    from daemon.cli.house import zone_of
    from daemon.cli.traces import local
    from daemon.cli.visits import span

    for row in rows:
        zone = zone_of(settings, row["site"])
        customer, visit = row.get("customer", {}), row.get("visit", {})
        cars = [" ".join(filter(None, map(car.get, ("make", "model", "plate")))) for car in row.get("vehicles", [])]
        yield (
            span(visit, zone) or f"asked {local(row['received_at'], zone)[:-7]}",
            row["ref"],
            row["site"],
            row["state"],
            "; ".join(row.get("services", [])) or row["kind"],
            ", ".join(filter(None, cars)),
            customer.get("name") or customer.get("company") or next(iter(customer.get("emails", [])), None),
        )


COMMANDS = (history,)
