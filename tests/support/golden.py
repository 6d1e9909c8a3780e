"""Golden files: a result that changed has to be looked at before it is kept."""

import os
from pathlib import Path

import msgspec

from parsers.records import Parsed


def assert_golden(golden: Path, result: str) -> None:
    """Compare with the file; with POSTROOM_UPDATE_GOLDEN=1, write it anew."""
    if os.environ.get("POSTROOM_UPDATE_GOLDEN") == "1":
        golden.write_text(result, encoding="utf-8")
    assert golden.exists(), f"{golden} is missing: run again with POSTROOM_UPDATE_GOLDEN=1 and read what it holds"
    assert result == golden.read_text(encoding="utf-8")


def as_text(parsed: Parsed) -> str:
    """A reading as it stands in golden files; its shape says nothing that the rest does not say."""
    plain = msgspec.structs.replace(parsed, shape=None)
    return msgspec.json.format(msgspec.json.encode(plain)).decode() + "\n"
