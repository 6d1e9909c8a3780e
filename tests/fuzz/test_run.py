"""The guided run: it says what it did, keeps what it learned, and tells what it found with the way to see it again."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.__main__ import Outcome, tell
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS, BrokenError
from tests.fuzz.timing import timed
from tests.support.samples import ROOT


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_begins_with_inputs_that_hold(target: str) -> None:
    first = list(seeds(target))
    assert first
    for seed in first:
        TARGETS[target](seed)


@pytest.mark.slow
def test_a_short_run(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.fuzz", "0.05", "values"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
    row = re.search(r"values +(\d+) +(\d+) +([\d.]+) s", done.stdout)
    assert row, done.stdout
    assert int(row[1]) >= len(list(seeds("values")))
    kept = tmp_path / "build" / "fuzz"
    assert (kept / "slowest-values").read_bytes()
    assert {seed.read_bytes() for seed in (kept / "corpus" / "values").iterdir()} >= set(seeds("values"))


def test_a_finding_is_told_with_the_command_that_runs_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "values-crash-1"
    said = (
        f"#12 NEW cov: 30 ft: 5\n\n === Uncaught Python exception: ===\nBrokenError: x\nTest unit written to {found}\n"
    )
    tell(Outcome("values", 77, said))
    again = f"python -m tests.fuzz.guided values {found}"
    assert again in capsys.readouterr().out
    report = Path(f"{found}.txt").read_text("utf-8")
    assert report.startswith(again)
    assert "BrokenError: x" in report


def test_the_slowest_input_is_kept_and_a_slow_one_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def target(data: bytes) -> None:
        end = time.process_time() + len(data) / 100
        while time.process_time() < end:
            pass

    run = timed(target, tmp_path / "slowest", most=0.1)
    for data in (b"x", b"xxxx", b"x"):
        run(data)
    assert (tmp_path / "slowest").read_bytes() == b"xxxx"
    assert capsys.readouterr().out.count("slowest: ") == 2
    with pytest.raises(BrokenError):
        run(b"x" * 11)
