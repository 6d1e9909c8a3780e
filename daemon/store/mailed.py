"""What is known of outgoing mails, for people who look, for bounces that come back, and for metrics."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    func,
    literal,
    select,
    text,
    union,
    update,
)

from daemon.store import tally
from daemon.store.schema import UNFINISHED, notice, outbox, record, rendered

ASTRAY = "astray"
"""Purpose of the mail to somebody who answered one about several records."""
ABOUT_SEVERAL = ("list", "visits", "bundle", "digest", "late", ASTRAY)
"""Purposes of mails to the house that have no address for a plain reply."""
_ALONE = outbox.alias("alone")


def listing(connection: Connection, states: tuple[str, ...], limit: int = 100) -> list[RowMapping]:
    """Letters in these states, oldest first, without their bytes."""
    query = select(outbox, record.c.ref).join(record, isouter=True).order_by(outbox.c.id).limit(limit)
    if states:
        query = query.where(outbox.c.state.in_(states))
    if states and not {"sent", "withdrawn"}.intersection(states):
        query = query.where(UNFINISHED)
    return list(connection.execute(query).mappings())


def one(connection: Connection, outbox_id: int) -> RowMapping | None:
    """One letter with its bytes."""
    query = (
        select(outbox, rendered.c.bytes.label("rendered"), record.c.ref)
        .join(rendered)
        .join(record, record.c.id == outbox.c.record, isouter=True)
        .where(outbox.c.id == outbox_id)
    )
    return connection.execute(query).mappings().first()


def of_record(connection: Connection, ref: str) -> list[RowMapping]:
    """Letters about a record, also those that tell of others too, oldest first, without their bytes."""
    this = select(record.c.id).where(record.c.ref == ref).scalar_subquery()
    query = select(outbox, literal(ref).label("ref")).where(tells_of(this)).order_by(outbox.c.id)
    return list(connection.execute(query).mappings())


def tells_of(key: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a letter is about a record, or about several with this one among them.

    By one set of keys: for either the one or the other PostgreSQL would look through all letters.
    """
    alone = select(_ALONE.c.id).where(_ALONE.c.record == key)
    carried = select(notice.c.outbox).where(notice.c.record == key, notice.c.outbox.is_not(None))
    return outbox.c.id.in_(union(alone, carried))


def by_message_id(connection: Connection, message_id: str) -> int | None:
    """The letter with this Message-ID."""
    return connection.execute(select(outbox.c.id).where(outbox.c.message_id == message_id)).scalar()


class SentTo(msgspec.Struct, frozen=True):
    """Whom a letter was for, and what it was about."""

    letter: int
    recipient: str
    site: str | None
    ref: str | None
    customer: bool
    returned_at: datetime | None


def sent_to(connection: Connection, outbox_id: int) -> SentTo | None:
    """Whom a letter was for."""
    columns = (outbox.c.id, outbox.c.recipient, outbox.c.site, record.c.ref, outbox.c.customer, outbox.c.returned_at)
    query = select(*columns).join(record, record.c.id == outbox.c.record, isouter=True)
    row = connection.execute(query.where(outbox.c.id == outbox_id)).first()
    return SentTo(*row) if row else None


def came_back_since(connection: Connection, recipient: str, since: datetime) -> bool:
    """Whether a mail to this very address came back since a time."""
    query = select(outbox.c.id).where(
        text("outbox.returned_at IS NOT NULL"), outbox.c.recipient == recipient, outbox.c.returned_at > since
    )
    return connection.execute(query.limit(1)).first() is not None


def came_back(connection: Connection, letters: Sequence[int], at: datetime) -> None:
    """These letters came back."""
    if letters:
        unknown = outbox.c.id.in_(letters), outbox.c.returned_at.is_(None)
        connection.execute(update(outbox).where(*unknown).values(returned_at=at))


def about_several(connection: Connection, message_ids: Sequence[str], site: str) -> int | None:
    """The newest letter with one of these Message-IDs that is about no single record, of mails to a site's people."""
    several = (outbox.c.purpose.in_(ABOUT_SEVERAL), outbox.c.record.is_(None), outbox.c.site == site)
    query = select(func.max(outbox.c.id)).where(outbox.c.message_id.in_(message_ids), *several)
    return connection.execute(query).scalar()


def refs_by_message_id(connection: Connection, message_id: str) -> list[str]:
    """The record that the letter with this Message-ID is about, if there is one."""
    query = select(record.c.ref).join(outbox, outbox.c.record == record.c.id).where(outbox.c.message_id == message_id)
    return list(connection.execute(query).scalars())


def by_state(connection: Connection) -> dict[str, int]:
    """Number of letters by state."""
    query = select(outbox.c.state, func.count()).where(UNFINISHED).group_by(outbox.c.state)
    unfinished = {row[0]: row[1] for row in connection.execute(query)}
    return unfinished | {name: number for (name, _), number in tally.numbers(connection, tally.LETTER).items()}


def oldest_unsent(connection: Connection) -> datetime | None:
    """Creation time of the letter that waits longest."""
    query = select(func.min(outbox.c.created_at)).where(
        UNFINISHED, outbox.c.state.in_(("waiting", "unknown", "sending"))
    )
    return connection.execute(query).scalar()
