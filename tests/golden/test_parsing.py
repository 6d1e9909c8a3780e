"""Golden mails: what is read from each stands beside it; a changed result has to be looked at before it is kept."""

from pathlib import Path

import pytest

from parsers import read
from parsers.records import Hints
from tests.support.golden import as_text, assert_golden

MAILS = Path(__file__).parent / "parsing"
HINTS = {
    "da": Hints(source_type="website", region="DK", language="da", kind="lead"),
    "zh": Hints(source_type="website", region="CN", language="zh", kind="lead"),
    "danish": Hints(region="DK", language="da"),
    "de": Hints(source_type="website", region="DE", language="de", kind="lead"),
}
"""By the last word of the file's name: what its source would tell."""


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_reading_equals_its_golden_file(path: Path) -> None:
    parsed = read.parse(path.read_bytes(), HINTS.get(path.stem.rpartition("-")[2], Hints()))
    assert_golden(path.with_suffix(".json"), as_text(parsed))
