"""What runs of the tests have left: pytest's JUnit XML."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.support.rows import rows_of

UNKNOWN = "unknown"


@dataclass
class Held:
    """All cases of one test function.

    Attributes:
        test: `tests/faults/test_r6_lock.py::test_a_locked_database_refuses_nobody`.
        held: Cases that passed.
        failed: Names of those that did not.
        skipped: Case -> why.
        seconds: Of all together.
        figures: What they told, once each.
        ledgers: Mails and findings of each ledger that was looked through at the end of a case.
    """

    test: str
    rows: tuple[str, ...]
    held: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    figures: list[str] = field(default_factory=list)
    ledgers: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Run:
    """One run: when and where, and what became of each test that a row has."""

    facts: dict[str, str]
    tests: list[Held]

    def of(self, row: str) -> list[Held]:
        """The tests of one row."""
        return [one for one in self.tests if row in one.rows]


def read_all(directory: Path) -> Run:
    """All results in a directory, one run in several parts; of a case that ran again the later one counts."""
    files = sorted(directory.glob("*.xml"), key=lambda file: file.stat().st_mtime)
    roots = [ElementTree.parse(file).getroot() for file in files]  # noqa: S314 - written by our own run
    cases = {_case(case): case for root in roots for case in root.iter("testcase")}
    found: dict[str, Held] = {}
    for (module, name), case in cases.items():
        function = name.partition("[")[0]
        rows = tuple(dict.fromkeys((*rows_of(module.rpartition(".")[2]), *rows_of(function))))
        if rows:
            test = f"{module.replace('.', '/')}.py::{function}"
            _add(found.setdefault(test, Held(test, rows)), name, case)
    facts: dict[str, list[str]] = {}
    for root in roots:
        for name, value in _facts(root).items():
            facts.setdefault(name, []).append(value)
    return Run({name: ", ".join(dict.fromkeys(values)) for name, values in facts.items()}, list(found.values()))


def _case(case: Element) -> tuple[str, str]:
    return case.get("classname", ""), case.get("name", "")


def _add(held: Held, name: str, case: Element) -> None:
    held.seconds += float(case.get("time", "0"))
    told = [(one.get("name"), one.get("value", "")) for one in case.iter("property")]
    held.figures += [value for what, value in told if what == "figure" and value not in held.figures]
    held.ledgers += [_ledger(value) for what, value in told if what == "ledger"]
    if case.find("failure") is not None or case.find("error") is not None:
        # A test may pass and its end fail: pytest names it twice.
        held.failed += [name] if name not in held.failed else []
    elif (skipped := case.find("skipped")) is not None:
        held.skipped[name] = skipped.get("message", "")
    else:
        held.held += 1


def _ledger(value: str) -> tuple[int, int]:
    mails, _, findings = value.partition(" ")
    return int(mails), int(findings)


def _facts(root: Element) -> dict[str, str]:
    suite = root.find("testsuite")
    if suite is None:
        return {}
    told = suite.find("properties")
    facts = {one.get("name", ""): one.get("value", "") for one in (told if told is not None else ())}
    return {"date": suite.get("timestamp", UNKNOWN)[:10], **facts}
