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

_LIMIT = 1_000_000
"""Characters of markup that are read; no form or portal mail comes near."""

# Every alternative stops at the next "<" or swallows up to its end for good: no text is scanned twice.
_UNSEEN = re.compile(
    r"<(?=[!stST])(?:!--.*?(?:-->|\Z)|(?P<raw>script|style|title|template|svg)\b[^<>]*>.*?(?:</(?P=raw)\b[^<>]*>|\Z))",
    re.DOTALL | re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?P<text>[^<]*+)(?:"
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:]*+)"
    r"(?P<attributes>[^<>\"']*+(?:\"[^\"<]*+\"[^<>\"']*+|'[^'<]*+'[^<>\"']*+)*+)>"
    r"|<[!?/][^<>]*>|(?P<bare><)|\Z)"
)
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all|(?:^|\s)hidden(?=[\s=/]|$)",
    re.IGNORECASE,
)
_QUOTE_TAG = re.compile(r"(</?blockquote\b[^<>]*>)", re.IGNORECASE)
_QUOTE_TAGS = 400
_INDENT = re.compile(r"border\s{0,3}:\s{0,3}(?:none|0)", re.IGNORECASE)
_ADDRESS = re.compile(r"href\s{0,3}=\s{0,3}[\"']?(?:mailto|tel):([^\"'>?\s]{3,100})", re.IGNORECASE)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS = _SPACED.union(
    [
        "div",
        "li",
        "ul",
        "ol",
        "dl",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "form",
        "fieldset",
    ],
    ["legend", "blockquote", "pre", "center", "address", "body", "html", "head", "caption", "figure", "option"],
)


class Row(NamedTuple):
    """A line (one cell), a line that begins in bold type (two cells), or a row of a table or definition list."""

    cells: tuple[str, ...]
    table: bool = False
    header: bool = False
    """All cells are header cells."""

    @property
    def line(self) -> str:
        """The cells of a row that is no table's as one line."""
        if len(self.cells) == 1:
            return self.cells[0]
        return ("" if self.cells[-1][:1] in (":", "：") else " ").join(self.cells)


RULER = Row(("---",))
BLANK = Row(("",))


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

    def start_bold(self) -> None:
        self.bold = len(self.pieces) < 4 and not "".join(self.pieces).strip()

    def end_bold(self) -> None:
        """Bold type at the start of a line may be a label; later bold type is only emphasis."""
        if self.bold and not self.bold_end:
            self.bold_end = len(self.pieces)

    def start_cell(self) -> None:
        self.end_cell()
        self.cell = []

    def end_cell(self) -> None:
        if self.pieces:
            self.end_line()
        if self.cell is not None:
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
    for text, slash, name, attributes, bare in _TOKEN.findall(_UNSEEN.sub("<!>", markup[:_LIMIT])):
        if hidden is None and (text or bare):
            _add_text(walk, text + bare, in_pre > 0)
        if not name:
            continue
        closing, name = slash == "/", name.lower()
        if hidden is not None:  # everything up to the end of the hidden element
            if name == hidden:
                depth += -1 if closing else 1
            if depth == 0 or (hidden == "p" and name in _BLOCKS):
                hidden = None
        elif attributes and not closing and name not in _VOID and _is_hidden(attributes):
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


def _is_hidden(attributes: str) -> bool:
    lower = attributes.lower()
    return ("none" in lower or "hid" in lower) and bool(_HIDDEN.search(lower))


def _add_text(walk: _Walk, text: str, preformatted: bool) -> None:
    if "&" in text:
        text = unescape(text)
    if not preformatted:
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
        found = _ADDRESS.search(attributes)
        return unescape(found[1]) if found else ""
    if address and address not in "".join(walk.pieces[-4:]):
        digits = re.sub(r"\D", "", "".join(walk.pieces[-4:]))
        if "@" in address or not digits:
            walk.pieces.append(f" {address}")
    return ""


def _line_break(walk: _Walk, closing: bool) -> None:
    walk.end_line(blank=not walk.pieces)


def _paragraph(walk: _Walk, closing: bool) -> None:
    walk.end_line(blank=closing)


def _block(walk: _Walk, closing: bool) -> None:
    if walk.pieces:
        walk.end_line()


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
    **dict.fromkeys(_BLOCKS, _block),
    **dict.fromkeys(_SPACED, _paragraph),
    **dict.fromkeys(("b", "strong", "label"), _bold),
    "br": _line_break, "hr": _ruler, "table": _table, "tr": _row, "dl": _row,
    "td": _cell, "th": _head_cell, "dt": _term, "dd": _definition,
}  # fmt: skip
"""What a tag does to the walk; others are text's dress only."""


_LINE_ENDS = _BLOCKS.union(("br", "hr", "tr", "table"))


def _text(cell: list[Row]) -> str:
    if len(cell) == 1:
        return cell[0].line.strip()
    return "\n".join(row.line for row in cell).strip()


def to_text(markup: str) -> str:
    """What a person reads, as plain text: one line per table row (`Name: value` for two cells); never raises."""
    lines: list[str] = []
    for row in rows(markup):
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
    for match in _TOKEN.finditer(_UNSEEN.sub(_blank, markup[:_LIMIT])):
        text = match["text"] + (match["bare"] or "")
        if text:
            pieces.append(unescape(text))
        name = (match["name"] or "").lower()
        if name in _LINE_ENDS and pieces:
            found.append(" ".join("".join(pieces).split()))
            ends.append(match.end())
            pieces = []
        elif name in ("td", "th"):
            pieces.append(" ")
    found.append(" ".join("".join(pieces).split()))
    ends.append(min(len(markup), _LIMIT))
    return found, ends


def _blank(match: re.Match[str]) -> str:
    """What nobody sees, as long as it was: offsets stay."""
    return " " * len(match[0])


def quoted_text(markup: str) -> str:
    """What a person reads, as plain text, with `> ` before each line that stands in a quotation (`<blockquote>`).

    A quotation without a border is how some programs indent a paragraph; it is none.
    """
    found: list[str] = []
    depths: list[int] = []
    for piece in _QUOTE_TAG.split(_UNSEEN.sub("<!>", markup[:_LIMIT]), maxsplit=_QUOTE_TAGS):
        tag = piece[:12].lower()
        if tag.startswith("<blockquote"):
            depths.append(0 if _INDENT.search(piece) and "border-left" not in piece.lower() else 1)
        elif tag.startswith("</blockquote"):
            depths = depths[:-1]
        elif text := to_text(piece):
            found += (f"> {line}".rstrip() for line in text.split("\n")) if any(depths) else text.split("\n")
    return "\n".join(found)


def pairs(markup: str) -> list[tuple[str, str]]:
    """Label and value of every two-cell table row, definition and line that begins with a bold label."""
    return [
        (row.cells[0].strip(" :：*"), row.cells[1].lstrip(" :："))
        for row in rows(markup)
        if len(row.cells) == 2 and len(row.cells[0]) <= 100
    ]
