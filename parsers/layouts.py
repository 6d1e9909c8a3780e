"""The layouts of forms and portal mails: pairs of label and value out of lines and table rows.

Known labels (`parsers.dictionary`) decide wherever a layout alone is ambiguous: a label without colon, several pairs in
one line, a row of labels above a row of values, the end of a message of several paragraphs.
"""

import re

from parsers.dictionary import is_footer, lookup, section
from parsers.html import Row, rows

Pairs = list[tuple[str, str]]

_LIMIT = 400_000
_MOST = 400
"""Characters of text that are read, and pairs that one mail can give."""

_LABELLED = re.compile(r"(?P<label>[^\s:：=][^:：=]{0,99}+)(?P<sign>[:：=])(?!//)[ \t*_]*(?P<value>.*)", re.DOTALL)
_DECORATION = " \t>*_•·|#▪►➤"
_RULER = re.compile(r"[-=_*~#•–—.\s]{2,}")
_PLAUSIBLE = re.compile(r"[^\W_][^,;!\n<>@]{0,49}")
_COLON = re.compile(r"[:：](?!//)")
_MESSAGES = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])
_SEVERAL_LINES = frozenset(["customer.address", "booking.services"])


class _Pairing:
    """Lines and rows go in, pairs come out; one label at a time is open for its value."""

    def __init__(self) -> None:
        self.pairs: Pairs = []
        self.label: str | None = None
        self.value: list[str] = []
        self.targets: frozenset[str] = frozenset()
        self.in_message = False
        self.heads: tuple[str, ...] = ()
        self.ended = False

    def open(self, label: str, value: str) -> None:
        self.close()
        self.label = label.strip(" \t*_:：=")
        self.targets = frozenset((lookup(self.label) or {}).values())
        self.in_message = not self.targets.isdisjoint(_MESSAGES)
        self.value = [value] if value.strip() else []

    def close(self) -> None:
        if self.label and len(self.pairs) < _MOST:
            self.pairs.append((self.label, "\n".join(self.value).strip()))
        self.label, self.value, self.targets, self.in_message = None, [], frozenset(), False

    def blank(self) -> None:
        """A gap ends a value, but not a message, nor the wait for a value below its label."""
        if self.value and self.in_message:
            self.value.append("")
        elif self.value:
            self.close()

    def line(self, text: str) -> None:
        """Read one line of text."""
        if self.ended:
            return
        text = text.strip()
        bare = text.strip(_DECORATION)
        if not text:
            self.blank()
        elif not bare or _RULER.fullmatch(bare):
            self.ended = bool(self.pairs or self.label) and text == "--"
            self.close()
        elif is_footer(bare):
            self.close()
        elif not self._labelled(bare) and not self._lone(bare):
            self._continue(text)

    def _labelled(self, bare: str) -> bool:
        found = _LABELLED.match(bare)
        if found is None:
            return False
        label, value = found["label"].rstrip(" \t*_"), found["value"]
        if lookup(label) is None:
            clock = label[-1:].isdigit() and value[:1].isdigit()
            if self.in_message or clock or found["sign"] == "=" or not _is_plausible(label):
                return False
        elif self.in_message and self.label and label[0].islower() and not self.label[0].islower():
            return False  # "my question: how far?" is the customer's sentence, not the form's label
        self.open(label, value)
        if not self.in_message:
            self._split(value)
        return True

    def _split(self, value: str) -> None:
        """Further pairs in the same line: `Name: Max Phone: 123`."""
        start, rest = 0, value[:4000]
        for colon in _COLON.finditer(rest):
            label_start = _label_before(rest, max(start, colon.start() - 60), colon.start())
            if label_start is None:
                continue
            self.value = [rest[start:label_start].strip(" ,;|/\t")]
            self.open(rest[label_start : colon.start()], rest[colon.end() :].strip())
            start = colon.end()
            if self.in_message:
                return
        if start:
            self.value = [value[start:].strip()]

    def _lone(self, bare: str) -> bool:
        """A head, or a known label without colon; neither where a value is awaited."""
        if len(bare) > 60 or (self.label and not self.value):
            return False
        if section(bare):
            self.close()
            self.pairs.append((bare, ""))
            return True
        if lookup(bare) is None:
            return False
        self.open(bare, "")
        return True

    def _continue(self, text: str) -> None:
        if self.label is None:
            return
        if not self.value or self.in_message or self.targets & _SEVERAL_LINES:
            self.value.append(text)
        else:
            self.close()

    def row(self, row: Row) -> None:
        """Read a row of a table or of a text with tabs."""
        cells = tuple(cell.strip() for cell in row.cells if cell.strip() not in (":", "："))
        heads, self.heads = self.heads, ()
        if heads and len(heads) == len(cells) and not lookup(cells[0]):
            self._close_with(zip(heads, cells, strict=True))
            return
        if heads:
            self._cells(heads)
        if len(cells) > 1 and (row.header or all(lookup(cell) for cell in cells)):
            self.close()
            self.heads = cells
        else:
            self._cells(cells)

    def _cells(self, cells: tuple[str, ...]) -> None:
        labels = cells[0::2]
        inner = _LABELLED.match(cells[0]) if cells else None
        own = inner is not None and inner["value"].strip() != ""
        even = len(cells) > 1 and len(cells) % 2 == 0
        if even and not own and (len(cells) == 2 or all(c[-1:] in (":", "：") or lookup(c) for c in labels)):
            self._close_with(zip(labels, cells[1::2], strict=True))
            return
        for cell in cells:
            for text in cell.split("\n"):
                self.line(text)

    def _close_with(self, pairs: "zip[tuple[str, str]]") -> None:
        for label, value in pairs:
            self.open(label[:100], value)
        self.close()

    def finish(self) -> Pairs:
        heads, self.heads = self.heads, ()
        if heads:
            self._cells(heads)
        self.close()
        return self.pairs


