"""Golden mails of the hard layouts; what the source of each would tell stands in `hints.toml`."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from parsers import read
from parsers.records import Hints
from tests.support.golden import assert_golden

MAILS = Path(__file__).parent / "layouts"
HINTS = tomllib.loads((MAILS / "hints.toml").read_text("utf-8"))


def test_every_mail_has_its_hints() -> None:
    assert sorted(HINTS) == sorted(path.stem for path in MAILS.glob("*.eml"))


@pytest.mark.parametrize("name", sorted(HINTS))
def test_reading_equals_its_golden_file(name: str) -> None:
    parsed = read.parse((MAILS / f"{name}.eml").read_bytes(), msgspec.convert(HINTS[name], Hints))
    result = msgspec.json.format(msgspec.json.encode(parsed.readings)).decode() + "\n"
    assert_golden(MAILS / f"{name}.json", result)
