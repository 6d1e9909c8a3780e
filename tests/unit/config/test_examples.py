"""What docs/smtp.md shows as postroom.toml is a configuration that loads."""

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from config.load import load

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "smtp.md").read_text("utf-8")
BLOCKS = re.findall(r"(?:^(?:    .*)?\n)+", PAGE, re.MULTILINE)
SHOWN = [text for text in map(textwrap.dedent, BLOCKS) if text.lstrip().startswith("# postroom.toml")]
REST = """
hostname = "postroom.muster.example"
admin = "it@muster.example"
data = "data"
"""
RELAY = """
[[relay]]
url = "maildir:mail-out"
"""


def test_there_are_examples() -> None:
    assert len(SHOWN) == 4


@pytest.mark.parametrize("shown", SHOWN, ids=["behind Postfix", "border server", "log in", "behind a balancer"])
def test_an_example_loads(shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "config" / "example", tmp_path, dirs_exist_ok=True)
    text = REST + shown.partition("\n# /etc/")[0] + RELAY
    (tmp_path / "postroom.toml").write_text(text.replace("/etc/postroom/tls", str(tmp_path)), "utf-8")
    for name in ("fullchain.pem", "key.pem", "website-berlin"):
        (tmp_path / name).write_text("x")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings, problems = load(tmp_path)
    assert problems == []
    assert settings
    smtp = settings.postroom.smtp
    assert smtp.lmtp or smtp.user or smtp.proxy or smtp.authserv_id == ("mx.muster.example",)
