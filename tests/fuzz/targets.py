"""What is fuzzed: each target takes bytes and raises if anything gets out or does not hold."""

import base64
from collections.abc import Callable
from functools import partial

import msgspec

from parsers import auth_results, document, learn, mime, ours, read, values
from parsers.attachments import HEAD
from parsers.clean import BLOCK_LIMIT
from parsers.records import Hints
from tests.fuzz.fields import LABEL_OF, NAMES, SOURCE
from tests.fuzz.invariants import broken
from tests.fuzz.rules import ADDRESS, ATTACHED_NAME, INSTANT, PHONE, Rule, like, line

HINTS = (
    Hints(),
    Hints(source_type="website", region="DE", language="de", kind="lead"),
    Hints(source_type="autoscout24", region="NL", language="nl"),
    Hints(source_type="booking-tool", region="DK", language="da", kind="booking"),
    Hints(source_type="generic", region="CN", language="zh"),
    SOURCE,
)
_SENT = "From: {}\r\nTo: lead@muster.example\r\nSubject: {}\r\nContent-Type: "
_HEADS = (
    _SENT.format("Max <max@kunde.example>", "Anfrage"),
    _SENT.format("Max <max@kunde.example>", "WG: Anfrage"),
    "In-Reply-To: <1@muster.example>\r\n" + _SENT.format("Max <max@kunde.example>", "Re: Anfrage"),
    "Return-Path: <>\r\n" + _SENT.format("MAILER-DAEMON@kunde.example", "Undelivered Mail Returned to Sender"),
    "Auto-Submitted: auto-generated\r\n" + _SENT.format("Portal <no-reply@portal.example>", "Anfrage von Max"),
)
"""A person's mail, a forward, an answer, a bounce, a program's mail."""
_LANGUAGES = ("de", "en", "da", "zh", "nl", "fr", "it")
_REGIONS = ("DE", "DK", "NL", "GB", "CN", "US")


class BrokenError(AssertionError):
    """Something that always holds did not."""


def _hold(found: msgspec.Struct | None) -> None:
    if found is not None and (wrong := broken(found)):
        raise BrokenError(wrong[:3])


def _keep(rule: Rule, found: object) -> None:
    if found is not None and (why := rule(found)):
        raise BrokenError(why)


def mail(data: bytes) -> None:
    """Bytes as a whole mail; the first chooses what is known of the source."""
    _hold(read.parse(data[1:], HINTS[data[0] % len(HINTS)] if data else HINTS[0]))


def tree(data: bytes) -> None:
    """Bytes as a Document alone: what it is made of is counted, and safe to look at."""
    found = document.parse(data, SOURCE)
    if len(found.leaves) > mime.PART_COUNT or len(found.text or "") > BLOCK_LIMIT:
        raise BrokenError(f"{len(found.leaves)} parts, {len(found.text or '')} characters")
    for part in found.leaves:
        _keep(line(mime.HEADER_BYTES), part.type)
        _keep(ATTACHED_NAME, part.name)
        if len(part.text) > mime.TEXT_CHARACTERS or len(part.head) > HEAD or part.size != len(part.data):
            raise BrokenError(f"{len(part.text)} characters, {part.size} bytes, {len(part.data)} are there")
    for name in found.headers.names():
        _keep(line(500), found.headers.get(name))
        for display, address in found.headers.addresses(name):
            _keep(line(500), display)
            _keep(ADDRESS, address)
    for inner in found.nested:
        inner.text  # noqa: B018 - read as it is shown


