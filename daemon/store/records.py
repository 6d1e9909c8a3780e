"""Records, their revisions, deadlines and notices."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from daemon.store.schema import deadline, message_record, notice, record, revision
from rules.model import Action, Deadline, Effects, Notice, Record

_encode = msgspec.json.Encoder().encode
_decode_record = msgspec.json.Decoder(Record).decode
_decode_notice = msgspec.json.Decoder(Notice).decode


class Changed(Exception):  # noqa: N818 - a reason to repeat, not a fault
    """The record has a newer revision than the one that was read; load, apply and write again."""


class Kept(msgspec.Struct, frozen=True):
    """A record with its key."""

    id: int
    record: Record


class DueNotice(msgspec.Struct, frozen=True):
    """A notice to be turned into a mail, with its record as it is now."""

    id: int
    record_id: int
    notice: Notice
    record: Record


def open_record(
    connection: Connection, opened: Record, effects: Effects, action: Action, settings: str, at: datetime
) -> int:
    """Write a new record with its first revision and what follows from it; its key."""
    row = {**_columns(opened, effects), "ref": opened.ref, "received_at": opened.received_at}
    key: int = connection.execute(insert(record).values(row).returning(record.c.id)).scalar_one()
    _append(connection, key, opened, effects, action, settings, at)
    return key


def save(
    connection: Connection, kept: Kept, after: Record, effects: Effects, action: Action, settings: str, at: datetime
) -> None:
    """Write the next revision of a record.

    Raises:
        Changed: Somebody else was faster.
    """
    columns = _columns(after, effects)
    if not effects.deadlines and not effects.ends_deadlines:
        del columns["due_at"]
    done = connection.execute(
        update(record).where(record.c.id == kept.id, record.c.revision == kept.record.revision).values(columns)
    )
    if done.rowcount != 1:
        raise Changed(kept.record.ref)
    _append(connection, kept.id, after, effects, action, settings, at)


def link(connection: Connection, message_id: int, reading: int, record_id: int, how: str) -> None:
    """Say which record a mail's reading opened or was attached to."""
    row = {"message": message_id, "reading": reading, "record": record_id, "how": how}
    connection.execute(insert(message_record).values(row))


def load(connection: Connection, ref: str) -> Kept | None:
    """The current revision of a record."""
    row = connection.execute(select(record.c.id, record.c.data).where(record.c.ref == ref)).first()
    return Kept(row.id, _decode_record(row.data)) if row else None


def as_of(connection: Connection, ref: str, at: datetime) -> Record | None:
    """A record as it was at a time; None if it was not there yet."""
    query = (
        select(revision.c.data)
        .join(record, record.c.id == revision.c.record)
        .where(record.c.ref == ref, revision.c.at <= at)
        .order_by(revision.c.n.desc())
        .limit(1)
    )
    data = connection.execute(query).scalar()
    return _decode_record(data) if data else None


def revisions(connection: Connection, ref: str) -> list[RowMapping]:
    """Every revision of a record with who did what when, oldest first."""
    query = select(revision).join(record, record.c.id == revision.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(revision.c.n)).mappings())


def deadlines(connection: Connection, ref: str) -> list[RowMapping]:
    """Every deadline of a record, in order of time."""
    query = select(deadline).join(record, record.c.id == deadline.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(deadline.c.cycle, deadline.c.due_at)).mappings())


def listing(
    connection: Connection,
    *,
    site: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    limit: int = 100,
) -> list[Kept]:
    """The newest records, oldest of them first."""
    query = select(record.c.id, record.c.data).order_by(record.c.id.desc()).limit(limit)
    for column, value in ((record.c.site, site), (record.c.kind, kind), (record.c.state, state)):
        if value is not None:
            query = query.where(column == value)
    return [Kept(row.id, _decode_record(row.data)) for row in reversed(connection.execute(query).all())]


def refs_of_message(connection: Connection, message_id: int) -> list[str]:
    """References of the records that a mail opened or was attached to."""
    query = (
        select(record.c.ref)
        .join(message_record, message_record.c.record == record.c.id)
        .where(message_record.c.message == message_id)
        .order_by(message_record.c.reading)
    )
    return list(connection.execute(query).scalars())


