"""Write a source as the TOML that an admin reads and edits: what `source add` and `source learn` print."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from config.models import Source, SourceLayout

_WIDTH = 100
"""Columns up to which a list stands in one line."""


class Sample(NamedTuple):
    """A sample mail that becomes a test: its file, relative to the configuration, and what must be read from it."""

    mail: str
    expect: Mapping[str, str]


def source_table(source: Source) -> str:
    """The `[[source]]` table, without its layout."""
    place = ("site", source.site) if source.site else ("site_by", source.site_by)
    given = [
        ("id", source.id),
        place,
        ("type", source.type),
        ("address", source.address),
        ("from", list(source.senders)),
        ("language", source.language),
        ("kind", source.kind),
    ]
    lines = [f"{key} = {_value(value)}" for key, value in given if value]
    return "\n".join(["[[source]]", *lines]) + "\n"


def layout_tables(layout: SourceLayout, remarks: Mapping[str, str]) -> str:
    """The `[source.layout]` tables.

    Args:
        layout: What is known.
        remarks: Label -> comment beside it, one line.
    """
    lists = [(key, getattr(layout, key)) for key in ("subjects", "lines", "endings", "noise")]
    own = [f"{key} = {_value(list(texts))}" for key, texts in lists if texts]
    if layout.split:
        own.append(f"split = {quoted(layout.split)}")
    tables = [["[source.layout]", *own]] if own else []
    if layout.labels:
        tables.append(["[source.layout.labels]", *_labels(layout.labels, remarks)])
    for block in layout.blocks:
        fields = f"fields = {_value(list(block.fields))}"
        tables.append(["[[source.layout.block]]", f"after = {quoted(block.after)}", fields])
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def test_tables(address: str, samples: Sequence[Sample]) -> str:
    """A `[[test]]` for each sample."""
    return "\n".join("\n".join(_test(address, sample)) + "\n" for sample in samples)


def comment(text: str) -> str:
    """A line that only people read; `text` is one line."""
    return f"# {text}"


def quoted(text: str) -> str:
    """A TOML string (basic strings are JSON's, but DEL has to be escaped, too)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _labels(labels: Mapping[str, str], remarks: Mapping[str, str]) -> Iterator[str]:
    for label, field in labels.items():
        line = f"{quoted(label)} = {quoted(field)}"
        yield f"{line}  {comment(remarks[label])}" if label in remarks else line


def _test(address: str, sample: Sample) -> Iterator[str]:
    yield "[[test]]"
    yield f"mail = {quoted(sample.mail)}"
    yield f"to = {quoted(address)}"
    yield "[test.expect]"
    yield from (f"{quoted(key)} = {quoted(value)}" for key, value in sample.expect.items())


def _value(value: str | list[str] | None) -> str:
    if not isinstance(value, list):
        return quoted(value or "")
    texts = list(map(quoted, value))
    line = f"[{', '.join(texts)}]"
    return line if len(line) <= _WIDTH else "[\n" + "".join(f"    {text},\n" for text in texts) + "]"
