"""Notices on their way into letters."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update

from daemon.store.messages import unpack
from daemon.store.schema import message, message_record, notice, raw, record, revision
from parsers.records import Attachment
from rules.bundling import SHARED
from rules.escalation import PURPOSES, overdue_since
from rules.model import Actor, Notice, Record

NOTES = 50
"""Notes of a record that are looked at, the newest."""

_decode_record = msgspec.json.Decoder(Record).decode
_decode_notice = msgspec.json.Decoder(Notice).decode


class FirstMail(msgspec.Struct, frozen=True):
    """The mail that opened a record, or a further one that came to it, without its bytes."""

    id: int
    subject: str | None
    sender: str
    received_at: datetime
    size: int
    attachments: tuple[Attachment, ...] = ()


class _Trace(msgspec.Struct, frozen=True):
    """What is asked of the trace of a mail."""

    attachments: tuple[Attachment, ...] = ()


_decode_args = msgspec.json.Decoder(dict[str, str]).decode
_decode_trace = msgspec.json.Decoder(_Trace).decode


class DueNotice(msgspec.Struct, frozen=True):
    """A notice to be turned into a letter, with its record as it is now."""

    id: int
    record_id: int
    revision: int
    """That led to it."""
    notice: Notice
    record: Record
    mail: FirstMail | None
    due_at: datetime | None = None
    """Since when the record is overdue, else when its next step is due."""
    further: FirstMail | None = None
    """The mail whose attachments go along (`Notice.message`)."""


_received_at = func.coalesce(message.c.received_at, message.c.accepted_at)
_mail_columns = (message.c.id, message.c.subject, message.c.sender, _received_at, message.c.size, message.c.trace)
_opened = and_(message_record.c.record == record.c.id, message_record.c.how == "opened")
_whole = (
    select(
        notice.c.id,
        notice.c.record,
        notice.c.revision,
        notice.c.data,
        notice.c.held_until,
        record.c.data.label("record_data"),
        record.c.due_at,
        *_mail_columns,
    )
    .join(record, record.c.id == notice.c.record)
    .join(message_record, _opened, isouter=True)
    .join(message, message.c.id == message_record.c.message, isouter=True)
)
OPEN = (notice.c.outbox.is_(None), notice.c.withdrawn_at.is_(None))
READY = or_(notice.c.held_until.is_(None), notice.c.held_until <= bindparam("now"))
"""No brake holds it back."""
_DUE = (
    _whole.where(*OPEN, notice.c.at <= bindparam("now"), READY)
    .order_by(notice.c.at, notice.c.id)
    .limit(bindparam("most"))
)
_HELD = _whole.where(*OPEN, notice.c.id.in_(bindparam("ids", expanding=True))).order_by(notice.c.at, notice.c.id)
_CARRIED = _whole.where(notice.c.outbox == bindparam("letter")).order_by(notice.c.at, notice.c.id)
_ALONG = (
    _whole.where(
        *OPEN,
        notice.c.at <= bindparam("now"),
        READY,
        or_(notice.c.way.in_(SHARED), and_(notice.c.held_until.is_not(None), notice.c.purpose.in_(tuple(PURPOSES)))),
        func.lower(notice.c.recipient) == bindparam("reader"),
    )
    .order_by(notice.c.at, notice.c.id)
    .limit(bindparam("most"))
)
_MADE_AT = (
    select(notice.c.id, revision.c.at)
    .join(revision, and_(revision.c.record == notice.c.record, revision.c.n == notice.c.revision))
    .where(notice.c.id.in_(bindparam("ids", expanding=True)))
)
_CARRY = update(notice).where(notice.c.id == bindparam("the_notice")).values(outbox=bindparam("letter"))
_ORIGINALS = select(raw.c.message, raw.c.packed, raw.c.bytes).where(
    raw.c.message.in_(bindparam("messages", expanding=True))
)
_FURTHER = select(*_mail_columns).where(message.c.id.in_(bindparam("messages", expanding=True)))
_ASKED = select(revision.c.actor_role, revision.c.actor).where(
    revision.c.record == bindparam("the_record"), revision.c.n == bindparam("the_revision")
)
_NOTES = (
    select(revision.c.args)
    .where(revision.c.record == bindparam("the_record"), revision.c.action == "note")
    .order_by(revision.c.n.desc())
    .limit(NOTES)
)
_FREE = (
    select(notice.c.id)
    .where(*OPEN, notice.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(notice.c.id)
    .with_for_update(skip_locked=True)
)
_NEXT = select(func.min(func.coalesce(notice.c.held_until, notice.c.at))).where(
    notice.c.outbox.is_(None), notice.c.withdrawn_at.is_(None)
)


def due(connection: Connection, now: datetime, limit: int) -> list[DueNotice]:
    """Notices whose time has come and that no letter carries yet, oldest first."""
    return _read(connection, _DUE, {"now": now, "most": limit})


def these(connection: Connection, ids: Sequence[int]) -> list[DueNotice]:
    """Those of these notices that no letter carries yet, oldest first."""
    return _read(connection, _HELD, {"ids": ids}) if ids else []


def asked_by(connection: Connection, one: DueNotice) -> Actor:
    """Who did what led to a notice."""
    row = connection.execute(_ASKED, {"the_record": one.record_id, "the_revision": one.revision}).one()
    return Actor(row.actor_role, row.actor)


def internal_notes(connection: Connection, record_id: int) -> list[str]:
    """What people of the house noted for each other."""
    rows = connection.execute(_NOTES, {"the_record": record_id}).scalars()
    return [text for args in rows if (text := _decode_args(args).get("text"))]


def along(connection: Connection, reader: str, now: datetime, limit: int) -> list[DueNotice]:
    """All due notices that wait for others and go to a reader, however his address is written, oldest first."""
    return _read(connection, _ALONG, {"reader": reader.lower(), "now": now, "most": limit})


def carried_by(connection: Connection, outbox_id: int) -> list[DueNotice]:
    """The notices that a letter carries, oldest first."""
    return _read(connection, _CARRIED, {"letter": outbox_id})


def made_at(connection: Connection, ids: Iterable[int]) -> dict[int, datetime]:
    """When what they tell of happened; a notice that waits for others is sent later."""
    return {row.id: row.at for row in connection.execute(_MADE_AT, {"ids": list(ids)})}


def next_due(connection: Connection) -> datetime | None:
    """When the next notice is to be sent."""
    return connection.execute(_NEXT).scalar()


def free(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these notices that nobody else has turned into a letter, or is about to, or will before we commit."""
    return set(connection.execute(_FREE, {"ids": list(ids)}).scalars())


