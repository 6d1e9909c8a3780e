"""Accepted mails on their way to a fate: claimed, read, finished, or set aside."""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, or_, select, update

from daemon.store import seals, tally
from daemon.store.chains import chain_after
from daemon.store.engine import DatabaseTime, insert_once
from daemon.store.schema import (
    PENDING,
    QUARANTINED,
    SETTLED,
    UNPACKED,
    message,
    message_record,
    raw,
    record,
    settings_version,
)

LEASE = timedelta(seconds=30)
"""Renewed while a mail is in hand, so that one in a dead worker's hand is soon another's."""
MAX_TRIES = 3
BATCH_BYTES = 32 << 20

_THIS = message.c.id == bindparam("the_message")
_RAW = raw.c.message == bindparam("the_message")
_OURS = (_THIS, message.c.fate == "pending", message.c.lease == bindparam("our_lease"))
# Built once: SQLAlchemy keeps what it compiled by the statement object.
_FINISH = update(message).where(*_OURS)
_FINISH_RAW = update(raw).where(_RAW)
_WAITING = (
    select(message.c.id, message.c.alone, message.c.size)
    .where(
        PENDING,
        message.c.due_at <= bindparam("now"),
        or_(message.c.lease_until.is_(None), message.c.lease_until < DatabaseTime()),
    )
    .order_by(message.c.alone, message.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CHOSEN = message.c.id.in_(bindparam("chosen", expanding=True))
_LEASE = update(message).where(_CHOSEN).values(lease_until=DatabaseTime(LEASE))
_RENEW = (
    update(message)
    .where(PENDING, message.c.lease.in_(bindparam("leases", expanding=True)))
    .values(lease_until=DatabaseTime(LEASE))
)
_TAKEN = (
    select(
        message.c.id,
        message.c.recipient,
        message.c.sender,
        message.c.channel,
        message.c.accepted_at,
        message.c.tries,
        message.c.alone,
        message.c.received_at,
        raw.c.packed,
        raw.c.bytes,
    )
    .join(raw)
    .where(_CHOSEN)
    .order_by(message.c.due_at, message.c.id)
)
# Each column by itself: for a list of pairs SQLite reads the whole index.
_FIRST = select(message.c.site, message.c.digest, message.c.id).where(
    message.c.site.in_(bindparam("sites", expanding=True)),
    message.c.digest.in_(bindparam("digests", expanding=True)),
    SETTLED,
)
_NEXT = select(func.min(message.c.due_at)).where(PENDING)
_IN_FATE = {"pending": PENDING, "quarantined": QUARANTINED}
"""Fates that an index is for."""
_FIRST_UNPACKED = select(func.min(raw.c.message)).where(UNPACKED, raw.c.message >= bindparam("first"))
_UNPACKED = (
    select(raw.c.message, message.c.fate_at)
    .join(message)
    .where(UNPACKED, raw.c.message >= bindparam("first"), raw.c.message < bindparam("end"))
    .order_by(raw.c.message)
    .limit(bindparam("most"))
)
_TO_PACK = select(raw.c.bytes).where(_RAW, UNPACKED).with_for_update(skip_locked=True)
_PACK = update(raw).where(_RAW)
_ROW = select(message).where(_THIS)
_SEAL = update(message).where(_THIS)


class Claimed(msgspec.Struct, frozen=True):
    """A mail in hand: nobody else may finish it while its lease holds."""

    id: int
    recipient: str
    sender: str
    channel: str
    accepted_at: datetime
    tries: int
    alone: bool
    lease: str
    content: bytes
    received_at: datetime | None = None
    """Of an imported mail: when it came in first."""


class Fated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail."""

    id: int
    lease: str
    tries: int
    alone: bool
    fate: str
    reason: str
    site: str
    source: str | None
    verified: str | None
    mail_class: str
    digest: str
    subject: str | None
    trace: bytes
    settings: str


class LostLease(Exception):  # noqa: N818 - not a fault: somebody else has it now
    """The mail is no longer ours; what we made of it must not be kept."""


def unpack(packed: bool, content: bytes) -> bytes:
    """The bytes as they were received."""
    return zlib.decompress(content) if packed else content


def claim(connection: Connection, *, now: datetime, lease: str, limit: int) -> list[Claimed]:
    """Take the mails that wait longest; one that was in a dead reader's hand is taken alone, after all others.

    Args:
        connection: A writing transaction.
        now: The time that due times are compared with (the test clock, if there is one).
        lease: Fencing token of this claim.
        limit: At most so many.
    """
    waiting = connection.execute(_WAITING, {"now": now, "most": limit})
    chosen = _chosen([(row.id, row.alone, row.size) for row in waiting])
    if not chosen:
        return []
    connection.execute(_LEASE, {"chosen": chosen, "lease": lease})
    return [
        Claimed(*columns, lease, unpack(packed, content), received_at)  # type: ignore[call-arg]
        for *columns, received_at, packed, content in connection.execute(_TAKEN, {"chosen": chosen})
    ]


def _chosen(waiting: list[tuple[int, bool, int]]) -> list[int]:
    """As many as fit into memory together, at least one; a suspect only by itself."""
    chosen: list[int] = []
    total = 0
    for key, alone, size in waiting:
        total += size
        if chosen and (alone or total > BATCH_BYTES):
            break
        chosen.append(key)
        if alone:
            break
    return chosen


def finish(connection: Connection, mails: Sequence[Fated], at: datetime) -> None:
    """Give each mail its fate.

    Raises:
        LostLease: One of them is not ours any more.
    """
    if not mails:
        return
    rows = [_fate_row(mail, at) for mail in mails]
    if connection.execute(_FINISH, rows).rowcount != len(rows):
        raise LostLease(", ".join(str(mail.id) for mail in mails))
    connection.execute(_FINISH_RAW, [{"the_message": mail.id, "site": mail.site} for mail in mails])
    tally.count(connection, Counter(tally.What(tally.MAIL, mail.fate, mail.source) for mail in mails))


def _fate_row(mail: Fated, at: datetime) -> dict[str, object]:
    row: dict[str, object] = {
        "id": mail.id,
        "fate": mail.fate,
        "reason": mail.reason,
        "site": mail.site,
        "source": mail.source,
        "verified": mail.verified,
        "class": mail.mail_class,
        "digest": mail.digest,
        "subject": mail.subject,
        "trace": mail.trace.decode(),
        "settings": mail.settings,
        "fate_at": at,
        "tries": mail.tries,
        "alone": mail.alone,
    }
    sealed = {"fate_seal": seals.fate(row), "lease": None, "lease_until": None}
    return {**row, **sealed, "the_message": mail.id, "our_lease": mail.lease}


def release(connection: Connection, ids: Iterable[int], lease: str) -> None:
    """Give mails back untouched."""
    connection.execute(
        update(message)
        .where(message.c.id.in_(list(ids)), message.c.lease == lease)
        .values(lease=None, lease_until=None)
    )


def suspect(connection: Connection, mail: Claimed, *, proven: bool, why: str, at: datetime) -> str:
    """A reader died with this mail in hand: it waits behind all others and is tried alone.

    Args:
        connection: A writing transaction.
        mail: The mail in hand.
        proven: It was the only one in the reader: this counts, and the third time it is quarantined.
        why: What the reader died of.
        at: Time of the fate.

    Returns:
        The fate it has now.
    """
    tries = mail.tries + 1 if proven else mail.tries
    fate = "quarantined" if tries >= MAX_TRIES else "pending"
    ours = (message.c.fate == "pending", message.c.lease == mail.lease)
    values: dict[str, object] = {"tries": tries, "alone": True, "lease": None, "lease_until": None}
    if fate == "quarantined":
        values |= {"fate": fate, "reason": f"the reader died of it {tries} times: {why}", "fate_at": at}
    _change(connection, mail.id, ours, values)
    return fate


def quarantine(connection: Connection, mail_id: int, lease: str, why: str, at: datetime) -> None:
    """Set a mail aside for a person; its raw bytes stay."""
    ours = (message.c.fate == "pending", message.c.lease == lease)
    set_aside = {"fate": "quarantined", "reason": why, "fate_at": at, "lease": None, "lease_until": None}
    _change(connection, mail_id, ours, set_aside)


def retry(connection: Connection, mail_id: int) -> bool:
    """Let a quarantined mail be read again; whether there was one."""
    fresh = {"fate": "pending", "reason": None, "fate_at": None, "tries": 0, "alone": True, "digest": None}
    return _change(connection, mail_id, (message.c.fate == "quarantined",), fresh)


def drop(connection: Connection, mail_id: int, why: str, at: datetime) -> bool:
    """A person decides that a quarantined mail is nothing: it is ignored, with that reason; its bytes stay."""
    ignored = {"fate": "ignored", "reason": why, "fate_at": at}
    return _change(connection, mail_id, (message.c.fate == "quarantined",), ignored)


def _change(
    connection: Connection, mail_id: int, only_if: tuple[ColumnElement[bool], ...], values: Mapping[str, object]
) -> bool:
    """Change a mail and seal its fate anew; False if it is not as it must be."""
    before = connection.execute(select(message.c.fate).where(message.c.id == mail_id, *only_if)).scalar()
    done = connection.execute(update(message).where(message.c.id == mail_id, *only_if).values(values))
    if done.rowcount != 1:
        return False
    row = connection.execute(_ROW, {"the_message": mail_id}).mappings().one()
    connection.execute(_SEAL, {"the_message": mail_id, "fate_seal": seals.fate(row)})
    passes(connection, str(before), row["fate"], row["source"])
    return True


def passes(connection: Connection, before: str, after: str, source: str | None) -> None:
    """A mail of a source goes from one fate to another, for those who count; pending ones are counted as they stand."""
    numbers = {before: -1, after: 1} if before != after else {}
    counted = {tally.What(tally.MAIL, fate, source): by for fate, by in numbers.items() if fate != "pending"}
    tally.count(connection, counted)


def renew(connection: Connection, leases: Sequence[str]) -> None:
    """Mails of these leases are still in hand."""
    connection.execute(_RENEW, {"leases": leases})


def clear_leases(connection: Connection, holder: str | None) -> int:
    """Nobody has these mails in hand any more; how many there were.

    Args:
        connection: A writing transaction.
        holder: Whose leases; None for all, where there is only one worker.
    """
    query = update(message).where(PENDING, leased_by(message.c.lease, holder))
    return connection.execute(query.values(lease=None, lease_until=None)).rowcount


def leased_by(lease: ColumnElement[str | None], holder: str | None) -> ColumnElement[bool]:
    """Whether a lease is one of a holder's, or anybody's."""
    return lease.is_not(None) if holder is None else lease.startswith(f"{holder}/", autoescape=True)


def first_of(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The mail that became something, for each site and digest that has one."""
    wanted = set(pairs)
    if not wanted:
        return {}
    these = {"sites": sorted({site for site, _ in wanted}), "digests": sorted({digest for _, digest in wanted})}
    found = {(row.site, row.digest): row.id for row in connection.execute(_FIRST, these)}
    return {pair: first for pair, first in found.items() if pair in wanted}


def next_due(connection: Connection) -> datetime | None:
    """When the next mail may be read."""
    return connection.execute(_NEXT).scalar()


def oldest_pending(connection: Connection) -> datetime | None:
    """Time of acceptance of the mail that waits longest for its fate."""
    return connection.execute(select(func.min(message.c.accepted_at)).where(PENDING)).scalar()


def by_fate(connection: Connection) -> list[tuple[str, str | None, int]]:
    """Number of mails by fate and source."""
    pending = select(message.c.source, func.count()).where(PENDING).group_by(message.c.source)
    waiting = [("pending", row[0], row[1]) for row in connection.execute(pending)]
    settled = [(*what, number) for what, number in tally.numbers(connection, tally.MAIL).items()]
    return sorted([*waiting, *settled], key=lambda one: (one[0], one[1] or ""))


def listing(connection: Connection, fate: str | None = None, limit: int = 100) -> list[RowMapping]:
    """The newest mails, oldest of them first; with all columns of the ledger."""
    query = select(message).order_by(message.c.accepted_at.desc(), message.c.id.desc()).limit(limit)
    if fate is not None:
        query = query.where(_IN_FATE.get(fate, message.c.fate == fate))
    return list(reversed(connection.execute(query).mappings().all()))


def one(connection: Connection, mail_id: int) -> RowMapping | None:
    """One mail with all columns of the ledger."""
    return connection.execute(select(message).where(message.c.id == mail_id)).mappings().first()


def original(connection: Connection, mail_id: int) -> bytes | None:
    """The bytes of a mail as received."""
    row = connection.execute(select(raw.c.packed, raw.c.bytes).where(raw.c.message == mail_id)).first()
    return unpack(row.packed, row.bytes) if row else None


def of_record(connection: Connection, ref: str) -> list[RowMapping]:
    """The mails that opened a record or were attached to it, in order of acceptance."""
    query = (
        select(message, message_record.c.how, message_record.c.reading)
        .join(message_record, message_record.c.message == message.c.id)
        .join(record, record.c.id == message_record.c.record)
        .where(record.c.ref == ref)
        .order_by(message.c.accepted_at, message.c.id)
    )
    return list(connection.execute(query).mappings())


def keep_settings(connection: Connection, digest: str, versions: str, canonical: bytes, at: datetime) -> None:
    """Remember the settings that decisions name, once per digest."""
    known = connection.execute(select(settings_version.c.digest).where(settings_version.c.digest == digest)).first()
    if known is None:
        row = {"digest": digest, "at": at, "versions": versions, "packed": zlib.compress(canonical)}
        insert_once(connection, settings_version.c.digest, {**row, "seal": seals.settings(row)})


def pack(connection: Connection, before: datetime, limit: int) -> int:
    """Compress the bytes of mails that were finished long ago; how many.

    The oldest of each chain are looked at: behind these are only younger ones, and what came today is much.
    """
    old: list[int] = []
    after: int | None = 0
    while len(old) < limit and after is not None:
        after = connection.execute(_FIRST_UNPACKED, {"first": after}).scalar()
        if after is not None:
            first, after = after, chain_after(after)
            rows = connection.execute(_UNPACKED, {"first": first, "end": after, "most": limit})
            old += [row.message for row in rows if row.fate_at is not None and row.fate_at < before]
    return sum(_packed(connection, key) for key in old[:limit])


def _packed(connection: Connection, key: int) -> bool:
    this = {"the_message": key}
    content = connection.execute(_TO_PACK, this).scalar()
    if content is not None:
        connection.execute(_PACK, {**this, "packed": True, "bytes": zlib.compress(content, 6)})
    return content is not None
