"""Bring a backup back into an empty installation, where nothing goes out until a person says so."""

import os
import stat
from datetime import datetime
from pathlib import Path

from config.draft import MAIN
from daemon.keeping import archive
from daemon.keeping.archive import CONFIG, DATA, DATABASE, Manifest, NoBackup
from daemon.keeping.belongings import DESK_KEY
from daemon.keeping.scratch import scratch, sweep
from daemon.seclusion import hand_over
from daemon.shift import Place, data_directory, database_url
from daemon.store import open_store, snapshots, standstill
from daemon.store.copying import Told
from daemon.store.engine import database_file
from daemon.store.snapshots import NotEmpty
from daemon.store.standstill import Waiting
from daemon.store.upgrade import schema_state, upgrade


def restore_configuration(file: Path, directory: Path, told: Told) -> Manifest:
    """Write the files of the configuration into a directory that is empty or not there.

    A directory that is there stays: whose it is and who may enter it was settled by whoever made it.

    Raises:
        NoBackup: As it says; nothing was written.
        NotEmpty: The directory holds something.
        OSError: It cannot be written.
    """
    if not is_vacant(directory):
        raise NotEmpty(f"{directory} is not empty")
    is_there = directory.exists()
    directory.parent.mkdir(parents=True, exist_ok=True)
    place = directory if is_there else directory.parent
    with scratch(place) as aside:
        fresh = aside / "config"
        fresh.mkdir(mode=0o700)
        manifest = archive.unpack(file, lambda name: _below(fresh, name, CONFIG), told)
        if is_there:
            _move_in(fresh, directory)
        else:
            fresh.rename(directory)
    return manifest


def has_configuration(directory: Path) -> bool:
    """Whether there is one, of whatever quality.

    Raises:
        NotEmpty: There is something else.
    """
    if is_vacant(directory):
        return False
    if not (directory / MAIN).exists():
        raise NotEmpty(f"{directory} is not empty, and has no {MAIN}: empty it, then the backup's is written")
    return True


def is_vacant(directory: Path) -> bool:
    """Whether nothing is there but what a killed `restore` left, which is gone then."""
    if not directory.exists():
        return True
    sweep(directory)
    return not any(directory.iterdir())


def restore(file: Path, settings: Place, now: datetime, by: str, told: Told) -> tuple[Manifest, Waiting]:
    """Bring database and keys back; the database is there as a whole or not at all.

    Args:
        file: The backup.
        settings: Of an installation without a database, whose data directory no daemon uses.
        now: UTC.
        by: Who does it.
        told: Is told what is being done and how far it is.

    Returns:
        What was in the backup, and what waits in it.

    Raises:
        NoBackup: It is not whole, was altered, or was made by a newer Postroom.
        NotEmpty: There is a database already, or the log of one, or another key of the desk.
        snapshots.Differs: What was written is not what is in the backup.
        OSError: Something cannot be written.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be written.
    """
    url, data = database_url(settings), data_directory(settings)
    _demand_empty(url)
    _demand_no_other_log(url)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch(data) as aside:
        manifest = archive.unpack(file, lambda member: _place(aside, member), told)
        back = aside / DATABASE
        _prepare(back, manifest)
        key = aside / DATA / DESK_KEY
        _demand_no_other_key(key, data / DESK_KEY)
        waits = _stand_still(back, manifest, now, by)
        if key.exists():  # before the database, with which the installation is there
            _put(key, data / DESK_KEY)
        if (target := database_file(url)) is None:
            snapshots.move(f"sqlite:///{back}", url, told)
        else:
            _put(back, target)
        archive.sync(data)
    return manifest, waits


def _move_in(fresh: Path, directory: Path) -> None:
    """As root: the group that may enter the directory may read what is in it. The daemon is of that group."""
    may_read = os.geteuid() == 0 and directory.stat().st_mode & stat.S_IXGRP
    for path in fresh.rglob("*"):
        hand_over(path, directory)
        if may_read:
            path.chmod(0o750 if path.is_dir() else 0o640)
    for path in sorted(fresh.iterdir(), key=lambda path: path.name == MAIN):
        path.rename(directory / path.name)


def _demand_empty(url: str) -> None:
    if database_file(url) is None:
        snapshots.demand_empty(url)
    elif schema_state(url) != "none":
        raise NotEmpty(f"there is a database already: {database_file(url)}. Move it away if it is not wanted")


def _demand_no_other_log(url: str) -> None:
    """SQLite would read the log of a database that was moved away into the one that is put in its place."""
    file = database_file(url)
    for log in (file.with_name(f"{file.name}{end}") for end in ("-wal", "-journal")) if file is not None else ():
        if log.exists():
            raise NotEmpty(f"{log} belongs to a database that was moved away: move it to where that is")


def _prepare(back: Path, manifest: Manifest) -> None:
    """Sound, and of our schema."""
    if not snapshots.is_sound(back):
        raise NoBackup("the database in it is damaged")
    state = schema_state(f"sqlite:///{back}")
    if state not in ("current", "older"):
        raise NoBackup(f"Postroom {manifest.postroom} made it, with schema {manifest.schema}: install that version")
    if state == "older":
        upgrade(f"sqlite:///{back}")


def _demand_no_other_key(key: Path, present: Path) -> None:
    if key.exists() and present.exists() and key.read_bytes() != present.read_bytes():
        raise NotEmpty(f"{present} is another key than that of the backup. Move it away if it is not wanted")


def _put(file: Path, place: Path) -> None:
    hand_over(file, place.parent)
    file.replace(place)


def _stand_still(back: Path, manifest: Manifest, now: datetime, by: str) -> Waiting:
    """Before it is put in its place: no daemon ever sees a restored database that does not stand still."""
    why = f"restored from a backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC"
    store = open_store(f"sqlite:///{back}")
    try:
        store.write(lambda c: (standstill.doubt_letters(c), standstill.begin(c, why, by, now))).result()
        with store.read() as connection:
            waits = standstill.waiting(connection, now)
    finally:
        store.close()
    if back.with_name(f"{back.name}-wal").exists():  # what was written is in there, and it would stay behind
        raise OSError(f"{back} is being read by somebody, so that SQLite's log was not copied back into it: try again")
    with back.open("rb") as handle:
        os.fsync(handle.fileno())
    return waits


def _place(aside: Path, member: str) -> Path | None:
    return aside / member if member == DATABASE or member == f"{DATA}{DESK_KEY}" else None


def _below(home: Path, member: str, folder: str) -> Path | None:
    return home / member.removeprefix(folder) if member.startswith(folder) else None
