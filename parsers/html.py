"""HTML bodies as rows of text: one walk over the tags, without a tree.

A tree is what makes HTML mails dangerous: 14 kB of nested `<b id=...>` before many `<p>` grow to 374 MB in Lexbor,
and 100,000 open `<div>` take 26 s (measured with selectolax 1.0). What a form mail says needs only its cells and line
ends, so this reads tags in one pass whose time and memory grow with the length of the markup, whatever it holds.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from parsers import tags


class Row(NamedTuple):
    """A line (one cell), a line that begins in bold type (two cells), or a row of a table or definition list."""

    cells: tuple[str, ...]
    table: bool = False
    header: bool = False
    """All cells are header cells."""

    @property
    def line(self) -> str:
        """The cells of a row that is no table's as one line."""
        if len(self.cells) < 2:
            return "".join(self.cells)
        return ("" if self.cells[-1][:1] in (":", "：") else " ").join(self.cells)


RULER = Row(("---",))
BLANK = Row(("",))
EMPTY = Row(())
"""An element that could hold a line and holds nothing: nobody sees it, but it may be the value of a label."""


class _Walk:
    """The state of one pass: finished rows, and the table row, cell and line being filled."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.cells: list[list[Row]] = []
        self.headers = 0
        self.cell: list[Row] | None = None
        self.pieces: list[str] = []
        self.bold = False
        self.bold_end = 0
        self.is_bare = False
        """Whether nothing was said since an element opened."""
        self.shown = 0
        """Pieces up to the address of a link that was put there last."""
        self.tables: list[tuple[list[list[Row]], list[Row] | None]] = []

    def end_line(self, blank: bool = False) -> None:
        """Finish the line; `blank` marks the gap after a paragraph or a second `<br>`."""
        if not (self.pieces or blank):
            return
        target = self.rows if self.cell is None else self.cell
        if self.pieces:
            text = " ".join("".join(self.pieces[self.bold_end :]).split())
            if self.bold_end:
                self._add_bold(target, text)
            elif text:
                target.append(Row((text,)))
            self.pieces, self.bold, self.bold_end = [], False, 0
            self.is_bare, self.shown = False, 0
        if blank and target and target[-1] is not BLANK:
            target.append(BLANK)

    def _add_bold(self, target: list[Row], tail: str) -> None:
        """A line that begins in bold type has two cells, unless the type changes in the middle of a word."""
        bold, plain = "".join(self.pieces[: self.bold_end]), "".join(self.pieces[self.bold_end :])
        head = " ".join(bold.split())
        if head and tail and (bold[-1].isspace() or plain[0].isspace() or plain[0] in ":："):
            target.append(Row((head, tail)))
        elif head or tail:
            target.append(Row((head + tail,)))

    def frame(self, closing: bool) -> None:
        """Open or close an element that could hold a line; one without any leaves its sign, before a gap."""
        if closing and self.is_bare:
            target = self.rows if self.cell is None else self.cell
            target.insert(len(target) - (target[-1:] == [BLANK]), EMPTY)
        self.is_bare = not closing

    def start_bold(self) -> None:
        self.bold = len(self.pieces) < 4 and not "".join(self.pieces).strip()

    def end_bold(self) -> None:
        """Bold type at the start of a line may be a label; later bold type is only emphasis."""
        if self.bold and not self.bold_end:
            self.bold_end = len(self.pieces)

    def start_cell(self) -> None:
        self.end_cell()
        self.cell = []
        self.frame(closing=False)

    def end_cell(self) -> None:
        if self.pieces:
            self.end_line()
        if self.cell is not None:
            self.frame(closing=True)
            self.cells.append(self.cell)
            self.cell = None

    def end_row(self) -> None:
        """A row of several filled or labelled cells stays together; one used for layout only falls into its lines."""
        self.end_cell()
        cells, self.cells = self.cells, []
        headers, self.headers = self.headers, 0
        texts = tuple(map(_text, cells)) if len(cells) > 1 else ()
        if texts and ((0 < len(texts[0]) <= 100 and "\n" not in texts[0]) or self._is_below_alike(texts)):
            self.rows.append(Row(texts, table=True, header=headers == len(texts)))
        else:
            self.rows.extend(row for cell in cells for row in cell)

    def _is_below_alike(self, texts: tuple[str, ...]) -> bool:
        """Whether a row has as many cells as that above it: then its first one may be empty, or long."""
        above = self.rows[-1] if self.rows else BLANK
        return above.table and len(above.cells) == len(texts) > 2 and any(texts)

    def start_table(self) -> None:
        """What stands before an inner table in its cell is a line of its own."""
        self.end_line()
        if self.cell is not None:
            self.rows.extend(row for cell in (*self.cells, self.cell) for row in cell)
            self.cells, self.headers = [], 0
        if len(self.tables) < 100:
            self.tables.append((self.cells, [] if self.cell is not None else None))
        self.cells, self.cell = [], None

    def end_table(self) -> None:
        self.end_row()
        if self.tables:
            self.cells, self.cell = self.tables.pop()


@lru_cache(maxsize=2)  # text and pairs of the same part are asked for one after the other
def rows(markup: str) -> tuple[Row, ...]:
    """Read the visible text as lines and table rows, in their order; never raises."""
    walk = _Walk()
    hidden: str | None = None
    depth = 0
    address = ""
    in_pre = 0
    for text, slash, name, attributes, bare in tags.TOKEN.findall(tags.UNSEEN.sub("<!>", markup[: tags.LIMIT])):
        if hidden is None and (text or bare) and (bare or in_pre or walk.pieces or not text.isspace()):
            _add_text(walk, text + bare, in_pre > 0)
        if not name:
            continue
        closing, name = slash == "/", name.lower()
        if hidden is not None:  # everything up to the end of the hidden element
            if name == hidden:
                depth += -1 if closing else 1
            if depth == 0 or (hidden == "p" and name in tags.BLOCKS):
                hidden = None
        elif attributes and not closing and name not in tags.VOID and tags.is_hidden(attributes):
            hidden, depth = name, 1
        elif name == "a":
            address = _link(walk, closing, attributes, address)
        elif name == "pre":
            in_pre = max(0, in_pre + (-1 if closing else 1))
            walk.end_line()
        elif name in _TAGS:
            _TAGS[name](walk, closing)
    for _ in range(len(walk.tables) + 1):
        walk.end_table()
    return tuple(walk.rows)


_AFTER_A_WORD = frozenset(" \t\r\n\xa0.,;:!?)]…。，；：！？）")
"""What may stand behind an address without running into it."""


def _add_text(walk: _Walk, text: str, preformatted: bool) -> None:
    if "&" in text:
        text = unescape(text)
    if not preformatted:
        if walk.shown and walk.shown == len(walk.pieces) and text[:1] not in _AFTER_A_WORD:
            walk.pieces.append(" ")
        if walk.pieces or not text.isspace():
            walk.pieces.append(text)
        return
    first, *others = text.split("\n")
    walk.pieces.append(first)
    for line in others:
        walk.end_line(blank=not walk.pieces)
        walk.pieces.append(line)


def _link(walk: _Walk, closing: bool, attributes: str, address: str) -> str:
    """A link that hides an address or number behind other words shows it: returns the address still to be shown."""
    if not closing:
        found = tags.ADDRESS.search(attributes)
        return unescape(found[1]) if found else ""
    if address and address not in "".join(walk.pieces[-4:]):
        digits = re.sub(r"\D", "", "".join(walk.pieces[-4:]))
        if "@" in address or not digits:
            walk.pieces.append(f" {address}")
            walk.shown = len(walk.pieces)
    return ""


def _line_break(walk: _Walk, closing: bool) -> None:
    walk.end_line(blank=not walk.pieces)


def _paragraph(walk: _Walk, closing: bool) -> None:
    walk.end_line(blank=closing)
    walk.frame(closing)


def _block(walk: _Walk, closing: bool) -> None:
    if walk.pieces:
        walk.end_line()
    walk.frame(closing)


def _cell(walk: _Walk, closing: bool) -> None:
    (walk.end_cell if closing else walk.start_cell)()


def _head_cell(walk: _Walk, closing: bool) -> None:
    _cell(walk, closing)
    walk.headers += not closing


def _term(walk: _Walk, closing: bool) -> None:
    if not closing:
        walk.end_row()
    _cell(walk, closing)


def _definition(walk: _Walk, closing: bool) -> None:
    _cell(walk, closing)
    if closing:
        walk.end_row()


def _row(walk: _Walk, closing: bool) -> None:
    walk.end_row()


def _table(walk: _Walk, closing: bool) -> None:
    (walk.end_table if closing else walk.start_table)()


def _bold(walk: _Walk, closing: bool) -> None:
    (walk.end_bold if closing else walk.start_bold)()


def _ruler(walk: _Walk, closing: bool) -> None:
    walk.end_line()
    (walk.rows if walk.cell is None else walk.cell).append(RULER)


_TAGS: dict[str, Callable[[_Walk, bool], None]] = {
    **dict.fromkeys(tags.BLOCKS, _block),
    **dict.fromkeys(tags.SPACED, _paragraph),
    **dict.fromkeys(("b", "strong", "label"), _bold),
    "br": _line_break, "hr": _ruler, "table": _table, "tr": _row, "dl": _row,
    "td": _cell, "th": _head_cell, "dt": _term, "dd": _definition,
}  # fmt: skip
"""What a tag does to the walk; others are text's dress only."""


