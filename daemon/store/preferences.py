"""What a person prefers, kept with what they are known by at a site: it holds for their next visit, too."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from daemon.store import contacts
from daemon.store.contacts import Contact
from daemon.store.schema import contact
from rules.model import Record
from rules.second import contacts_of_record

_KEEP = update(contact).where(contact.c.id.in_(bindparam("keys", expanding=True)))
_NEWEST = (
    select(contact.c.reminder)
    .where(contact.c.id.in_(bindparam("keys", expanding=True)), contact.c.reminder.is_not(None))
    .order_by(contact.c.reminder_at.desc(), contact.c.id.desc())
    .limit(1)
)


def keep(connection: Connection, record: Record, days: int, at: datetime) -> None:
    """Keep how many days before a visit the person wants to be reminded.

    Args:
        connection: A writing transaction.
        record: Whose person it is.
        days: 0 for never.
        at: When it was said, UTC: the newest word counts.
    """
    keys = sorted(contacts.hold(connection, _contacts(record)).values())
    if keys:
        connection.execute(_KEEP, {"keys": keys, "reminder": days, "reminder_at": at})


def prefers(connection: Connection, record: Record) -> int | None:
    """How many days before a visit its person wants to be reminded, as said last at the site; None where never said."""
    keys = sorted(contacts.find(connection, _contacts(record)).values())
    return connection.execute(_NEWEST, {"keys": keys}).scalar() if keys else None


def _contacts(record: Record) -> tuple[Contact, ...]:
    return contacts.contacts_at(record.site, contacts_of_record(record))
