"""Answers that quote: the new text above the quotation, against what the origins of the samples expect."""

import csv
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from parsers import document, forwards, replies
from tests.corpus_report import Tally


def tallies(corpus: Path) -> list[Tally]:
    """Exact matches as read; texts that are less than nine tenths alike as wrong, others as missed."""
    counts: dict[str, list[int]] = {}
    for role, likeness in results(corpus):
        place = 0 if likeness == 1 else 1 if likeness >= 0.9 else 2
        counts.setdefault(role, [0, 0, 0])[place] += 1
    return [Tally("replies", role, *numbers) for role, numbers in sorted(counts.items())]


def results(corpus: Path) -> Iterator[tuple[str, float]]:
    """Role and likeness (0 to 1) of every pair, white space collapsed."""
    for row, expected, found in pairs(corpus):
        matcher = SequenceMatcher(None, expected, found, autojunk=False)
        yield row["role"], 1.0 if expected == found else min(matcher.ratio(), 0.999)


def pairs(corpus: Path) -> Iterator[tuple[dict[str, str], str, str]]:
    """Every row with the expected text and the one found."""
    with (corpus / "replies" / "expected.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = corpus / row["file"]
            expected = (corpus / row["expected_file"]).read_text("utf-8")
            raw = path.read_bytes()
            text = document.parse(raw).text if path.suffix == ".eml" else raw.decode("utf-8", "replace")
            yield row, _bare(expected), _bare(_found(row["role"], text or "", _bare(expected)))


def _found(role: str, text: str, expected: str) -> str:
    if role == "new-text":
        return replies.new_text(text) or text
    found = forwards.find(text, told=True)
    if found is None:
        return ""
    return found.above if role == "before-forward" else text.replace("\r\n", "\n").removeprefix(found.above)


def _bare(text: str) -> str:
    return " ".join(text.split())
