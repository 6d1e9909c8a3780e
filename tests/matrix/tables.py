"""Tables that other programs leave in build/ as JSON: the soak, the scale.

A file is an object with `rows`, a list of objects with the same keys: the columns. What else it holds stands above the
table, a line for each name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TABLES = {
    "soak": ("An hour of load and faults", "`python -m tests.soak`"),
    "scale-sqlite": ("From ten thousand mails to a million, on SQLite", "`make faults ROWS=R26`"),
    "scale-postgresql": ("From ten thousand mails to a million, on PostgreSQL", "`make faults ROWS=R26`"),
}
"""By the name of the file: title, and which program writes it."""
MOST_ROWS = 30


def load(build: Path) -> dict[str, object]:
    """What there is of them."""
    files = {name: build / f"{name}.json" for name in TABLES}
    return {name: json.loads(file.read_text("utf-8")) for name, file in files.items() if file.exists()}


def sections(extra: Mapping[str, object]) -> Iterator[str]:
    """A section for each, also for one that was not made."""
    for name, (title, program) in TABLES.items():
        yield f"## {title}\n"
        found = extra.get(name)
        if isinstance(found, dict):
            yield from _section(found)
        else:
            yield f"Not made in this run: {program} writes it."
        yield ""


def _section(found: dict[str, object]) -> Iterator[str]:
    rows = found.get("rows")
    yield from (f"- {_words(name)}: {_cell(value)}" for name, value in found.items() if name != "rows")
    if isinstance(rows, list) and rows:
        yield ""
        yield from _table(rows)


def _table(rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Evenly chosen rows where there are too many, always with the first and the last."""
    columns = list(rows[0])
    yield f"| {' | '.join(_words(name) for name in columns)} |"
    yield f"| {' | '.join('---' for _ in columns)} |"
    step = max(1, -(-len(rows) // MOST_ROWS))
    shown = [*rows[:-1:step], rows[-1]]
    yield from (f"| {' | '.join(_cell(row.get(name)) for name in columns)} |" for row in shown)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
        case dict():
            return ", ".join(f"{_words(name)} {_cell(one)}" for name, one in value.items())
        case _:
            return str(value).replace("|", "\\|")
