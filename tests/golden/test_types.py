"""Golden mails of every type of source: what is read from each stands beside it, and the row of formats.md it is of."""

import tomllib
from pathlib import Path

import pytest

from config.defaults import shipped_versions
from parsers import read, types
from tests.generator import LANGUAGES
from tests.generator.sources import hints_of_type
from tests.support.golden import as_text, assert_golden

MAILS = Path(__file__).parent / "types"
ROWS = tomllib.loads((MAILS / "rows.toml").read_text("utf-8"))
"""Type -> the row of formats.md part 3 that its mails are written after, and the country of its site; where
the last word of a file's name is one of `sites`, that of this mail. A language there is the site's."""
PATHS = sorted(MAILS.glob("*/*.eml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_reading_equals_its_golden_file(path: Path) -> None:
    row, word = ROWS[path.parent.name], path.stem.rpartition("-")[2]
    region = row.get("sites", {}).get(word, row["region"])
    hints = hints_of_type(path.parent.name, region, word if word in LANGUAGES else None)
    parsed = read.parse(path.read_bytes(), hints)
    assert_golden(path.with_suffix(".json"), as_text(parsed))


def test_every_type_is_shipped_and_has_its_layout_and_its_row() -> None:
    shipped = {known.name for known in shipped_versions()[1].type}
    assert shipped == set(types.names())
    assert {row for row in ROWS if ROWS[row]["row"]} == set(ROWS)
    assert {path.parent.name for path in PATHS} == shipped - {"booking-tool"}
