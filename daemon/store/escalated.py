"""What controllers have: records that are escalated, and those that somebody has seen to since."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from daemon.store.schema import deadline, record, revision
from rules.escalation import ESCALATE, is_escalated
from rules.model import Actor, Done, Record
from rules.transition import OPEN_STATES

_decode = msgspec.json.Decoder(Record).decode


def open_escalated(connection: Connection, sites: Collection[str], now: datetime, most: int) -> list[Record]:
    """Open records of these sites that the controllers have, the oldest escalations of the oldest records first.

    Args:
        connection: For reading.
        sites: Their ids.
        now: UTC.
        most: At most so many are looked at.
    """
    query = select(record.c.data).where(*_came_so_far(sites, now), record.c.state.in_(OPEN_STATES))
    found = (_decode(data) for data in connection.execute(query.order_by(record.c.id).limit(most)).scalars())
    return [one for one in found if is_escalated(one)]


def cleared(
    connection: Connection, sites: Collection[str], since: datetime, now: datetime, most: int
) -> list[tuple[Record, Done]]:
    """Records that were escalated and are not any more, with what was done about it.

    Args:
        connection: For reading.
        sites: Ids of their sites.
        since: Only what was done then or later, UTC.
        now: UTC.
        most: At most so many are looked at, the newest.
    """
    changed = select(revision.c.n).where(revision.c.record == record.c.id, revision.c.at >= since).exists()
    query = select(record.c.id, record.c.data).where(*_came_so_far(sites, now), changed)
    found = []
    for row in connection.execute(query.order_by(record.c.id.desc()).limit(most)).all():
        now_is = _decode(row.data)
        if not is_escalated(now_is) and (done := _ending(connection, row.id, since)) is not None:
            found.append((now_is, done))
    return sorted(found, key=lambda each: each[1].at)


def _came_so_far(sites: Collection[str], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whose escalation came due and was not ended before: the record itself says whether it still stands."""
    passed = and_(
        deadline.c.record == record.c.id,
        deadline.c.effect == ESCALATE,
        deadline.c.due_at <= now,
        or_(deadline.c.ended_at.is_(None), deadline.c.ended_at >= deadline.c.due_at),
    )
    return record.c.site.in_(tuple(sites)), select(deadline.c.id).where(passed).exists()


def _ending(connection: Connection, key: int, since: datetime) -> Done | None:
    """The last action since then that took an escalation away."""
    columns = (revision.c.n, revision.c.at, revision.c.action, revision.c.actor_role, revision.c.actor, revision.c.data)
    query = select(*columns).where(revision.c.record == key).order_by(revision.c.n.desc())
    after: Any = None
    for row in connection.execute(query):
        if after is not None and is_escalated(_decode(row.data)):
            return Done(name=after.action, actor=Actor(after.actor_role, after.actor), at=after.at)
        if row.at < since:
            return None
        after = row
    return None
