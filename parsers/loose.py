"""Lines between known labels that are none of theirs: where values stand below labels, a label that nobody knows."""

from itertools import dropwhile, takewhile

from parsers.rhythm import EMPTY, GAP, Rhythm
from parsers.signs import Pairs, is_plausible

_MOST = 100
"""Lines and signs that are kept; what is longer is no form."""


class Loose:
    """The lines and signs since the last value; they are pairs only if another label follows."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._lines: list[str | None] = []
        self._is_full = False

    def add(self, line: str | None) -> None:
        """Keep a line, a GAP or an EMPTY element."""
        if len(self._lines) < _MOST:
            self._lines.append(line)
        else:
            self._is_full = True

    def clear(self) -> None:
        """Forget the lines: a label follows that is known."""
        if self._lines:
            self._lines, self._is_full = [], False

    def pairs(self) -> Pairs:
        """Label and value of lines two and two, or, below a gap, of the first line and all up to the next."""
        if self._is_full or not any(self._lines):
            return []
        found: Pairs = []
        above, block = None, list[str]()
        for line in (*self._between(), EMPTY):
            if line not in (GAP, EMPTY):
                block.append(line or "")
                continue
            if above == GAP and len(block) > 1:
                found.append((block[0], "\n".join(block[1:])))
            elif above != GAP:
                found.extend(zip(block[0::2], block[1::2], strict=False))
            above, block = line, []
        return [pair for pair in found if _is_label(pair[0])]

    def first(self) -> Pairs:
        """The pair right above the first known label: two lines below a gap, or that no gap parts from the label."""
        if self._is_full or not self._rhythm.is_below():
            return []
        lines = list(dropwhile(lambda line: not line, self._lines))
        behind = [lines.pop() for _ in takewhile(lambda line: not line, reversed(tuple(lines)))]
        label, value = lines[-2:] if len(lines) > 1 else (None, None)
        parted = not lines[-3] if len(lines) > 2 else GAP not in behind
        return [(label, value)] if label and value and parted and _is_label(label) else []

    def _between(self) -> list[str | None]:
        """The lines without the signs that stand between all labels and values of this body."""
        spacers = [sign for sign in (GAP, EMPTY) if sign in self._lines and self._rhythm.is_between(sign)]
        return [line for line in self._lines if line not in spacers]


def _is_label(line: str) -> bool:
    return is_plausible(line) and line[-1] not in ".!"
