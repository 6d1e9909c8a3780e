"""Golden mails of the hard layouts; what the source of each would tell stands in `hints.toml`."""

import os
import tomllib
from pathlib import Path

import msgspec
import pytest

from parsers import read
from parsers.records import Hints

MAILS = Path(__file__).parent / "layouts"
HINTS = tomllib.loads((MAILS / "hints.toml").read_text("utf-8"))


def test_every_mail_has_its_hints() -> None:
    assert sorted(HINTS) == sorted(path.stem for path in MAILS.glob("*.eml"))


@pytest.mark.parametrize("name", sorted(HINTS))
def test_reading_equals_its_golden_file(name: str) -> None:
    parsed = read.parse((MAILS / f"{name}.eml").read_bytes(), msgspec.convert(HINTS[name], Hints))
    result = msgspec.json.format(msgspec.json.encode(parsed.readings)).decode() + "\n"
    golden = MAILS / f"{name}.json"
    if os.environ.get("POSTROOM_UPDATE_GOLDEN") == "1":
        golden.write_text(result, encoding="utf-8")
    assert golden.exists(), f"{golden} is missing: run again with POSTROOM_UPDATE_GOLDEN=1 and read what it holds"
    assert result == golden.read_text(encoding="utf-8")
