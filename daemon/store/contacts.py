"""By what a person is known at a site, and in which records: an index, so that second requests are found.

A contact is (site, type, value), its value normalised by `rules.second`. What counts is what the record itself says; a
row too few opens a record too many, and a row too many does nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, select

from daemon.store.engine import insert_missing
from daemon.store.schema import contact, record, record_contact
from rules.transition import OPEN_STATES

MOST_KNOWN = 20
"""Open records of a person that are looked at, the newest first."""
Contact = tuple[str, str, str]
"""Site, type, value."""

_COLUMNS = (contact.c.site, contact.c.type, contact.c.value)
_NAMES = tuple(one.name for one in _COLUMNS)
# Built once: SQLAlchemy keeps what it compiled by the statement object. Each column by itself, as for a list of triples
# SQLite reads the whole table; rows too many are left out afterwards.
_THESE = select(contact.c.id, *_COLUMNS).where(
    *(one.in_(bindparam(f"{one.name}s", expanding=True)) for one in _COLUMNS)
)
_LOCKED = _THESE.order_by(*_COLUMNS).with_for_update(key_share=True)
_USED = select(contact.c.id).where(
    contact.c.id.in_(bindparam("keys", expanding=True)),
    exists().where(record_contact.c.contact == contact.c.id),
)


def of_few(column: ColumnElement[str]) -> ColumnElement[str]:
    """A column that no index is used for: about the few records of a contact SQLite would ask all of a site."""
    return column + ""


_OPEN = (
    select(record.c.id, record.c.data)
    .join(record_contact, record_contact.c.record == record.c.id)
    .where(
        record_contact.c.contact == bindparam("the_contact"),
        of_few(record.c.site) == bindparam("the_site"),
        record.c.state.in_(OPEN_STATES),
    )
    .order_by(record_contact.c.record.desc())
    .limit(MOST_KNOWN)
)


def contacts_at(site: str, values: Iterable[str]) -> tuple[Contact, ...]:
    """Contacts of a site, from `mail:…` and `phone:…`."""
    return tuple((site, *each.partition(":")[::2]) for each in values)


def find(connection: Connection, wanted: Iterable[Contact]) -> dict[Contact, int]:
    """Keys of those that are known."""
    return _keys(connection, _THESE, set(wanted))


def hold(connection: Connection, wanted: Iterable[Contact]) -> dict[Contact, int]:
    """Insert those that are missing and lock all, in sorted order, until the transaction ends; their keys.

    SQLite has one writer at a time: there the transaction itself is the lock.
    """
    these = set(wanted)
    if these:
        insert_missing(connection, contact, [dict(zip(_NAMES, each, strict=True)) for each in sorted(these)])
    return _keys(connection, _LOCKED, these)


def _keys(connection: Connection, query: Select[Any], these: set[Contact]) -> dict[Contact, int]:
    if not these:
        return {}
    values = {f"{name}s": sorted({each[place] for each in these}) for place, name in enumerate(_NAMES)}
    found = {(row.site, row.type, row.value): row.id for row in connection.execute(query, values)}
    return {each: key for each, key in found.items() if each in these}


def open_records(connection: Connection, keys: Mapping[Contact, int]) -> dict[Contact, list[tuple[int, str]]]:
    """Key and data of the open records of each contact, the newest first; those without any are left out."""
    if not keys:
        return {}
    # a statement of its own, after the lock: what another daemon wrote before it let go is seen
    used = set(connection.execute(_USED, {"keys": sorted(keys.values())}).scalars())
    found = {
        each: [(row.id, row.data) for row in connection.execute(_OPEN, {"the_contact": key, "the_site": each[0]})]
        for each, key in keys.items()
        if key in used
    }
    return {each: rows for each, rows in found.items() if rows}


def link(connection: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Say which records (first) have which contacts (second); what is said already stays."""
    rows = [{"record": one, "contact": other} for one, other in sorted(set(pairs))]
    if rows:
        insert_missing(connection, record_contact, rows)


def index(connection: Connection, one: int, own: Iterable[Contact]) -> None:
    """Let a record be found by its contacts."""
    link(connection, [(one, key) for key in hold(connection, own).values()])
