"""Runs of the calendar: each job once for a place and a local day, whichever daemon is first, and when it was done."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from daemon.store.schema import run

OPEN_RUN = run.c.done_at.is_(None)
_THIS = (run.c.job == bindparam("the_job"), run.c.scope == bindparam("the_scope"), run.c.day == bindparam("the_day"))
_KNOWN = select(run.c.at).where(*_THIS)
_OPEN = (
    select(run.c.job, run.c.scope, run.c.day, run.c.missed)
    .where(OPEN_RUN, run.c.job == bindparam("the_job"))
    .order_by(run.c.at)
)
_DONE = update(run).where(*_THIS, OPEN_RUN)


class Run(msgspec.Struct, frozen=True):
    """A job for a place (a site, a time zone, a controller with his) on one of its local days, or at an hour of one."""

    job: str
    scope: str
    day: str
    """ISO 8601; with the hour where it is done every hour."""
    missed: int = 0
    """How many of its kind did not come at their time, itself included; 0 where it came at its own."""


def today(job: str, scope: str, day: date) -> Run:
    """The run of a day."""
    return Run(job, scope, day.isoformat())


def is_known(connection: Connection, one: Run) -> bool:
    """Whether somebody began it already."""
    return connection.execute(_KNOWN, _named(one)).first() is not None


def done_on(connection: Connection, job: str, day: str) -> set[str]:
    """The places for which a job of a day was done."""
    this = run.c.job == job, run.c.day == day, run.c.done_at.is_not(None)
    return set(connection.execute(select(run.c.scope).where(*this)).scalars())


def done_before(connection: Connection, job: str, scope: str, before: str) -> datetime | None:
    """When the latest run of a job for a place was done, of those of days before this one; None if none was."""
    this = run.c.job == job, run.c.scope == scope, run.c.day < before
    return connection.execute(select(func.max(run.c.done_at)).where(*this)).scalar()


def begin(connection: Connection, runs: Sequence[Run], at: datetime) -> int:
    """Ask for those that nobody asked for yet; how many these are.

    Raises:
        IntegrityError: Another daemon began one at the same moment.
    """
    fresh = [one for one in runs if not is_known(connection, one)]
    if fresh:
        rows = [{"job": one.job, "scope": one.scope, "day": one.day, "at": at, "missed": one.missed} for one in fresh]
        connection.execute(insert(run), rows)
    return len(fresh)


def waiting(connection: Connection, job: str) -> list[Run]:
    """Those of a job that are to be done, oldest first."""
    return [Run(*row) for row in connection.execute(_OPEN, {"the_job": job})]


def finish(connection: Connection, one: Run, at: datetime) -> bool:
    """It is done; False if somebody else did it."""
    return connection.execute(_DONE, {**_named(one), "done_at": at}).rowcount == 1


def latest(connection: Connection, job: str, scope: str) -> str | None:
    """The last day on which a job was begun for a place."""
    query = select(func.max(run.c.day)).where(run.c.job == job, run.c.scope == scope)
    found: str | None = connection.execute(query).scalar()
    return found


def last_done(connection: Connection, job: str) -> tuple[datetime | None, int]:
    """When a job was last done, for any place, and how many of its runs did not come at their time."""
    found = connection.execute(select(func.max(run.c.done_at), func.sum(run.c.missed)).where(run.c.job == job)).one()
    return found[0], int(found[1] or 0)


def forget(connection: Connection, job: str, scope: str, before: str) -> None:
    """Those that were done for a place before a day need nobody any more."""
    this = run.c.job == job, run.c.scope == scope, run.c.day < before, run.c.done_at.is_not(None)
    connection.execute(delete(run).where(*this))


def _named(one: Run) -> dict[str, object]:
    return {"the_job": one.job, "the_scope": one.scope, "the_day": one.day}
