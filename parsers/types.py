"""Known types of sources: how each writes stands in `types/NAME.toml`; what an admin says of his own goes before it.

The few things that data cannot say are small functions in `parsers.completions`.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from parsers.completions import COMPLETIONS
from parsers.document import Document
from parsers.layout import Layout
from parsers.pattern import compiled
from parsers.records import Hints, Reading

NOTHING = Layout()
"""What is known of a source that has neither a type nor a layout of its own."""


def names() -> tuple[str, ...]:
    """All types, in alphabetical order."""
    files = (file.name for file in _directory().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def layout_of(hints: Hints) -> Layout:
    """How a source writes: what its admin says, then what its type brings. The same object for the same source."""
    if hints.layout is None:
        return _of_type(hints.source_type)
    return _combined(hints.source_type, msgspec.json.encode(hints.layout))


def noise(mail: Document, hints: Hints) -> str | None:
    """Why a mail of this source is no request: a search alert, a newsletter, an advertisement that expires.

    Returns:
        The reason for its class, with the pattern that decided; None for all other mail.
    """
    patterns = layout_of(hints).noise
    if not patterns:
        return None
    subject, sender = mail.headers.get("subject") or "", mail.sender[1]
    for pattern in patterns:
        if compiled(pattern).match(sender if "@" in pattern else subject) is not None:
            return f"no request by what is known of {hints.source_type or 'the source'}: '{pattern}'"
    return None


def completed(mail: Document, hints: Hints, found: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """The readings with what the type's own function adds."""
    complete = COMPLETIONS.get(hints.source_type or "")
    return complete(mail, found) if complete else found


def from_toml(text: str) -> Layout:
    """A layout as a type's file writes it: the keys of `[source.layout]`.

    Raises:
        msgspec.ValidationError: A key is unknown, or a value is of another kind.
        tomllib.TOMLDecodeError: It is no TOML.
    """
    data = tomllib.loads(text)
    return msgspec.convert({"blocks": data.pop("block", ()), **data}, Layout)


@lru_cache(maxsize=64)
def _of_type(name: str | None) -> Layout:
    file = _directory().joinpath(f"{name}.toml")
    if name is None or not re.fullmatch(r"[\w.-]{1,60}", name) or not file.is_file():
        return NOTHING
    return from_toml(file.read_text("utf-8"))


@lru_cache(maxsize=256)
def _combined(name: str | None, own: bytes) -> Layout:
    """The admin's layout (as JSON) over the type's: his lists come first, his words for one thing win."""
    mine, types = msgspec.json.decode(own, type=Layout), _of_type(name)
    return Layout(
        labels={**types.labels, **mine.labels},
        subjects=mine.subjects + types.subjects,
        lines=mine.lines + types.lines,
        blocks=mine.blocks + types.blocks,
        endings=mine.endings + types.endings,
        split=mine.split or types.split,
        noise=mine.noise + types.noise,
        language=mine.language or types.language,
        verified=mine.verified,
    )


def _directory() -> Traversable:
    return resources.files("parsers").joinpath("types")
