"""Every example in docs/operating.md is a configuration that loads.

A block is a whole postroom.toml, or tables of one; one that begins with `# sites.toml` or the like belongs there.
"""

import base64
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from tests.support.daemon import EXAMPLE, ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S)
HEAD = 'hostname = "postroom.muster.example"\nadmin = "it@muster.example"\ndata = "./data"\n'
RELAY = '\n[[relay]]\nurl = "maildir:./mail-out"\n'
KEY = base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + b"k" * 32).decode()
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"


def named(value: Any, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every secret and file of a block: under which key, of what kind, by what name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and name in ("file", "credential", "env"):
                yield key, name, inner
            elif isinstance(inner, str) and name in ("ca_file", "tls_certificate", "tls_key"):
                yield name, "file", inner
            else:
                yield from named(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner, key)


def provide(block: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something in every place that the block names."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home))
    for key, kind, name in named(tomllib.loads(block)):
        secret = PEM if key == "key" else "a secret"
        if kind == "env":
            monkeypatch.setenv(name, secret)
        else:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(secret)


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3
    assert {"microsoft", "google"} <= set(re.findall(r'provider = "(\w+)"', PAGE))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_loads(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "etc"
    shutil.copytree(EXAMPLE, home)
    block = BLOCKS[number].replace("/etc/postroom", str(home))
    provide(block, home, monkeypatch)
    other = re.match(r"# (\w+\.toml)\n", block)
    if other and other[1] != "postroom.toml":
        (home / other[1]).write_text((home / other[1]).read_text("utf-8") + block, "utf-8")
    else:
        whole = "hostname" in tomllib.loads(block)
        relay = "" if "relay" in tomllib.loads(block) else RELAY
        (home / "postroom.toml").write_text(block if whole else HEAD + block + relay, "utf-8")
    settings, problems = load(home)
    assert [str(problem) for problem in problems] == []
    assert settings is not None