def _is_plausible(label: str) -> bool:
    """An unknown label: short, few words, no sentence."""
    return bool(_PLAUSIBLE.fullmatch(label)) and label.count(" ") < 6 and ". " not in label


def _label_before(text: str, start: int, end: int) -> int | None:
    """Where the longest known label of at most four words that ends at a colon begins."""
    position, found = end, None
    for _ in range(4):
        position = text.rfind(" ", start, max(start, position - 1))
        begin = start if position < 0 else position + 1
        if lookup(text[begin:end].strip(" *_")):
            found = begin
        if position < 0:
            break
    return found


def pairs_of_text(text: str) -> Pairs:
    """Read the pairs of a plain text; a head without a value has an empty one. Never raises."""
    pairing = _Pairing()
    for line in text[:_LIMIT].splitlines():
        cells = tuple(cell for cell in line.strip().split("\t") if cell.strip()) if "\t" in line else ()
        known = len(cells) > 1 and lookup(cells[0].strip(_DECORATION + ":："))
        if len(cells) > 1 and not pairing.ended and (known or (not pairing.in_message and _is_plausible(cells[0]))):
            pairing.row(Row(tuple(cell.strip(" *") for cell in cells)))
        else:
            _flush_heads(pairing)
            pairing.line(line)
    return pairing.finish()


def pairs_of_html(markup: str) -> Pairs:
    """Read the pairs of an HTML body; a head without a value has an empty one. Never raises."""
    pairing = _Pairing()
    for row in rows(markup):
        if pairing.ended:
            break
        if row.table:
            pairing.row(row)
            continue
        _flush_heads(pairing)
        if (
            len(row.cells) == 2
            and row.cells[0][-1:] not in ":："
            and row.cells[1][:1] not in ":："
            and lookup(row.cells[0])
        ):
            pairing.open(*row.cells)
        else:
            pairing.line(row.line)
    return pairing.finish()


def _flush_heads(pairing: _Pairing) -> None:
    heads, pairing.heads = pairing.heads, ()
    if heads:
        pairing._cells(heads)