def carry(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Letters carry these notices: notice and letter."""
    if pairs:
        connection.execute(_CARRY, [{"the_notice": one, "letter": letter} for one, letter in pairs])


def withdraw(connection: Connection, ids: Iterable[int], at: datetime) -> None:
    """What these notices were to say no longer holds."""
    connection.execute(update(notice).where(notice.c.id.in_(list(ids))).values(withdrawn_at=at))


def originals(connection: Connection, message_ids: Iterable[int]) -> dict[int, bytes]:
    """The bytes of mails as received."""
    rows = connection.execute(_ORIGINALS, {"messages": list(message_ids)})
    return {row.message: unpack(row.packed, row.bytes) for row in rows}


def _first_mail(key: int, subject: str | None, sender: str, at: datetime, size: int, trace: str | None) -> FirstMail:
    return FirstMail(key, subject, sender, at, size, _decode_trace(trace).attachments if trace else ())


def _read(connection: Connection, query: Select[Any], values: dict[str, object]) -> list[DueNotice]:
    found = []
    for key, record_id, by, told, held_until, data, due_at, *mail in connection.execute(query, values):
        first = _first_mail(*mail) if mail[0] is not None else None
        about, notice = _decode_record(data), _decode_notice(told)
        if held_until is not None and notice.purpose in PURPOSES:
            notice = msgspec.structs.replace(notice, way="bundle")  # what had to wait goes with all the others
        found.append(DueNotice(key, record_id, by, notice, about, first, overdue_since(about) or due_at))
    return _with_further(connection, found)


def _with_further(connection: Connection, found: list[DueNotice]) -> list[DueNotice]:
    """Add the mails that notices name; most notices name none."""
    wanted = {one.notice.message for one in found} - {None}
    if not wanted:
        return found
    mails = {row[0]: _first_mail(*row) for row in connection.execute(_FURTHER, {"messages": list(wanted)})}
    return [msgspec.structs.replace(one, further=mails.get(one.notice.message or 0)) for one in found]
