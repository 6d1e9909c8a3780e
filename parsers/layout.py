"""How a source writes: data that a known type brings, or that `source learn` finds and an admin edits.

Fields are those of the label dictionaries (`customer.name`, `vehicle.title`, `booking.date`, ...); `-` leaves a value
out. In patterns a field in braces stands for a value, everything else for itself: `Enquiry - {vehicle.title}`.
"""

import msgspec


class Block(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Lines without labels, known by the line they stand below."""

    after: str
    """The line above the first of them, as a pattern without fields."""
    fields: tuple[str, ...]
    """What each line is, from the first; a line that cannot be read as its field is skipped for the next one."""


class Layout(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is known of a source's mails beyond the label dictionaries; it goes before them."""

    labels: dict[str, str] = {}
    """Label as written -> field; an empty one is known to be a label, and its value is kept under it."""
    subjects: tuple[str, ...] = ()
    """Patterns of the subject."""
    lines: tuple[str, ...] = ()
    """Patterns of single lines of the text."""
    blocks: tuple[Block, ...] = ()
    endings: tuple[str, ...] = ()
    """First words of the lines that follow the request: what comes from there on is the source's own."""
    split: str | None = None
    """Pattern of the line between two requests in one mail."""
    noise: tuple[str, ...] = ()
    """Patterns of mails that are no request (newsletters, search alerts, advertisements that expire): of their subject,
    or of their sender's address where an @ stands in the pattern."""
    language: str | None = None
    verified: bool = True
    """Whether it was made from authentic mails; a layout that was not says so in `postroom sources`."""
