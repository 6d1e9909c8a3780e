"""Where one request ends and the next begins: digests, and mails that repeat a form for another person."""

from collections.abc import Sequence
from typing import NamedTuple

_MOST = 50
"""Requests that one mail can give."""
_IDENTITY = ("customer.email", "customer.phone", "customer.name", "customer.last_name", "call.number",
             "review.author", "review.text")  # fmt: skip
"""What tells one person from another, the surest first."""


class Meant(NamedTuple):
    """A pair of a mail, and the field that its label means there."""

    label: str
    value: str | None
    field: str | None
    sign: str = ""
    """`ruler` or `next` for a line between two parts; it has no value."""


Part = Sequence[Meant]


def requests(pairs: Part) -> list[Part]:
    """Cut the pairs of a mail into its requests: at the source's own line, else where another person is named.

    Returns:
        The pairs of each request; all of them in one piece, unless every piece names somebody else and asks alike.
    """
    if any(pair.sign == "next" for pair in pairs):
        return _cut(pairs, "next")[:_MOST]
    ruled = _by_person(_cut(pairs, "ruler")) if any(pair.sign == "ruler" for pair in pairs) else []
    by_person: list[Part] = [_flat(person) for person in ruled]
    for parts in (by_person, _repeated(pairs)):
        if 1 < len(parts) <= _MOST and _are_requests(parts):
            return parts
    return [_with_strangers(ruled)] if len(ruled) > 1 else [pairs]


def _cut(pairs: Part, sign: str) -> list[Part]:
    parts: list[list[Meant]] = [[]]
    for pair in pairs:
        if pair.sign == sign:
            parts.append([])
        else:
            parts[-1].append(pair)
    return [part for part in parts if part]


def _by_person(parts: list[Part]) -> list[list[Part]]:
    """Parts that name nobody, or the same person again, belong to the part above; the first ones to that below."""
    joined: list[list[Part]] = []
    last: dict[str, str] = {}
    for part in parts:
        who = _identity(part)
        is_another = bool(joined and last) and _are_two(last, who)
        if joined and not is_another:
            joined[-1].append(part)
        else:
            joined.append([part])
        last = who if is_another else {**last, **who}
    return joined


def _with_strangers(people: list[list[Part]]) -> Part:
    """A co-buyer, or whoever else a part names that asks nothing, keeps his data under their labels."""
    first, *others = people
    found = _flat(first)
    if not _identity(found):
        return [*found, *(pair for parts in others for pair in _flat(parts))]
    has_car = any((pair.field or "").startswith("vehicle.") and pair.value for pair in found)
    for parts in others:
        for part in parts:
            of_stranger = ("customer.", "vehicle.") if has_car and _identity(part) else ("customer.",)
            found += [pair._replace(field=None) if _means(pair, of_stranger) else pair for pair in part]
    return found


def _means(pair: Meant, fields: tuple[str, ...]) -> bool:
    return (pair.field or "").startswith(fields)


def _flat(parts: list[Part]) -> list[Meant]:
    return [pair for part in parts for pair in part]


def _repeated(pairs: Part) -> list[Part]:
    """Cut where the field comes again with which the form began."""
    known = [index for index, pair in enumerate(pairs) if pair.value and pair.field not in (None, "-", "comments")]
    if not known:
        return []
    first = pairs[known[0]].field
    starts = [index for index in known if pairs[index].field == first]
    return [pairs[start:end] for start, end in zip([0, *starts[1:]], [*starts[1:], len(pairs)], strict=True)]


def _identity(part: Part) -> dict[str, str]:
    """By which fields a part names somebody, without regard to spelling; the surest first."""
    fields = {pair.field: pair.value for pair in part if pair.value}
    if "customer.last_name" in fields:  # two of a family are two persons
        fields["customer.last_name"] = f"{fields.get('customer.first_name', '')} {fields['customer.last_name']}"
    return {name: " ".join(str(fields[name]).casefold().split()) for name in _IDENTITY if fields.get(name)}


def _are_two(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two parts name different people: by the surest field that both have; a name and a number may be one's."""
    common = next((name for name in _IDENTITY if name in one and name in other), None)
    return common is not None and one[common] != other[common]


def _who(part: Part) -> str | None:
    return next(iter(_identity(part).values()), None)


def _are_requests(parts: list[Part]) -> bool:
    """Whether each part names somebody else, and all ask alike: a co-buyer or a dealer's address is no request."""
    people = [_who(part) for part in parts]
    asked = [{pair.field for pair in part if pair.value and pair.field} for part in parts]
    if None in people or len(set(people)) < len(people) or min(map(len, asked)) < 2:
        return False
    return all(len(some & asked[0]) * 2 >= max(len(some), len(asked[0])) for some in asked[1:])
