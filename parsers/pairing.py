"""Lines and table rows go in, pairs of label and value come out.

Known labels decide wherever a layout alone is ambiguous: a label without colon, several pairs in one line, a row of
labels above a row of values, the end of a message of several paragraphs.
"""

import re
from collections.abc import Callable, Iterable
from itertools import islice

from config.fields import KEPT
from parsers import dictionary
from parsers.dictionary import is_footer
from parsers.html import Row
from parsers.loose import Loose
from parsers.pattern import fits
from parsers.rhythm import EMPTY, GAP, Rhythm
from parsers.signs import DECORATION, LABELLED, NEXT, RULER, Pair, Pairs, is_plausible, is_ruler
from parsers.vocabulary import PLAIN, Vocabulary

_MOST = 400
"""Pairs that one mail can give."""

_COLON = re.compile(r"[:：](?!//)")
_COLONS = 60
"""In one line that are looked at; forms in one line have a dozen."""
_BROKEN = 30
"""Characters of a list from which a mail program may have broken it."""
_PERSON = frozenset(["from", "customer.name"])
_ANY_WORDS = frozenset(["interest", "booking.services", "complaint.category", "vehicle.condition", "vehicle.trim"])
"""Fields whose values may be words that are labels elsewhere."""
_MESSAGES = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])


