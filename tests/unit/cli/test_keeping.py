"""An installation kept in a file, brought back elsewhere, stood still, released and moved."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from daemon.app import only_daemon
from daemon.keeping.scratch import PREFIX, scratch
from daemon.shift import data_directory
from daemon.store import open_store
from daemon.store.upgrade import upgrade
from tests.support.fixtures import ON_POSTGRESQL_ONLY

ON_BOTH = ["sqlite", ON_POSTGRESQL_ONLY]


@pytest.fixture(params=ON_BOTH)
def room(request: pytest.FixtureRequest, post_room: Any, tmp_path: Path) -> Path:
    """A configuration directory, on a database of its own that some days of work are in."""
    directory: Path = post_room.directory
    if request.param == "postgresql":
        worked_in = request.getfixturevalue("worked_in_postgres")
        point(directory, request.getfixturevalue("postgres").new_database(worked_in.url.rpartition("/")[2]))
        shutil.rmtree(directory / "data", ignore_errors=True)
        shutil.copytree(worked_in.directory / "data", directory / "data")
    return directory


def point(directory: Path, database: str) -> None:
    """Give a configuration another database."""
    main = directory / "postroom.toml"
    main.write_text(f'database = "{database}"\n{main.read_text().partition(chr(10))[2]}')


def elsewhere(room: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The same configuration on another machine, with nothing in it yet."""
    directory = tmp_path / "elsewhere" / "etc"
    shutil.copytree(room, directory, ignore=shutil.ignore_patterns("data"))
    if "postgresql" in (room / "postroom.toml").read_text():
        point(directory, request.getfixturevalue("postgres").new_database("template0"))
    return directory


def listed(postroom: Any, directory: Path) -> list[Any]:
    """All that can be looked at."""
    rows = [postroom(*words, "--json", directory=directory).rows for words in LISTINGS]
    for row in (row for listing in rows for row in listing):
        row.pop("lease", None)
    return rows


LISTINGS = (("records",), ("ledger",), ("quarantine", "list"))


