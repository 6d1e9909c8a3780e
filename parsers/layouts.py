"""The layouts of forms and portal mails: pairs of label and value out of plain text and HTML."""

from parsers.html import Row, rows
from parsers.pairing import Pairing
from parsers.signs import DECORATION, Pairs, is_plausible
from parsers.vocabulary import PLAIN, Vocabulary

__all__ = ["Pairs", "pairs_of_html", "pairs_of_text", "unquoted"]

_LIMIT = 400_000
"""Characters of text that are read."""


def pairs_of_text(text: str, words: Vocabulary = PLAIN) -> Pairs:
    """Read the pairs of a plain text; a head without a value has an empty one. Never raises."""
    lines = unquoted(text[:_LIMIT].splitlines())
    pairing = Pairing(words, lambda: map(str.strip, lines))
    for line in lines:
        cells = tuple(cell for cell in line.strip().split("\t") if cell.strip()) if "\t" in line else ()
        if len(cells) > 1 and not pairing.is_over and _is_row(pairing, cells[0]):
            pairing.row(Row(tuple(cell.strip(" *") for cell in cells)))
        else:
            pairing.flush_heads()
            pairing.line(line)
    return pairing.finish()


def unquoted(lines: list[str]) -> list[str]:
    """The lines without `>` where the text is a quotation as a whole; single quotations in it stay as they are."""
    filled = [line for line in lines if line.strip()]
    if not filled or sum(line.startswith(">") for line in filled) * 2 <= len(filled):
        return lines
    return [line.lstrip("> ") if line.startswith(">") else line for line in lines]


def _is_row(pairing: Pairing, first: str) -> bool:
    known = pairing.lookup(first.strip(DECORATION + ":："))
    return known is not None or (not pairing.in_message and is_plausible(first))


def pairs_of_html(markup: str, words: Vocabulary = PLAIN) -> Pairs:
    """Read the pairs of an HTML body; a head without a value has an empty one. Never raises."""
    body = rows(markup)
    pairing = Pairing(words, lambda: (row.line if row.cells else None for row in body))
    for row in body:
        if pairing.ended and pairing.is_over:
            break
        if not row.cells:
            pairing.empty()
            continue
        if row.table:
            pairing.row(row)
            continue
        if pairing.heads:
            pairing.flush_heads()
        if len(row.cells) == 1:
            pairing.line(row.cells[0])
        elif _is_pair(pairing, row):
            pairing.open(*row.cells)
        else:
            pairing.line(row.line)
    return pairing.finish()


def _is_pair(pairing: Pairing, row: Row) -> bool:
    """A line that begins with a known label in bold type, without a colon on either side."""
    if len(row.cells) != 2 or row.cells[0][-1:] in (":", "：") or row.cells[1][:1] in (":", "："):
        return False
    return pairing.lookup(row.cells[0]) is not None
