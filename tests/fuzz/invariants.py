"""What holds of anything that was read, whatever the bytes were."""

import unicodedata
from collections.abc import Iterator

import msgspec

from parsers.records import Parsed

BLOCKS = frozenset(["text", "new_text", "comments", "remarks", "note"])
"""Fields of several lines; also `text` of complaints and reviews, and what is kept under a label."""
LONGEST_LINE, LONGEST_BLOCK = 2_000, 20_000
MOST_ITEMS = 500


def broken(parsed: Parsed) -> list[str]:
    """What does not hold, as dotted paths with the reason; empty if all does."""
    found = [f"{path}: {why}" for path, text in _texts(msgspec.to_builtins(parsed)) if (why := _wrong(path, text))]
    copy = msgspec.json.decode(msgspec.json.encode(parsed), type=Parsed)
    return found if copy == parsed else [*found, "it does not survive its own JSON"]


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.(key)", str(key)
            yield from _texts(inner, f"{path}.{key}" if "." not in str(key) else f"{path}.extra")
    elif isinstance(value, list | tuple):
        if len(value) > MOST_ITEMS:
            yield path, "\0 too many items"
        for inner in value:
            yield from _texts(inner, path)


def _wrong(path: str, text: str) -> str | None:
    is_block = path.rpartition(".")[2] in BLOCKS or ".extra" in path or ".alternatives" in path
    if len(text) > (LONGEST_BLOCK if is_block else LONGEST_LINE):
        return f"{len(text)} characters"
    if not text.strip() and not path.endswith("(key)"):
        return "blank, but not absent"
    for character in text:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Zl", "Zp", "Cs") and not (is_block and character in "\n\t"):
            return f"holds {character!r}"
    return None
