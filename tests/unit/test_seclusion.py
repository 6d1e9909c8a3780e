"""The data directory is closed to others, whatever comes and goes in it."""

import os
from pathlib import Path

import pytest

from daemon.seclusion import keep_to_ourselves


def test_what_goes_away_meanwhile_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that ends takes SQLite's log with it."""
    tmp_path.chmod(0o700)
    for name in ("postroom.db", "postroom.db-wal"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    listed = Path.iterdir

    def iterdir(directory: Path) -> list[Path]:
        found = sorted(listed(directory))
        (tmp_path / "postroom.db-wal").unlink()
        return found

    monkeypatch.setattr(Path, "iterdir", iterdir)
    mask = os.umask(0o077)
    try:
        assert keep_to_ourselves(tmp_path) == ["postroom.db"]
    finally:
        os.umask(mask)
    assert (tmp_path / "postroom.db").stat().st_mode & 0o777 == 0o600
