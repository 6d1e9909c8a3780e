"""What is put in its place is whole, and stands still."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from daemon.keeping.backup import back_up
from daemon.keeping.restore import restore, restore_configuration
from daemon.seams import wall_now
from daemon.shift import data_directory


def test_no_database_is_put_in_its_place_while_its_standstill_is_only_in_a_log(post_room: Any, tmp_path: Path) -> None:
    """Somebody reads the database while it is prepared, so that SQLite cannot copy its log back."""
    file = tmp_path / "a.backup"
    back_up(post_room.settings, file, wall_now(), lambda *_: None)
    restore_configuration(file, tmp_path / "new", lambda *_: None)
    settings, problems = load(tmp_path / "new")
    assert settings is not None, problems
    data = data_directory(settings)
    readers: list[sqlite3.Connection] = []

    def read_along(*_: object) -> None:
        for found in data.glob(".postroom-scratch.*/data"):  # the key comes behind the database
            if not readers and found.is_dir():
                readers.append(sqlite3.connect(found.parent / "postroom.db"))
                readers[0].execute("BEGIN")
                readers[0].execute("SELECT count(*) FROM message").fetchone()

    with pytest.raises(OSError, match="is being read"):
        restore(file, settings, wall_now(), "anna", read_along)
    assert not (data / "postroom.db").exists()
    readers[0].close()
    restore(file, settings, wall_now(), "anna", lambda *_: None)
    assert (data / "postroom.db").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_restores_the_daemons_user_can_use(post_room: Any, tmp_path: Path) -> None:
    """The directories are there, as systemd-tmpfiles made them: the configuration root's, for the daemon's group."""
    file, directory = tmp_path / "a.backup", tmp_path / "new" / "etc"
    back_up(post_room.settings, file, wall_now(), lambda *_: None)
    directory.mkdir(parents=True)
    directory.chmod(0o750)
    os.chown(directory, 0, 4712)
    restore_configuration(file, directory, lambda *_: None)
    there = {path.relative_to(directory).as_posix(): path.stat() for path in (directory, *directory.rglob("*"))}
    assert {"postroom.toml", "mails", "mails/form-german.eml"} <= set(there)
    assert {one.st_gid for one in there.values()} == {4712}
    assert {one.st_mode & 0o7777 for one in there.values()} == {0o750, 0o640}
    settings, problems = load(directory)
    assert settings is not None, problems
    data = data_directory(settings)
    data.mkdir(0o700)
    os.chown(data, 4711, 4712)
    restore(file, settings, wall_now(), "root", lambda *_: None)
    assert {path.name: path.stat().st_uid for path in data.iterdir()} == {"postroom.db": 4711, "desk.key": 4711}