def test_a_backup_comes_back_elsewhere_and_stands_still(
    room: Path, postroom: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "a.backup"
    answer = postroom("backup", file, "--json", directory=room)
    assert answer.code == 0, answer.err
    (told,) = answer.rows
    assert told["verified"] is True
    assert told["tables"]["message"]["rows"] >= 10
    assert {"postroom.db", "config/postroom.toml", "data/desk.key"} <= set(told["files"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["a.backup"], "nothing is left"

    other = elsewhere(room, tmp_path, request)
    answer = postroom("restore", file, "--json", directory=other)
    assert answer.code == 0, answer.err
    (found,) = answer.rows
    assert found["tables"] == told["tables"]
    assert found["waiting"]["letters"] > 0
    assert found["configuration"] is False
    assert listed(postroom, other) == listed(postroom, room)
    settings, _ = load(other)
    assert settings is not None
    data = data_directory(settings)
    assert (data / "desk.key").read_bytes() == (room / "data" / "desk.key").read_bytes()
    assert not (data / "daemon.id").exists(), "by it a daemon knows its own leases: never copied"
    assert data.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in data.iterdir()} == {0}

    status = json.loads(postroom("status", "--json", directory=other).out)
    assert status["standstill"]["why"].startswith("restored from a backup of 20")
    assert status["standstill"]["letters"] == found["waiting"]["letters"]
    states = {row["state"] for row in postroom("queue", "list", "--json", directory=other).rows}
    assert states == {"unknown"}, "nobody knows whether they went out"
    answer = postroom("release", "--json", directory=other)
    assert answer.rows == [{"waited": found["waiting"], "held": 0}]
    assert json.loads(postroom("status", "--json", directory=other).out)["standstill"] is None
    assert postroom("release", directory=other).code == 1


def test_a_configuration_comes_back_where_there_is_none(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    directory = post_room.directory
    file, empty = tmp_path / "a.backup", tmp_path / "new" / "etc"
    assert postroom("backup", file, directory=directory).code == 0
    answer = postroom("restore", file, directory=empty)
    assert answer.code == 0, answer.err
    assert "The configuration was written to" in answer.out
    for path in (path for path in directory.rglob("*") if path.is_file() and "data" not in path.parts):
        assert (empty / path.relative_to(directory)).read_bytes() == path.read_bytes()
    assert postroom("check", directory=empty).code == 0
    assert postroom("ledger", directory=empty).code == 0


def test_nothing_is_written_over(room: Path, postroom: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    file = tmp_path / "a.backup"
    assert postroom("backup", file, directory=room).code == 0
    before = file.read_bytes()
    assert postroom("backup", file, directory=room).code == 2
    assert file.read_bytes() == before
    rows = listed(postroom, room)
    (room / "data" / "desk.key").unlink()
    answer = postroom("restore", file, directory=room)
    assert answer.code == 1
    assert "database" in answer.err
    assert not (room / "data" / "desk.key").exists()
    assert listed(postroom, room) == rows
    other = elsewhere(room, tmp_path, request)
    (other / "data").mkdir()
    (other / "data" / "desk.key").write_bytes(b"another")
    answer = postroom("restore", file, directory=other)
    assert answer.code == 1
    assert "another key" in answer.err
    assert sorted(path.name for path in (other / "data").iterdir()) == ["daemon.lock", "desk.key"]


def test_a_daemon_that_runs_keeps_restore_and_copy_out(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    with only_daemon(post_room.database.parent):
        for words in (("restore", file), ("db", "copy", "postgresql://nobody@127.0.0.1:1/none")):
            answer = postroom(*words, directory=post_room.directory)
            assert (answer.code, "stop it first" in answer.err) == (75, True), words


@pytest.mark.peer
def test_a_daemon_elsewhere_keeps_restore_and_copy_out(
    post_room: Any, postroom: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """On PostgreSQL it has a data directory of its own, and what it takes in would be left behind."""
    file, other = tmp_path / "a.backup", elsewhere_on_sqlite(post_room.directory, tmp_path)
    assert postroom("backup", file, directory=post_room.directory).code == 0
    upgrade(url := request.getfixturevalue("postgres").new_database("template0"))
    point(other, url)
    store = open_store(url)
    store.write(lambda c: c.exec_driver_sql("SELECT 1").scalar()).result()
    for words in (("restore", file), ("db", "copy", "sqlite")):
        answer = postroom(*words, directory=other)
        assert (answer.code, "stop them first" in answer.err.replace("\n", " ")) == (75, True), words
    store.close()
    assert postroom("restore", file, directory=other).code == 0


def test_a_damaged_backup_restores_nothing(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    file, empty = tmp_path / "a.backup", tmp_path / "new" / "etc"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    content = file.read_bytes()
    for at in (700, len(content) // 2, len(content) - 30_000):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        answer = postroom("restore", file, directory=empty)
        assert answer.code == 1, at
        assert not empty.exists()
    file.write_bytes(content[: len(content) // 3])
    assert postroom("restore", file, directory=empty).code == 1
    assert not empty.exists()


def test_findings_of_the_ledger_are_told_and_the_backup_is_kept(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """It is a true copy of an installation in which somebody has altered something."""
    with closing(sqlite3.connect(post_room.database)) as connection, connection:
        connection.execute("UPDATE message SET subject = 'altered' WHERE id = (SELECT min(id) FROM message)")
    file = tmp_path / "a.backup"
    answer = postroom("backup", file, "--json", directory=post_room.directory)
    (told,) = answer.rows
    assert answer.code == 1
    assert (told["verified"], told["differs"], told["findings"]) == (False, [], 1)
    assert file.exists()


def test_what_is_not_in_a_backup_is_named(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    secret = tmp_path / "relay.password"
    secret.write_text("canary-5f3a")
    with (post_room.directory / "postroom.toml").open("a") as main:
        main.write(f'\n[[relay]]\nurl = "smtps://r.example"\nusername = "u"\npassword = {{ file = "{secret}" }}\n')
        main.write('\n[[relay]]\nurl = "smtps://s.example"\nusername = "u"\npassword = { env = "RELAY_PASSWORD" }\n')
    file = tmp_path / "a.backup"
    answer = postroom("backup", file, directory=post_room.directory)
    assert f"not in it: {secret}" in answer.out.replace("\n", "")
    assert "not in it: environment variable RELAY_PASSWORD" in answer.out
    assert "canary-5f3a" not in answer.out + answer.err
    assert b"canary-5f3a" not in file.read_bytes()


HEAR = "signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell's `&` has it ignored."""


def disturbed(disturbance: str, *words: object, by: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """A command of a process in which something happens."""
    program = f"import os, resource, signal, sys; {disturbance}; from daemon.cli import main; main()"
    command = [*by, sys.executable, "-B", "-c", program, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def signalled(number: int, place: Path, directory: Path) -> "subprocess.CompletedProcess[str]":
    """A backup that gets a signal once the database is in its scratch place, when it comes to the configuration."""
    place.mkdir()
    then = f"sys.addaudithook(lambda event, _: event == 'shutil.copyfile' and os.kill(os.getpid(), {number}))"
    return disturbed(f"{HEAR}; {then}", "backup", place / "a.backup", "-c", directory)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_is_stopped_leaves_no_copy_behind(post_room: Any, tmp_path: Path, number: int, code: int) -> None:
    """It says no word of its insides, and does not look as if the ledger had a finding."""
    done = signalled(number, tmp_path / "backups", post_room.directory)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_one_left_is_swept_by_the_next(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """Copies of all mails; but not the place of one that is still at work."""
    place = tmp_path / "backups"
    assert signalled(signal.SIGKILL, place, post_room.directory).returncode == -signal.SIGKILL
    (left,) = place.iterdir()
    assert (left / "postroom.db").exists()
    with scratch(place) as at_work:
        assert not left.exists()
        (at_work / "kept").write_text("by one that is at work")
        assert postroom("backup", place / "b.backup", directory=post_room.directory).code == 0
        assert (at_work / "kept").exists()
    assert [path.name for path in place.iterdir()] == ["b.backup"]


def test_a_restore_can_be_said_again_after_one_that_was_killed(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    file, directory = tmp_path / "a.backup", tmp_path / "new"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    (directory / f"{PREFIX}killed" / "config").mkdir(parents=True)
    (directory / f"{PREFIX}killed" / "config" / "postroom.toml").write_text("half of it")
    answer = postroom("restore", file, "--json", directory=directory)
    assert answer.code == 0, answer.err
    assert answer.rows[0]["configuration"] is True
    assert not list(directory.rglob(f"{PREFIX}*"))


@pytest.mark.peer
def test_a_restore_that_is_stopped_behind_the_database_leaves_its_key(
    post_room: Any, postroom: Any, tmp_path: Path, need_program: Any
) -> None:
    """A daemon would make another, and would not know the answers to what was sent before."""
    file, other = tmp_path / "a.backup", elsewhere_on_sqlite(post_room.directory, tmp_path)
    assert postroom("backup", file, directory=post_room.directory).code == 0
    settings, _ = load(other)
    assert settings is not None
    data = data_directory(settings)
    second = ("-e", "trace=rename", "-e", "inject=rename:signal=SIGINT:when=2")  # after the key's
    by = (need_program("strace", "strace"), "-f", "-qq", "-o", str(tmp_path / "seen"), *second)
    done = disturbed(HEAR, "restore", file, "-c", other, by=by)
    assert done.returncode == 130, done.stderr
    assert {path.name for path in data.iterdir()} == {"daemon.lock", "postroom.db", "desk.key"}


def test_a_configuration_that_is_half_there_is_told(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """It was killed while the files were put in their place."""
    file, directory = tmp_path / "a.backup", tmp_path / "new"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    shutil.copytree(post_room.directory / "mails", directory / "mails")
    answer = postroom("restore", file, directory=directory)
    assert answer.code == 1
    assert "has no postroom.toml: empty it" in " ".join(answer.err.split())
    shutil.rmtree(directory / "mails")
    assert postroom("restore", file, directory=directory).code == 0


def test_a_disk_that_is_full_is_told_in_a_line(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    file, backups = tmp_path / "a.backup", tmp_path / "backups"
    backups.mkdir()
    assert postroom("backup", file, directory=post_room.directory).code == 0
    full = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    for words in (
        ("backup", backups / "b.backup", "-c", post_room.directory),
        ("restore", file, "-c", elsewhere_on_sqlite(post_room.directory, tmp_path)),
    ):
        done = disturbed(full, *words)
        assert done.returncode == 75, done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert "it could not be done" in done.stderr
    assert list(backups.iterdir()) == []


def test_the_data_directory_is_no_configuration(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert [name for name in names if "data" in name and name != "data/desk.key"] == []
    assert "config/mails/form-german.eml" in names


def test_mails_that_a_relay_wrote_are_no_configuration(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """The example's relay is a Maildir below its configuration: what went out lies there, ever more of it."""
    main, written = post_room.directory / "postroom.toml", post_room.directory / "mail-out" / "new"
    assert 'url = "maildir:./mail-out"' in main.read_text()
    written.mkdir(parents=True, exist_ok=True)
    (written / "1").write_text("To: eva@kunde.example")
    answer = postroom("backup", tmp_path / "a.backup", "--json", directory=post_room.directory)
    assert answer.code == 0, answer.err
    assert [name for name in answer.rows[0]["files"] if "mail-out" in name] == []


def test_one_directory_for_all_is_refused(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """Else the configuration would count as data, and be missing in the backup."""
    main = post_room.directory / "postroom.toml"
    main.write_text(main.read_text().replace('data = "./data"', 'data = "."'))
    shutil.copyfile(post_room.database, post_room.directory / "postroom.db")
    answer = postroom("backup", tmp_path / "a.backup", directory=post_room.directory)
    assert (answer.code, "both configuration and data directory" in answer.err) == (2, True)


def test_a_file_that_cannot_be_meant_is_wrong_usage(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    astray = tmp_path / "missing" / "a.backup"
    answer = postroom("backup", astray, directory=post_room.directory)
    assert (answer.code, answer.err) == (2, f"postroom: {astray.parent} is no directory\n")
    answer = postroom("restore", astray, directory=tmp_path / "new")
    assert (answer.code, "does not exist" in answer.err) == (2, True)


@pytest.mark.peer
def test_several_servers_are_named_as_they_stand_there(
    post_room: Any, postroom: Any, request: pytest.FixtureRequest
) -> None:
    """Each with its port: SQLAlchemy cannot read such a URL, the driver can."""
    url = request.getfixturevalue("postgres").new_database("template0")
    head, _, name = url.rpartition("/")
    several = f"{head},127.0.0.1:1/{name}"
    point(post_room.directory, several)
    answer = postroom("status", directory=post_room.directory)
    assert (answer.code, several in answer.err) == (75, True), answer.err
    assert postroom("db", "upgrade", directory=post_room.directory).out == "created\n"
    assert postroom("ledger", directory=post_room.directory).code == 0


def test_release_can_hold_what_is_old(room: Path, postroom: Any) -> None:
    waiting = {row["id"] for row in postroom("queue", "list", "--json", directory=room).rows}
    assert waiting
    assert "Nothing goes out from now on" in postroom("standstill", "--why", "a copy by hand", directory=room).out
    assert "already" in postroom("standstill", directory=room).out
    assert "NOTHING GOES OUT" in postroom("status", directory=room).out
    assert "a copy by hand" in postroom("status", directory=room).out
    answer = postroom("release", "--hold", "--json", directory=room)
    assert answer.rows[0]["held"] == len(waiting)
    held = postroom("queue", "list", "--state", "held", "--json", directory=room).rows
    assert {row["id"] for row in held} == waiting
    assert {row["last_error"] for row in held} == {
        "held when the standstill ended: it is older than that and may have gone out before"
    }
    assert postroom("queue", "retry", held[0]["id"], directory=room).code == 0
    assert postroom("ledger", directory=room).code == 0


@pytest.mark.peer
def test_db_copy_moves_an_installation_and_back(
    post_room: Any, postroom: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    directory = post_room.directory
    target = request.getfixturevalue("postgres").new_database("template0")
    rows = listed(postroom, directory)
    answer = postroom("db", "copy", target, "--json", directory=directory)
    assert answer.code == 0, answer.err
    (told,) = answer.rows
    assert told["findings"] == 0
    assert told["tables"]["message"]["rows"] >= 10
    assert postroom("db", "copy", target, directory=directory).code == 1, "it is not empty"
    shutil.move(directory / "data" / "postroom.db", tmp_path / "old.db")
    point(directory, target)
    assert listed(postroom, directory) == rows
    postroom("do", rows[0][0]["ref"], "note", "text=x", directory=directory)
    assert postroom("ledger", directory=directory).code == 0, "it goes on"
    answer = postroom("db", "copy", "sqlite", directory=directory)
    assert answer.code == 0, answer.err
    assert {path.stat().st_mode & 0o077 for path in (directory / "data").iterdir()} == {0}
    point(directory, "sqlite")
    assert postroom("ledger", directory=directory).code == 0
    assert postroom("show", rows[0][0]["ref"], directory=directory).code == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("sqlite", "this is the database itself"),
        ("postgresql://postroom:secret@db.example/postroom", "holds a secret"),
        ("mysql://db.example/postroom", "is not a database"),
    ],
)
def test_other_targets_are_refused(target: str, says: str, post_room: Any, postroom: Any) -> None:
    answer = postroom("db", "copy", target, directory=post_room.directory)
    assert answer.code == 2
    assert says in answer.err


def test_a_backup_of_a_newer_version_is_refused(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """Its database names a schema that nobody here knows; so it was made by hand, manifest and all."""
    import msgspec

    from daemon.keeping import archive

    file, made = tmp_path / "a.backup", tmp_path / "newer.backup"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    home = tmp_path / "unpacked"
    manifest = archive.unpack(file, lambda name: home / name, lambda *_: None)
    with closing(sqlite3.connect(home / "postroom.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    members = {name: home / name for name in manifest.files}
    files = {name: archive.digest_of(path) for name, path in members.items()}
    newer = msgspec.structs.replace(manifest, schema="9999", postroom="9.9", files=files)
    archive.pack(made, newer, members, lambda *_: None)
    answer = postroom("restore", made, directory=tmp_path / "new" / "etc")
    assert answer.code == 1
    assert "Postroom 9.9 made it, with schema 9999: install that version" in answer.err
    assert not (tmp_path / "new" / "etc" / "data" / "postroom.db").exists()


@pytest.mark.peer
def test_an_empty_database_with_tables_takes_a_backup(
    post_room: Any, postroom: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """As `postroom db upgrade` leaves it; and an installation on SQLite goes to PostgreSQL by its backup."""
    file, other = tmp_path / "a.backup", tmp_path / "other" / "etc"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    shutil.copytree(post_room.directory, other, ignore=shutil.ignore_patterns("data"))
    upgrade(url := request.getfixturevalue("postgres").new_database("template0"))
    point(other, url)
    answer = postroom("restore", file, directory=other)
    assert answer.code == 0, answer.err
    assert listed(postroom, other) == listed(postroom, post_room.directory)
    assert postroom("restore", file, directory=other).code == 1


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_the_log_of_a_database_that_was_moved_away_is_not_mixed_in(
    end: str, post_room: Any, postroom: Any, tmp_path: Path
) -> None:
    """SQLite would read what it holds into whatever database stands beside it."""
    file, other = tmp_path / "a.backup", elsewhere_on_sqlite(post_room.directory, tmp_path)
    assert postroom("backup", file, directory=post_room.directory).code == 0
    left = other / "data" / f"postroom.db{end}"
    left.parent.mkdir()
    left.write_bytes(b"pages of another database")
    answer = postroom("restore", file, directory=other)
    assert answer.code == 1
    assert left.name in answer.err.replace("\n", "")
    assert not (other / "data" / "postroom.db").exists()
    left.unlink()
    assert postroom("restore", file, directory=other).code == 0


def test_a_backup_does_not_go_into_the_configuration(post_room: Any, postroom: Any) -> None:
    """It would hold what it is made of, and each one all before it."""
    for file in (post_room.directory / "a.backup", post_room.directory / "templates" / ".." / "mails" / "a.backup"):
        answer = postroom("backup", file, directory=post_room.directory)
        assert answer.code == 2
        assert "belongs to the configuration" in answer.err.replace("\n", " ")
        assert not file.exists()
    (post_room.directory / "data" / "kept").mkdir(parents=True)
    assert (
        postroom("backup", post_room.directory / "data" / "kept" / "a.backup", directory=post_room.directory).code == 0
    )


def test_directories_that_are_links_belong_to_the_configuration(post_room: Any, postroom: Any, tmp_path: Path) -> None:
    """The daemon reads what lies behind them."""
    shared = tmp_path / "shared"
    shutil.move(post_room.directory / "mails", shared)
    (post_room.directory / "mails").symlink_to(shared)
    (shared / "round").symlink_to(post_room.directory)
    file = tmp_path / "a.backup"
    assert postroom("backup", file, directory=post_room.directory).code == 0
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert "config/mails/form-german.eml" in names
    assert not any("round" in name for name in names)


def elsewhere_on_sqlite(directory: Path, tmp_path: Path) -> Path:
    """The same configuration on another machine, with nothing in it yet."""
    other = tmp_path / "elsewhere" / "etc"
    shutil.copytree(directory, other, ignore=shutil.ignore_patterns("data"))
    return other
