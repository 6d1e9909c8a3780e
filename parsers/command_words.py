"""The words behind `!` and what they mean, in four languages: `dictionaries/commands.toml`."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "å": "aa", "é": "e"})
_BARE = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "æ": "ae", "ø": "o", "å": "a", "é": "e"})
_LETTERS = re.compile(r"[^\W\d_]+")
_HAN = "\u2e80"
"""Writings from here on put no space between words."""
_MOST_WORDS = 5
_REACH = 80
"""Characters of a line in which such words may stand."""


class Head(NamedTuple):
    """What a text begins with: the meaning of its first words, and what stands behind them."""

    meaning: str
    rest: str


@cache
def table(name: str) -> Mapping[str, str]:
    """Every spelling of the words of a table, by `squeezed`, with what it means.

    Args:
        name: A table of the dictionary (`actions`), or one meaning of a table (`words.no`).
    """
    tables = tomllib.loads(resources.files("parsers").joinpath("dictionaries/commands.toml").read_text("utf-8"))
    group, _, single = name.partition(".")
    meanings = {single: tables[group][single]} if single else tables[group]
    return {
        spelling: meaning
        for meaning, languages in meanings.items()
        for words in languages.values()
        for word in words
        for spelling in (squeezed(word), squeezed(word, _BARE))
    }


def squeezed(text: str, letters: Mapping[int, str] = _SPELLED) -> str:
    """A word without case, spaces and dashes, its letters as people without the right keys write them."""
    return "".join(_LETTERS.findall(unicodedata.normalize("NFKC", text).casefold())).translate(letters)


def head(text: str, name: str) -> Head | None:
    """The longest known words that a text begins with; None where it begins with none of that table.

    Words of Latin letters end where the letters end (`later2d` is `later`), Chinese ones where the known word does.
    """
    known = table(name)
    spans = list(_LETTERS.finditer(text[:_REACH]))[:_MOST_WORDS]
    if not spans or text[: spans[0].start()].strip():
        return None
    start, first = spans[0].start(), spans[0].end()
    for end in reversed([span.end() for span in spans]):
        if meaning := known.get(squeezed(text[start:end])):
            return Head(meaning, text[end:])
    if text[start] >= _HAN:
        for end in range(min(first, start + 8), start, -1):
            if meaning := known.get(squeezed(text[start:end])):
                return Head(meaning, text[end:])
    return None


def whole(text: str, name: str) -> str | None:
    """What a text means that is one of the table's words and nothing else."""
    return table(name).get(squeezed(text)) if len(text) <= _REACH else None
