"""The words of visits in four languages (`dictionaries/wanted.toml`), and how a letter is looked through for them."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

HAN = "\u2e80"
"""Writings from here on put no space between words."""
_ENDS = re.compile(r"[!?;。！？；]|\n\s{0,20}\n|(?<=[^\W\d_]{4})\.(?=\s)")
"""Ends of sentences; behind short words and numbers a full stop ends none (`kl. 9`, `3. Dezember`)."""


@cache
def words_of(group: str) -> Mapping[str, Sequence[str]]:
    """The lists of a table of the dictionary."""
    tables: dict[str, Any] = tomllib.loads(
        resources.files("parsers").joinpath("dictionaries/wanted.toml").read_text("utf-8")
    )
    found: Mapping[str, Sequence[str]] = tables[group]
    return found


@cache
def weekdays() -> Mapping[str, int]:
    """Names of the days of the week, Monday 0."""
    return {
        name: number
        for language in words_of("weekdays").values()
        for number, names in enumerate(language)
        for name in names.split()
    }


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each in one line."""
    return (" ".join(each.split()) for each in _ENDS.split(text) if each.strip())


def has_word(text: str, group: str) -> bool:
    """Whether a word of a table stands in a text, in any language."""
    return _pattern(group).search(text) is not None


def found(text: str, group: str) -> Iterator[str]:
    """The words of a table that stand in a text, as it writes them; of Latin ones only whole words."""
    return (match[0] for match in _pattern(group).finditer(text))


@cache
def _pattern(group: str) -> re.Pattern[str]:
    """All words of a table, the longer ones first: `oil change` before `oil`."""
    words = sorted({word for words in words_of(group).values() for word in words}, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in words if word[0] < HAN)
    others = "|".join(re.escape(word) for word in words if word[0] >= HAN)
    return re.compile(rf"(?<![^\W_])(?:{latin})(?![^\W_])|{others}", re.IGNORECASE)
