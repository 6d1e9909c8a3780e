"""Mails of the clock about several records, to try templates on: what was passed in the same quarter of an hour."""

from datetime import timedelta

import msgspec

from templates.model import RenderItem, RenderJob
from templates.samples import AT, EMPTY, LEAD, OTHER, REPLY_TO, sample_job


def sample_together(language: str, *purposes: str) -> RenderJob:
    """A bundle that tells of a record for each purpose; the first says everything, the last next to nothing."""
    jobs = [sample_job(language, purpose, LEAD) for purpose in purposes]
    readings = (LEAD, *(OTHER,) * (len(jobs) - 2), EMPTY)
    others = tuple(
        RenderItem(
            record=msgspec.structs.replace(job.record, ref=f"L-{number}T0QW8-H", reading=reading, kind=reading.kind),
            notice=job.notice,
            due_at=AT + timedelta(days=1),
            reply_to=REPLY_TO,
        )
        for number, (job, reading) in enumerate(zip(jobs, readings, strict=False), 5)
    )
    notice = msgspec.structs.replace(jobs[0].notice, purpose="bundle", template="bundle")
    return msgspec.structs.replace(
        jobs[0], notice=notice, record=others[0].record, others=others, reply_to=None, deadlines=(), course=()
    )
