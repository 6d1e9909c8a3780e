"""The real answers and forwards as if they answered one of our mails: where they are cut, and no command is read.

Answers keep their writer's signature, which most expectations have cut off: a text that begins with the expected one
and goes on with lines that the mail has between it and the quotation is cut right.
"""

from collections.abc import Iterator
from pathlib import Path

from parsers import answers, document
from parsers.records import Answer, Hints
from tests.corpus_report import Tally, forwards, replies

_HEAD = b"From: eva@kunde.example\r\nSubject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"


def tallies(corpus: Path) -> list[Tally]:
    """Cut right, too early (missed), or with something that is not its writer's (wrong); doubts; commands."""
    read = missed = wrong = doubted = 0
    for expected, found in texts(corpus):
        text = " ".join((found.text or "").split())
        right = text == expected or (bool(expected) and text.startswith(expected))
        read += right
        missed += not right and (not text or expected.startswith(text))
        wrong += not right and bool(text) and not expected.startswith(text)
        doubted += not right and found.doubt is not None
    none = sum(not found.commands for found in every(corpus))
    some = sum(bool(found.commands) for found in every(corpus))
    return [
        Tally("answers", "text", read, missed, wrong),
        Tally("answers", "doubted, of those not right", doubted, missed + wrong - doubted),
        Tally("answers", "without command", none, 0, some),
    ]


def texts(corpus: Path) -> Iterator[tuple[str, Answer]]:
    """Expected text with white space collapsed, and what is read."""
    for row, expected, _ in replies.pairs(corpus):
        if row["role"] == "new-text":
            yield expected, _answer((corpus / row["file"]).read_bytes(), whole=row["file"].endswith(".eml"))


def every(corpus: Path) -> Iterator[Answer]:
    """All answers and all forwards."""
    for path in sorted((corpus / "replies").rglob("*")):
        if path.suffix in (".txt", ".eml") and path.parent.name not in ("trimmed", "embedded", "before"):
            yield _answer(path.read_bytes(), whole=path.suffix == ".eml")
    for _, mail in forwards.mails(corpus):
        yield answers.answer(document.parse(mail, Hints(answering=True)))


def _answer(raw: bytes, *, whole: bool) -> Answer:
    return answers.answer(document.parse(raw if whole else _HEAD + raw, Hints(answering=True)))
