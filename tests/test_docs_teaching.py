"""Teaching a source as docs/sources.md tells it: its commands are run in its order, and its output is what comes."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config.init import initialise
from daemon.cli import main

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "sources.md").read_text("utf-8")
PART = PAGE[PAGE.index("## For admins") : PAGE.index("## For developers")]
COMMANDS = [shlex.split(line) for line in re.findall(r"^    \$ postroom (.+)$", PART, re.M)]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PART, re.M | re.S)
WIDEST = 40
"""Characters of a value that the page shows."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example configuration, and the page's samples where one works."""
    initialise(tmp_path / "etc")
    shutil.copytree(DOCS / "examples" / "automarkt", tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("POSTROOM_CONFIG", str(tmp_path / "etc"))
    monkeypatch.delenv("POSTROOM_TEST_CLOCK", raising=False)
    return tmp_path / "etc"


def run(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def matrix(output: str) -> dict[str, list[str]]:
    """Rows of fields and unknown labels, as the page shows them."""
    samples = [found for line in output.splitlines() if "fields" in (found := json.loads(line))]
    rows: dict[str, list[str]] = {}
    for column, sample in enumerate(samples):
        labels = {f"unknown label: {label}": value for label, value in sample["unknown"].items()}
        for name, value in (*sample["fields"].items(), *labels.items()):
            rows.setdefault(name, [""] * len(samples))[column] = short(value)
    return rows


def table_of_page() -> dict[str, list[str]]:
    lines = PART[PART.index("| field |") :].partition("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {name: values for name, *values in cells}


def without_token(text: str) -> str:
    return re.sub(r"automarkt\.[a-z0-9]{12}@", "automarkt.@", text)


def test_the_page_shows_its_first_sample() -> None:
    assert dict(BLOCKS)["eml"] == (DOCS / "examples" / "automarkt" / "1.eml").read_text("utf-8")


def test_the_commands_of_the_page_lead_where_it_says(home: Path) -> None:
    look, write, try_again, check, reload = COMMANDS
    assert reload == ["reload"]  # the daemon does that; tests/scenarios run one
    proposed, correction = (block for kind, block in BLOCKS if kind == "toml")

    assert matrix(run(*look, "--json")) == table_of_page()
    assert not (home / "sources.d").exists()

    run(*write)
    file = home / "sources.d" / "automarkt.toml"
    text = file.read_text("utf-8")
    assert without_token(text).startswith(without_token(proposed))
    assert text.count("[[test]]") == 3

    label = correction.partition(" = ")[0]
    text = re.sub(rf"^{label} = .*\n", correction, text, count=1, flags=re.M)
    file.write_text(re.sub(r"^.*extra\.Lackwunsch.*\n", "", text, flags=re.M), "utf-8")
    wanted = table_of_page()
    assert wanted.pop("unknown label: Lackwunsch") == ["rot", "blau", "grau"]
    assert matrix(run(*try_again, "--json")) == wanted
    assert "no problems" in run(*check)


def test_warnings_are_worded_as_the_page_quotes_them() -> None:
    learned = (DOCS.parent / "parsers" / "learn.py").read_text("utf-8")
    assert [quote for quote in ("was forwarded", "is built differently from the others") if quote not in learned] == []
