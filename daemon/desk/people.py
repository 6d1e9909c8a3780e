"""What the person of a mail has asked before: looked up before deciding, and once more while nobody else can open."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from config.models import Settings
from daemon.store import contacts, records
from daemon.store.contacts import MOST_KNOWN, Contact
from parsers.records import Parsed
from rules.decide import readings_of
from rules.model import Known, MailDecision, Record
from rules.second import contacts_at, known

Rows = Mapping[Contact, Sequence[tuple[int, str]]]


class Met(msgspec.Struct, frozen=True):
    """An open record of the mail's person: as it is, and what of it counts for the decision."""

    kept: records.Kept
    known: Known


def people_of(settings: Settings, parsed: Parsed, decision: MailDecision) -> frozenset[Contact]:
    """The contacts of those whose requests a mail brings; nobody asks the admin twice."""
    found: set[Contact] = set()
    for reading, decided in zip(readings_of(parsed), decision.decisions, strict=False):
        site = settings.sites.get(decided.site or decision.site)
        if site is not None and decided.ignored is None:
            found.update(contacts.contacts_at(site.id, contacts_at(reading, site)))
    return frozenset(found)


def look_up(connection: Connection, groups: Sequence[frozenset[Contact]]) -> list[tuple[Met, ...]]:
    """The open records of each group's contacts, with one look for all."""
    keys = contacts.find(connection, {each for group in groups for each in group})
    rows = contacts.open_records(connection, keys)
    return [_met(group, rows) for group in groups]


def check(
    connection: Connection, asked: Iterable[tuple[frozenset[Contact], Sequence[Known]]], also: Iterable[Contact]
) -> dict[Contact, int]:
    """Lock the contacts and look again: nobody opens a record for them until this transaction ends.

    Args:
        connection: A writing transaction.
        asked: Contacts of each mail, and what its decision was made with.
        also: Further contacts that will be written, to lock all at once.

    Returns:
        The keys of all.

    Raises:
        Changed: It is no longer what the decisions were made with.
    """
    asked = list(asked)
    looked = {each for group, _ in asked for each in group}
    keys = contacts.hold(connection, looked.union(also))
    rows = contacts.open_records(connection, {each: keys[each] for each in looked})
    for group, seen in asked:
        if tuple(one.known for one in _met(group, rows)) != tuple(seen):
            raise records.Changed("what a mail's person has asked")
    return keys


def _met(group: frozenset[Contact], rows: Rows) -> tuple[Met, ...]:
    by_key: dict[int, str] = {}
    for each in group:
        by_key.update(rows.get(each, ()))
    found = []
    for key in sorted(by_key, reverse=True)[:MOST_KNOWN]:
        kept = records.kept(key, by_key[key])
        if (one := _known(kept.record, group)) is not None:
            found.append(Met(kept, one))
    return tuple(found)


def _known(record: Record, group: frozenset[Contact]) -> Known | None:
    return known(record, [f"{kind}:{value}" for site, kind, value in group if site == record.site])
