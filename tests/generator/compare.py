"""What was read compared with what was put in: right, missed, or in a wrong field."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from parsers.records import Parsed
from tests.generator.sample import Sample

_FREE = (
    "extra.",
    "origins.",
    "alternatives.",
    "consent.",
    "comments",
    "complaint.text",
    "review.text",
    "booking.remarks",
)
"""Where a value may stand beside its own field: kept under its label, or in the person's words."""
_DERIVED = frozenset(("kind", "language", "source", "vehicles.0.role", "vehicles.1.role", "customer.first_name",
                      "customer.last_name", "customer.company", "review.platform", "interest"))  # fmt: skip
"""What a reading says beyond the values of its mail."""


_IN_PARTS = ("customer.name", "booking.starts_at", "requested_at")
"""Values that two labels can give: where one of them is not read, the rest of the value is missed."""


@dataclass
class Score:
    """Counts over many mails; `faults` names the first of each kind."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    by_layout: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Values that are right, of all that were put in."""
        return self.right / max(1, self.right + self.missed + self.wrong)

    @property
    def told(self) -> str:
        """The counts in words."""
        return f"{self.right} right, {self.missed} missed, {self.wrong} wrong ({self.share:.4f} right)"

    def fault(self, sample: Sample, what: str) -> None:
        self.by_layout[f"{sample.layout} {sample.language} {what.split(':')[0]}"] += 1
        place = 0 if what.startswith("wrong") else len(self.faults)  # what is worse is told first
        self.faults.insert(place, f"{sample.layout} {sample.language}: {what}")


def compare(sample: Sample, parsed: Parsed, score: Score) -> None:
    """Count every value of a mail; readings are matched with what is expected in their order."""
    wanted = (sample.expected, *sample.more)
    for number, expected in enumerate(wanted):
        given = flat(msgspec.to_builtins(parsed.readings[number])) if number < len(parsed.readings) else {}
        _compare_one(sample, expected, given, score)
    for reading in parsed.readings[len(wanted) :]:
        score.wrong += 1
        score.fault(sample, f"wrong readings: one too many, {flat(msgspec.to_builtins(reading))}")


def _compare_one(sample: Sample, expected: dict[str, Any], given: dict[str, Any], score: Score) -> None:
    for path, value in expected.items():
        if path in given and same(given[path], value):
            score.right += 1
            continue
        is_part = path in _IN_PARTS and str(given.get(path)) in str(value)
        elsewhere = [p for p, v in given.items() if p not in expected and not p.startswith(_FREE) and same(v, value)]
        if elsewhere or (path in given and not path.startswith("extra.") and not is_part):
            score.wrong += 1
            score.fault(sample, f"wrong {path}: {value!r} read {given.get(path)!r}, stands in {elsewhere}")
        else:
            score.missed += 1
            score.fault(sample, f"missed {path}: {value!r}")
    for path in given.keys() - expected.keys() - _DERIVED:
        if not path.startswith(_FREE):
            score.wrong += 1
            score.fault(sample, f"wrong {path}: invented {given[path]!r}")


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Dotted path -> value; money, distances and lists of plain texts but addresses and numbers are one value."""
    if isinstance(tree, dict) and tree and not {"amount", "unit"} & tree.keys():
        return {
            p: v for name, below in tree.items() for p, v in flat(below, f"{path}.{name}" if path else name).items()
        }
    if isinstance(tree, list | tuple) and path.rpartition(".")[2] != "services":
        return {p: v for index, below in enumerate(tree) for p, v in flat(below, f"{path}.{index}").items()}
    return {path: tree}


def same(one: Any, other: Any) -> bool:
    """Equal but for white space and the case of letters."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return "".join(one.split()).casefold() == "".join(other.split()).casefold()
    return bool(one == other)
