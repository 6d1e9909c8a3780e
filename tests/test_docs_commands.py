"""The page on commands by mail names every command in every language, and its days are read as it says."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from parsers.appointed import appointed
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
    table = PAGE[PAGE.index("## Days") : PAGE.index("## The time of")]
    written = [said for row in re.findall(r"^\| (`.*?) \|", table, re.M) for said in re.findall(r"`([^`]+)`", row)]
    form = re.compile(r"\d+(?:h|d|w)|(?:today|tomorrow|mon|(?:2026-)?12-03)(?: \d\d:\d\d)?")
    assert len(written) > 15
    assert [said for said in written if not form.fullmatch(until(said) or "")] == []


def test_every_time_of_the_other_table_is_read() -> None:
    table = PAGE[PAGE.index("## The time of") : PAGE.index("What else is to be said")]
    rows = [re.findall(r"`([^`]+)`", row) for row in re.findall(r"^\| (`.*?) \|", table, re.M)]
    times, weekdays, both, seen, spans, prices = rows
    assert {appointed(said).at for said in times} <= {"2026-12-03 09:00", "12-03 09:00"}
    assert {appointed(said).at for said in weekdays} == {"thu 09:00"}
    assert [appointed(said).at for said in both] == ["thu 12-03 09:00"]
    assert {appointed(said).at for said in seen[:4]} == {"tomorrow 08:30"}
    assert {appointed(f"{said} 9:00").at for said in seen[4:]} == {"today 09:00", "2d 09:00"}
    assert {appointed(f"thu {said}").until for said in spans} == {"10:30", "16:00"}
    assert [appointed(said).price for said in prices] == ["129.00 EUR", "129.50 EUR", "1200.00 DKK", "1280.00 CNY"]
