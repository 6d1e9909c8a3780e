"""The matrix: every row has a test, or a sentence where one is allowed; its page has every row."""

import os
from pathlib import Path

import pytest

from tests.matrix.named import named_tests
from tests.matrix.page import page
from tests.matrix.promises import EXCEPTIONS, PROMISES, STRICT
from tests.matrix.results import Run, read_all
from tests.support.rows import FAULTS, THREATS, rows_of

RESULTS = """\
<testsuites><testsuite timestamp="2026-11-22T18:00:00+00:00"><properties>
<property name="version" value="0.1.0"/><property name="length" value="10 %"/></properties>
<testcase classname="tests.faults.test_r1_r4_kills" name="test_kills[sqlite]" time="2.5"><properties>
<property name="figure" value="R1: 20 kills"/><property name="ledger" value="40 0"/></properties></testcase>
<testcase classname="tests.faults.test_r1_r4_kills" name="test_kills[postgresql]" time="1.5">
<failure message="lost">one</failure></testcase>
<testcase classname="tests.faults.test_r2_sync" name="test_order" time="1"><skipped message="no strace"/></testcase>
<testcase classname="tests.unit.test_clock" name="test_r18_fridays" time="1"/>
<testcase classname="tests.unit.test_clock" name="test_other" time="1"/>
</testsuite></testsuites>
"""

AGAIN = """\
<testsuites><testsuite timestamp="2026-11-23T06:00:00+00:00"><properties>
<property name="version" value="0.1.0"/></properties>
<testcase classname="tests.faults.test_r1_r4_kills" name="test_kills[postgresql]" time="2"/>
</testsuite></testsuites>
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "all.xml").write_text(RESULTS)
    return read_all(tmp_path)


def test_every_row_has_a_test_or_a_reason() -> None:
    assert tuple(PROMISES) == FAULTS + THREATS
    known = set(named_tests())
    assert known <= set(PROMISES), "a test is named for a row that there is not"
    assert set(PROMISES) - known - set(EXCEPTIONS) == set()


def test_reasons_are_for_few_rows_only() -> None:
    assert not set(EXCEPTIONS) & STRICT
    assert not set(EXCEPTIONS) & set(named_tests()), "it has a test"


def test_names_tell_rows() -> None:
    assert rows_of("test_r1_r4_kills") == ("R1", "R4")
    assert rows_of("test_s22_one_address") == ("S22",)
    assert rows_of("test_rules_and_s1_more") == ()
    assert "faults/test_r6_lock.py::test_a_locked_database_refuses_nobody" in named_tests()["R6"]


def test_results_are_told_by_row(run: Run) -> None:
    (kills,) = run.of("R1")
    assert kills is run.of("R4")[0]
    assert (kills.held, kills.failed, kills.seconds) == (1, ["test_kills[postgresql]"], 4.0)
    assert (kills.figures, kills.ledgers) == (["R1: 20 kills"], [(40, 0)])
    assert run.of("R2")[0].skipped == {"test_order": "no strace"}
    assert [one.test for one in run.tests][-1] == "tests/unit/test_clock.py::test_r18_fridays"
    assert run.facts == {"date": "2026-11-22", "version": "0.1.0", "length": "10 %"}


def test_a_case_that_ran_again_counts_as_it_ended_last(tmp_path: Path) -> None:
    for number, (name, content) in enumerate({"all": RESULTS, "R1": AGAIN}.items()):
        (tmp_path / f"{name}.xml").write_text(content)
        os.utime(tmp_path / f"{name}.xml", (number, number))
    run = read_all(tmp_path)
    assert [(one.held, one.failed, one.seconds) for one in run.of("R4")] == [(2, [], 4.5)]
    assert run.of("R2")[0].skipped == {"test_order": "no strace"}
    assert run.facts == {"date": "2026-11-22, 2026-11-23", "version": "0.1.0", "length": "10 %"}


def test_the_page_says_what_held_and_what_did_not(run: Run) -> None:
    lines = page(run, {"soak": {"minutes": 60, "rows": [{"minute": 1, "rss_mib": 99.5}]}}).splitlines()
    ends = {line.split("]")[0][3:]: line.split(" | ")[-1].rstrip(" |") for line in lines if line.startswith("| [")}
    assert ends["R1"] == ends["R4"] == "**did not hold**"
    assert (ends["R2"], ends["R18"], ends["R3"]) == ("skipped", "held", "did not run")
    assert "  - R1: 20 kills" in lines
    assert "  - skipped: no strace" in lines
    assert "- At the end of 1 tests with daemons: 40 accepted mails, 0 findings" in lines
    assert "| 1 | 99.5 |" in lines
    assert "This was a short run: 10 % of the kills, cuts and cases." in lines


def test_the_page_of_no_run_names_every_row(tmp_path: Path) -> None:
    written = page(read_all(tmp_path / "nothing"), {})
    assert all(f"### {row}\n" in written and promise.text in written for row, promise in PROMISES.items())
    assert "Not made in this run: `make faults ROWS=R26` writes it." in written


def test_the_page_that_is_kept_has_the_promises_of_today() -> None:
    kept = (Path(__file__).parent.parent / "docs" / "reliability.md").read_text("utf-8")
    missing = [row for row, promise in PROMISES.items() if f"{promise.title}. {promise.text}" not in kept]
    assert missing == [], "run `python -m tests.matrix`"
