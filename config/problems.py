"""What is wrong with a configuration, said so that an admin can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]
"""Where a value stands in a TOML document: keys, and positions in lists from 0."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error: file relative to the configuration directory, line from 1, dotted key, what, and what was meant."""

    file: str
    line: int
    key: str
    what: str
    meant: str | None = None

    def __str__(self) -> str:
        said = f"{self.what}, {self.meant}" if self.meant else self.what
        return f"{self.file}:{self.line}: {self.key}: {said}" if self.key else f"{self.file}:{self.line}: {said}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Name the known word that a typo most likely meant, as a question; None if nothing is near."""
    by_lower = {name.lower(): name for name in sorted(known)}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean '{by_lower[found[0]]}'?" if found else None


def listed(names: Iterable[str]) -> str:
    """Write names as `'a', 'b' or 'c'`."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