def part(kind: str, data: bytes) -> None:
    """Bytes as the one part of a mail; the first chooses what is known of the source, and what kind of mail it is."""
    choice, content = data[:1], base64.encodebytes(data[1:])
    head = _HEADS[(choice[0] if choice else 0) // len(HINTS) % len(_HEADS)]
    mail(choice + f"{head}{kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + content)


def value(data: bytes) -> None:
    """Bytes as the words of one value, by every reader of values."""
    choice = data[0] if data else 0
    text = data[1:].decode("utf-8", "replace")
    language, region = _LANGUAGES[choice % len(_LANGUAGES)], _REGIONS[choice % len(_REGIONS)]
    _hold(values.money(text, "EUR", language))
    _hold(values.distance(text, "km"))
    _keep(INSTANT, values.instant(text, language))
    for name in values.name_parts(text):
        _keep(line(500), name)
    _keep(ADDRESS, values.email(text))
    _keep(PHONE, values.phone(text, region))
    _keep(like(r"[\w -]{2,20}", 20), values.plate(text, region))
    _keep(like("[A-HJ-NPR-Z0-9]{17}", 17), values.vin(text))
    _keep(like("(19|20)[0-9]{2}", 4), values.year(text))
    _keep(like("[A-Z]{2}", 2), values.country(text))


def fields(data: bytes) -> None:
    """Bytes as the values of a source that labels every field; each begins with the number of its field."""
    rows = [row for row in data.split(b"\n\n") if row]
    lines = [f"{LABEL_OF[NAMES[row[0] % len(NAMES)]]}: ".encode() + row[1:] for row in rows]
    part("text/plain; charset=utf-8", bytes([HINTS.index(SOURCE)]) + b"\r\n".join(lines))


def learning(data: bytes) -> None:
    """Bytes as the middle of three samples of one source; what is learned reads them without harm."""
    people = ((b"Max Muster", b"030 123456"), (b"Anna Bauer", b"089 654321"), (b"Uwe Voss", b"0171 1234567"))
    head = _HEADS[0].encode() + b"text/plain; charset=utf-8\r\n\r\n"
    samples = [
        head + b"Name: " + name + b"\r\n" + data[1:] + b"\r\nTelefon: " + phone + b"\r\n" for name, phone in people
    ]
    found = learn.propose(samples)
    _hold(found.layout)
    _hold(read.parse(samples[0], Hints(layout=found.layout)))


def results(data: bytes) -> None:
    """Bytes as the value of Authentication-Results, bare and in a mail that a border server has read."""
    authority, found = auth_results.parsed(data.decode("utf-8", "replace"))
    if authority is None and found:
        raise BrokenError("results of nobody")
    field = b"Authentication-Results: mx.muster.example; " + data.replace(b"\r", b" ").replace(b"\n", b" ")
    parsed = read.parse(field + b"\r\n" + _HEADS[0].encode() + b"text/plain\r\n\r\nx", SOURCE)
    _hold(parsed)
    if parsed.authenticated not in (None, "kunde.example"):
        raise BrokenError(parsed.authenticated)


def answer(data: bytes) -> None:
    """Bytes as what somebody wrote above a mail of ours, as plain text or HTML."""
    kind = b"text/html" if data and data[0] % 2 else b"text/plain"
    raw = _HEADS[2].encode() + kind + b"; charset=utf-8\r\n\r\n" + data[1:]
    parsed = read.parse(raw, Hints(answering=True))
    _hold(parsed)
    if parsed.answer is None:
        raise BrokenError(parsed.defects)
    if len(parsed.answer.commands) > 10 or any(map(ours.names, (parsed.answer.text or "").split("\n"))):
        raise BrokenError(parsed.answer)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "document": tree,
    "mail": mail,
    "text": partial(part, "text/plain; charset=utf-8"),
    "html": partial(part, "text/html; charset=utf-8"),
    "adf": partial(part, "application/xml"),
    "calendar": partial(part, "text/calendar; method=REQUEST; charset=utf-8"),
    "vcard": partial(part, "text/vcard; charset=utf-8"),
    "tnef": partial(part, "application/ms-tnef; name=winmail.dat"),
    "values": value,
    "fields": fields,
    "learn": learning,
    "results": results,
    "answer": answer,
}
