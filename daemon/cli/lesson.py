"""What is read from samples, as a matrix of fields and samples, and what was learned from them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.cli.output import json_line, line, table
from daemon.cli.traces import fields

if TYPE_CHECKING:
    from daemon.teaching import Lesson

Json = dict[str, Any]

_WIDEST = 60
"""Characters of a value in the matrix."""


def show_lesson(files: Sequence[Path], lesson: "Lesson", text: str, *, as_json: bool) -> None:
    """Warnings, the matrix, the proposed file."""
    for file, what in _warnings(files, lesson):
        if as_json:
            json_line({"sample": str(file), "warning": what} if file else {"warning": what})
        else:
            line(f"warning: {file} {what}" if file else f"warning: {what}", style="yellow")
    show_matrix(files, lesson.mails, as_json=as_json)
    if as_json:
        json_line({"file": f"sources.d/{lesson.source.id}.toml", "proposal": lesson.proposal, "text": text})
    else:
        line(f"\nsources.d/{lesson.source.id}.toml", style="bold")
        line(text)


def _warnings(files: Sequence[Path], lesson: "Lesson") -> Iterator[tuple[Path | None, str]]:
    from daemon.teaching import NO_SITE, is_empty

    for note in lesson.proposal.notes:
        yield (files[note.sample] if note.sample is not None else None), note.text
    for number in lesson.proposal.learned:
        if is_empty(lesson.mails[number]):
            yield files[number], "gives nothing but its text: write fields beside the labels"
    if lesson.source.site == NO_SITE:
        yield None, "no site is named (--site): numbers and plates are read as those of Germany"


def show_matrix(files: Sequence[Path], mails: Sequence[Json], *, as_json: bool) -> None:
    """A row for each field, a column for each sample; labels that nobody knows at the end."""
    from daemon.teaching import unknown_labels

    if as_json:
        for file, mail in zip(files, mails, strict=True):
            json_line(
                {
                    "sample": str(file),
                    "class": mail["class"],
                    "fields": dict(_fields(mail)),
                    "unknown": unknown_labels(mail),
                    "defects": mail["defects"],
                }
            )
        return
    columns = [dict(_fields(mail)) for mail in mails]
    unknown = [unknown_labels(mail) for mail in mails]
    names = list(dict.fromkeys(name for column in columns for name in column))
    labels = list(dict.fromkeys(label for column in unknown for label in column))
    rows = [(name, *(_cell(column.get(name)) for column in columns)) for name in names]
    rows += [(f"unknown label: {label}", *(_cell(column.get(label)) for column in unknown)) for label in labels]
    table("Fields", ("Field", *(path.name for path in files)), rows)


def _fields(mail: Json) -> Iterator[tuple[str, Any]]:
    """Every value of every reading; those of further readings under their number."""
    for number, reading in enumerate(mail["readings"]):
        before = f"{number}." if len(mail["readings"]) > 1 else ""
        yield f"{before}kind", reading["kind"]
        yield from ((f"{before}{name}", value) for name, value in fields(reading) if not name.startswith("extra."))


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
