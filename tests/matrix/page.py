"""docs/reliability.md, from the results of a run."""

from collections.abc import Iterator
from itertools import chain

from tests.matrix.promises import EXCEPTIONS, FAULTS, PROMISES, THREATS, Promise
from tests.matrix.results import Held, Run
from tests.matrix.tables import sections

HEAD = """\
# Reliability

What Postroom promises to survive, row by row, and what came out when it was tried. `make faults` writes this page.
The row is in the name of each test: `make row ROW=R7` runs those of one. Every change runs them all, shorter.
"""
ALL_LONG = "100 %"
HELD, BROKEN, SKIPPED, NONE = "held", "**did not hold**", "skipped", "did not run"


def page(run: Run, extra: dict[str, object]) -> str:
    """The whole page.

    Args:
        run: Results.
        extra: What other programs measured, by the name of their file in build/: see `tables`.
    """
    return "\n".join(
        chain(
            [HEAD],
            _made(run.facts),
            _overview("Faults", FAULTS, run),
            _overview("Threats", THREATS, run),
            sections(extra),
            ["## Tests and figures", ""],
            chain.from_iterable(_row(row, promise, run) for row, promise in PROMISES.items()),
        )
    )


def outcome(row: str, run: Run) -> str:
    """One word for a row."""
    tests = run.of(row)
    if any(one.failed for one in tests):
        return BROKEN
    if any(one.held for one in tests):
        return HELD
    return SKIPPED if tests else NONE


def _made(facts: dict[str, str]) -> Iterator[str]:
    if not facts:
        yield "No run is behind this page yet.\n"
        return
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in facts.items())
    yield ""
    if (length := facts.get("length", ALL_LONG)) != ALL_LONG:
        yield f"This was a short run: {length} of the kills, cuts and cases.\n"


def _overview(title: str, promises: dict[str, Promise], run: Run) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| row | what is promised | outcome |"
    yield "| --- | --- | --- |"
    for row, promise in promises.items():
        yield f"| [{row}](#{row.lower()}) | {promise.title}. {promise.text} | {outcome(row, run)} |"
    yield ""


def _row(row: str, promise: Promise, run: Run) -> Iterator[str]:
    yield f"### {row}\n"
    yield f"{promise.title}. {promise.text}\n"
    if row in EXCEPTIONS:
        yield f"{EXCEPTIONS[row]}\n"
    tests = run.of(row)
    if not tests and row not in EXCEPTIONS:
        yield "Its tests did not run.\n"
    yield from chain.from_iterable(_test(one) for one in tests)
    if row == "R27":
        yield from _ledgers(run)
    if tests or row == "R27":
        yield ""


def _test(one: Held) -> Iterator[str]:
    told = [f"{one.held} held"] if one.held else []
    told += [f"{len(one.failed)} did not hold: {', '.join(one.failed)}"] if one.failed else []
    told += [f"{len(one.skipped)} skipped"] if one.skipped else []
    yield f"- `{one.test}`: {', '.join(told)}; {one.seconds:.0f} s"
    yield from (f"  - skipped: {_flat(why)}" for why in dict.fromkeys(one.skipped.values()))
    yield from (f"  - {_flat(figure)}" for figure in one.figures)


def _ledgers(run: Run) -> Iterator[str]:
    """The books of all tests."""
    ledgers = list(chain.from_iterable(one.ledgers for one in run.tests))
    mails, findings = sum(one[0] for one in ledgers), sum(one[1] for one in ledgers)
    yield f"- At the end of {len(ledgers)} tests with daemons: {mails} accepted mails, {findings} findings"


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
