"""Cases of S6 and S7: each naughty text in each field that strangers fill, for each purpose and language.

All texts go through all fields at once, and the ones that broke something somewhere through each field alone. The
whole is drawn from when `POSTROOM_FUZZ_CASES` is not set: a tenth, by seed.
"""

import os
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from parsers.attachments import safe_name
from parsers.enclosures import Enclosure
from parsers.records import Attachment, Reading
from rules.model import Held, Second, Thread
from templates.model import RenderJob
from templates.samples import FULL, RECEIVED_AT, sample_job
from tests.support.naughty import BREAKS, NAUGHTY, count_of_texts, filled
from tests.support.seeds import seed

LANGUAGES = ("de", "en", "da", "zh")
CUSTOMER = "karin@beispiel.example"
TO_CUSTOMERS = ("reply", "receipt")
PURPOSES = (
    "new", "assigned", "moved", "attached", "again", "taken", "held", "kept", "refused", "status", "help", "returned",
    "escalated", *TO_CUSTOMERS,
)  # fmt: skip
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
BESIDE = ("subject", "sender", "attachment", "text", "because", "assignee", "result", "thread", "held", "second")
"""Fields beside the reading."""


class Case(NamedTuple):
    """A text in a field: the number of one of the reading's, the name of another, None for all."""

    text: str
    purpose: str
    language: str
    field: int | str | None = None


def cases() -> Sequence[Case]:
    """All of them, or a tenth."""
    everything = list(_all())
    if os.environ.get("POSTROOM_FUZZ_CASES"):
        return everything
    return random.Random(seed()).sample(everything, len(everything) // 10)  # noqa: S311 - guards nothing


def _all() -> Iterator[Case]:
    for purpose in PURPOSES:
        for language in LANGUAGES:
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
    second = Second(
        message=2,
        received_at=RECEIVED_AT,
        reading=Reading(kind="lead", comments=beside("second", "Noch da?")),
    )
    record = msgspec.structs.replace(
        job.record,
        assignee=beside("assignee", "anna@muster.example"),
        result=beside("result", "verkauft"),
        thread=Thread(ids=(beside("thread", "<1@b.example>"),), subject=beside("thread", "Golf")),
        held=(Held(text=beside("held", "Ja."), by="anna@muster.example", message=1),),
        requests=(second,),
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
        role="customer" if customer else "team",
    )
    return msgspec.structs.replace(job, record=record, notice=notice, mail=None if customer else card)


def file_of(case: Case) -> Enclosure:
    """What hangs on the mail: its name as `parsers.detach` makes it."""
    given = case.text if case.field in (None, "attachment") else "golf.jpg"
    return Enclosure(name=safe_name(given) or "attachment-1", type="image/jpeg", content=b"\xff\xd8\xff")
