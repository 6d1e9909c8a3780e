"""Lines between known labels that are none of theirs: where values stand below labels, a label that nobody knows."""

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
        return [(label, value) for label, value in found if is_plausible(label) and label[-1] not in ".!"]

    def _between(self) -> list[str | None]:
        """The lines without the signs that stand between all labels and values of this body."""
        spacers = [sign for sign in (GAP, EMPTY) if sign in self._lines and self._rhythm.is_between(sign)]
        return [line for line in self._lines if line not in spacers]
