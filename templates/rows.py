"""Labelled values in the words of one language: what every part of a mail is laid out in."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from templates.forms import Forms, one_line
from templates.words import Words


class Row(NamedTuple):
    """A labelled value; `href` where it leads to a telephone, a mail or a web page."""

    label: str
    value: str
    href: str | None = None


class Section(NamedTuple):
    """Rows under a heading."""

    title: str
    rows: tuple[Row, ...]


class Speech:
    """One language's words and forms at hand, in one site's local time."""

    def __init__(self, words: Words, timezone: str) -> None:
        self.words = words
        self.forms = Forms(words, timezone)
        self._labels: Mapping[str, Any] = words["labels"]

    def word(self, table: str, value: str | None) -> str:
        """The word for a value; one that the table does not have stands as it was written."""
        return str(self.words[table].get((value or "").lower(), one_line(value or "", 120)))

    def label(self, name: str) -> str:
        """The word for a field."""
        return str(self._labels.get(name, name))

    def named(self, label: str, value: str) -> str:
        """A labelled value as one line."""
        return self.named_as(self.label(label), value)

    def named_as(self, label: str, value: str) -> str:
        """A value behind a label in words."""
        return f"{label}{self.words['forms']['colon']}{value}"

    def row(self, label: str, value: object, href: str | None = None) -> list[Row]:
        """A row, if there is a value."""
        text = one_line(value) if value is not None else ""
        return [Row(self.label(label), text, href)] if text else []
