"""The words of visits in four languages (`dictionaries/wanted.toml`), and how a letter is looked through for them."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each in one line."""
    return (" ".join(each.split()) for each in _ENDS.split(text) if each.strip())


def has_word(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in a text."""
    return next(found(text, words), None) is not None


def found(text: str, words: Iterable[str]) -> Iterator[str]:
    """Those of the words that stand in a text, as it writes them; of Latin ones only whole words."""
    for word in words:
        edges = "" if word[0] >= HAN else r"(?<![^\W_])"
        ends = "" if word[0] >= HAN else r"(?![^\W_])"
        if match := re.search(f"{edges}{re.escape(word)}{ends}", text, re.IGNORECASE):
            yield match[0]
