"""Samples of several requests: the line that stands between two of them."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from parsers.html import Row
from parsers.learn_pairs import Pair, Side
from parsers.learn_view import View, is_blank, shown

_DIGITS = re.compile(r"\d+")
_ONE_OF_ONE = re.compile(r"\W{0,9}(?:[^\W\d]{1,20}\W{1,3}){0,2}1\W{1,3}(?:[^\W\d]{1,5}\W{1,3})?1\W{0,9}")
"""`Lead 1 of 1`: the line above each request of a source whose samples hold one request each."""


def split(side: Side) -> str | None:
    """The line between two requests in one mail: the same above each time that the first label comes again.

    Where all samples hold one request, a line above it that counts to one tells that others hold several.
    """
    for number, pairs in enumerate(side.pairs):
        starts = _starts(pairs)
        above = [_DIGITS.sub("{-}", _line_above(side.view, number, start)) for start in starts[1:]]
        if above and above[0] and len(set(above)) == 1:
            return above[0]
    firsts = {_line_above(side.view, number, pairs[0].first) for number, pairs in enumerate(side.pairs) if pairs}
    only = firsts.pop() if len(firsts) == 1 and all(side.pairs) else ""
    return _DIGITS.sub("{-}", only) if _ONE_OF_ONE.fullmatch(only) else None


def _starts(pairs: Sequence[Pair]) -> list[int]:
    """The rows where the first of three labels or more stands, that all come equally often."""
    times = Counter(pair.key for pair in pairs)
    repeated = Counter(count for count in times.values() if count > 1).most_common(1)
    often, labels = repeated[0] if repeated else (0, 0)
    first = next((pair.key for pair in pairs if times[pair.key] == often), None)
    starts = [pair.first for pair in pairs if pair.key == first]
    return starts if labels >= 3 and all(end - begin >= 3 for begin, end in pairwise(starts)) else []


def parted(view: View, line: str) -> tuple[View, list[int]]:
    """The requests of each sample as samples of their own, and which sample each is of."""
    parts: list[tuple[Row, ...]] = []
    owners = []
    for number, sample in enumerate(view.samples):
        cuts = [at for at, row in enumerate(sample) if _DIGITS.sub("{-}", shown(row)) == line]
        for begin, end in pairwise([0, *cuts, len(sample)]):
            if any(not is_blank(row) for row in sample[begin:end][1 if begin in cuts else 0 :]):
                parts.append(sample[begin:end])
                owners.append(number)
    return View(tuple(parts)), owners


def _line_above(view: View, number: int, at: int) -> str:
    rows = view.samples[number]
    lines = (shown(row) for row in reversed(rows[max(0, at - 3) : at]))
    return next(filter(None, lines), "")
