"""The configurations in docs/postgresql.md load as they stand there."""

import re
import shutil
from pathlib import Path

import pytest

from config.load import load

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs" / "postgresql.md").read_text("utf-8"), re.M | re.S)
ROLES = (("smtp", "imap", "work"), ("smtp",), ("work",))


@pytest.mark.parametrize(("example", "roles"), list(zip(EXAMPLES, ROLES, strict=True)), ids=["one", "front", "back"])
def test_an_example_is_a_configuration(example: str, roles: tuple[str, ...], tmp_path: Path) -> None:
    directory = tmp_path / "etc"
    shutil.copytree(ROOT / "config" / "example", directory)
    key = directory / "desk.key"
    key.write_text("secret of the desk\n")
    (directory / "postroom.toml").write_text(example.replace("/etc/postroom/desk.key", str(key)))
    settings, problems = load(directory)
    assert settings is not None, problems
    assert settings.postroom.roles == roles
    assert settings.postroom.database.startswith("postgresql://postroom@db.muster.example/postroom")
