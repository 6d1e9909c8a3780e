"""Standstill: mail is taken in and read, but nothing goes out and no time counts, until somebody confirms.

So begins the life of a database that was brought back from a backup: what waits in it may have gone out long ago.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, or_, select, update

from daemon.store import deadlines, notices, outgoing
from daemon.store.outgoing import STANDSTILL
from daemon.store.schema import TO_SEND, deadline, notice, outbox
from daemon.store.standstill_tables import standstill

IN_DOUBT = "restored from a backup: it may have gone out before"
HELD = "held when the standstill ended: it is older than that and may have gone out before"

_OPEN = standstill.c.ended_at.is_(None)
_STANDING = select(standstill.c.id, standstill.c.began_at, standstill.c.why).where(_OPEN).limit(1)
_LAST_END = select(func.max(standstill.c.ended_at))
_UNSENT = outbox.c.state.in_(("waiting", "sending", "unknown"))
_OURS = outbox.c.dedupe.startswith(STANDSTILL)


class Standstill(msgspec.Struct, frozen=True):
    """One that has not ended."""

    id: int
    began_at: datetime
    why: str


class Waiting(msgspec.Struct, frozen=True):
    """What would go out or happen at once if it ended now."""

    letters: int
    notices: int
    deadlines: int


def standing(connection: Connection) -> Standstill | None:
    """The present one, if there is one."""
    row = connection.execute(_STANDING).first()
    return Standstill(*row) if row else None


def last_end(connection: Connection) -> datetime | None:
    """When the latest of those ended that did."""
    return connection.execute(_LAST_END).scalar()


def begin(connection: Connection, why: str, by: str, at: datetime) -> bool:
    """From here on nothing goes out; False where that was so already."""
    if standing(connection) is not None:
        return False
    connection.execute(insert(standstill), {"began_at": at, "why": why, "by": by})
    return True


def doubt_letters(connection: Connection) -> int:
    """Of no letter in a restored outbox anybody knows whether a relay has it; how many there are.

    They keep their words and Message-IDs; `hold_unknown` counts for them.
    """
    free = {"state": "unknown", "reached_data": True, "lease": None, "lease_until": None, "last_error": IN_DOUBT}
    return connection.execute(update(outbox).where(_UNSENT).values(free)).rowcount


def waiting(connection: Connection, now: datetime) -> Waiting:
    """What waits for the end, without the letters that say so."""
    number = func.count()
    letters = select(number).select_from(outbox).where(_UNSENT, ~_OURS)
    told = select(number).select_from(notice).where(*notices.OPEN, notice.c.at <= now)
    due = select(number).select_from(deadline).where(*deadlines.OPEN, deadline.c.due_at <= now)
    return Waiting(*(connection.execute(query).scalar_one() for query in (letters, told, due)))


def told(connection: Connection, now: datetime) -> dict[str, object] | None:
    """What `status` says of it."""
    found = standing(connection)
    if found is None:
        return None
    waits = waiting(connection, now)
    return {"since": found.began_at.isoformat(), "why": found.why, **msgspec.structs.asdict(waits)}


def end(connection: Connection, by: str, at: datetime, *, hold: bool) -> int | None:
    """Everything goes on, as after an outage; how many letters a person is to look at. None where nothing stood still.

    Args:
        connection: A writing transaction.
        by: Who says so.
        at: UTC.
        hold: Letters that may have gone out before it do not go out by themselves: they are held.
    """
    now = standing(connection)
    if now is None:
        return None
    held = 0
    if hold:
        # of a backup that was made at a standstill, this one is older than letters that went out since
        perhaps = or_(outbox.c.created_at <= now.began_at, outbox.c.reached_data)
        old = update(outbox).where(TO_SEND, ~_OURS, perhaps)
        held = connection.execute(old.values(state="held", last_error=HELD)).rowcount
    for letter in connection.scalars(select(outbox.c.id).where(TO_SEND, _OURS)).all():
        outgoing.withdraw(connection, letter)  # that nothing goes out is no longer true
    connection.execute(update(standstill).where(standstill.c.id == now.id).values(ended_at=at, ended_by=by))
    return held