def first_message(connection: Connection, record_id: int) -> int | None:
    """The mail that opened a record; None for one opened by command."""
    query = select(func.min(message_record.c.message)).where(
        message_record.c.record == record_id, message_record.c.how == "opened"
    )
    return connection.execute(query).scalar()


def due_notices(connection: Connection, now: datetime, limit: int) -> list[DueNotice]:
    """Notices whose time has come and that no mail carries yet, oldest first."""
    query = (
        select(notice.c.id, notice.c.record, notice.c.data, record.c.data.label("record_data"))
        .join(record)
        .where(notice.c.outbox.is_(None), notice.c.withdrawn_at.is_(None), notice.c.at <= now)
        .order_by(notice.c.at, notice.c.id)
        .limit(limit)
    )
    return [
        DueNotice(r.id, r.record, _decode_notice(r.data), _decode_record(r.record_data))
        for r in connection.execute(query)
    ]


def notice_of_outbox(connection: Connection, outbox_id: int) -> DueNotice | None:
    """The oldest notice that a mail carries, with its record as it is now."""
    query = (
        select(notice.c.id, notice.c.record, notice.c.data, record.c.data.label("record_data"))
        .join(record)
        .where(notice.c.outbox == outbox_id)
        .order_by(notice.c.id)
        .limit(1)
    )
    r = connection.execute(query).first()
    return DueNotice(r.id, r.record, _decode_notice(r.data), _decode_record(r.record_data)) if r else None


def next_notice(connection: Connection) -> datetime | None:
    """When the next notice is to be sent."""
    query = select(func.min(notice.c.at)).where(notice.c.outbox.is_(None), notice.c.withdrawn_at.is_(None))
    return connection.execute(query).scalar()


def carry(connection: Connection, notice_id: int, outbox_id: int) -> None:
    """A mail carries this notice."""
    connection.execute(update(notice).where(notice.c.id == notice_id).values(outbox=outbox_id))


def withdraw_notice(connection: Connection, notice_id: int, at: datetime) -> None:
    """What the notice was to say no longer holds."""
    connection.execute(update(notice).where(notice.c.id == notice_id).values(withdrawn_at=at))


def notices(connection: Connection, ref: str) -> list[RowMapping]:
    """Every notice of a record."""
    query = select(notice).join(record, record.c.id == notice.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(notice.c.id)).mappings())


def _columns(now: Record, effects: Effects) -> dict[str, object]:
    return {
        "site": now.site,
        "kind": now.kind,
        "state": now.state,
        "team": now.team,
        "source": now.source,
        "revision": now.revision,
        "due_at": min((d.due_at for d in effects.deadlines), default=None),
        "data": _encode(now).decode(),
    }


def _append(
    connection: Connection, key: int, now: Record, effects: Effects, action: Action, settings: str, at: datetime
) -> None:
    """The revision, and the effects: the only place where they are written."""
    row = {
        "record": key,
        "n": now.revision,
        "at": at,
        "action": action.name,
        "actor_role": action.actor.role,
        "actor": action.actor.name,
        "args": _encode(action.args).decode(),
        "data": _encode(now).decode(),
        "settings": settings,
    }
    connection.execute(insert(revision).values(row))
    if effects.ends_deadlines:
        open_ones = (deadline.c.record == key, deadline.c.fired_at.is_(None), deadline.c.ended_at.is_(None))
        connection.execute(update(deadline).where(*open_ones).values(ended_at=at))
    if effects.deadlines:
        connection.execute(insert(deadline), [_deadline_row(key, d) for d in effects.deadlines])
    if effects.notices:
        connection.execute(insert(notice), _notice_rows(key, now.revision, effects.notices))


def _deadline_row(key: int, d: Deadline) -> dict[str, object]:
    return {
        "record": key,
        "step": d.step,
        "cycle": d.cycle,
        "due_at": d.due_at,
        "deliver_at": d.deliver_at,
        "effect": d.effect,
        "target": d.to,
        "because": d.because,
    }


def _notice_rows(key: int, n: int, told: Sequence[Notice]) -> list[dict[str, object]]:
    return [
        {
            "record": key,
            "revision": n,
            "purpose": one.purpose,
            "recipient": one.to,
            "at": one.at,
            "data": _encode(one).decode(),
        }
        for one in told
    ]
