"""The layout level: values that the source's own subjects, lines and blocks of lines give (`parsers.layout.Layout`)."""

from collections.abc import Iterator

import msgspec

from parsers import adf_text
from parsers.document import Document
from parsers.form import TEXTS, Form
from parsers.layout import Block, Layout
from parsers.layouts import unquoted
from parsers.pattern import compiled, first_match, fits
from parsers.records import Hints, Reading
from parsers.signs import LABELLED, is_ruler
from parsers.types import layout_of
from parsers.vocabulary import Vocabulary, heading, vocabulary

_MOST_LINES = 4_000
_MOST_REQUESTS = 50
_SHARED = ("dealer.",)
"""Fields of a subject that hold for every request of a mail."""


def readings(mail: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read what the patterns of the source's layout find; nothing where it has none."""
    layout = layout_of(hints)
    if not (layout.subjects or layout.lines or layout.blocks):
        return ()
    words = vocabulary(layout)
    subject = _subject(mail, layout)
    text = mail.text or ""
    parts = [] if adf_text.holds(text) else _parts(text, words)
    several = len(parts) > 1
    found = []
    for lines in parts or [[]]:
        form = Form(hints, language=hints.language)
        for field, value in subject:
            if not several or field.startswith(_SHARED):
                form.read(field, field, value)
        _read_lines(form, lines, layout, words)
        found.append(form.reading("layout", least=1))
    # patterns are of one source, not of one language: the labels and the person's words tell it
    return tuple(msgspec.structs.replace(reading, language=layout.language) for reading in found if reading)


def _subject(mail: Document, layout: Layout) -> tuple[tuple[str, str], ...]:
    subject = mail.headers.get("subject") or ""
    return first_match(map(compiled, layout.subjects), subject) or ()


def _parts(text: str, words: Vocabulary) -> list[list[str]]:
    """The lines of each request, up to where the source's own words begin."""
    parts: list[list[str]] = [[]]
    for line in unquoted(text.splitlines()[:_MOST_LINES]):
        bare = line.strip()
        if words.splits(bare):
            parts.append([])
        elif words.ends(bare) and len(parts) == 1 and any(map(str.strip, parts[0])) and words.split is None:
            break
        else:
            parts[-1].append(bare)
    return [part for part in parts if any(part)][:_MOST_REQUESTS]


def _read_lines(form: Form, lines: list[str], layout: Layout, words: Vocabulary) -> None:
    patterns = [compiled(pattern) for pattern in layout.lines]
    blocks = [(compiled(heading(block.after)), block) for block in layout.blocks]
    for number, line in enumerate(lines):
        if not line:
            continue
        for field, value in first_match(patterns, line) or ():
            form.read(field, field, words.without_suffix(value))
        for after, block in blocks:
            if after.match(heading(line)) is not None:
                _read_block(form, lines[number + 1 :], block, words)


def _read_block(form: Form, lines: list[str], block: Block, words: Vocabulary) -> None:
    """Each line is the first field, of those not passed yet, that it can be read as."""
    wanted = list(block.fields)
    rest = iter(lines)
    for line in _own(rest, words):
        if not line:
            if len(wanted) < len(block.fields):
                return
            continue
        for place, field in enumerate(wanted):
            value = words.without_suffix(line)
            if field in TEXTS:
                value = words.without_suffix("\n".join([line, *_own(rest, words, texts=True)]))
            if field == "-" or (fits(field, value) and form.read(field, field, value)):
                del wanted[: place + 1]
                break
        if not wanted:
            return


def _own(lines: Iterator[str], words: Vocabulary, *, texts: bool = False) -> Iterator[str]:
    """The lines up to a ruler, the source's own words, or a label."""
    for line in lines:
        if is_ruler(line) or words.ends(line) or words.is_read(line) or _is_labelled(line, words, texts):
            return
        yield line


def _is_labelled(line: str, words: Vocabulary, texts: bool) -> bool:
    found = LABELLED.match(line)
    if found is None:
        return words.lookup(line) is not None and not texts
    label = found["label"]
    known = words.lookup(label)
    if known is None or not texts or words.is_own(label):
        return known is not None
    return not label[0].islower() and TEXTS.isdisjoint(known.values())  # `My question: how far?` goes on
