"""Forwarded mails of many programs and languages: the inner mail's sender, subject and date."""

import csv
from collections.abc import Iterator
from email.header import Header
from pathlib import Path

from parsers import read
from parsers.records import Parsed
from tests.corpus_report import Tally

FIELDS = {"sender_address": "sender", "sender_name": "sender_name", "subject": "subject", "date": "date"}


def tallies(corpus: Path) -> list[Tally]:
    """Right, missed and wrong per field: once of the rows that are certain to be forwards, once of all bodies."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row, parsed in results(corpus):
        if row["is_forward"] == "no":
            counts.setdefault(("forwards, answers", "left alone"), [0, 0, 0])[2 * (parsed.forwarded is not None)] += 1
            continue
        kinds = ["forwards, all"] + (["forwards, certain"] if row["is_forward"] == "yes" else [])
        for column, field in FIELDS.items():
            if row[column] not in ("-", "?"):
                found = getattr(parsed.forwarded, field) if parsed.forwarded else None
                place = 1 if not found else 0 if _same(row[column], found) else 2
                for kind in kinds:
                    counts.setdefault((kind, column), [0, 0, 0])[place] += 1
    return [Tally(kind, field, *numbers) for (kind, field), numbers in sorted(counts.items())]


def results(corpus: Path) -> Iterator[tuple[dict[str, str], Parsed]]:
    """Every row with what is read of the mail made of its files."""
    for row, mail in mails(corpus):
        yield row, read.parse(mail)


def mails(corpus: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Every row with the mail made of its files."""
    with (corpus / "forwards" / "expected.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row, _mail(corpus, row)


def _mail(corpus: Path, row: dict[str, str]) -> bytes:
    """The body as a person's mail; where neither line nor subject file tells, the subject says that it is a forward."""
    path = corpus / row["file"]
    if row["marker"] == "subject":
        subject, body = path.read_text("utf-8").strip(), "From: eva@kunde.example\nTo: b@c.example\nDate: today\n\nText"
    else:
        subject, body = "Please have a look", path.read_text("utf-8")
        if row["subject_file"] != "-":
            subject = (path.parent / row["subject_file"]).read_text("utf-8").strip()
        elif row["is_forward"] == "?":
            subject = "Fwd: "
    head = f"From: kollege@muster.example\nTo: leads@muster.example\nSubject: {Header(subject, 'utf-8').encode()}\n"
    text = head + "Content-Type: text/plain; charset=utf-8\n\n" + body
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()  # as mails travel


def _same(expected: str, found: str) -> bool:
    return " ".join(found.split()) in (" ".join(one.split()) for one in expected.split("|"))
