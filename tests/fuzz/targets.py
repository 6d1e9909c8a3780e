"""What is fuzzed: each target takes bytes and raises if anything gets out or does not hold."""

import base64
from collections.abc import Callable
from functools import partial

from parsers import auth_results, document, learn, ours, read, values
from parsers.records import Hints
from tests.fuzz.invariants import broken

HINTS = (
    Hints(),
    Hints(source_type="website", region="DE", language="de", kind="lead"),
    Hints(source_type="autoscout24", region="NL", language="nl"),
    Hints(source_type="booking-tool", region="DK", language="da", kind="booking"),
    Hints(source_type="generic", region="CN", language="zh"),
)
_HEAD = b"From: Max <max@kunde.example>\r\nTo: lead@muster.example\r\nSubject: Anfrage\r\nContent-Type: "
_LANGUAGES = ("de", "en", "da", "zh", "nl", "fr", "it")
_REGIONS = ("DE", "DK", "NL", "GB", "CN", "US")


class BrokenError(AssertionError):
    """Something that always holds did not."""


def mail(data: bytes) -> None:
    """Bytes as a whole mail; the first chooses what is known of the source."""
    hints = HINTS[data[0] % len(HINTS)] if data else HINTS[0]
    found = read.parse(data[1:], hints)
    if wrong := broken(found):
        raise BrokenError(wrong[:3])
    document.parse(data[1:], hints).text  # noqa: B018 - read as it is shown


def part(kind: str, data: bytes) -> None:
    """Bytes as the one part of a mail."""
    hint, content = data[:1], base64.encodebytes(data[1:])
    mail(hint + _HEAD + kind.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + content)


def value(data: bytes) -> None:
    """Bytes as the words of one value, by every reader of values."""
    choice = data[0] if data else 0
    text = data[1:].decode("utf-8", "replace")
    language, region = _LANGUAGES[choice % len(_LANGUAGES)], _REGIONS[choice % len(_REGIONS)]
    values.money(text, "EUR", language)
    values.distance(text, "km")
    values.instant(text, language)
    values.name_parts(text)
    for found in (
        values.email(text),
        values.phone(text, region),
        values.plate(text, region),
        values.vin(text),
        values.year(text),
        values.country(text),
    ):
        if found is not None and (not found.strip() or "\n" in found or len(found) > len(text) + 20):
            raise BrokenError(repr(found))


def learning(data: bytes) -> None:
    """Bytes as the middle of three samples of one source; what is learned reads them without harm."""
    samples = [
        _HEAD
        + b"text/plain; charset=utf-8\r\n\r\nName: "
        + name
        + b"\r\n"
        + data[1:]
        + b"\r\nTelefon: "
        + phone
        + b"\r\n"
        for name, phone in (
            (b"Max Muster", b"030 123456"),
            (b"Anna Bauer", b"089 654321"),
            (b"Uwe Voss", b"0171 1234567"),
        )
    ]
    found = learn.propose(samples)
    if wrong := broken(read.parse(samples[0], Hints(layout=found.layout))):
        raise BrokenError(wrong[:3])


def results(data: bytes) -> None:
    """Bytes as the value of Authentication-Results, bare and in a mail that a border server has read."""
    authority, found = auth_results.parsed(data.decode("utf-8", "replace"))
    if authority is None and found:
        raise BrokenError("results of nobody")
    field = b"Authentication-Results: mx.muster.example; " + data.replace(b"\r", b" ").replace(b"\n", b" ")
    parsed = read.parse(field + b"\r\n" + _HEAD + b"text/plain\r\n\r\nx", Hints(border=("mx.muster.example",)))
    if wrong := broken(parsed):
        raise BrokenError(wrong[:3])
    if parsed.authenticated not in (None, "kunde.example"):
        raise BrokenError(parsed.authenticated)


def answer(data: bytes) -> None:
    """Bytes as what somebody wrote above a mail of ours, as plain text or HTML."""
    kind = b"text/html" if data[:1] > b"\x7f" else b"text/plain"
    raw = _HEAD + kind + b"; charset=utf-8\r\n\r\n" + data[1:]
    parsed = read.parse(raw, Hints(answering=True))
    if (wrong := broken(parsed)) or parsed.answer is None:
        raise BrokenError(wrong[:3] or parsed.defects)
    if len(parsed.answer.commands) > 10 or any(map(ours.names, (parsed.answer.text or "").split("\n"))):
        raise BrokenError(parsed.answer)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "mail": mail,
    "text": partial(part, "text/plain; charset=utf-8"),
    "html": partial(part, "text/html; charset=utf-8"),
    "adf": partial(part, "application/xml"),
    "calendar": partial(part, "text/calendar; method=REQUEST; charset=utf-8"),
    "vcard": partial(part, "text/vcard; charset=utf-8"),
    "tnef": partial(part, "application/ms-tnef; name=winmail.dat"),
    "values": value,
    "learn": learning,
    "results": results,
    "answer": answer,
}
