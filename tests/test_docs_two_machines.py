"""The example of docs/two-machines.md: both configurations load and belong together, Postfix understands its lines."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from config.load import load
from config.models import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "two-machines.md").read_text("utf-8")
NODES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
BLOCKS = re.findall(r"^```\n# /etc/postfix/(\S+?):?(?: [^\n]*)?\n(.*?)^```", PAGE, re.M | re.S)


def node(text: str, directory: Path) -> Settings:
    shutil.copytree(ROOT / "config" / "example", directory)
    key = directory / "desk.key"
    key.write_text("secret of the desk\n")
    (directory / "postroom.toml").write_text(text.replace("/etc/postroom/desk.key", str(key)))
    settings, problems = load(directory)
    assert settings is not None, problems
    return settings


def test_two_nodes_that_belong_together(tmp_path: Path) -> None:
    first, second = (node(text, tmp_path / f"node{n}").postroom for n, text in enumerate(NODES))
    assert first.database == second.database
    assert first.database.count("muster.example") == 2
    assert first.hostname != second.hostname
    assert first.smtp.listen != second.smtp.listen
    assert [one.url for one in first.relay] == [one.url for one in reversed(second.relay)]
    assert first.smtp.authserv_id == second.smtp.authserv_id


@pytest.mark.peer
def test_postfix_knows_each_line(need_program: Callable[[str, str], str], tmp_path: Path) -> None:
    postconf = need_program("postconf", "postfix")
    files = dict(BLOCKS)
    assert set(files) == {"main.cf", "master.cf"}
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\n" + files["main.cf"])
    (tmp_path / "master.cf").write_text(files["master.cf"])
    for asked in (("-n",), ("-M",)):
        told = subprocess.run([postconf, "-c", tmp_path, *asked], capture_output=True, text=True, check=True)
        assert told.stderr == ""
    assert "10.1.0.1:10025" in told.stdout
