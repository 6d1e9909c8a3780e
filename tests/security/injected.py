"""Cases of S6, S7 and S15: each naughty text in each field that strangers fill, for each purpose and language.

All texts go through all fields at once, and the ones that broke something somewhere through each field alone. In the
short form a part is drawn by seed, of every purpose in every language.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from parsers.attachments import safe_name
from parsers.enclosures import Enclosure
from parsers.records import Attachment, Reading
from rules.model import Held, Record, Second, Thread
from rules.visit_mails import VISIT_MAILS
from templates.model import RenderJob
from templates.purposes import PURPOSES as KNOWN
from templates.reports import Report, ReportJob
from templates.sample_reports import sample_report
from templates.samples import FULL, RECEIVED_AT, sample_job
from tests.support.naughty import BREAKS, NAUGHTY, count_of_texts, filled
from tests.support.rows import at_length
from tests.support.seeds import seed

LANGUAGES = ("de", "en", "da", "zh")
CUSTOMER = "karin@beispiel.example"
SHORT = 10
"""Cases of each purpose and language in the short form."""
PURPOSES = tuple(KNOWN)
"""All that there are: one that is added is tried, too."""
TO_CUSTOMERS = tuple(name for name, told in KNOWN.items() if told.layout == "customer")
SEVERAL = tuple(name for name, told in KNOWN.items() if told.layout == "several")
SHARPEST = (
    *(f"Max{mark}Bcc: evil@x.example" for mark in BREAKS[:8]),
    '"><img src=x onerror=y>',
    "</title></head><script>alert(1)</script>",
    "{{ 7*7 }}",
    "=?utf-8?b?DQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
    "Max, evil@x.example",
    "\ud800\u202e\x00",
)
"""One of each kind, for the fields one by one."""
READING = msgspec.to_builtins(FULL)
TEXTS = count_of_texts(READING)
BESIDE = (
    "subject", "sender", "attachment", "text", "because", "assignee", "result", "thread", "held", "second", "visit",
)  # fmt: skip
"""Fields beside the reading."""


class Case(NamedTuple):
    """A text in a field: the number of one of the reading's, the name of another, None for all."""

    text: str
    purpose: str
    language: str
    field: int | str | None = None


def cases(purposes: Sequence[str] = PURPOSES) -> Sequence[Case]:
    """All of them, or of each purpose and language some."""
    dice = random.Random(seed())  # noqa: S311 - guards nothing
    found: list[Case] = []
    for purpose in purposes:
        for language in LANGUAGES:
            these = list(_of(purpose, language))
            found += these if is_long() else dice.sample(these, SHORT)
    return found


def texts() -> Sequence[str]:
    """All of them, or a third."""
    return NAUGHTY if is_long() else random.Random(seed()).sample(NAUGHTY, len(NAUGHTY) // 3)  # noqa: S311


def is_long() -> bool:
    """Whether nothing is left out."""
    return bool(os.environ.get("POSTROOM_FUZZ_CASES")) or at_length(100) == 100


def _of(purpose: str, language: str) -> Iterator[Case]:
    yield from (Case(text, purpose, language) for text in NAUGHTY)
    for field in (*range(TEXTS), *BESIDE):
        yield from (Case(text, purpose, language, field) for text in SHARPEST)


def job_of(case: Case) -> RenderJob:
    """The mail to be written."""
    number = case.field if isinstance(case.field, int) else None
    plain = isinstance(case.field, str)
    reading = FULL if plain else msgspec.convert(filled(READING, case.text, number), Reading)

    def beside(name: str, otherwise: str) -> str:
        return case.text if case.field in (None, name) else otherwise

    job = sample_job(case.language, case.purpose, reading)
    record = hostile(job.record, beside)
    if case.purpose in VISIT_MAILS or case.purpose == "visit-answer":
        record = msgspec.structs.replace(record, reading=msgspec.structs.replace(reading, kind="booking"))
    others = tuple(
        msgspec.structs.replace(
            one,
            record=hostile(msgspec.structs.replace(one.record, reading=reading), beside),
            notice=one.notice and msgspec.structs.replace(one.notice, text=beside("text", "Ja.")),
            cleared_by=one.cleared_by and beside("assignee", one.cleared_by),
        )
        for one in job.others
    )
    assert job.mail is not None
    name = beside("attachment", "golf.jpg")
    card = msgspec.structs.replace(
        job.mail,
        subject=beside("subject", "Anfrage"),
        sender=beside("sender", "noreply@mobile.example"),
        attachments=(Attachment(name=name, type=name, size=7),),
        left_out=(name,),
    )
    customer = case.purpose in TO_CUSTOMERS
    notice = msgspec.structs.replace(
        job.notice,
        text=beside("text", "Ja."),
        because=beside("because", "assigned to you"),
        to=CUSTOMER if customer else job.notice.to,
    )
    mail = None if customer else card
    return msgspec.structs.replace(job, record=record, notice=notice, mail=mail, others=others)


def hostile(record: Record, beside: Callable[[str, str], str]) -> Record:
    """A record whose texts beside its reading are a stranger's, or a member's who writes like one."""
    second = Second(
        message=2,
        received_at=RECEIVED_AT,
        reading=Reading(kind="lead", comments=beside("second", "Noch da?")),
    )
    words = beside("visit", "Inspektion")
    visit = record.visit and msgspec.structs.replace(
        record.visit, services=(words, "Räderwechsel"), remarks=words, adviser=words, courtesy_car=words
    )
    return msgspec.structs.replace(
        record,
        assignee=beside("assignee", "anna@muster.example"),
        result=beside("result", "verkauft"),
        thread=Thread(ids=(beside("thread", "<1@b.example>"),), subject=beside("thread", "Golf")),
        held=(Held(text=beside("held", "Ja."), by="anna@muster.example", message=1),),
        requests=(second,),
        visit=visit,
    )


def file_of(case: Case) -> Enclosure:
    """What hangs on the mail: its name as `parsers.detach` makes it."""
    given = case.text if case.field in (None, "attachment") else "golf.jpg"
    return Enclosure(name=safe_name(given) or "attachment-1", type="image/jpeg", content=b"\xff\xd8\xff")


def report_of(text: str, report: Report, language: str) -> ReportJob:
    """A report on sources and settings that have this name."""
    job = sample_report(language, report)
    sources = tuple(msgspec.structs.replace(one, id=text, type=text, site=text) for one in job.sources)
    groups = tuple(
        msgspec.structs.replace(
            group,
            site=text,
            settings=tuple(
                msgspec.structs.replace(one, name=text, value=text, shipped=one.shipped and text)
                for one in group.settings
            ),
        )
        for group in job.groups
    )
    return msgspec.structs.replace(job, sources=sources, groups=groups)