class Pairing:
    """One label at a time is open for its value."""

    def __init__(self, words: Vocabulary, body: Callable[[], Iterable[str | None]]) -> None:
        """`body` gives the lines, in case their rhythm matters."""
        self.words = words
        self.lookup = words.lookup if words.labels else dictionary.lookup  # asked for most lines: no call in between
        self.rhythm = Rhythm(body, self.lookup)
        self.loose = Loose(self.rhythm)
        self.below = 0
        """Labels without a sign that had their value below them."""
        self.is_lone = False
        """The open label has no sign."""
        self.pairs: Pairs = []
        self.label: str | None = None
        self.value: list[str] = []
        self.targets: frozenset[str] = frozenset()
        self.in_message = False
        self.heads: tuple[str, ...] = ()
        self.ended = False
        self.gap = False
        """A blank line stands between the open label and where its value could be."""

    def open(self, label: str, value: str) -> None:
        """Open a label, with what stands of its value so far."""
        self.close()
        self.loose.clear()
        self.is_lone = False
        self.label = label.strip(" \t*_:：=")
        self.targets = frozenset((self.lookup(self.label) or {}).values()) - {KEPT}
        self.in_message = not self.targets.isdisjoint(_MESSAGES)
        self.value = [value] if value.strip() else []

    def close(self) -> None:
        """Finish the open pair."""
        if self.label and len(self.pairs) < _MOST:
            self.pairs.append((self.label, self.words.without_suffix("\n".join(self.value).strip())))
        self.label, self.value, self.targets, self.in_message, self.gap = None, [], frozenset(), False, False

    def line(self, text: str) -> None:
        """Read one line of text."""
        text = text.strip()
        if self.ended and not self._begins_again(text):
            return
        if not text:
            self._blank()
            return
        bare = text.strip(DECORATION)
        if self.words is not PLAIN and self._is_own(text, bare):
            pass
        elif not bare or is_ruler(bare):
            self.ended = bool(self.pairs or self.label) and text == "--"
            self._mark(RULER)
        elif is_footer(bare):
            self._end()
        elif not self._labelled(bare) and not self._lone(bare):
            self._continue(text)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come; between requests the source's own words end only one of them."""
        return self.ended and self.words.split is None

    def _begins_again(self, text: str) -> bool:
        self.ended = not self.words.splits(text)
        return not self.ended

    def _is_own(self, text: str, bare: str) -> bool:
        """Read a line that the source's layout knows."""
        if self.words.splits(text):
            self._mark(NEXT)
        elif self.words.ends(bare):
            self._end()
            self.ended = bool(self.pairs)
        elif self.words.is_read(bare):
            self.close()
        else:
            return False
        return True

    def _mark(self, sign: Pair) -> None:
        """Note a line between two parts or requests; the stronger of two counts."""
        self._end()
        if self.pairs and self.pairs[-1] == RULER:
            self.pairs.pop()
        if self.pairs and self.pairs[-1] != NEXT:
            self.pairs.append(sign)

    def _end(self) -> None:
        """Finish the last pair of a part, and those of labels that nobody knows."""
        self.close()
        self._settle_loose(least=2)

    def _settle_loose(self, least: int) -> None:
        """Keep what stands between labels as theirs do, where so many have their values below them."""
        if self.below >= least:
            self.pairs.extend(self.loose.pairs()[: max(0, _MOST - len(self.pairs))])
        elif not self.pairs and least == 1:
            self.pairs.extend(self.loose.first())
        self.loose.clear()

    def empty(self) -> None:
        """An element without text: the empty value of a label, if no other element stands between the two."""
        self.loose.add(EMPTY)
        if self.label and not self.value and not self.in_message and self.rhythm.ends_the_wait(EMPTY):
            self.close()

    def _blank(self) -> None:
        """A gap ends a value, but not a message, nor the wait for a value below its label."""
        self.loose.add(GAP)
        if self.value and self.in_message:
            self.value.append("")
        elif self.value:
            self.close()
        else:
            self.gap = True

    def _labelled(self, bare: str) -> bool:
        found = LABELLED.match(bare)
        if found is None:
            return False
        label, value = found["label"].rstrip(" \t*_"), found["value"]
        if self.lookup(label) is None:
            clock = label[-1:].isdigit() and value[:1].isdigit()
            if self.in_message or clock or found["sign"] == "=" or not is_plausible(label):
                return False
        elif self._is_prose(label) or self._is_in_a_sentence(label):
            return False
        self.open(label, value)
        if not self.in_message:
            self._split(value)
        return True

    def _is_prose(self, words: str) -> bool:
        """`my question: how far?` and `year?` in a message are the customer's words, not the form's labels."""
        if not (self.in_message and self.label):
            return False
        return words[-1] in "?!.,;？！。，；" or (words[0].islower() and not self.label[0].islower())

    def _is_in_a_sentence(self, label: str) -> bool:
        """`Frage:` below `Danke! Meine` is of a broken line: the message goes on, under no label of its own."""
        above = self.value[-1][-1:] if self.in_message and self.value else ""
        return (above.isalnum() or above in ("-", "–")) and not self.targets.isdisjoint(
            (self.lookup(label) or {}).values()
        )

    def _split(self, value: str) -> None:
        """Further pairs in the same line: `Name: Max Phone: 123`."""
        start, rest = 0, value[:4000]
        for colon in islice(_COLON.finditer(rest), _COLONS):
            label_start = self._label_before(rest, max(start, colon.start() - 60), colon.start())
            if label_start is None:
                continue
            self._settle(rest[start:label_start].strip(" ,;|/\t"))
            self.open(rest[label_start : colon.start()], rest[colon.end() :].strip())
            start = colon.end()
            if self.in_message:
                return
        if start:
            self._settle(value[start:].strip())

    def _settle(self, value: str) -> None:
        """A value inside a line of pairs; where a label that nobody knows stands in it, nobody knows its end either."""
        before, sign, after = value.rpartition(": ")
        if sign and self.label and before[-1:].isalpha():
            self.label, value = f"{self.label}: {before}", after
        self.value = [value]

    def _label_before(self, text: str, start: int, end: int) -> int | None:
        """Where the longest known label of at most seven words that ends at a colon begins."""
        position, found = end, None
        for _ in range(7):
            position = text.rfind(" ", start, max(start, position - 1))
            begin = start if position < 0 else position + 1
            known = self.lookup(text[begin:end].strip(" *_"))
            if known and self.targets.isdisjoint(known.values()):  # `139 High Street Name:` asks for no street again
                found = begin
            if position < 0:
                break
        return found

    def _lone(self, bare: str) -> bool:
        """A head, or a known label without colon, also below a label without value.

        Where what is awaited could be words like a label's (`Interest`, `Service`), it is the value.
        """
        awaited = self.label and not self.value and not self.gap and not self.targets.isdisjoint(_ANY_WORDS)
        if len(bare) > 60 or awaited or self._is_prose(bare):
            return False
        if not (self.label and not self.value) and self.words.section(bare):
            self._end()
            self.pairs.append((bare, ""))
            return True
        if self.lookup(bare) is None:
            return False
        self.close()
        self._settle_loose(least=1)
        self.open(bare, "")
        self.is_lone = True
        return True

    def _continue(self, text: str) -> None:
        if self.label is None:
            self.loose.add(text)
        elif not self.value or self.in_message or self._goes_on(text):
            self.below += self.is_lone and not self.value
            self.value.append(text)
        else:
            self._leave(text)

    def _leave(self, text: str) -> None:
        """A line that is not of the value above; below a gap, nor may that be one, but both a pair of their own."""
        above = self.value
        if self.gap and len(above) == 1 and self.rhythm.ends_the_wait(GAP):
            self.value = []
            self.close()
            self.loose.add(above[0])
        else:
            self.close()
        self.loose.add(text)

    def _goes_on(self, text: str) -> bool:
        """Whether a line belongs to the value above it.

        Addresses have several lines; a list does where its items are marked, or the line above ends with a comma;
        below a name its address and number may stand without labels.
        """
        if "booking.services" in self.targets:
            broken = text[0].islower() and len(self.value[-1]) > _BROKEN
            return broken or text[0] in "-*•–" or self.value[-1][-1:] in (",", ";", "，", "、", "+")
        if not self.targets.isdisjoint(_PERSON):
            return len(self.value) < 4 and (fits("customer.email", text) or fits("customer.phone", text))
        return "customer.address" in self.targets

    def row(self, row: Row) -> None:
        """Read a row of a table or of a text with tabs."""
        if self.ended and not self._begins_again(row.line.strip()):
            return
        cells = tuple(cell.strip() for cell in row.cells if cell.strip() not in (":", "："))
        heads, self.heads = self.heads, ()
        if heads and len(heads) == len(cells) and not self._are_heads(row, cells):
            for label, value in zip(heads, cells, strict=True):
                self.open(label[:100], value)
            self.close()
            return
        if heads:
            self._cells(heads, keep_open=False)
        if len(cells) > 1 and self._are_heads(row, cells):
            self.close()
            self.heads = cells
        else:
            self._cells(cells, keep_open=not row.table)

    def _are_heads(self, row: Row, cells: tuple[str, ...]) -> bool:
        """Whether the cells are labels only: by their tag, or because most are known and all could be."""
        if row.header:
            return True
        known = sum(1 for cell in cells if self.lookup(cell))
        if len(cells) < 3:
            return known == len(cells)
        last_open = all(cell[-1:] in (":", "：") for cell in cells[0::2])
        could = all(is_plausible(cell) or self.lookup(cell) for cell in cells)
        return known * 3 >= len(cells) * 2 and not last_open and could

    def flush_heads(self) -> None:
        """A row that looked like labels had no row of values below: it is a row like any other."""
        heads, self.heads = self.heads, ()
        if heads:
            self._cells(heads, keep_open=False)

    def _cells(self, cells: tuple[str, ...], *, keep_open: bool) -> None:
        labels = cells[0::2]
        inner = LABELLED.match(cells[0]) if cells else None
        own = inner is not None and inner["value"].strip() != ""
        even = len(cells) > 1 and len(cells) % 2 == 0
        if even and not own and (len(cells) == 2 or all(self._is_label(cell) for cell in labels)):
            for label, value in zip(labels, cells[1::2], strict=True):
                self.open(label[:100], value)
            if not keep_open:
                self.close()
            return
        for cell in cells:
            for text in cell.split("\n"):
                self.line(text)

    def _is_label(self, cell: str) -> bool:
        return cell[-1:] in (":", "：") or self.lookup(cell) is not None

    def finish(self) -> Pairs:
        """All pairs of the mail."""
        self.flush_heads()
        self._end()
        while self.pairs and self.pairs[-1] in (RULER, NEXT):
            self.pairs.pop()
        return self.pairs
