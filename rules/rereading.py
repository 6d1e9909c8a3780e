"""A mail is read again by today's parsers: which fields of its record differ, and which a person has changed since."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from parsers import merge, several
from parsers.records import Reading

Json = dict[str, Any]

BY_PROGRAM = ("open", "reparse")
"""Actions whose values were read from a mail."""
BY_A_PERSON = "a person has changed it"
"""Why a field is left as it is."""
STAYS = "a record that is being worked on keeps its kind"
"""Why its kind is left as it is."""


class Change(msgspec.Struct, frozen=True):
    """A field that today's reading says otherwise; None for no value."""

    field: str
    before: str | None
    after: str | None
    left: str | None = None
    """Why it is left as it is all the same."""


class Comparison(msgspec.Struct, frozen=True):
    """All differences, and the reading that keeps what must be kept."""

    changes: tuple[Change, ...]
    reading: Reading

    @property
    def is_new(self) -> bool:
        """Whether anything is to be written."""
        return any(change.left is None for change in self.changes)


def compared(now: Reading, today: Reading, owned: frozenset[str], *, may_become: bool = True) -> Comparison:
    """Compare what a record holds with today's reading of its mail.

    Args:
        now: What the record holds.
        today: What is read from the mail today.
        owned: Fields that people have changed (`owned_by_people`).
        may_become: Whether the record may become one of another kind.

    Returns:
        Differences in the order of the fields. A field that today's reading no longer has is one, too.
    """
    held, read = flat(now), flat(today)
    changes = [
        Change(name, held.get(name), read.get(name), _why_left(name, owned, may_become=may_become))
        for name in dict.fromkeys((*read, *held))
        if held.get(name) != read.get(name)
    ]
    kept = [change.field for change in changes if change.left is not None]
    return Comparison(tuple(changes), _keeping(kept, now, today))


def paired(held: Mapping[int, Reading], today: Sequence[Reading]) -> dict[int, int]:
    """Which of today's readings is of which record: by person and number, never only by its place in the mail.

    Args:
        held: What was read when each record was opened, by its place in the mail then.
        today: What is read now.

    Returns:
        Place then -> place now; a record that no reading is of is left out.
    """
    free = dict(enumerate(today))
    pairs: dict[int, int] = {}
    for place, reading in held.items():
        same = [now for now, other in free.items() if _is_same(reading, other)]
        if same:
            pairs[place] = place if place in same else same[0]
            del free[pairs[place]]
    corrected = len(held) == len(today)  # as many as before: who has no other is the same, read better
    for place in held.keys() - pairs.keys():
        if place in free and (corrected or not _contradicts(held[place], free[place])):
            pairs[place] = place
            del free[place]
    return pairs


def _is_same(one: Reading, other: Reading) -> bool:
    if one.external_ids and other.external_ids:
        return one.external_ids == other.external_ids
    if one.booking and other.booking and one.booking.uid and other.booking.uid:
        return one.booking.uid == other.booking.uid
    return one.customer is not None and other.customer is not None and several.of_one(one, other)


def _contradicts(one: Reading, other: Reading) -> bool:
    numbered = bool(one.external_ids and other.external_ids)
    return (numbered and one.external_ids != other.external_ids) or several.are_two(one, other)


def owned_by_people(history: Sequence[tuple[str, Reading]]) -> frozenset[str]:
    """Fields of a record that any action but opening and reading again has changed.

    Args:
        history: Action and resulting reading of each revision, from the first.
    """
    owned = set[str]()
    for (_, before), (action, after) in pairwise(history):
        if action not in BY_PROGRAM and before != after:
            was, now = flat(before), flat(after)
            owned |= {name for name in {*was, *now} if was.get(name) != now.get(name)}
    return frozenset(owned)


def flat(reading: Reading) -> dict[str, str]:
    """Every value of a reading as text, by its dotted path; `extra` and `consent` by their labels."""
    found = {"kind": reading.kind, **{path: _text(value) for path, value in merge.fields(reading)}}
    for name, pairs in (("extra", reading.extra), ("consent", reading.consent)):
        found |= {f"{name}.{label}": value for label, value in pairs.items()}
    return found


def _why_left(name: str, owned: frozenset[str], *, may_become: bool) -> str | None:
    if name in owned:
        return BY_A_PERSON
    return STAYS if name == "kind" and not may_become else None


def _keeping(names: list[str], now: Reading, today: Reading) -> Reading:
    """Today's reading with these values of the record's own."""
    if not names:
        return today
    own, result = _plain(now), _plain(today)
    for name in names:
        path = list(_steps(name))
        _put(result, path, _get(own, path))
    return msgspec.convert(_without_nothing(result), Reading)


def _plain(reading: Reading) -> Json:
    found: Json = msgspec.json.decode(msgspec.json.encode(reading))
    return found


def _steps(name: str) -> Iterator[str | int]:
    """`vehicles.0.price` -> vehicles, 0, price; a label is one step, whatever stands in it."""
    first, _, rest = name.partition(".")
    yield first
    if first in ("extra", "consent"):
        yield rest
    elif rest:
        yield from (int(step) if step.isdigit() else step for step in rest.split("."))


def _get(value: Any, path: list[str | int]) -> Any:
    for step in path:
        if isinstance(value, list):
            value = value[step] if isinstance(step, int) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _put(into: Any, path: list[str | int], value: Any) -> None:
    """Set a value; parts that are missing on the way are made. A car that is not there any more comes back last."""
    *way, last = path
    for number, step in enumerate(way):
        if isinstance(into, list):
            assert isinstance(step, int)  # noqa: S101 - a list's steps are numbers
            while len(into) <= step:
                into.append({})
            into = into[step]
        else:
            into = into.setdefault(step, [] if isinstance(path[number + 1], int) else {})
    into[last] = value


def _without_nothing(value: Any) -> Any:
    """Absent values are absent."""
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return [_without_nothing(inner) for inner in value] if isinstance(value, list | tuple) else value


def _text(value: object) -> str:
    """As people read it: `24500.00 EUR`."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return " ".join(str(inner) for inner in plain.values())
    return ", ".join(map(_text, plain)) if isinstance(plain, list | tuple) else str(plain)
