"""Samples of one source side by side: which lines are always there, and which label stands with which values.

A label is told from a value by its form (a colon, the left cell of a row) or, where the form says nothing, by the
samples: it is the same in most of them, and what follows it differs.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from parsers.clean import single_line
from parsers.dictionary import dictionary, lookup, section, squeeze
from parsers.document import Document
from parsers.html import Row, rows

MOST_ROWS = 600
"""Rows of a sample that are looked at."""
MESSAGES = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])
"""Fields that hold a person's own words."""
_LONGEST_LABEL = 60
_LABEL_WORDS = 7
"""Characters, and words of a label inside a line."""
_DECORATION = " \t>*_•·|#▪►➤"
_RULER = re.compile(r"[-=_*~#•–—.\s]*")
_LABELLED = re.compile(r"(?P<label>[^\s:：][^:：]{0,59}+)[:：](?!//)[ \t*_]*(?P<value>.*)", re.DOTALL)
_PLAUSIBLE = re.compile(r"[^\W_][^,;!?\n<>@]{0,59}")
_COLON = re.compile(r" ?[:：](?!//)(?=\s|$)")


@dataclass(frozen=True)
class Pair:
    """A label of a sample with its value, and the rows that both take."""

    label: str
    value: str
    first: int
    last: int
    in_cells: bool = False
    """The markup itself tells the label from its value."""

    @property
    def key(self) -> str:
        """The label as it is compared."""
        return squeeze(self.label)


