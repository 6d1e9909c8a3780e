"""What may go along with a mail of ours: the shapes that `parsers.detach` fills and the composer takes."""

from typing import Literal

from parsers.records import Part

OCTETS = "application/octet-stream"
"""Of whose kind nothing is known."""
Why = Literal["program", "mail", "size", "number", "unreadable"]


class Enclosure(Part, frozen=True, kw_only=True):
    """A file that goes along."""

    name: str
    type: str
    """As its first bytes show, else as declared; never a type that holds parts."""
    content: bytes
    charset: str | None = None
    """Of a text."""
    packed: tuple[str, ...] = ()
    """Of a file that goes to a customer: pieces of what is packed in it that may be ours (`parsers.packed`)."""


class LeftOut(Part, frozen=True):
    """A file that does not go along."""

    name: str
    why: Why


class Enclosures(Part, frozen=True):
    """What goes along with a mail, and what does not."""

    taken: tuple[Enclosure, ...] = ()
    left: tuple[LeftOut, ...] = ()
