"""Globs on hostile text: `*` is any text, `?` one character, case does not count.

The time taken grows with the text, never with the number of stars.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

TEXT_LIMIT = 20_000
"""Characters of a text that are looked at."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern."""
    first, *rest = _pieces(pattern)
    folded = text[:TEXT_LIMIT].casefold()
    begin = first.match(folded)
    if begin is None:
        return False
    if not rest:
        return begin.end() == len(folded)
    return _fits_after(rest, folded, begin.end(), _last_length(pattern))


def found(pattern: str, text: str) -> bool:
    """Whether a pattern fits anywhere in a text."""
    return matches(f"*{pattern}*", text)


def any_of(patterns: Iterable[str], texts: Iterable[str]) -> str | None:
    """The first text that fits one of the patterns; None if none does."""
    plain, globs = _sorted_out(tuple(patterns))
    for text in texts:
        if text[:TEXT_LIMIT].casefold() in plain or any(matches(glob, text) for glob in globs):
            return text
    return None


@lru_cache(maxsize=4096)
def _sorted_out(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Patterns without a glob, which are only compared, and the others."""
    globs = tuple(pattern for pattern in patterns if "*" in pattern or "?" in pattern)
    return frozenset(pattern.casefold() for pattern in patterns if pattern not in globs), globs


def _fits_after(rest: list[re.Pattern[str]], text: str, at: int, last_length: int) -> bool:
    """Find the pieces between stars one after the other, each as early as it can be; the last ends the text.

    The leftmost place for each piece leaves the most for the next, so nothing is ever tried twice.
    """
    *middle, last = rest
    for piece in middle:
        place = piece.search(text, at)
        if place is None:
            return False
        at = place.end()
    tail = len(text) - last_length
    return tail >= at and last.match(text, tail) is not None


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the stars: pieces of fixed length, so that the engine has no way back to take."""
    return tuple(
        re.compile("".join("." if c == "?" else re.escape(c) for c in piece), re.DOTALL)
        for piece in pattern.casefold().split("*")
    )


@lru_cache(maxsize=4096)
def _last_length(pattern: str) -> int:
    return len(pattern.casefold().rpartition("*")[2])
