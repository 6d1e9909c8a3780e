"""Which cars a site knows, and in which records: an index of VINs and plates, beside that of people.

Its rows stand among the contacts (types `vin` and `plate`), so that a transaction locks all it needs in one order.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, select

from daemon.store import contacts
from daemon.store.contacts import Contact
from daemon.store.schema import record, record_contact
from rules.cars import cars_of, identities, is_same
from rules.model import Record
from rules.transition import ACCEPTED, ARRIVED, COUNTERED, MOVING, OFFERED, PREBOOKED, SCHEDULED
from rules.visit import Beside

TIMED = (OFFERED, ACCEPTED, COUNTERED, MOVING, PREBOOKED, SCHEDULED, ARRIVED)
"""States in which the time of a booking is taken."""
MOST_BESIDE = 50
"""Bookings of a car that are looked at, the newest."""

_BOOKED = (
    select(record.c.ref, record.c.data)
    .join(record_contact, record_contact.c.record == record.c.id)
    .where(
        record_contact.c.contact.in_(bindparam("keys", expanding=True)),
        contacts.of_few(record.c.site) == bindparam("the_site"),
        contacts.of_few(record.c.kind) == "booking",
        record.c.state.in_(TIMED),
        record.c.ref != bindparam("own"),
    )
    .order_by(record.c.id.desc())
    .limit(MOST_BESIDE)
)
_decode = msgspec.json.Decoder(Record).decode


def contacts_of(one: Record) -> tuple[Contact, ...]:
    """Index entries of the cars that a record is about."""
    return contacts.contacts_at(one.site, identities(cars_of(one)))


def beside(connection: Connection, one: Record) -> tuple[Beside, ...]:
    """Other bookings of the same car at the site with a time that is offered or agreed, in order of time."""
    return _beside(connection, one, contacts.find(connection, contacts_of(one)).values())


def beside_locked(connection: Connection, one: Record) -> tuple[Beside, ...]:
    """The same while nobody else can give the car a time, until this transaction ends."""
    return _beside(connection, one, contacts.hold(connection, contacts_of(one)).values())


def _beside(connection: Connection, one: Record, keys: Iterable[int]) -> tuple[Beside, ...]:
    known = sorted(keys)
    if not known:
        return ()
    rows = connection.execute(_BOOKED, {"keys": known, "the_site": one.site, "own": one.ref}).all()
    others = {row.ref: _decode(row.data) for row in rows}
    own = cars_of(one)
    found = [
        Beside(ref=other.ref, starts_at=other.visit.starts_at, ends_at=other.visit.ends_at)
        for other in others.values()
        if other.visit and other.visit.starts_at and other.visit.ends_at
        if any(is_same(mine, theirs) for mine in own for theirs in cars_of(other))
    ]
    return tuple(sorted(found, key=lambda each: (each.starts_at, each.ref)))