def _text(cell: list[Row]) -> str:
    if len(cell) == 1:
        return cell[0].line.strip()
    return "\n".join(row.line for row in cell if row.cells).strip()


def to_text(markup: str) -> str:
    """What a person reads, as plain text: one line per table row (`Name: value` for two cells); never raises."""
    lines: list[str] = []
    for row in rows(markup):
        if not row.cells:
            continue
        if not row.table:
            line = row.line
        elif len(row.cells) == 2:
            line = f"{row.cells[0].rstrip(' :：')}: {row.cells[1]}"
        else:
            line = "\t".join(cell.replace("\n", " ") for cell in row.cells)
        if line or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n")


def lines(markup: str) -> tuple[list[str], list[int]]:
    """The visible lines, and for each the offset in the markup where it ends: there a text can be cut in two.

    Coarser than `rows`: cells of a table row stand in one line, and hidden elements count as seen.
    """
    found: list[str] = []
    ends: list[int] = []
    pieces: list[str] = []
    for match in tags.TOKEN.finditer(tags.UNSEEN.sub(_blank, markup[: tags.LIMIT])):
        text, name, bare = match.group("text", "name", "bare")
        if text or bare:
            pieces.append(unescape(text + (bare or "")))
        name = name.lower() if name else ""
        if name in tags.LINE_ENDS and pieces:
            found.append(" ".join("".join(pieces).split()))
            ends.append(match.end())
            pieces = []
        elif name in ("td", "th"):
            pieces.append(" ")
    found.append(" ".join("".join(pieces).split()))
    ends.append(min(len(markup), tags.LIMIT))
    return found, ends


def _blank(match: re.Match[str]) -> str:
    """What nobody sees, as long as it was: offsets stay."""
    return " " * len(match[0])
