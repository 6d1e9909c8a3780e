"""What is read of the sample mails: counts per set and field, which tests hold to their limits and a report prints."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """Values of one field over one set of samples: read right, not read, read as something else."""

    set: str
    field: str
    read: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def expected(self) -> int:
        """Values that the samples hold."""
        return self.read + self.missed + self.wrong


@dataclass(frozen=True)
class Finding:
    """One value that was expected, and what was read instead; None for nothing."""

    where: str
    field: str
    expected: str
    got: str | None
    right: bool


def counted(name: str, findings: Iterable[Finding]) -> list[Tally]:
    """Findings of one set added up by field, in the order in which fields first appear."""
    sums: dict[str, list[int]] = {}
    for finding in findings:
        place = 0 if finding.right else 1 if finding.got is None else 2
        sums.setdefault(finding.field, [0, 0, 0])[place] += 1
    return [Tally(name, field, *counts) for field, counts in sums.items()]
