"""Figures of a run: values by round, which of them counts, ratios between them, and the ratios that must be reached."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

Key = tuple[str, str]
"""Who was measured, and what."""


@dataclass
class Figures:
    """All values of one section, in order of their first appearance."""

    title: str
    values: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    best: Callable[[list[float]], float] = median
    """Which value of several rounds counts."""

    def add(self, who: str, what: str, value: float) -> None:
        """One more value; several rounds make several."""
        self.values[who, what].append(value)

    def of(self, who: str, what: str) -> float:
        """The value that counts; not a number if it was never measured."""
        values = self.values.get((who, what))
        return self.best(values) if values else float("nan")

    def ratio(self, what: str, who: str, peer: str) -> float:
        """One divided by the other, of the same run."""
        return self.of(who, what) / self.of(peer, what) if self.of(peer, what) else float("nan")


@dataclass(frozen=True)
class Goal:
    """A figure that must be reached, and the one that is hoped for."""

    what: str
    measure: Callable[[], float]
    relation: str
    least: float
    stretch: float | None = None
    unit: str = "x"

    @property
    def reached(self) -> bool:
        """Whether it is; not a number never is."""
        value = self.measure()
        return value >= self.least if self.relation == ">=" else value <= self.least


@dataclass(frozen=True)
class Section:
    """A part of the bench that can be run again by itself."""

    figures: Figures
    goals: list[Goal]

    @property
    def passed(self) -> bool:
        """Whether all its goals are reached."""
        return all(goal.reached for goal in self.goals)


def number(value: float) -> str:
    """Three significant digits or so."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def grid(figures: Figures) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: who by what, with the range where the median counts."""
    whats = list(dict.fromkeys(what for _, what in figures.values))
    rows = []
    for who in dict.fromkeys(who for who, _ in figures.values):
        row = [who]
        for what in whats:
            values = figures.values.get((who, what), [])
            ranged = len(values) > 1 and figures.best is median
            spread = f" ({number(min(values))}-{number(max(values))})" if ranged else ""
            row.append(number(figures.of(who, what)) + spread if values else "-")
        rows.append(row)
    return [figures.title, *whats], rows


def goal_rows(sections: list[Section]) -> tuple[list[str], list[list[str]]]:
    """Every goal with its figure and verdict."""
    rows = []
    for goal in (goal for section in sections for goal in section.goals):
        hope = "-" if goal.stretch is None else f"{goal.relation} {number(goal.stretch)}"
        verdict = "reached" if goal.reached else "MISSED"
        rows.append([goal.what, number(goal.measure()), f"{goal.relation} {number(goal.least)}", hope, verdict])
    return ["goal (ratios within one run)", "figure", "least", "stretch", ""], rows


def show(console: Console, columns: list[str], rows: list[list[str]]) -> None:
    """One table on the screen."""
    table = Table(show_lines=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def markdown(columns: list[str], rows: list[list[str]]) -> str:
    """One table as Markdown."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def keep(folder: Path, sections: list[Section], conditions: dict[str, str]) -> None:
    """Write bench.json and bench.md."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "conditions": conditions,
        "figures": {
            section.figures.title: [
                {"who": who, "what": what, "figure": section.figures.of(who, what), "values": values}
                for (who, what), values in section.figures.values.items()
            ]
            for section in sections
        },
        "goals": [
            {"what": g.what, "figure": g.measure(), "relation": g.relation, "least": g.least, "reached": g.reached}
            for section in sections
            for g in section.goals
        ],
    }
    (folder / "bench.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    text = "\n".join(f"- {key}: {value}" for key, value in conditions.items()) + "\n\n"
    text += "\n".join(markdown(*grid(section.figures)) for section in sections)
    (folder / "bench.md").write_text(f"# Bench\n\n{text}\n{markdown(*goal_rows(sections))}", "utf-8")
