"""What learning finds in samples of a source: the shapes that `source learn` prints."""

import msgspec

from parsers.layout import Layout


class Unmapped(msgspec.Struct, frozen=True):
    """A label that nobody knows, with some of its values; `like` is a field that they could be."""

    label: str
    values: tuple[str, ...]
    like: str | None = None


class Note(msgspec.Struct, frozen=True):
    """A warning, of one sample (by its position from 0) or of all together."""

    text: str
    sample: int | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned from samples."""

    layout: Layout
    unmapped: tuple[Unmapped, ...] = ()
    by_value: tuple[str, ...] = ()
    """Labels whose field only their values tell: to be looked at."""
    domains: tuple[str, ...] = ()
    """Registrable domains that the samples came from."""
    notes: tuple[Note, ...] = ()
    learned: tuple[int, ...] = ()
    """Positions of the samples that it was learned from."""
