"""Reading mails: bytes to Document and to Readings, per second of one core, beside mail-parser on the same mails."""

import base64
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median

import mailparser

from parsers import document, read, requests
from parsers.records import Hints
from tests.bench import mails, servers
from tests.bench.figures import Figures, Goal, Section

PEER, DOCUMENT, READINGS, WHOLE = "mail-parser", "Document", "Document + Readings", "parse(): + class, digest, text"
MIX = "all kinds, mails/s"
HINTS = Hints(region="DE", language="de")

Stage = Callable[[bytes], object]


def with_mail_parser(raw: bytes) -> object:
    """Headers, bodies and decoded attachments, as its users read them."""
    mail = mailparser.parse_from_bytes(raw)
    with suppress(AttributeError):  # it raises this on some headers of real mails
        fields = (mail.subject, mail.from_, mail.to, mail.date, mail.message_id, mail.text_plain, mail.text_html)
        return fields, [base64.b64decode(a["payload"]) if a["binary"] else a["payload"] for a in mail.attachments]
    return None


def to_document(raw: bytes) -> object:
    """The same facts by our own means."""
    doc = document.parse(raw, HINTS)
    headers = doc.headers
    fields = [headers.get(name) for name in ("subject", "date", "message-id")]
    people = headers.addresses("from"), headers.addresses("to")
    return fields, people, doc.plain, doc.html, [part.data for part in doc.others]


def to_readings(raw: bytes) -> object:
    """What a record is made of."""
    return requests.readings(document.parse(raw, HINTS), HINTS)


def to_everything(raw: bytes) -> object:
    """What the daemon asks its reader for: also class, digest and the text that people see."""
    return read.parse(raw, HINTS)


STAGES: dict[str, Stage] = {
    PEER: with_mail_parser,
    DOCUMENT: to_document,
    READINGS: to_readings,
    WHOLE: to_everything,
}


def seconds(stage: Stage, samples: list[bytes]) -> float:
    """CPU seconds for all samples."""
    gc.collect()
    start = time.process_time()
    for raw in samples:
        stage(raw)
    return time.process_time() - start


def run(rounds: int, count: int) -> Section:
    """Every stage on every kind of mail in turn, several rounds.

    The goals compare medians over the kinds but the photo: 20 photos would outweigh all that Postroom is for.
    """
    figures = Figures("parsing, one core")
    samples = {
        kind: mails.sample(kind, count if kind != "photo" else count // 8, servers.RECIPIENT) for kind in mails.KINDS
    }
    for stage in STAGES.values():
        seconds(stage, samples["form"][:5])
    for _ in range(rounds):
        total = dict.fromkeys(STAGES, 0.0)
        for kind, raws in samples.items():
            for who, stage in STAGES.items():
                spent = seconds(stage, raws)
                figures.add(who, f"{kind} {median(map(len, raws)) / 1024:.0f} KB", len(raws) / spent)
                total[who] += spent if kind != "photo" else 0
        for who, spent in total.items():
            figures.add(who, MIX, count * (len(samples) - 1) / spent)
    return Section(
        figures,
        [
            Goal("bytes to Document / mail-parser", lambda: figures.ratio(MIX, DOCUMENT, PEER), ">=", 2, 10),
            Goal("bytes to Readings / mail-parser", lambda: figures.ratio(MIX, READINGS, PEER), ">=", 0.6, 1),
        ],
    )
