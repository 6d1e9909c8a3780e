"""docs/templates.md names everything that a template knows."""

import re
from pathlib import Path

import msgspec
import pytest

from parsers import records
from rules.model import Notice, Record
from templates.letter import Letter
from templates.model import MailCard, SiteCard
from templates.render import CONTEXT

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
NAMED = {part for code in re.findall(r"`([^`]+)`", PAGE) for part in re.split(r"[^a-z_]+", code)}
SHAPES = [
    *(shape for shape in vars(records).values() if isinstance(shape, type) and issubclass(shape, records.Part)),
    Record,
    Notice,
    SiteCard,
    MailCard,
]
NOT_FOR_TEMPLATES = (
    records.Answer,
    records.Command,
    records.FailedRecipient,
    records.Forwarded,
    records.Hints,
    records.Parsed,
    records.Shape,
)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in NOT_FOR_TEMPLATES])
def test_every_field_is_documented(shape: type[msgspec.Struct]) -> None:
    assert {field.name for field in msgspec.structs.fields(shape)} - NAMED == set()


def test_every_name_is_documented() -> None:
    assert (CONTEXT | set(Letter.__slots__)) - NAMED == set()
