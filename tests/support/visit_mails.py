"""Mails about a workshop visit, made from the sample's."""

from typing import Any

import msgspec

from parsers.records import Reading
from templates.letter import write_letter
from templates.model import RenderJob
from templates.sample_visit_mails import VISIT
from templates.samples import LEAD, sample_job
from templates.words import load_words

LANGUAGES = ("de", "en", "da", "zh")
WORDS = {language: load_words(language, {}) for language in LANGUAGES}


def job_of(purpose: str, language: str = "de", state: str | None = None, **visit: Any) -> RenderJob:
    """The sample's mail, of a record in some state and with another visit."""
    job = sample_job(language, purpose, LEAD)
    told = msgspec.structs.replace(job.record.visit or VISIT, **visit)
    record = msgspec.structs.replace(job.record, visit=told, state=state or job.record.state)
    return msgspec.structs.replace(job, record=record)


def at_site(job: RenderJob, **card: Any) -> RenderJob:
    return msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, **card))


def read_as(job: RenderJob, reading: Reading) -> RenderJob:
    return msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, reading=reading))


def rows(job: RenderJob) -> dict[str, str]:
    """What the mail's rows say, by their labels."""
    letter = write_letter(job, WORDS[job.notice.language])
    return {row.label: row.value for section in letter.sections for row in section.rows}
