"""The words of each language: labels, names of kinds, forms of dates and amounts; `<language>/words.toml`.

A language is a folder: its words, and beside them its templates. Words that a language lacks are English.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Words = Mapping[str, Any]

DEFAULT_LANGUAGE = "en"
WORDS = "words.toml"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_KINDS: Mapping[type, str] = {dict: "table", list: "list"}


@cache
def shipped_files() -> Mapping[str, str]:
    """Every shipped template, style sheet and word list by relative name (`de/new.txt.j2`)."""
    return dict(_walk(files("templates"), ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".j2", ".css")) or entry.name == WORDS:
            found.append((prefix + entry.name, entry.read_text(encoding="utf-8")))
    return found


def languages() -> tuple[str, ...]:
    """Languages with a folder of their own, sorted."""
    return tuple(sorted(name.split("/")[0] for name in shipped_files() if name.endswith("/" + WORDS)))


def load_words(language: str, overrides: Mapping[str, str]) -> Words:
    """The words of a language: English, below the shipped ones, below the admin's own.

    Raises:
        ValueError: The admin's `words.toml` is not TOML, or has a text where there should be a table.
    """
    words: Words = {}
    for name, source in (
        (f"{DEFAULT_LANGUAGE}/{WORDS}", shipped_files()),
        (f"{language}/{WORDS}", shipped_files()),
        (f"{language}/{WORDS}", overrides),
    ):
        words = _merge(words, tomllib.loads(source.get(name, "")))
    return words


def _merge(below: Words, above: Words) -> Words:
    merged = dict(below)
    for key, value in above.items():
        if key in below and type(value) is not type(below[key]):
            raise ValueError(f"'{key}' must be a {_KINDS.get(type(below[key]), 'text')}")
        merged[key] = _merge(below.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def counted(forms: Sequence[str], number: int, **values: object) -> str:
    """The form for one or that for any other number, filled; an admin who names a single one means both."""
    return filled(forms[0 if number == 1 else -1], **values)


def filled(sentence: str, **values: object) -> str:
    """A sentence with values at the places that are called like them (`{kind}`); a place that nothing fills stays.

    What a value holds is never read as a place.
    """
    return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), sentence)
