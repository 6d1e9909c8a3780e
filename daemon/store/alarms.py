"""What the admin was told of ourselves and is not over: each told once, and ended once, by any number of daemons."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from daemon.store.alarm_tables import alarm
from daemon.store.engine import insert_once


class Told(NamedTuple):
    """What the admin knows.

    Attributes:
        what: `unread`, `unsent`, `unfired`, or `loop:` with the daemon, its process and the loop.
        since: From when on it was so.
        told_at: When he was told.
    """

    what: str
    since: datetime
    told_at: datetime


def standing(connection: Connection) -> list[Told]:
    """All of them, the oldest first."""
    return [Told(*row) for row in connection.execute(select(alarm).order_by(alarm.c.since, alarm.c.what))]


def begin(connection: Connection, what: str, since: datetime, now: datetime) -> bool:
    """Note that the admin is told; False if he was."""
    if connection.execute(select(alarm.c.what).where(alarm.c.what == what)).first() is not None:
        return False
    return insert_once(connection, alarm.c.what, {"what": what, "since": since, "told_at": now}) is not None


def end(connection: Connection, what: str) -> bool:
    """Note that it is over; False if somebody else has done so."""
    return connection.execute(delete(alarm).where(alarm.c.what == what)).rowcount == 1
