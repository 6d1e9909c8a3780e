"""The labels of one sample with their values."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from parsers.clean import single_line
from parsers.dictionary import dictionary, lookup, section, squeeze
from parsers.html import Row
from parsers.learn_values import is_told
from parsers.learn_view import DECORATION, LABELLED, View, bare, colons, is_blank

MESSAGES = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])
"""Fields that hold a person's own words."""
_LONGEST_LABEL = 60
"""Characters of a label."""
_SPOKEN = frozenset("我想吗谢")
"""What Chinese sentences have instead: I, would like to, a question's end, thanks."""
_PLAUSIBLE = re.compile(r"[^\W_][^,;!?，；！？。\n<>@]{0,59}")


@dataclass(frozen=True)
class Pair:
    """A label of a sample with its value, and the rows that both take."""

    label: str
    value: str
    first: int
    last: int
    in_cells: bool = False
    """The markup itself tells the label from its value."""
    below: bool = False
    """It stands below a message, and may be part of it."""

    @property
    def is_message(self) -> bool:
        """Whether it is a person's own words."""
        return is_message(self.label) or is_told(self.value)

    @property
    def key(self) -> str:
        """The label as it is compared."""
        return squeeze(self.label)


@dataclass
class _Pairs:
    """One pass over the rows of a sample."""

    view: View
    rows: tuple[Row, ...]
    spoken: frozenset[str] = frozenset()
    """What is no label below a message."""
    found: list[Pair] = field(default_factory=list)
    in_message: bool = False
    """A message began above: what looks like a label may be the customer's words."""

    def read(self) -> list[Pair]:
        at = 0
        while at < len(self.rows):
            at = max(at + 1, self._row(at))
        return self.found

    def _row(self, at: int) -> int:
        """Read the row; the number of the next one to read."""
        row = self.rows[at]
        if is_blank(row):
            return at + 1
        if len(row.cells) > 1:
            return self._cells(at, tuple(cell for cell in row.cells if cell not in (":", "：")))
        return self._line(at, bare(row))

    def _cells(self, at: int, cells: tuple[str, ...]) -> int:
        row, below = self.rows[at], self.rows[at + 1] if at + 1 < len(self.rows) else None
        if below and row.table and len(below.cells) == len(cells) > 1 and self._are_heads(row, below):
            self._add(zip(cells, below.cells, strict=True), at, at + 1, in_cells=True)
            return at + 2
        even = len(cells) % 2 == 0 and (len(cells) == 2 or all(map(self.view.is_constant, cells[0::2])))
        if even and (row.table or cells[0][-1:] in ":：" or cells[1][:1] in ":：" or self._is_label(cells[0])):
            self._add(zip(cells[0::2], cells[1::2], strict=True), at, at, in_cells=True)
            return at + 1
        return self._line(at, bare(row).replace("\t", " "))

    def _are_heads(self, row: Row, below: Row) -> bool:
        own = [sum(self.view.is_constant(c) or bool(lookup(c)) for c in cells) for cells in (row.cells, below.cells)]
        return row.header or (2 * own[0] > len(row.cells) and 2 * own[1] < own[0])

    def _line(self, at: int, text: str) -> int:
        inline = list(self._inline(text))
        if len(inline) > 1:
            self._add(inline, at, at)
            return at + 1
        found = LABELLED.match(text)
        if found and self._is_label(found["label"], colon=True):
            value = found["value"].strip()
            return self._with_value(at, found["label"], value)
        if len(text) <= _LONGEST_LABEL and self._is_label(text) and not section(text):
            return self._with_value(at, text, "")
        return at + 1

    def _inline(self, text: str) -> Iterator[tuple[str, str]]:
        """`Name: Max Phone: 123`: split where labels stand that are known or that most samples have.

        Beside two of those, what begins the line before a colon is a label, too, and a single word within it.
        """
        marks: list[tuple[int, int, str]] = []
        sure = 0
        for begin, end, labels in colons(text):
            labels = [one for one in labels if not (one[0].islower() and text[0].isupper())]
            known = next((one for one in labels if lookup(one) or squeeze(one) in self.view.inline_labels), None)
            label = known or (labels and labels[-1 if marks else 0])
            if not label or not (marks or begin == len(label)):
                continue
            marks.append((begin - len(label), end, label))
            sure += known is not None
            if is_message(label):
                break
        for (_, start, label), following in pairwise([*marks, (len(text), 0, "")] if sure > 1 else ()):
            yield label, text[start : following[0]].strip(" ,;|/\t")

    def _is_label(self, text: str, *, colon: bool = False) -> bool:
        text = text.strip(DECORATION + ":：")
        if lookup(text):
            return True
        if not _PLAUSIBLE.fullmatch(text) or text.count(" ") > 6 or text[-1:].isdigit():
            return False
        key = squeeze(text)
        if self.in_message and (key in self.spoken or _is_spoken(text)):
            return False  # "My question: how far?" is the customer's sentence, not the form's label
        return key in self.view.colon_labels or (not colon and key in self.view.lone_labels)

    def _with_value(self, at: int, label: str, value: str) -> int:
        """Take the lines below as value where there is none beside the label."""
        last, lines = at, [value] if value else []
        message = is_message(label)
        self.in_message = self.in_message or message
        for number in range(at + 1, min(at + 40, len(self.rows))):
            row = self.rows[number]
            if is_blank(row):
                if lines and (not message or bare(row)):  # a ruler ends a message, a gap does not
                    break
                continue
            directly = message and not lines and number == at + 1
            if (value and not message) or self._begins_pair(number, known=directly):
                break
            if lines and self.view.is_constant(bare(row)) and not (message and self._goes_on(number)):
                break
            lines.append(bare(row))
            last = number
        self._add([(label, "\n".join(lines))], at, last)
        return last + 1

    def _goes_on(self, number: int) -> bool:
        """Whether a customer's own words follow up to the next ruler or label: many say thanks in the middle, too."""
        for at in range(number, min(number + 40, len(self.rows))):
            text = bare(self.rows[at])
            if is_blank(self.rows[at]):
                if text:
                    return False
            elif self._begins_pair(at):
                return False
            elif not self.view.is_frame(text):
                return True
        return False

    def _begins_pair(self, number: int, *, known: bool = False) -> bool:
        """Whether a row begins with a label; only with one of the dictionaries where a person's words are expected."""
        row = self.rows[number]
        text = bare(row)
        if len(row.cells) > 1 and row.table:
            return True
        found = LABELLED.match(text)
        if found and (lookup(found["label"]) if known else self._is_label(found["label"], colon=True)):
            return True
        is_label = bool(lookup(text)) if known else self._is_label(text)
        return len(text) <= _LONGEST_LABEL and (is_label or section(text) is not None)

    def _add(self, pairs: Iterable[tuple[str, str]], first: int, last: int, *, in_cells: bool = False) -> None:
        for label, value in pairs:
            name = (single_line(label, 101) or "").strip(DECORATION + ":：")
            if len(name) <= 100 and squeeze(name):
                below = self.in_message and not in_cells
                self.found.append(Pair(name, value.strip(" \t:："), first, last, in_cells, below))
                self.in_message = self.in_message or self.found[-1].is_message


def is_message(label: str) -> bool:
    """Whether a label stands above a person's own words."""
    return not MESSAGES.isdisjoint((lookup(label) or {}).values())


def _is_spoken(label: str) -> bool:
    """Whether it holds one of the small words that sentences are made of."""
    return not _SPOKEN.isdisjoint(label) or any(word in dictionary().stop_words for word in label.lower().split())


class Side(NamedTuple):
    """One way of writing, and the labels of each sample with their values in the order of the mail."""

    view: View
    pairs: list[list[Pair]]


def side(view: View) -> Side:
    """Find the labels of all samples; unknown words that only ever come below a message are part of it."""
    pairs = [_Pairs(view, rows).read() for rows in view.samples]
    every = [pair for sample in pairs for pair in sample]
    spoken = frozenset(pair.key for pair in every if pair.below and not lookup(pair.label))
    spoken -= {pair.key for pair in every if not pair.below}
    return Side(view, [_Pairs(view, rows, spoken).read() for rows in view.samples] if spoken else pairs)
