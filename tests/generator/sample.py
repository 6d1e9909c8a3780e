"""A generated mail with what has to be read from it."""

from dataclasses import dataclass, field
from typing import Any

from parsers.records import Hints


@dataclass(frozen=True)
class Sample:
    """One mail; a value is wanted under its dotted path in `parse --json`: `vehicles.0.make`, `extra.Farbwunsch`."""

    raw: bytes
    expected: dict[str, Any]
    layout: str
    language: str
    hints: Hints
    more: tuple[dict[str, Any], ...] = field(default=())
    """What further readings of the same mail hold."""
