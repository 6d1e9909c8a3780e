"""What can be wrong with how a source is said to write: fields that nothing knows, patterns that match any line."""

from collections.abc import Iterator

from config.draft import Entry
from config.fields import FORM_FIELDS, KEPT, LEFT_OUT, PLACEHOLDER, placeholders
from config.models import Source, SourceLayout
from config.problems import Path, Problem, nearest


def check_layout(entry: Entry[Source]) -> Iterator[Problem]:
    """Find what is wrong with a source's layout, if it has one."""
    layout = entry.model.layout
    if layout is None:
        return
    for path, field in _fields(layout):
        if field not in FORM_FIELDS:
            yield entry.problem(("layout", *path), f"unknown field '{field}'", nearest(field, FORM_FIELDS))
    for path, pattern in _patterns(layout):
        pieces = PLACEHOLDER.split(pattern)[0::2]
        if not any(piece.strip() for piece in pieces):
            yield entry.problem(
                ("layout", *path), f"'{pattern}' stands for any line", "write the words around the field"
            )
        elif "" in pieces[1:-1]:
            yield entry.problem(("layout", *path), f"nothing stands between two fields of '{pattern}'")


def _patterns(layout: SourceLayout) -> Iterator[tuple[Path, str]]:
    for key in ("subjects", "lines", "noise"):
        for index, pattern in enumerate(getattr(layout, key)):
            yield (key, index), pattern
    for index, block in enumerate(layout.blocks):
        yield ("block", index, "after"), block.after
    if layout.split is not None:
        yield ("split",), layout.split


def _fields(layout: SourceLayout) -> Iterator[tuple[Path, str]]:
    yield from ((("labels", label), field) for label, field in layout.labels.items() if field != KEPT)
    for index, block in enumerate(layout.blocks):
        yield from ((("block", index, "fields", place), field) for place, field in enumerate(block.fields))
    for path, pattern in _patterns(layout):
        yield from ((path, field) for field in placeholders(pattern) if field != LEFT_OUT)