@dataclass
class View:
    """One way of writing that all samples share: their HTML, or their plain text."""

    samples: tuple[tuple[Row, ...], ...]

    @cached_property
    def needed(self) -> int:
        """How many samples must hold a text for it to count as the source's own: most of them, two at least."""
        return max(2, len(self.samples) // 2 + 1)

    @cached_property
    def support(self) -> Counter[str]:
        """In how many samples each cell and line stands."""
        return Counter(key for sample in self.samples for key in {key for row in sample for key in _keys(row)})

    def is_constant(self, text: str) -> bool:
        """Whether the text is the source's own; a text without letters is nobody's."""
        return self.support[key] >= self.needed if (key := squeeze(text)) else False

    def is_everywhere(self, text: str) -> bool:
        """Whether each sample holds it."""
        return self.support[squeeze(text)] == len(self.samples)

    @cached_property
    def lone_labels(self) -> frozenset[str]:
        """Lines that are labels although nothing marks them: always the same, and what follows differs."""
        followers: dict[str, set[str]] = {}
        repeated: dict[str, set[str]] = {}
        for sample in self.samples:
            filled = [row for row in sample if not is_blank(row)]
            for row, following in pairwise(filled):
                text, value = bare(row), bare(following)
                if len(row.cells) == 1 and not _LABELLED.match(value):
                    kind = repeated if self.is_constant(value) else followers
                    kind.setdefault(squeeze(text), set()).add(value)
        often = {key: values for key, values in followers.items() if self.support[key] >= self.needed}
        sure = {key for key, values in often.items() if len(values) > 1}
        # a value may be the same in most samples, too; what stands above a label is a value itself
        also = (key for key in often if (same := repeated.get(key)) and not any(squeeze(v) in sure for v in same))
        return frozenset(sure.union(also))

    @cached_property
    def colon_labels(self) -> frozenset[str]:
        """What stands before a colon at the start of a line in most samples."""
        return self._frequent(lambda text: {squeeze(m["label"])} if (m := _LABELLED.match(text)) else set())

    @cached_property
    def inline_labels(self) -> frozenset[str]:
        """The one to seven words that stand before a colon anywhere in a line of most samples."""
        return self._frequent(lambda text: {squeeze(label) for _, _, labels in _colons(text) for label in labels})

    def _frequent(self, names: Callable[[str], set[str]]) -> frozenset[str]:
        found = Counter(
            key
            for sample in self.samples
            for key in {key for row in sample if len(row.cells) == 1 for key in names(bare(row))}
        )
        return frozenset(key for key, count in found.items() if key and count >= self.needed)


def views(samples: Sequence[Document]) -> list[View]:
    """The ways in which most of the samples are written.

    A source may send some mails as text and others as HTML: a sample that lacks one kind stands in it with the lines
    of the other, as the labels and the words around them are the same.
    """
    kinds = [[read(sample)[:MOST_ROWS] for sample in samples] for read in (_html_rows, _text_rows)]
    found: list[tuple[tuple[Row, ...], ...]] = []
    for own, other in (kinds, kinds[::-1]):
        lines = tuple(mine or others for mine, others in zip(own, other, strict=True))
        if lines not in found and sum(map(bool, own)) >= min(2, len(samples)):
            found.append(lines)
    if not found and any(map(any, kinds)):
        found.append(tuple(mine or others for mine, others in zip(*kinds, strict=True)))
    return [View(lines) for lines in found]


def _html_rows(sample: Document) -> tuple[Row, ...]:
    return tuple(row for markup in sample.html for row in rows(markup) if row.cells)


def _text_rows(sample: Document) -> tuple[Row, ...]:
    return tuple(map(_text_row, "\n".join(sample.plain).splitlines()[:MOST_ROWS]))


def _text_row(line: str) -> Row:
    cells = tuple(cell.strip(" *") for cell in line.split("\t") if cell.strip())
    return Row(cells, table=True) if len(cells) > 1 else Row((line.strip(),))


def bare(row: Row) -> str:
    """The row as one line without stars, quote signs and bullets."""
    return (row.line if not row.table else "\t".join(row.cells)).strip(_DECORATION)


def shown(row: Row) -> str:
    """The row as the text of the mail has it, without quote signs."""
    return (single_line(row.line) or "").lstrip("> ")


def is_blank(row: Row) -> bool:
    """Whether the row is a gap or a ruler."""
    return bool(_RULER.fullmatch(bare(row)))


def _keys(row: Row) -> Iterator[str]:
    for cell in row.cells:
        yield from filter(None, (squeeze(cell), squeeze(cell.partition("\n")[0])))
    if len(row.cells) > 1:
        yield squeeze(bare(row))


@dataclass
class _Pairs:
    """One pass over the rows of a sample."""

    view: View
    rows: tuple[Row, ...]
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
        found = _LABELLED.match(text)
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
        for begin, end, labels in _colons(text):
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
        text = text.strip(_DECORATION + ":：")
        if lookup(text):
            return True
        if not _PLAUSIBLE.fullmatch(text) or text.count(" ") > 6 or text[-1:].isdigit():
            return False
        if self.in_message and _is_spoken(text):
            return False  # "My question: how far?" is the customer's sentence, not the form's label
        return squeeze(text) in (self.view.colon_labels if colon else self.view.lone_labels)

    def _with_value(self, at: int, label: str, value: str) -> int:
        """Take the lines below as value where there is none beside the label."""
        last, lines = at, [value] if value else []
        message = is_message(label)
        for number in range(at + 1, min(at + 40, len(self.rows))):
            row = self.rows[number]
            if is_blank(row):
                if lines and (not message or bare(row)):  # a ruler ends a message, a gap does not
                    break
                continue
            if (value and not message) or self._begins_pair(number) or (lines and self.view.is_constant(bare(row))):
                break
            lines.append(bare(row))
            last = number
        self._add([(label, "\n".join(lines))], at, last)
        return last + 1

    def _begins_pair(self, number: int) -> bool:
        row = self.rows[number]
        text = bare(row)
        if len(row.cells) > 1 and row.table:
            return True
        found = _LABELLED.match(text)
        if found and self._is_label(found["label"], colon=True):
            return True
        return len(text) <= _LONGEST_LABEL and (self._is_label(text) or bool(section(text)))

    def _add(self, pairs: Iterable[tuple[str, str]], first: int, last: int, *, in_cells: bool = False) -> None:
        for label, value in pairs:
            name = (single_line(label, 101) or "").strip(_DECORATION + ":：")
            if len(name) <= 100 and squeeze(name):
                self.found.append(Pair(name, value.strip(" \t:："), first, last, in_cells))
                self.in_message = self.in_message or is_message(name) or len(value.split()) > 8


def is_message(label: str) -> bool:
    """Whether a label stands above a person's own words."""
    return not MESSAGES.isdisjoint((lookup(label) or {}).values())


def _is_spoken(label: str) -> bool:
    """Whether it holds one of the small words that sentences are made of."""
    return any(word in dictionary().stop_words for word in label.lower().split())


def pairs_of(view: View, number: int) -> list[Pair]:
    """The labels of one sample with their values, in the order of the mail."""
    return _Pairs(view, view.samples[number]).read()


def _colons(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each colon of a line: its start, its end, and what may be its label, the longest first."""
    for colon in _COLON.finditer(text[:2_000]):
        before = text[max(0, colon.start() - 80) : colon.start()].rpartition(":")[2].lstrip()
        words = re.split(r"(?<=[\s,;|/])", before)[-_LABEL_WORDS:]
        labels = ("".join(words[start:]).strip() for start in range(len(words)))
        yield colon.start(), colon.end(), [label for label in labels if label and not label[0].isdigit()]
