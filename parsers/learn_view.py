"""Samples of one source side by side: which lines are always there, and what stands at the place of a label.

A label is told from a value by its form (a colon, the left cell of a row) or, where the form says nothing, by the
samples: it is the same in most of them, and what follows it differs.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from parsers.clean import single_line
from parsers.dictionary import lookup, make_of, squeeze
from parsers.document import Document
from parsers.html import Row, rows

MOST_ROWS = 600
"""Rows of a sample that are looked at."""
DECORATION = " \t>*_•·|#▪►➤"
LABELLED = re.compile(r"(?P<label>[^\s:：][^:：]{0,59}+)[:：](?!//)[ \t*_]*(?P<value>.*)", re.DOTALL)
_LABEL_WORDS = 7
"""Words of a label inside a line."""
_RULER = re.compile(r"[-=_*~#•–—.\s]*")
_NUMBER = re.compile(r"\d+")
_COLON = re.compile(r" ?[:：](?!//)(?=\s|$)")


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
    def _numbered(self) -> Counter[str]:
        """In how many samples each line stands, whatever its numbers are."""
        return Counter(key for sample in self.samples for key in {_without_numbers(bare(row)) for row in sample})

    def is_frame(self, text: str) -> bool:
        """Whether the text is the source's own, but for numbers in it."""
        return self._numbered[_without_numbers(text)] >= self.needed

    @cached_property
    def lone_labels(self) -> frozenset[str]:
        """Lines that are labels although nothing marks them: always the same, and what follows differs."""
        followers: dict[str, set[str]] = {}
        repeated: dict[str, set[str]] = {}
        for sample in self.samples:
            filled = [row for row in sample if not is_blank(row)]
            for row, following in pairwise(filled):
                text, value = bare(row), bare(following)
                if len(row.cells) == 1 and not LABELLED.match(value):
                    kind = repeated if self.is_constant(value) else followers
                    kind.setdefault(squeeze(text), set()).add(value)
        often = {key: values for key, values in followers.items() if self.support[key] >= self.needed}
        sure = {key for key, values in often.items() if len(values) > 1}
        # a value may be the same in most samples, too; what stands above a label is a value itself
        also = (key for key in often if (same := repeated.get(key)) and not any(squeeze(v) in sure for v in same))
        return frozenset(sure.union(also))

    @cached_property
    def colon_labels(self) -> frozenset[str]:
        """What stands before a colon at the start of a line; some samples may give it a line or cell of its own."""
        marked: Counter[str] = Counter()
        found: Counter[str] = Counter()
        for sample in self.samples:
            before = {squeeze(m["label"]) for row in sample if len(row.cells) == 1 and (m := LABELLED.match(bare(row)))}
            marked.update(before)
            found.update(before | {squeeze(row.cells[0]) for row in sample if len(row.cells) < 3})
        return frozenset(key for key in marked if key and found[key] >= self.needed)

    @cached_property
    def inline_labels(self) -> frozenset[str]:
        """The one to seven words that stand before a colon anywhere in a line of most samples."""
        chains = [
            [[squeeze(label) for label in labels] for line in sample for _, _, labels in colons(line)]
            for sample in ([bare(row) for row in sample if len(row.cells) == 1] for sample in self.samples)
        ]
        found = Counter(key for sample in chains for key in {key for chain in sample for key in chain if key})
        times = Counter(key for sample in chains for chain in sample for key in chain)
        often = {key for key, count in found.items() if count >= self.needed}
        return frozenset(often.difference(*(_with_values(c, found, times) for sample in chains for c in sample)))


def _with_values(chain: Sequence[str], found: Counter[str], times: Counter[str]) -> list[str]:
    """Labels with a part of the value before them: `Berlin E-Mail`, where other samples have `E-Mail` at its place."""
    at, known = next(((n, key) for n, key in enumerate(chain) if lookup(key)), (0, ""))
    return [key for key in chain[:at] if found[key] < found[known] == times[known]]


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
    return (row.line if not row.table else "\t".join(row.cells)).strip(DECORATION)


def shown(row: Row) -> str:
    """The row as the text of the mail has it, without quote signs."""
    return (single_line(row.line) or "").lstrip("> ")


def _without_numbers(text: str) -> str:
    return squeeze(_NUMBER.sub("", text))


def is_blank(row: Row) -> bool:
    """Whether the row is a gap or a ruler."""
    return bool(_RULER.fullmatch(bare(row)))


def _keys(row: Row) -> Iterator[str]:
    for cell in row.cells:
        yield from filter(None, (squeeze(cell), squeeze(cell.partition("\n")[0])))
    if len(row.cells) > 1:
        yield squeeze(bare(row))


def colons(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each colon of a line: its start, its end, and what may be its label, the longest first."""
    for colon in _COLON.finditer(text[:2_000]):
        before = text[max(0, colon.start() - 80) : colon.start()].rpartition(":")[2].lstrip()
        words = re.split(r"(?<=[\s,;|/])", before)[-_LABEL_WORDS:]
        labels = ("".join(words[start:]).strip() for start in range(len(words)))  # none begins with number or make
        yield colon.start(), colon.end(), [one for one in labels if one and not (one[0].isdigit() or make_of(one)[0])]
