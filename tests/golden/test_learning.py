"""Golden lessons: what is proposed for three samples stands beside them; a change is looked at before it is kept."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from daemon.cli import main
from tests.support.golden import assert_golden

LESSONS = sorted(path for path in (Path(__file__).parent / "learning").iterdir() if path.is_dir())


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.name)
def test_the_proposal_equals_its_golden_file(lesson: Path, tmp_path: Path) -> None:
    samples = sorted(map(str, lesson.glob("*.eml")))
    answer = CliRunner().invoke(main, ["source", "learn", *samples, "-c", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    text = answer.stdout[answer.stdout.index("# Learned") :].rstrip() + "\n"
    result = re.sub(r"\.[a-z0-9]{12}@", ".token@", text)
    assert_golden(lesson / "proposal.toml", result)
