"""`python -m tests.matrix`: docs/reliability.md from the results in build/faults/. Ends with 1 unless all rows held."""

import sys
from pathlib import Path

from tests.matrix import results, tables
from tests.matrix.page import HELD, outcome, page
from tests.matrix.promises import EXCEPTIONS, PROMISES

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
PAGE = ROOT / "docs" / "reliability.md"


def main() -> int:
    """Write the page, and name the rows that did not hold."""
    run = results.read_all(BUILD / "faults")
    PAGE.write_text(page(run, tables.load(BUILD)), "utf-8")
    open_rows = [(row, said) for row in PROMISES if (said := outcome(row, run)) != HELD and row not in EXCEPTIONS]
    sys.stdout.writelines(f"{row}: {said}\n" for row, said in open_rows)
    sys.stdout.write(f"{PAGE}: {len(PROMISES) - len(open_rows)} of {len(PROMISES)} rows held\n")
    return 1 if open_rows else 0


if __name__ == "__main__":
    sys.exit(main())
