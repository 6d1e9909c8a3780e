"""Reading mails: CPU of each stage by class of mail, from bytes to Document to Readings, beside mail-parser.

Every stage begins with mails that nobody has looked at: what it needs of the stages before it is made beforehand, and
does not count, but for the texts that it is the first to want.
"""

import base64
import gc
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import mailparser

from parsers import document, forwards, gaps, read, requests
from parsers.document import Document
from parsers.levels import LEVELS, from_levels
from parsers.records import Hints, Reading
from tests.bench.classes import CLASSES, Sample
from tests.bench.figures import Figures, Goal, Section

PEER, DOCUMENT, READINGS, WHOLE = "mail-parser", "Document", "Readings", "parse()"
RATIOS = {stage: f"{stage} x" for stage in (DOCUMENT, READINGS, WHOLE)}
"""How many times as fast as mail-parser on the same mails of the same run."""
MIX = "all but the photo"

Stage = tuple[Callable[[bytes, Hints], tuple[Any, ...]], Callable[..., object]]
"""What is made beforehand, and what is measured with that."""


def with_mail_parser(raw: bytes, hints: Hints) -> object:
    """Headers, bodies and decoded attachments, as its users read them."""
    mail = mailparser.parse_from_bytes(raw)
    with suppress(AttributeError):  # it raises this on some headers of real mails
        fields = (mail.subject, mail.from_, mail.to, mail.date, mail.message_id, mail.text_plain, mail.text_html)
        return fields, [base64.b64decode(a["payload"]) if a["binary"] else a["payload"] for a in mail.attachments]
    return None


def to_document(raw: bytes, hints: Hints) -> object:
    """The same facts by our own means."""
    doc = document.parse(raw, hints)
    headers = doc.headers
    fields = [headers.get(name) for name in ("subject", "date", "message-id")]
    people = headers.addresses("from"), headers.addresses("to")
    return fields, people, doc.plain, doc.html, [part.data for part in doc.others]


def to_readings(raw: bytes, hints: Hints) -> object:
    """What records are made of, with everything switched on: class, forwards, every level, free text."""
    mail = document.parse(raw, hints)
    mail_class = requests.classified(mail, hints)[0]
    return read.requested(mail, forwards.opened(mail, mail_class), hints, mail_class)


def _unread(raw: bytes, hints: Hints) -> tuple[bytes, Hints]:
    return raw, hints


def _taken_apart(raw: bytes, hints: Hints) -> tuple[Document, Hints]:
    return document.parse(raw, hints), hints


def _with_readings(raw: bytes, hints: Hints) -> tuple[Document, Hints, str, tuple[Reading, ...]]:
    mail = document.parse(raw, hints)
    mail_class = requests.classified(mail, hints)[0]
    return mail, hints, mail_class, from_levels(mail, hints, mail_class)[0] or (Reading(comments=mail.text),)


def _with_text(mail: Document, hints: Hints, mail_class: Any, found: tuple[Reading, ...]) -> object:
    return [gaps.completed(reading, mail, hints, mail_class, alone=len(found) == 1) for reading in found]


STAGES: dict[str, Stage] = {
    PEER: (_unread, with_mail_parser),
    DOCUMENT: (_unread, to_document),
    "class": (_taken_apart, requests.classified),
    **{name: (_taken_apart, level) for name, level in LEVELS},
    "text": (_with_readings, _with_text),
    READINGS: (_unread, to_readings),
    WHOLE: (_unread, read.parse),
}
"""The last is all that the daemon asks its reader for: also digest, warnings, proof of the sender, shape for drift."""


def seconds(stage: Stage, samples: list[Sample]) -> float:
    """CPU seconds for one mail, on average."""
    prepare, run = stage
    made = [prepare(raw, hints) for raw, hints in samples]
    gc.collect()
    start = time.process_time()
    for each in made:
        run(*each)
    return (time.process_time() - start) / len(samples)


def run(rounds: int, count: int) -> Section:
    """Every stage on every class in turn; of several rounds the best counts: the rest is other work on the machine."""
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)
    figures = Figures("CPU us a mail, one core", best=min)
    for number in range(rounds):
        for name, make in CLASSES.items():
            first = 1_000_000 + number * count  # new mails each time: what a reader remembers of a mail helps it once
            mails = [make(first + i) for i in range(count if name != "photo" else count // 8)]
            for what, stage in STAGES.items():
                figures.add(name, what, seconds(stage, mails) * 1e6)
    _sum_up(figures)
    document_ratio, readings_ratio = RATIOS[DOCUMENT], RATIOS[READINGS]
    return Section(
        figures,
        [
            Goal("bytes to Document / mail-parser", lambda: figures.of(MIX, document_ratio), ">=", 2, 10),
            Goal(
                "the same, slowest class of mail",
                lambda: min(figures.of(name, document_ratio) for name in CLASSES),
                ">=",
                2,
                10,
            ),
            Goal("bytes to Readings / mail-parser", lambda: figures.of(MIX, readings_ratio), ">=", 0.6, 1),
        ],
    )


def _sum_up(figures: Figures) -> None:
    """The mean of all classes but the photo, which would outweigh all that Postroom is for, and the ratios."""
    for what in STAGES:
        values = [figures.of(name, what) for name in CLASSES if name != "photo"]
        figures.add(MIX, what, sum(values) / len(values))
    for name in (*CLASSES, MIX):
        for stage, what in RATIOS.items():
            figures.add(name, what, figures.of(name, PEER) / figures.of(name, stage))
