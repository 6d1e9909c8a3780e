"""The page on commands by mail names every command in every language, and its days are read as it says."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from parsers.commands import command
from parsers.until import until

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "mail-commands.md").read_text("utf-8")
WORDS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/commands.toml").read_text("utf-8"))


@pytest.mark.parametrize("group", ["actions", "kinds"])
def test_every_word_of_the_tables_does_what_they_say(group: str) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|(.*)\|$", PAGE, re.M)
    told = {name: [cell.strip(" `") for cell in cells.split("|")[-4:]] for name, cells in rows}
    for name, languages in WORDS[group].items():
        assert [line.removeprefix("!") for line in told[name]] == [
            languages[code][0] for code in ("en", "de", "da", "zh")
        ]
        for line in told[name]:
            read = command(line)
            assert (read.args.get("kind") if group == "kinds" else read.name) == name


def test_every_day_of_the_table_is_read() -> None:
    table = PAGE[PAGE.index("## Days") : PAGE.index("## What goes")]
    written = [said for row in re.findall(r"^\| (`.*?) \|", table, re.M) for said in re.findall(r"`([^`]+)`", row)]
    form = re.compile(r"\d+(?:h|d|w)|(?:today|tomorrow|mon|(?:2026-)?12-03)(?: \d\d:\d\d)?")
    assert len(written) > 15
    assert [said for said in written if not form.fullmatch(until(said) or "")] == []
