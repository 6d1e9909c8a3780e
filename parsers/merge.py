"""Readings of one request laid over each other: the higher level wins, the lower fills gaps, conflicts are kept."""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from parsers.records import Part, Reading, Vehicle

P = TypeVar("P", bound=Part)

_NOTES = ("origins", "alternatives", "kind", "extra", "consent")
"""Fields that tell about others, or have rules of their own."""


def fields(part: Part, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value of a shape with its dotted path; the items of a list of shapes are numbered from 0."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        here = f"{path}{name}"
        if value is None or value in ((), {}) or name in _NOTES:
            continue
        if isinstance(value, Part) and not _is_value(value):
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


def merged(high: Reading, low: Reading) -> Reading:
    """Lay a reading over one of a lower level.

    Cars are laid over each other where their roles agree; a further car of the lower level is taken only if the
    higher one has none at all.
    """
    conflicts: dict[str, list[str]] = {}
    taken: list[str] = []
    result = _laid(high, low, "", conflicts, taken)
    extra = {**low.extra, **high.extra}
    consent = {**low.consent, **high.consent}
    origins = {
        **{path: origin for path, origin in low.origins.items() if _from_below(path, taken, high)},
        **high.origins,
    }
    alternatives = {**low.alternatives, **high.alternatives}
    for path, others in conflicts.items():
        alternatives[path] = tuple(dict.fromkeys((*alternatives.get(path, ()), *others)))
    return msgspec.structs.replace(result, extra=extra, consent=consent, origins=origins, alternatives=alternatives)


def _from_below(path: str, taken: list[str], high: Reading) -> bool:
    if path.startswith("extra."):
        return path.removeprefix("extra.") not in high.extra
    return any(path == t or path.startswith(f"{t}.") for t in taken)


def _laid(high: P, low: P, path: str, conflicts: dict[str, list[str]], taken: list[str]) -> P:
    changes: dict[str, Any] = {}
    for name in high.__struct_fields__:
        above, below = getattr(high, name), getattr(low, name)
        here = f"{path}{name}"
        if name in _NOTES or below is None or below in ((), {}) or above == below:
            continue
        if above is None or above == ():
            changes[name] = below
            taken.append(here)
        elif name == "vehicles":
            changes[name] = _laid_cars(above, below, here, conflicts, taken)
        elif isinstance(above, Part) and not _is_value(above):
            changes[name] = _laid(above, below, f"{here}.", conflicts, taken)
        elif other := _differing(above, below, numbers=name == "phones"):
            conflicts.setdefault(here, []).extend(other)
    return msgspec.structs.replace(high, **changes)


def _laid_cars(
    above: tuple[Vehicle, ...], below: tuple[Vehicle, ...], path: str, conflicts: dict[str, list[str]], taken: list[str]
) -> tuple[Vehicle, ...]:
    cars = list(above)
    for other in below:
        index = next((i for i, car in enumerate(cars) if (car.role or "wanted") == (other.role or "wanted")), None)
        if index is not None:
            cars[index] = _laid(cars[index], other, f"{path}.{index}.", conflicts, taken)
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
