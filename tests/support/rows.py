"""Rows of the matrix of faults and threats: R1 to R27 and S1 to S22. Tests of a row have its name in theirs."""

import os
import re

FAULTS = tuple(f"R{n}" for n in range(1, 28))
THREATS = tuple(f"S{n}" for n in range(1, 23))

# `test_r7_database_away.py`, `test_r1_r4_kills.py`; a test function may name its row where its file has none.
_NAMED = re.compile(r"test_((?:[rs]\d+_)+)")


def rows_of(name: str) -> tuple[str, ...]:
    """The rows that a test file or a test function is about, by its name; none if it names none."""
    found = _NAMED.match(name)
    return tuple(row.upper() for row in found[1].split("_") if row) if found else ()


def at_length(full: int) -> int:
    """How many kills, cuts or cases: all of the row's figure by `make faults`, a tenth of it in every other run.

    POSTROOM_FAULT_ROUNDS is a percentage: 100 by `make faults`, 10 without it.
    """
    return max(1, full * int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10")) // 100)


def drawn(full: int, usual: int) -> int:
    """How many cases of a row that draws them, where a tenth of its figure would take too long for every run.

    POSTROOM_FUZZ_CASES asks for so many, as `make fuzz` does; `make faults` for all.
    """
    asked = os.environ.get("POSTROOM_FUZZ_CASES")
    return int(asked) if asked else full if at_length(100) == 100 else usual
