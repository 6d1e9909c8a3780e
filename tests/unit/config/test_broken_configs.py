"""Each folder of tests/configs is laid over tests/configs/base; `X.absent` takes X away.

`expected-error` holds every line that `postroom check` prints for it, no more and no fewer.
"""

import shutil
from pathlib import Path

import pytest

from config.load import load

CONFIGS = Path(__file__).parents[2] / "configs"
CASES = sorted(path for path in CONFIGS.iterdir() if path.is_dir() and path.name != "base")


def lay_over(case: Path, target: Path) -> Path:
    shutil.copytree(CONFIGS / "base", target, dirs_exist_ok=True)
    shutil.copytree(case, target, dirs_exist_ok=True)
    for mark in target.rglob("*.absent"):
        mark.with_suffix("").unlink()
    return target


def test_the_base_is_sound() -> None:
    settings, problems = load(CONFIGS / "base")
    assert problems == []
    assert settings is not None


def test_there_are_forty_kinds_at_least() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_configuration_is_named_exactly(case: Path, tmp_path: Path) -> None:
    settings, problems = load(lay_over(case, tmp_path))
    assert settings is None
    assert [str(problem) for problem in problems] == (case / "expected-error").read_text("utf-8").splitlines()


def test_errors_of_several_files_come_at_once() -> None:
    files = {line.split(":")[0] for line in (CONFIGS / "87-many-at-once/expected-error").read_text().splitlines()}
    assert files == {"postroom.toml", "units.toml", "sites.d/hamburg.toml", "sources.d/second.toml", "rules.toml"}
