"""Bounces of many servers: class, failed recipients, action and status."""

import csv
from collections.abc import Iterator
from pathlib import Path

from parsers import read
from parsers.records import Parsed
from tests.corpus_report import Tally

COLUMNS = ("class", "recipients", "action", "status")


def tallies(corpus: Path) -> list[Tally]:
    """Per field of the bounces' rows that are certain; the class of all rows."""
    counts: dict[str, list[int]] = {}
    for row, parsed in results(corpus):
        for column in COLUMNS:
            if (place := judged(row, column, parsed)) is not None:
                counts.setdefault(column, [0, 0, 0])[place] += 1
    return [Tally("bounces", column, *counts[column]) for column in COLUMNS]


def results(corpus: Path) -> Iterator[tuple[dict[str, str], Parsed]]:
    """Every row with what is read of its file."""
    with (corpus / "bounces" / "expected.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row, read.parse((corpus / row["file"]).read_bytes())


def judged(row: dict[str, str], column: str, parsed: Parsed) -> int | None:
    """0 read, 1 missed, 2 wrong; None where nothing is to be compared."""
    if column == "class":
        delayed = "delayed" in row["action"]
        allowed = ("automatic",) if row["class"] != "bounce" else ("bounce", "automatic") if delayed else ("bounce",)
        return 0 if parsed.mail_class in allowed else 2
    if row["class"] != "bounce" or row[column] in ("-", "?"):
        return None
    expected = [one.split("|") for one in row[column].lower().split(",")]
    found = {
        "recipients": [one.recipient for one in parsed.bounce],
        "action": [one.action or "" for one in parsed.bounce],
        "status": [one.status or "" for one in parsed.bounce],
    }[column]
    if not any(found):
        return 1
    if column == "status":  # one status may stand for several recipients
        return 0 if found[0] in expected[0] else 2
    pairs = zip(sorted(expected), sorted(found), strict=False)
    right = len(expected) == len(found) and all(one in allowed for allowed, one in pairs)
    return 0 if right else 2
