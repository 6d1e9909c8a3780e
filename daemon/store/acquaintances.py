"""Records of a person or a car, open and closed, by the index of contacts."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, bindparam, select

from daemon.store import contacts
from daemon.store.schema import record, record_contact
from rules.model import Record

MOST = 500
"""Records of one person or car that are looked at, the newest."""
_OF = (
    select(record.c.data)
    .where(
        record.c.id.in_(
            select(record_contact.c.record).where(record_contact.c.contact.in_(bindparam("keys", expanding=True)))
        ),
        contacts.of_few(record.c.site) == bindparam("the_site"),
    )
    .order_by(record.c.id.desc())
    .limit(MOST)
)
_decode = msgspec.json.Decoder(Record).decode


def records_with(connection: Connection, site: str, known_by: Iterable[str]) -> list[Record]:
    """Records of a site that have one of these: `mail:…`, `phone:…`, `vin:…`, `plate:…`; the newest first."""
    keys = sorted(contacts.find(connection, contacts.contacts_at(site, known_by)).values())
    found = connection.execute(_OF, {"keys": keys, "the_site": site}).scalars() if keys else ()
    return [_decode(data) for data in found]
