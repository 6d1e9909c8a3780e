"""`python -m tests.corpus_report [--json] [DIRECTORY]`: per set and field what is read, missed and wrong."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.corpus_report import Tally, adf, answers, bounces, calendar, classes, forwards, markup, replies, tnef, vcard

SETS = (adf, calendar, markup, vcard, forwards, replies, answers, tnef, bounces, classes)


def main() -> int:
    """Print the table; 2 without samples."""
    names = [word for word in sys.argv[1:] if word != "--json"]
    corpus = Path(names[0] if names else os.environ.get("POSTROOM_CORPUS", "../shared/corpus"))
    if not (corpus / "README.md").is_file():
        sys.stderr.write(f"no sample mails in {corpus}: name their directory, or set POSTROOM_CORPUS\n")
        return 2
    found = [tally for one in SETS for tally in one.tallies(corpus)]
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps([asdict(tally) for tally in found], indent=2) + "\n")
    else:
        Console(width=100).print(_table(found))
    return 0


def _table(found: list[Tally]) -> Table:
    table = Table("set", "field")
    for head in ("read", "missed", "wrong", "share"):
        table.add_column(head, justify="right")
    for tally in found:
        share = f"{tally.read / tally.expected:.1%}" if tally.expected else "-"
        table.add_row(tally.set, tally.field, *map(str, (tally.read, tally.missed, tally.wrong)), share)
    return table


if __name__ == "__main__":
    sys.exit(main())
