"""What a mail about a record's state knows beside the record: what happened to it, what is to come and is wished."""

import msgspec
from sqlalchemy import Connection

from daemon.store import records
from daemon.store.preferences import prefers
from daemon.store.standing import deadline_of
from rules.model import Actor, Done
from templates.model import RenderJob
from templates.purposes import purpose_of


def with_standing(connection: Connection, job: RenderJob) -> RenderJob:
    """The job with deadlines that still hold and the course of its record, if its mail tells of them.

    A mail to its customer about a visit tells of the reminder, which may be settled by what he said of another visit.
    """
    if job.notice.role == "customer" and job.record.visit is not None:
        return msgspec.structs.replace(job, prefers=prefers(connection, job.record))
    tells = purpose_of(job.notice.purpose, job.notice.role)
    if not (tells.status or tells.late):
        return job
    due = tuple(
        deadline_of(row)
        for row in records.deadlines(connection, job.record.ref)
        if row["fired_at"] is None and row["ended_at"] is None
    )
    course = tuple(
        Done(name=row["action"], actor=Actor(row["actor_role"], row["actor"]), at=row["at"])
        for row in records.revisions(connection, job.record.ref)
    )
    return msgspec.structs.replace(job, deadlines=due, course=course)
