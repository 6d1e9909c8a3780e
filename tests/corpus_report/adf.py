"""ADF documents of the corpus, each as the body of a mail, against `adf/expected.jsonl`."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parsers import read
from tests.corpus_report import Tally
from tests.unit.parsers import adf_expectations as expectations

_HEAD = b"From: leads@service.example\r\nSubject: Lead\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
_PLACE = re.compile(r"\.\d+(?=\.|$)|^\d+\.|^reading \d+\.?")


def tallies(corpus: Path) -> list[Tally]:
    """Values per field, and whole documents; a document that may be read in several ways counts as the first."""
    expected: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for line in map(json.loads, (corpus / "adf" / "expected.jsonl").read_text("utf-8").splitlines()):
        found = read.parse(_HEAD + (corpus / line["file"]).read_bytes())
        differences = expectations.differences(line, list(found.readings))
        expected.update(["document", *_fields(line)])
        wrong["document"] += bool(differences)
        for difference in differences:
            field = _PLACE.sub("", difference.partition(":")[0])
            (missed if ": missing" in difference else wrong)[field] += 1
            expected[field] += 0
    return [
        Tally("adf", field, max(0, count - missed[field] - wrong[field]), missed[field], wrong[field])
        for field, count in expected.items()
    ]


def _fields(line: dict[str, Any]) -> Iterator[str]:
    readings = line.get("readings") or (line.get("either") or [[]])[0]
    for reading in readings if isinstance(readings, list) else []:
        yield from _leaves(reading)


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    for key, inner in value.items():
        here = f"{path}.{key}".strip(".")
        if key == "vehicles":
            for car in inner:
                yield from _leaves(car, here)
        elif isinstance(inner, dict) and key not in ("price", "odometer"):
            yield from _leaves(inner, here)
        else:
            yield here
