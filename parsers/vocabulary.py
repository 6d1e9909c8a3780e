"""The words of a source: its own labels, which go before the dictionaries, and how its own texts begin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from parsers import dictionary
from parsers.dictionary import squeeze
from parsers.layout import Layout
from parsers.pattern import Pattern, compiled, first_match

OWN = "own"
"""Stands for the language of labels that the source's layout names."""
_SUFFIX_WORDS = 3
"""Words that an ending must have to be cut off inside a line: `Kind regards` may be the customer's."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What tells label from value in the mails of one source."""

    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    split: Pattern | None = None
    lines: tuple[Pattern, ...] = ()
    """Lines that the layout reads, or that stand above its blocks: no labels."""

    def lookup(self, label: str) -> Mapping[str, str] | None:
        """What a label means: in the layout, else in each language that knows it."""
        if self.labels:
            for key in dictionary.keys(label):
                if found := self.labels.get(key):
                    return found
        return dictionary.lookup(label)

    def is_own(self, label: str) -> bool:
        """Whether the layout itself says what a label means."""
        return bool(self.labels) and squeeze(label) in self.labels

    def section(self, label: str) -> str | None:
        """The part of a form that a head opens, unless the source means a field by it."""
        return None if self.is_own(label) else dictionary.section(label)

    def ends(self, line: str) -> bool:
        """Whether the source's own words begin with this line."""
        return bool(self.endings) and line[:100].casefold().startswith(self.endings)

    def splits(self, line: str) -> bool:
        """Whether the line stands between two requests."""
        return self.split is not None and self.split.match(line) is not None

    def is_read(self, line: str) -> bool:
        """Whether the line is one of the layout's."""
        if not self.lines:
            return False
        bare = heading(line)
        return first_match(self.lines, line) is not None or (bare != line and first_match(self.lines, bare) is not None)

    def before_ending(self, text: str) -> str:
        """The text up to the line with which the source's own words begin; all of it if it begins with them."""
        lines = text.split("\n") if self.endings else []
        end = next((number for number, line in enumerate(lines) if self.ends(line.strip())), 0)
        return "\n".join(lines[:end]).rstrip() or text

    def without_suffix(self, value: str) -> str:
        """The value up to the words that the source adds to it."""
        lower = value.lower()
        if not self.suffixes or len(lower) != len(value):
            return value
        ends = [at for suffix in self.suffixes if (at := lower.find(suffix)) > 0]
        return value[: min(ends)].rstrip() if ends else value


PLAIN = Vocabulary()
"""Nothing but the dictionaries."""


def vocabulary(layout: Layout) -> Vocabulary:
    """The words of a source, made once."""
    if layout == _NOTHING:
        return PLAIN
    after = tuple(heading(block.after) for block in layout.blocks)
    return _made(tuple(layout.labels.items()), layout.endings, layout.split, (*layout.lines, *after))


def heading(line: str) -> str:
    """A line above others without the colon that it may have."""
    return line.rstrip(" \t:：")


_NOTHING = Layout()


@lru_cache(maxsize=256)
def _made(
    labels: tuple[tuple[str, str], ...], endings: tuple[str, ...], split: str | None, lines: tuple[str, ...]
) -> Vocabulary:
    starts = tuple(ending.casefold().strip() for ending in endings if ending.strip())
    return Vocabulary(
        labels={squeeze(label): {OWN: field} for label, field in labels if squeeze(label)},
        endings=starts,
        suffixes=tuple(start for start in starts if _is_long(start)),
        split=compiled(split) if split and split.strip() else None,
        lines=tuple(compiled(line) for line in lines if line.strip("{-} ")),
    )


def _is_long(ending: str) -> bool:
    return len(ending.split()) >= _SUFFIX_WORDS or (not ending.isascii() and len(ending) >= 2 * _SUFFIX_WORDS)
