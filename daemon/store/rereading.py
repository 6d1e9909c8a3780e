"""Kept mails that are read again: which, and what they became."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Select, and_, func, or_, select, update

from daemon.store.messages import Claimed, LostLease, passes, unpack
from daemon.store.records import Kept
from daemon.store.schema import erased, message, message_record, raw, record, revision
from parsers.records import Reading
from rules.model import Record

FATES = ("opened", "quarantined", "automatic", "ignored", "bounce")
"""Fates that today's reading may change; the others follow from other mails and from records."""
UNLESS_ASKED = ("opened", "quarantined", "automatic")
"""Without `--fate`: what a rule or a person ignores stays so."""
BATCH = 20
_came = func.coalesce(message.c.received_at, message.c.accepted_at)
_decode = msgspec.json.Decoder(Record).decode


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which mails: by time of receipt, source and fate."""

    since: datetime
    until: datetime | None = None
    source: str | None = None
    address: str | None = None
    """Of the source: what was never read has no other sign of it."""
    fates: Sequence[str] = UNLESS_ASKED
    unsorted: bool = False
    """Only those whose record is unsorted."""
    limit: int | None = None


class Kind(msgspec.Struct, frozen=True):
    """A kept mail with its fate."""

    mail: Claimed
    fate: str


class Opened(msgspec.Struct, frozen=True):
    """A record that a reading of a mail opened, with the readings it has held."""

    reading: int
    kept: Kept
    history: tuple[tuple[str, Reading], ...]


def count(connection: Connection, wanted: Selection) -> int:
    """How many mails there are."""
    number = connection.execute(select(func.count()).select_from(_chosen(wanted).subquery())).scalar_one()
    return number if wanted.limit is None else min(number, wanted.limit)


def mails(connection: Connection, wanted: Selection, after: int) -> list[Kind]:
    """The next mails of a selection, by their number; few, as each may have 25 MiB."""
    keys = list(connection.execute(_chosen(wanted).where(message.c.id > after).limit(BATCH)).scalars())
    query = (
        select(message, raw.c.packed, raw.c.bytes).join(raw).where(message.c.id.in_(keys)).order_by(message.c.id)
        if keys
        else None
    )
    if query is None:
        return []
    return [
        Kind(
            Claimed(
                id=row.id,
                recipient=row.recipient,
                sender=row.sender,
                channel=row.channel,
                accepted_at=row.accepted_at,
                tries=row.tries,
                alone=row.alone,
                lease=f"reparse/{row.id}",
                content=unpack(row.packed, row.bytes),
                received_at=row.received_at,
            ),
            row.fate,
        )
        for row in connection.execute(query)
    ]


def opened(connection: Connection, mail_id: int) -> Iterator[Opened]:
    """The records that a mail opened, as they are now."""
    query = (
        select(message_record.c.reading, record.c.id, record.c.data)
        .join(record, record.c.id == message_record.c.record)
        .where(message_record.c.message == mail_id, message_record.c.how == "opened")
        .order_by(message_record.c.reading)
    )
    for row in connection.execute(query).all():
        steps = select(revision.c.action, revision.c.data).where(revision.c.record == row.id).order_by(revision.c.n)
        history = tuple((step.action, _decode(step.data).reading) for step in connection.execute(steps))
        yield Opened(row.reading, Kept(row.id, _decode(row.data)), history)


def joined(connection: Connection, mail_id: int) -> frozenset[int]:
    """The readings of a mail that were second requests: they opened nothing."""
    of_it = (message_record.c.message == mail_id, message_record.c.how == "attached")
    return frozenset(connection.execute(select(message_record.c.reading).where(*of_it)).scalars())


def take_back(connection: Connection, one: Kind) -> None:
    """Free a mail from its fate, to give it another in the same transaction.

    Raises:
        LostLease: It has another one meanwhile.
    """
    ours = (message.c.id == one.mail.id, message.c.fate == one.fate)
    pending = {"fate": "pending", "lease": one.mail.lease}
    source = connection.execute(select(message.c.source).where(*ours)).scalar()
    if connection.execute(update(message).where(*ours).values(pending)).rowcount != 1:
        raise LostLease(str(one.mail.id))
    passes(connection, one.fate, "pending", source)


def _chosen(wanted: Selection) -> Select[tuple[int]]:
    query = select(message.c.id).where(_came >= wanted.since, message.c.fate.in_(wanted.fates)).order_by(message.c.id)
    query = query.where(~select(erased.c.message).where(erased.c.message == message.c.id).exists())
    if wanted.until is not None:
        query = query.where(_came < wanted.until)
    if wanted.source is not None:
        by_address = func.lower(message.c.recipient) == (wanted.address or "").lower()
        query = query.where(or_(message.c.source == wanted.source, and_(message.c.source.is_(None), by_address)))
    if wanted.unsorted:
        query = query.where(
            select(message_record.c.message)
            .join(record, record.c.id == message_record.c.record)
            .where(message_record.c.message == message.c.id, record.c.kind == "unsorted")
            .exists()
        )
    return query
