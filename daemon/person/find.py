"""Whom a key means at a site, and all records of that person."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection

from config.models import Site
from daemon.store import person, records
from daemon.store.records import Kept
from parsers.records import Customer, Reading
from rules import reference
from rules.acquaintance import Person, called_alike, people, person_key
from rules.model import Record
from rules.second import contacts_of, contacts_of_record

ROUNDS = 5
"""How often further contacts of the same person lead to further records."""


class NoKey(Exception):  # noqa: N818 - a verdict
    """The text is neither mail address nor telephone number nor reference of a record of the site."""


class Several(Exception):  # noqa: N818 - a verdict
    """Several people are known by the key.

    Attributes:
        people: They.
    """

    def __init__(self, found: Sequence[Person]) -> None:
        super().__init__()
        self.people = tuple(found)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One person at one site."""

    site: str
    names: tuple[str, ...] = ()
    contacts: tuple[str, ...]
    """By what they are known: `mail:…`, `phone:…`."""
    records: tuple[Kept, ...]
    """All of theirs, the newest first."""
    beside: tuple[str, ...] = ()
    """Records that have one of the contacts and are of somebody with another name: they are left alone."""

    @property
    def mails(self) -> frozenset[str]:
        """Their addresses, lower case."""
        return frozenset(each.removeprefix("mail:") for each in self.contacts if each.startswith("mail:"))

    @property
    def phones(self) -> frozenset[str]:
        """Their telephone numbers, E.164."""
        return frozenset(each.removeprefix("phone:") for each in self.contacts if each.startswith("phone:"))

    @property
    def refs(self) -> tuple[str, ...]:
        """References of their records."""
        return tuple(one.record.ref for one in self.records)


def find(connection: Connection, site: Site, asked: str) -> Found:
    """The person that a key means, with all that they ever asked for at the site.

    A telephone number or an address may be several people's: names tell them apart, as they do for second requests.

    Raises:
        NoKey: As it says.
        Several: The key alone does not say who is meant; the reference of one of their records does.
    """
    named = _named(connection, site, asked)
    if named is not None:
        own, every = contacts_of(named.record.reading), contacts_of_record(named.record)
        known: frozenset[str] = frozenset(own or every)
        return _grown(connection, site, known, {named.record.ref}, named, named.record.reading.customer)
    key = person_key(asked, site.country)
    if key is None:
        raise NoKey(asked)
    first = [one.record for one in person.known_by(connection, site.id, [key])]
    found = people(first, key)
    if len(found) > 1:
        raise Several(found)
    refs = {ref for one in found for ref in one.refs} | {one.ref for one in first if _is_nameless(one, {key})}
    return _grown(connection, site, frozenset({key}), refs, None, found[0].customer if found else None)


def elsewhere(connection: Connection, found: Found) -> dict[int, list[str]]:
    """Mails that they sent and that stand for records of other people only, or for erased ones: mail, references."""
    own = [one.id for one in found.records]
    linked = {row["id"] for row in person.mails_of(connection, own)}
    sent = person.from_sender(connection, found.site, found.mails)
    refs = {mail: person.others_of(connection, mail, own) for mail in sent if mail not in linked}
    return {mail: others for mail, others in refs.items() if others}


def _named(connection: Connection, site: Site, asked: str) -> Kept | None:
    ref = reference.parse(asked) if "@" not in asked else None
    kept = records.load(connection, ref) if ref else None
    return kept if kept is not None and kept.record.site == site.id else None


def _grown(
    connection: Connection, site: Site, known: frozenset[str], refs: set[str], first: Kept | None, who: Customer | None
) -> Found:
    """Follow the person's further contacts to their further records, until there are none.

    A request of theirs may stand in somebody else's record, where a person joined them: that record is the other's.
    """
    everything: list[Kept] = [first] if first else []
    names: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        found = person.known_by(connection, site.id, known)
        everything = found if first is None or first.id in {one.id for one in found} else [first, *found]
        groups = people([one.record for one in everything])
        ours = [one for one in groups if refs & set(one.refs) and _is_theirs(one.customer, who, known)]
        names = tuple(dict.fromkeys(name for one in ours if (name := one.customer.name or one.customer.company)))
        more = known.union(*(_contacts(one.customer) for one in ours))
        reached = refs | {ref for one in ours for ref in one.refs}
        reached |= {one.record.ref for one in everything if _is_nameless(one.record, more)}
        if (more, reached) == (known, refs):
            break
        known, refs = more, reached
    mine = {one.record.ref for one in everything if _is_theirs(one.record.reading.customer, who, known)} & refs
    own = tuple(one for one in everything if one.record.ref in mine)
    beside = tuple(one.record.ref for one in everything if one.record.ref not in mine)
    return Found(site=site.id, names=names, contacts=tuple(sorted(known)), records=own, beside=beside)


def _is_theirs(customer: Customer | None, who: Customer | None, known: Collection[str]) -> bool:
    """Two names are two people; where one has none, what they are known by decides."""
    if customer is None or who is None:
        return True
    alike = called_alike(customer, who)
    return bool(set(_contacts(customer)) & set(known)) if alike is None else alike


def _contacts(customer: Customer) -> tuple[str, ...]:
    return contacts_of(Reading(customer=customer))


def _is_nameless(record: Record, known: Collection[str]) -> bool:
    """Whether it has one of the contacts in a request that names nobody: a call, for example.

    Where it only had one once, because requests were parted since, it may be another person's.
    """
    with_contact = [each for each in record.readings if set(contacts_of(each)) & set(known)]
    return all(each.customer is None for each in with_contact or record.readings)
