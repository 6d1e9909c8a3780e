"""Who wrote a mail: persons, programs, mail servers."""

import csv
from collections.abc import Iterator
from pathlib import Path

from parsers import document
from parsers.classify import classify
from tests.corpus_report import Tally

ALLOWED = {
    "person": ("person", "reply"),
    "automatic": ("automatic",),
    "bounce": ("bounce",),
    "list": ("automatic", "person", "reply"),
    "spam": ("automatic", "person", "reply"),
}
"""What is right for each class of the table; `unclear` is not compared."""


def tallies(corpus: Path) -> list[Tally]:
    """Per class: right and wrong."""
    counts: dict[str, list[int]] = {}
    for row, found in results(corpus):
        if row["class"] in ALLOWED:
            counts.setdefault(row["class"], [0, 0, 0])[0 if found in ALLOWED[row["class"]] else 2] += 1
    return [Tally("classes", name, *numbers) for name, numbers in sorted(counts.items())]


def results(corpus: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Every row with the class found."""
    with (corpus / "classes.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row, classify(document.parse((corpus / row["file"]).read_bytes()))[0]
