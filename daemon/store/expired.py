"""What was kept long enough, found a little at a time, by keys: no look takes long, however much there is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select

from daemon.store import records as every
from daemon.store.schema import erased, message, message_record, outbox, record, revision
from rules.erasing import ERASE

PAGE = 200
"""Keys looked at in one go."""
MAILS = ("automatic", "bounce", "ignored", "repeat")
"""Fates of mails that open nothing."""
_DONE = ("sent", "withdrawn", "failed")

_CLOSED = (
    select(record.c.id)
    .where(
        record.c.site == bindparam("the_site"),
        record.c.state == bindparam("the_state"),
        record.c.id > bindparam("after"),
    )
    .order_by(record.c.id)
    .limit(PAGE)
)
_LAST = (
    select(record.c.ref, record.c.kind, revision.c.at)
    .join(revision, and_(revision.c.record == record.c.id, revision.c.n == record.c.revision))
    .where(record.c.id.in_(bindparam("keys", expanding=True)), revision.c.action != ERASE)
    .order_by(record.c.id)
)
_ERASED = (
    select(record.c.id)
    .join(revision, and_(revision.c.record == record.c.id, revision.c.n == record.c.revision))
    .where(record.c.ref == bindparam("the_ref"), revision.c.action == ERASE)
)
_MESSAGES = select(message.c.id).where(message.c.id > bindparam("after")).order_by(message.c.id).limit(PAGE)
_LOOSE = select(message.c.id).where(
    message.c.id.in_(bindparam("keys", expanding=True)),
    message.c.fate.in_(MAILS),
    message.c.fate_at < bindparam("before"),
    ~select(message_record.c.message).where(message_record.c.message == message.c.id).exists(),
    ~select(erased.c.message).where(erased.c.message == message.c.id).exists(),
)
_LETTERS = select(outbox.c.id).where(outbox.c.id > bindparam("after")).order_by(outbox.c.id).limit(PAGE)
_REPORTS = select(outbox.c.id).where(
    outbox.c.id.in_(bindparam("keys", expanding=True)),
    outbox.c.record.is_(None),
    outbox.c.subject != "",
    outbox.c.state.in_(_DONE),
    outbox.c.created_at < bindparam("before"),
)


def records(
    connection: Connection, site: str, state: str, after: int, before: Mapping[str, datetime]
) -> tuple[list[str], int | None]:
    """References of closed records of a site that nobody has touched since a time, and up to which key it was looked.

    Args:
        connection: A snapshot.
        site: Whose.
        state: One of `rules.transition.CLOSED_STATES`.
        after: Key up to which it was looked.
        before: Kind -> UTC; other kinds are kept.

    Returns:
        The references, and the last key; None at the end.
    """
    these = {"the_site": site, "the_state": state, "after": after}
    keys = list(connection.execute(_CLOSED, these).scalars())
    if not keys:
        return [], None
    rows = connection.execute(_LAST, {"keys": keys})
    return [row.ref for row in rows if row.kind in before and row.at < before[row.kind]], keys[-1]


def is_erased(connection: Connection, ref: str) -> bool:
    """Whether somebody was there before: another daemon that does the same run, a person who begins again."""
    return connection.execute(_ERASED, {"the_ref": ref}).first() is not None


def is_needed(connection: Connection, ref: str) -> bool:
    """Whether it is the second request of a record that is still there: it goes after that one."""
    kept = every.load(connection, ref)
    joined = kept.record.again_of if kept is not None else None
    return joined is not None and not is_erased(connection, joined)


def mails(connection: Connection, after: int, before: datetime) -> tuple[list[int], int | None]:
    """Mails of all sites that opened nothing and got their fate before a time, and the last key; None at the end."""
    keys = list(connection.execute(_MESSAGES, {"after": after}).scalars())
    if not keys:
        return [], None
    return list(connection.execute(_LOOSE, {"keys": keys, "before": before}).scalars()), keys[-1]


def reports(connection: Connection, after: int, before: datetime) -> tuple[list[int], int | None]:
    """Outgoing mails about no single record that were written before a time, and the last key; None at the end."""
    keys = list(connection.execute(_LETTERS, {"after": after}).scalars())
    if not keys:
        return [], None
    return list(connection.execute(_REPORTS, {"keys": keys, "before": before}).scalars()), keys[-1]
