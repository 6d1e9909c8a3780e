"""Patterns of a layout: `Enquiry - {vehicle.title} - {customer.name}`.

A field in braces stands for a value, `{-}` for any words or none, everything else for itself; case, the width of gaps,
and the kind of dash or quotation mark do not matter. No regular expression is built from what an admin writes: a
pattern is matched by substring searches whose number is bounded, whatever pattern and text are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from config.fields import LEFT_OUT, PLACEHOLDER

LONGEST = 1_000
"""Characters of a line or subject that are compared."""
_STEPS = 100
"""Ends of values that are tried for one line."""

_SAME = str.maketrans("–—−‐‑“”„«»’‘´｜：", '-----"""""\'\'\'|:')
_PLATE = (
    r"(?i:(?=.*\d)(?=.*[^\W\d])(?:[\w-]{2,10}|[a-z]{2}\d{2} [a-z]{3}|[a-z]\d{1,3} [a-z]{3}|[a-z]{3} \d{1,3}[a-z]"
    r"|[^\W\d_]{1,3}[ -][a-z]{1,2}[ -]?\d{1,4} ?[eh]?|[a-z]{2} \d{2} ?\d{3}|[a-z]{2} \d{3} [a-z]{2}|\w[a-z] \w{5,6}))"
)
"""Plates in the groups of their countries: the last word of a car's title is no part of them."""
_SHAPES: dict[str, re.Pattern[str]] = {
    name: re.compile(shape)
    for names, shape in (
        (("customer.email",), r"<?[^\s@<>]{1,64}@[^\s@<>]{3,200}>?"),
        (("customer.phone", "call.number"), r"(?:tel:|\D{0,12}:)?\s?[+(\d][\d\s()./-]{4,28}"),
        (("customer.name", "review.author"), r"[^@:/<>\d]{1,80}"),
        (("customer.first_name", "customer.last_name"), r"[^@:/<>\d]{1,50}"),
        (("vehicle.year", "trade.year"), r"(?:\d{1,2}[./-]){0,2}(?:19|20)\d{2}"),
        (("vehicle.vin", "trade.vin"), r"[A-HJ-NPR-Za-hj-npr-z0-9]{17}"),
        (("vehicle.plate", "trade.plate"), _PLATE),
        (("vehicle.price", "trade.price", "vehicle.odometer", "trade.odometer"), r"(?=.*\d)[^@:]{1,40}"),
        (("vehicle.listing_url",), r"https?://\S{3,}"),
        (("vehicle.listing_id", "vehicle.stock_number", "external_id", "dealer.id"), r"[\w./#-]{1,60}"),
        (("review.rating",), r"\D{0,12}[\d.,]{1,4}\D{0,20}"),
        (("requested_at", "call.started_at", "booking.starts_at", "booking.date"), r"(?=.*\d).{4,80}"),
    )
    for name in names
}
"""How a value of a field looks at the least; a field that is not named here may be any words."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Constants and the fields between them: there is one constant more than fields."""

    constants: tuple[str, ...]
    fields: tuple[str, ...]

    def match(self, line: str) -> tuple[tuple[str, str], ...] | None:
        """Match a whole line.

        Returns:
            The fields with their values in order, without those that are left out; None where the line is another.
        """
        text, plain = _spelled(line[:LONGEST])
        first = self.constants[0]
        if not self.may_match(plain):
            return None
        if not self.fields:
            return () if plain == first else None
        ends = _Search(self, text, plain).ends(0, len(first))
        if ends is None:
            return None
        values, start = [], len(first)
        for field, constant, end in zip(self.fields, self.constants[1:], ends, strict=True):
            values.append((field, text[start:end].strip()))
            start = end + len(constant)
        return tuple(pair for pair in values if pair[0] != LEFT_OUT)

    def may_match(self, plain: str) -> bool:
        """Whether a line in its one spelling begins and ends as the pattern does."""
        return plain.startswith(self.constants[0]) and plain.endswith(self.constants[-1])


def first_match(patterns: Iterable[Pattern], line: str) -> tuple[tuple[str, str], ...] | None:
    """The values by the first pattern that a line fits; most lines fit none, which one spelling of them tells."""
    _, plain = _spelled(line[:LONGEST])
    for pattern in patterns:
        if pattern.may_match(plain) and (values := pattern.match(line)) is not None:
            return values
    return None


class _Search:
    """Where each value of a line ends: the first way in which all of them look like what they shall be."""

    def __init__(self, pattern: Pattern, text: str, plain: str) -> None:
        self.pattern, self.text, self.plain = pattern, text, plain
        self.failed: set[tuple[int, int]] = set()
        self.steps = 0

    def ends(self, number: int, start: int) -> tuple[int, ...] | None:
        """The ends of the values from a field on whose value begins at `start`; None if there is no way."""
        if number == len(self.pattern.fields):
            return () if start == len(self.plain) else None
        if (number, start) in self.failed:
            return None
        constant, last = self.pattern.constants[number + 1], number == len(self.pattern.fields) - 1
        end = self._next(constant, start - 1, last)
        while end is not None and self.steps < _STEPS:
            self.steps += 1
            if fits(self.pattern.fields[number], self.text[start:end].strip()):
                rest = self.ends(number + 1, end + len(constant))
                if rest is not None:
                    return end, *rest
            end = self._next(constant, end, last)
        self.failed.add((number, start))
        return None

    def _next(self, constant: str, before: int, last: bool) -> int | None:
        """The next place after `before` where a value may end: at its constant, the last one at the line's end."""
        if last or not constant:
            end = len(self.plain) - len(constant)
            return end if end > before and self.plain.endswith(constant) else None
        end = self.plain.find(constant, before + 1)
        return None if end < 0 else end


def fits(field: str, value: str) -> bool:
    """Whether a text can be the value of a field; only what is left out may be empty."""
    if field == LEFT_OUT:
        return True
    shape = _SHAPES.get(field)
    return bool(value) and (shape is None or shape.fullmatch(value[:300]) is not None)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Pattern:
    """Take a pattern apart, once."""
    pieces = PLACEHOLDER.split(pattern[:LONGEST])
    constants = [_plain(re.sub(r"\s+", " ", piece)) for piece in pieces[0::2]]
    constants[0], constants[-1] = constants[0].lstrip(), constants[-1].rstrip()
    return Pattern(tuple(constants), tuple(pieces[1::2]))


@lru_cache(maxsize=512)
def _spelled(line: str) -> tuple[str, str]:
    """A line with single gaps, and its one spelling; every pattern of a source asks for that of the same lines."""
    text = " ".join(line.split())
    return text, _plain(text)


def _plain(text: str) -> str:
    """One spelling of case, dashes and quotation marks, with as many characters as before."""
    lower = text.translate(_SAME).lower()
    return lower if len(lower) == len(text) else text.translate(_SAME)
