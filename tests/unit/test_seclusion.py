"""The data directory is closed to others, whatever comes and goes in it."""

import os
from pathlib import Path

import pytest

from daemon.app import only_daemon
from daemon.seclusion import keep_to_ourselves
from daemon.store import open_store
from daemon.store.upgrade import prepare


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_belongs_to_the_daemons_user(tmp_path: Path) -> None:
    """Before its first start somebody says `postroom standstill` as root: then the daemon must be able to write."""
    data = tmp_path / "data"
    data.mkdir(0o700)
    os.chown(data, 4711, 4712)
    url = f"sqlite:///{data / 'postroom.db'}"
    prepare(url, data)
    store = open_store(url)
    store.write(lambda c: c.exec_driver_sql("SELECT 1").scalar()).result()
    with only_daemon(data):
        found = {path.name: path.stat() for path in data.iterdir()}
    store.close()
    assert {"postroom.db", "postroom.db-turn", "daemon.lock"} <= set(found)
    assert {(one.st_uid, one.st_gid, one.st_mode & 0o777) for one in found.values()} == {(4711, 4712, 0o600)}
