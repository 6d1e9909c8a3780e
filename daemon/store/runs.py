"""Runs of the calendar: each job once for a place and a local day, whichever daemon is first, and when it was done."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from daemon.store.schema import run

OPEN_RUN = run.c.done_at.is_(None)
_THIS = (run.c.job == bindparam("the_job"), run.c.scope == bindparam("the_scope"), run.c.day == bindparam("the_day"))
_KNOWN = select(run.c.at).where(*_THIS)
_OPEN = select(run.c.job, run.c.scope, run.c.day).where(OPEN_RUN, run.c.job == bindparam("the_job")).order_by(run.c.at)
_DONE = update(run).where(*_THIS, OPEN_RUN)


class Run(msgspec.Struct, frozen=True):
    """A job for a place (a site, or a controller with his time zone) on one of its local days."""

    job: str
    scope: str
    day: str
    """ISO 8601."""


def today(job: str, scope: str, day: date) -> Run:
    """The run of a day."""
    return Run(job, scope, day.isoformat())


def is_known(connection: Connection, one: Run) -> bool:
    """Whether somebody began it already."""
    return connection.execute(_KNOWN, _named(one)).first() is not None


def last_done(connection: Connection, job: str, scope: str, before: str) -> datetime | None:
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
        rows = [{"job": one.job, "scope": one.scope, "day": one.day, "at": at} for one in fresh]
        connection.execute(insert(run), rows)
    return len(fresh)


def waiting(connection: Connection, job: str) -> list[Run]:
    """Those of a job that are to be done, oldest first."""
    return [Run(*row) for row in connection.execute(_OPEN, {"the_job": job})]


def finish(connection: Connection, one: Run, at: datetime) -> bool:
    """It is done; False if somebody else did it."""
    return connection.execute(_DONE, {**_named(one), "done_at": at}).rowcount == 1


def _named(one: Run) -> dict[str, object]:
    return {"the_job": one.job, "the_scope": one.scope, "the_day": one.day}
