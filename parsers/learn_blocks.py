"""Lines of samples without labels: a name, a mail address, a number, always below the same line."""

import re
from collections.abc import Iterator, Sequence

from parsers.dictionary import squeeze
from parsers.layout import Block
from parsers.learn_pairs import Pair, Side
from parsers.learn_values import Known, field_of, is_name
from parsers.learn_view import View, bare, is_blank, shown

_STREET = re.compile(r"[^\W\d_][^@:;]{2,60} \d{1,4} ?[a-zA-Z]?|\d{1,5} [^\W\d_][^@:;]{2,60}")


def blocks(side: Side, known: Sequence[Known]) -> Iterator[Block]:
    """Lines of different kinds below the same line of most samples: a name, then a mail address, then a number."""
    view = side.view
    below: dict[str, list[tuple[str, int, list[str]]]] = {}
    for number, pairs in enumerate(side.pairs):
        for at, lines in _runs(view, number, pairs):
            text = shown(view.samples[number][at])
            below.setdefault(squeeze(text), []).append((text, number, lines))
    for found in below.values():
        numbers = {number for _, number, _ in found}
        if len(numbers) >= view.needed and len(found) == len(numbers):
            fields = _block_fields([(lines, known[number]) for _, number, lines in found])
            if len(fields) > 1:
                yield Block(after=found[0][0], fields=fields)


def _runs(view: View, number: int, pairs: Sequence[Pair]) -> Iterator[tuple[int, list[str]]]:
    """Constant lines of a sample with the several lines below each, up to a gap, a label or the next constant line."""
    rows = view.samples[number]
    labels = {pair.first for pair in pairs}
    for at, row in enumerate(rows):
        if is_blank(row) or not (view.is_constant(bare(row)) and len(row.cells) == 1):
            continue
        lines: list[str] = []
        for place, below in enumerate(rows[at + 1 : at + 12], at + 1):
            if is_blank(below) and not lines:
                continue
            if is_blank(below) or view.is_constant(bare(below)) or len(below.cells) > 1 or place in labels:
                break
            lines.append(shown(below))
        if len(lines) > 1:
            yield at, lines


def _block_fields(samples: Sequence[tuple[list[str], Known]]) -> tuple[str, ...]:
    """What each line is; empty where the samples do not agree, or a line shows nothing."""
    order: list[str] = []
    for lines, known in samples:
        typed = [_line_field(line, known) for line in lines]
        if not {"customer.email", "customer.phone"} & set(typed) or len(set(typed)) < len(typed):
            return ()
        at = 0
        for field in typed:
            if field is None:
                return ()
            if field in order and order.index(field) < at:
                return ()
            if field not in order:
                order.insert(at, field)
            at = order.index(field) + 1
    return tuple(order)


def _line_field(line: str, known: Known) -> str | None:
    field = field_of(line, known)
    if field and field != "comments":
        return field
    if is_name(line):
        return "customer.name"
    return "customer.address.street" if _STREET.fullmatch(line) else None
