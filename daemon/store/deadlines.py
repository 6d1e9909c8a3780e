"""Deadlines whose time has come: claimed by record, fired in the transaction that writes what they lead to."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from daemon.store import records
from daemon.store.engine import DatabaseTime
from daemon.store.messages import LEASE, LostLease, leased_by
from daemon.store.records import Kept
from daemon.store.schema import deadline, record

SET_ASIDE = timedelta(hours=1)
"""What cannot be done now is tried again after this; it must not stand before all others meanwhile."""

_earlier = deadline.alias("earlier")
OPEN = (deadline.c.fired_at.is_(None), deadline.c.ended_at.is_(None))
_DUE = (*OPEN, deadline.c.due_at <= bindparam("now"))
_FREE = or_(deadline.c.lease_until.is_(None), deadline.c.lease_until < DatabaseTime())
# Only by its first open step is a record claimed, so that two daemons never have steps of one record in hand.
_FIRST = ~(
    select(_earlier.c.id)
    .where(
        _earlier.c.record == deadline.c.record,
        _earlier.c.fired_at.is_(None),
        _earlier.c.ended_at.is_(None),
        or_(
            _earlier.c.due_at < deadline.c.due_at,
            and_(_earlier.c.due_at == deadline.c.due_at, _earlier.c.id < deadline.c.id),
        ),
    )
    .exists()
)
# Built once: SQLAlchemy keeps what it compiled by the statement object.
WAITING = (
    select(deadline.c.record)
    .where(*_DUE, _FREE, _FIRST)
    .order_by(deadline.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(deadline)
    .where(*_DUE, deadline.c.record.in_(bindparam("records", expanding=True)))
    .values(lease=bindparam("the_lease"), lease_until=DatabaseTime(LEASE))
)
_TAKEN = (
    select(
        record.c.id,
        record.c.data,
        deadline.c.id.label("deadline"),
        *(deadline.c[name] for name in ("step", "cycle", "due_at", "deliver_at", "effect", "target")),
    )
    .join(record, record.c.id == deadline.c.record)
    .where(*OPEN, deadline.c.record.in_(bindparam("records", expanding=True)), deadline.c.lease == bindparam("ours"))
    .order_by(deadline.c.due_at, deadline.c.id)
)
_FIRE = (
    update(deadline)
    .where(*OPEN, deadline.c.id == bindparam("the_deadline"), deadline.c.lease == bindparam("ours"))
    .values(fired_at=bindparam("at"), late=bindparam("is_late"), lease=None, lease_until=None)
)
_RENEW = (
    update(deadline)
    .where(*OPEN, deadline.c.lease.in_(bindparam("leases", expanding=True)))
    .values(lease_until=DatabaseTime(LEASE))
)
_OURS = (*OPEN, deadline.c.id.in_(bindparam("ids", expanding=True)), deadline.c.lease == bindparam("ours"))
_RELEASE = update(deadline).where(*_OURS).values(lease=None, lease_until=None)
_ASIDE = (
    update(deadline)
    .where(
        *OPEN,
        deadline.c.record == bindparam("the_record"),
        or_(deadline.c.lease == bindparam("ours"), deadline.c.lease.is_(None), deadline.c.lease_until < DatabaseTime()),
    )
    .values(lease="aside", lease_until=DatabaseTime(SET_ASIDE))
)
_ANY = select(deadline.c.id).where(*_DUE, _FREE).limit(1)
_FIRST_OPEN = select(func.min(deadline.c.due_at)).where(*OPEN)
_NEXT = select(func.min(deadline.c.due_at)).where(*OPEN, deadline.c.lease_until.is_(None))


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A step whose time has come."""

    id: int
    step: str
    cycle: int
    due_at: datetime
    deliver_at: datetime
    effect: str
    to: str


class Claimed(msgspec.Struct, frozen=True):
    """A record with all of its steps whose time has come, in their order, in hand while the lease holds."""

    kept: Kept
    due: tuple[Due, ...]
    lease: str


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether there is anything to claim; a look costs no write."""
    return connection.execute(_ANY, {"now": now}).first() is not None


def claim(connection: Connection, *, now: datetime, lease: str, limit: int) -> list[Claimed]:
    """Take the records whose open steps are due longest.

    Args:
        connection: A writing transaction.
        now: The time that due times are compared with (the test clock, if there is one).
        lease: Fencing token of this claim.
        limit: At most so many records.
    """
    chosen = list(connection.execute(WAITING, {"now": now, "most": limit}).scalars())
    if not chosen:
        return []
    connection.execute(_TAKE, {"now": now, "records": chosen, "the_lease": lease})
    found: dict[int, tuple[str, list[Due]]] = {}
    for row in connection.execute(_TAKEN, {"records": chosen, "ours": lease}):
        one = Due(
            id=row.deadline,
            step=row.step,
            cycle=row.cycle,
            due_at=row.due_at,
            deliver_at=row.deliver_at,
            effect=row.effect,
            to=row.target,
        )
        found.setdefault(row.id, (row.data, []))[1].append(one)
    return [Claimed(records.kept(key, data), tuple(due), lease) for key, (data, due) in found.items()]


def fire(connection: Connection, claimed: Claimed, late: Sequence[bool], at: datetime) -> None:
    """These steps have happened; their record waits for its next one.

    Args:
        connection: The transaction that writes what they led to.
        claimed: A record in hand.
        late: Of each step, whether it was found late.
        at: UTC.

    Raises:
        LostLease: Somebody has seen to the record meanwhile, or another daemon has it in hand.
    """
    rows = [
        {"the_deadline": one.id, "ours": claimed.lease, "at": at, "is_late": was_late}
        for one, was_late in zip(claimed.due, late, strict=True)
    ]
    if connection.execute(_FIRE, rows).rowcount != len(rows):
        raise LostLease(claimed.kept.record.ref)
    records.move_on(connection, claimed.kept.id)


def set_aside(connection: Connection, claimed: Claimed) -> None:
    """They cannot happen now, as their site is not configured: they are tried again later.

    So are the record's further steps: these would be due meanwhile, and wait for those all the same.
    """
    connection.execute(_ASIDE, {"the_record": claimed.kept.id, "ours": claimed.lease})


def release(connection: Connection, claimed: Claimed) -> None:
    """Give a record back untouched."""
    connection.execute(_RELEASE, {"ids": [one.id for one in claimed.due], "ours": claimed.lease})


def renew(connection: Connection, leases: Sequence[str]) -> None:
    """Steps of these leases are still in hand."""
    connection.execute(_RENEW, {"leases": leases})


def clear_leases(connection: Connection, holder: str | None) -> int:
    """Nobody has these steps in hand any more; how many there were.

    Args:
        connection: A writing transaction.
        holder: Whose leases; None for all, where there is only one worker.
    """
    query = update(deadline).where(*OPEN, deadline.c.lease.is_not(None), leased_by(deadline.c.lease, holder))
    return connection.execute(query.values(lease=None, lease_until=None)).rowcount


def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Since when the step that waits longest should have happened; None where none is due."""
    first = connection.execute(_FIRST_OPEN).scalar()
    return first if first is not None and first <= now else None


def next_due(connection: Connection) -> datetime | None:
    """When the next step is due that nobody has in hand."""
    return connection.execute(_NEXT).scalar()
