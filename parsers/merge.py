"""Readings of one request laid over each other: the higher level wins, the lower fills gaps, conflicts are kept."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from parsers.records import Part, Reading, Vehicle

P = TypeVar("P", bound=Part)

_NOTES = frozenset(("origins", "alternatives", "kind", "extra", "consent"))
"""Fields that tell about others, or have rules of their own."""


def fields(part: Part, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a shape with its dotted path; the items of a list of shapes are numbered from 0."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if value is None or name in _NOTES or value in ((), {}):
            continue
        here = f"{path}{name}"
        if isinstance(value, str):
            yield here, value
        elif isinstance(value, Part) and not _is_value(value):
            yield from fields(value, f"{here}.")
        elif isinstance(value, tuple) and isinstance(value[0], Vehicle):
            for index, item in enumerate(value):
                yield from fields(item, f"{here}.{index}.")
        else:
            yield here, value


def _is_value(part: Part) -> bool:
    """Money and distances are one value: number and unit never come from different levels."""
    return len(part.__struct_fields__) == 2 and part.__struct_fields__[1] in ("currency", "unit")


def marked(reading: Reading, origin: str) -> Reading:
    """The reading with `origin` as the level that each of its values came from."""
    origins = {path: origin for path, _ in fields(reading)}
    origins |= {f"extra.{label}": origin for label in reading.extra}
    return msgspec.structs.replace(reading, origins=origins)


class _Notes:
    """What a merge did: values that differ, and which path of the lower reading went to which of the higher."""

    def __init__(self) -> None:
        self.conflicts: dict[str, list[str]] = {}
        self.taken: list[tuple[str, str]] = []

    def origins(self, low: Reading) -> dict[str, str]:
        """Origins of what was taken, under its new path."""
        found = {}
        for here, there in self.taken:
            for path, origin in low.origins.items():
                if path == there or path.startswith(f"{there}."):
                    found[here + path[len(there) :]] = origin
        return found


def merged(high: Reading, low: Reading) -> Reading:
    """Lay a reading over one of a lower level.

    Cars are laid over each other where their roles agree; a further car of the lower level is taken only if the
    higher one has none at all.
    """
    notes = _Notes()
    result = _laid(high, low, "", "", notes)
    notes.taken += [(f"extra.{label}", f"extra.{label}") for label in low.extra if label not in high.extra]
    alternatives = {**low.alternatives, **high.alternatives}
    for path, others in notes.conflicts.items():
        alternatives[path] = tuple(dict.fromkeys((*alternatives.get(path, ()), *others)))
    return msgspec.structs.replace(
        result,
        kind=low.kind if high.kind == "unsorted" else high.kind,
        extra={**low.extra, **high.extra},
        consent={**low.consent, **high.consent},
        origins={**notes.origins(low), **high.origins},
        alternatives=alternatives,
    )


def _laid(high: P, low: P, path: str, low_path: str, notes: _Notes) -> P:
    changes: dict[str, Any] = {}
    for name in high.__struct_fields__:
        above, below = getattr(high, name), getattr(low, name)
        here, there = f"{path}{name}", f"{low_path}{name}"
        if name in _NOTES or below is None or below in ((), {}) or above == below:
            continue
        if above is None or above == ():
            changes[name] = below
            notes.taken.append((here, there))
        elif name == "vehicles":
            changes[name] = _laid_cars(above, below, notes)
        elif isinstance(above, Part) and not _is_value(above):
            changes[name] = _laid(above, below, f"{here}.", f"{there}.", notes)
        elif other := _differing(above, below, numbers=name == "phones"):
            notes.conflicts.setdefault(here, []).extend(other)
    return msgspec.structs.replace(high, **changes) if changes else high


def _laid_cars(above: tuple[Vehicle, ...], below: tuple[Vehicle, ...], notes: _Notes) -> tuple[Vehicle, ...]:
    cars = list(above)
    for number, other in enumerate(below):
        index = next((i for i, car in enumerate(cars) if (car.role or "wanted") == (other.role or "wanted")), None)
        if index is not None:
            cars[index] = _laid(cars[index], other, f"vehicles.{index}.", f"vehicles.{number}.", notes)
    return tuple(cars)


def _differing(above: object, below: object, *, numbers: bool) -> list[str]:
    """Values of the lower level that say something else, as text."""
    mine = {_key(value, numbers=numbers) for value in (above if isinstance(above, tuple) else (above,))}
    others = below if isinstance(below, tuple) else (below,)
    return [_text(value) for value in others if _key(value, numbers=numbers) not in mine]


def _key(value: object, *, numbers: bool) -> str:
    """Spelling does not make a difference: case and spaces, and in phone numbers all but the last seven digits."""
    text = _text(value)
    return re.sub(r"\D", "", text)[-7:] if numbers else " ".join(text.casefold().split())


def _text(value: object) -> str:
    if isinstance(value, Part):
        return " ".join(str(getattr(value, name)) for name in value.__struct_fields__ if getattr(value, name))
    return str(value)
