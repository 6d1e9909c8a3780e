"""What a site's rows say of one person, for whoever exports or erases it."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, bindparam, func, or_, select

from daemon.store import contacts
from daemon.store.messages import unpack
from daemon.store.records import Kept, kept
from daemon.store.schema import (
    contact,
    deadline,
    erased,
    message,
    message_record,
    notice,
    outbox,
    raw,
    record,
    record_contact,
    rendered,
    revision,
)

BATCH = 20
"""Mails held at once: each may have 25 MiB."""

_KNOWN = (
    select(record.c.id, record.c.data)
    .join(record_contact, record_contact.c.record == record.c.id)
    .where(record_contact.c.contact.in_(bindparam("keys", expanding=True)))
    .distinct()
    .order_by(record.c.id.desc())
)
_MAILS = (
    select(message, message_record.c.record, message_record.c.reading, message_record.c.how)
    .join(message_record, message_record.c.message == message.c.id)
    .where(message_record.c.record.in_(bindparam("records", expanding=True)))
    .order_by(message.c.id, message_record.c.reading)
)
_OTHERS = (
    select(record.c.ref)
    .join(message_record, message_record.c.record == record.c.id)
    .where(message_record.c.message == bindparam("the_message"), record.c.id.not_in(bindparam("own", expanding=True)))
)
_BESIDE = (
    select(outbox, rendered.c.bytes.label("rendered"))
    .join(rendered)
    .join(message_record, message_record.c.record == outbox.c.record)
    .where(outbox.c.subject != "")
    .distinct()
    .order_by(outbox.c.id)
)
_IS_ERASED = select(erased.c.message).where(erased.c.message == message.c.id).exists()
_SENDERS = func.lower(message.c.sender)
_IS_LINKED = select(message_record.c.message).where(message_record.c.message == message.c.id).exists()
_AT_SITE = or_(message.c.site == bindparam("the_site"), message.c.site.is_(None))
_LOOSE = select(message.c.id).where(_AT_SITE, ~_IS_LINKED, ~_IS_ERASED)
_SEVERAL = (
    select(outbox, rendered.c.bytes.label("rendered"))
    .join(rendered)
    .where(outbox.c.record.is_(None), outbox.c.subject != "", outbox.c.id > bindparam("after"))
    .order_by(outbox.c.id)
    .limit(BATCH)
)


class Loose(msgspec.Struct, frozen=True):
    """A mail that stands for no record."""

    id: int
    recipient: str
    sender: str
    site: str | None
    is_pending: bool
    content: bytes


def known_by(connection: Connection, site: str, known: Iterable[str]) -> list[Kept]:
    """All records of a site in which one of these ever was (`mail:…`, `phone:…`), the newest first."""
    keys = sorted(contacts.find(connection, contacts.contacts_at(site, known)).values())
    return [kept(row.id, row.data) for row in connection.execute(_KNOWN, {"keys": keys})] if keys else []


def mails_of(connection: Connection, records: Collection[int]) -> list[RowMapping]:
    """The mails that opened these records or came to them: a row for each mail, record and reading."""
    return list(connection.execute(_MAILS, {"records": sorted(records)}).mappings()) if records else []


def letters_beside(connection: Connection, mails: Collection[int], own: Collection[int]) -> list[RowMapping]:
    """Outgoing mails about the further records that these mails stand for, with their bytes."""
    query = _BESIDE.where(message_record.c.message.in_(sorted(mails)), message_record.c.record.not_in(sorted(own)))
    return list(connection.execute(query).mappings()) if mails else []


def others_of(connection: Connection, mail: int, own: Collection[int]) -> list[str]:
    """References of further records that a mail stands for."""
    return list(connection.execute(_OTHERS, {"the_message": mail, "own": sorted(own)}).scalars())


def from_sender(connection: Connection, site: str, addresses: Collection[str]) -> list[int]:
    """Mails of a site whose envelope names one of these addresses (lower case) as the sender."""
    query = select(message.c.id).where(message.c.site == site, _SENDERS.in_(sorted(addresses)))
    return list(connection.execute(query.where(~_IS_ERASED).order_by(message.c.id)).scalars()) if addresses else []


def count_loose(connection: Connection, site: str) -> int:
    """How many mails of a site, or of none yet, stand for no record."""
    query = select(func.count()).select_from(_LOOSE.subquery())
    return connection.execute(query, {"the_site": site}).scalar_one()


def loose(connection: Connection, site: str, after: int) -> list[Loose]:
    """The next of them by number; those that wait to be read are among them."""
    keys = list(
        connection.execute(
            _LOOSE.where(message.c.id > after).order_by(message.c.id).limit(BATCH), {"the_site": site}
        ).scalars()
    )
    query = select(message, raw.c.packed, raw.c.bytes).join(raw).where(message.c.id.in_(keys)).order_by(message.c.id)
    return [
        Loose(row.id, row.recipient, row.sender, row.site, row.fate == "pending", unpack(row.packed, row.bytes))
        for row in (connection.execute(query) if keys else ())
    ]


def about_several(connection: Connection, after: int) -> list[RowMapping]:
    """The next outgoing mails about no single record, with their bytes: lists, bundles, alarms of all sites."""
    return list(connection.execute(_SEVERAL, {"after": after}).mappings())


def revisions_of(connection: Connection, key: int) -> list[RowMapping]:
    """Every state of a record, oldest first."""
    return _of(connection, select(revision).where(revision.c.record == key).order_by(revision.c.n))


def deadlines_of(connection: Connection, key: int) -> list[RowMapping]:
    """Its steps."""
    return _of(connection, select(deadline).where(deadline.c.record == key).order_by(deadline.c.id))


def notices_of(connection: Connection, key: int) -> list[RowMapping]:
    """What was to be told of it."""
    return _of(connection, select(notice).where(notice.c.record == key).order_by(notice.c.id))


def letters_of(connection: Connection, key: int) -> list[RowMapping]:
    """Outgoing mails about it alone, with their bytes."""
    query = select(outbox, rendered.c.bytes.label("rendered")).join(rendered).where(outbox.c.record == key)
    return _of(connection, query.order_by(outbox.c.id))


def preferences_of(connection: Connection, site: str, known: Iterable[str]) -> list[RowMapping]:
    """Rows by which the person is found, with what was said for every visit."""
    keys = sorted(contacts.find(connection, contacts.contacts_at(site, known)).values())
    return _of(connection, select(contact).where(contact.c.id.in_(keys)))


def _of(connection: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())
