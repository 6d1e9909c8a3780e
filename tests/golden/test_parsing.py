"""Golden mails: what is read from each stands beside it; a changed result has to be looked at before it is kept."""

import os
from pathlib import Path

import msgspec
import pytest

from parsers import read
from parsers.records import Hints

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
    parsed = msgspec.structs.replace(parsed, shape=None)  # says nothing that the rest does not say
    result = msgspec.json.format(msgspec.json.encode(parsed)).decode() + "\n"
    golden = path.with_suffix(".json")
    if os.environ.get("POSTROOM_UPDATE_GOLDEN") == "1":
        golden.write_text(result, encoding="utf-8")
    assert golden.exists(), f"{golden} is missing: run again with POSTROOM_UPDATE_GOLDEN=1 and read what it holds"
    assert result == golden.read_text(encoding="utf-8")
