"""Where the values of a body stand below labels without a line in common: right below them, or behind a gap."""

from collections.abc import Callable, Iterable, Mapping

from parsers.signs import DECORATION, LABELLED

Lookup = Callable[[str], Mapping[str, str] | None]

GAP = ""
"""A blank line."""
EMPTY = None
"""An element of the markup that holds nothing."""


class Rhythm:
    """How one body is written; counted where it matters, which few bodies ask for."""

    def __init__(self, lines: Callable[[], Iterable[str | None]], lookup: Lookup) -> None:
        self._lines = lines
        self._lookup = lookup
        self._counts: dict[str | None, tuple[int, int]] = {}

    def ends_the_wait(self, sign: str | None) -> bool:
        """Whether a GAP, or an EMPTY element, below a label says that its value is empty.

        It does where other labels have their values without it; where it stands between all labels and values, or
        no label has its value below it, it says nothing.
        """
        direct, behind = self._counted(sign)
        return direct > 0 and direct >= behind

    def is_between(self, sign: str | None) -> bool:
        """Whether most labels have a GAP, or an EMPTY element, between them and their values."""
        direct, behind = self._counted(sign)
        return behind > direct

    def is_below(self) -> bool:
        """Whether several labels have their values below them, with or without a sign between."""
        return sum(self._counted(EMPTY)) > 1

    def _counted(self, sign: str | None) -> tuple[int, int]:
        """Values that stand below their labels without the sign and with it."""
        if sign in self._counts:
            return self._counts[sign]
        counts = [0, 0]
        after_label = signed = False
        for line in self._lines():
            if line in (GAP, EMPTY):
                signed = signed or line == sign
                continue
            text = (line or "").strip(DECORATION)
            known = self._is_known(text)
            if after_label and not known:
                counts[signed] += 1
            after_label, signed = known and LABELLED.match(text.rstrip(":：")) is None, False
        self._counts[sign] = (counts[0], counts[1])
        return self._counts[sign]

    def _is_known(self, text: str) -> bool:
        found = LABELLED.match(text)
        return self._lookup(found["label"] if found else text[:100]) is not None
