"""What a mail is made of, apart from what it says: by this a source's mails are compared with its earlier ones.

The structure names the surest level that gave a field, the kinds of body texts and the blocks of the markup. These come
from the source's template: they stay when a customer leaves a field empty, and change when the template does.
Labels and fields are told apart from it, because any of them may be missing from a single mail.
"""

import re
from collections.abc import Iterable, Sequence

from parsers.dictionary import lookup, section, squeeze, trade_in_label
from parsers.document import Document
from parsers.merge import fields
from parsers.records import Hints, Reading, Shape
from parsers.types import layout_of

_MOST = 40
"""Unknown labels of one mail that are noted; a customer may write hundreds."""
_MARKUP = 200_000
"""Characters of markup that are looked at."""
_BLOCKS = ("table", "dl", "ul", "ol", "h1", "h2", "h3", "h4", "section", "article", "form", "pre")
"""Elements that a template brings; what customers' words become (p, br, a, b, div, span) comes and goes with them."""
_TAG = re.compile("<([a-z][a-z0-9]*)[> ]")
_OURS = ("reply_to", "other address", "other number", "forwarded_by", "forward_note", "forward_sender")
"""Keys of `extra` that no label gave."""


def shape(mail: Document, found: Sequence[Reading], hints: Hints, levels: Sequence[str]) -> Shape | None:
    """Tell what a mail is made of.

    Args:
        mail: The mail.
        found: What was read from it.
        hints: Its source's own labels are known ones.
        levels: Names of all levels, the surest first.

    Returns:
        None where nothing was read.
    """
    if not found:
        return None
    return Shape(
        structure=_structure(mail, found, levels),
        fields=tuple(sorted({path for reading in found for path in _filled(reading)})),
        unknown=tuple(sorted({label for reading in found for label in _unknown(reading, hints)})[:_MOST]),
        unsorted=all(reading.kind == "unsorted" for reading in found),
    )


def _structure(mail: Document, found: Sequence[Reading], levels: Sequence[str]) -> str:
    """`table in html (h1, table) and plain`."""
    given = {origin for reading in found for origin in reading.origins.values()}
    level = next((name for name in levels if name in given), "no level")
    names = set(_TAG.findall("\n".join(mail.html)[:_MARKUP].lower()))
    blocks = ", ".join(name for name in _BLOCKS if name in names)
    texts = [*([f"html ({blocks})" if blocks else "html"] if mail.html else []), *(["plain"] if mail.plain else [])]
    return f"{level} in {' and '.join(texts) or 'no text'}"


def _filled(reading: Reading) -> Iterable[str]:
    """Fields that say something, without their place in a list; the whole mail as comments is no field of it."""
    for path, _ in fields(reading):
        name = path
        if path.startswith("vehicles."):
            _, index, rest = path.split(".", 2)
            name = f"{reading.vehicles[int(index)].role or 'wanted'}.{rest}"
        if name not in ("language", "source") and not (name == "comments" and reading.origins.get(name) == "text"):
            yield name


def _unknown(reading: Reading, hints: Hints) -> Iterable[str]:
    """Labels that no dictionary and no layout knows, as they stand in the mail."""
    own = {squeeze(label) for label in layout_of(hints).labels}
    for label in reading.extra:
        given = reading.origins.get(f"extra.{label}") != "header" and label not in _OURS
        known = lookup(label) or section(label) or trade_in_label(label) or squeeze(label) in own
        if given and not known:
            yield label
