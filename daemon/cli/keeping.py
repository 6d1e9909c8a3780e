"""`backup`, `restore`, `standstill`, `release`, `db copy`: an installation is kept, brought back and moved."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.configuring import db
from daemon.cli.house import config_option, now_of, place_of, store_of, user, wake
from daemon.cli.output import (
    BAD_CONFIGURATION,
    FINDINGS,
    TRY_AGAIN,
    USAGE,
    complain,
    counted,
    fail,
    finish,
    json_line,
    json_option,
    line,
    size,
)

if TYPE_CHECKING:
    from daemon.keeping.archive import Manifest
    from daemon.keeping.backup import Proof
    from daemon.shift import Place
    from daemon.store.copying import Content
    from daemon.store.standstill import Waiting

_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_SHOWN = 20


@click.command()
@click.argument("file", type=_NEW_FILE)
@config_option
@json_option
def backup(file: Path, directory: Path, as_json: bool) -> None:
    """Write a backup of database, configuration and keys to FILE, beside the running daemon, and prove it.

    The database is copied as it is at one moment, on SQLite and PostgreSQL. Then the backup is brought back in a
    scratch place beside FILE, every table is compared with what was copied, and its ledger is checked: exit code 1
    with a finding. What is not a true copy is not kept. FILE holds mails and secrets and is readable by you alone.
    """
    from daemon.keeping.backup import back_up
    from daemon.keeping.belongings import TooMuch

    place = place_of(directory)
    with _swept(), store_of(place), _told():  # says what is wrong with the database
        try:
            manifest, proof = back_up(place, file.absolute(), now_of(place), _stages())
        except (TooMuch, FileExistsError, NotADirectoryError) as error:
            fail(USAGE, str(error))
    if as_json:
        json_line(_of_backup(file, manifest, proof))
    else:
        _show_backup(file, manifest, proof)
    finish(0 if proof.holds else FINDINGS)


@click.command()
@click.argument("file", type=_FILE)
@config_option
@json_option
def restore(file: Path, directory: Path, as_json: bool) -> None:
    """Bring a backup back into an empty installation; nothing goes out until you say `postroom release`.

    Where there is no configuration yet, that of the backup is written first. The database must not be there, on
    PostgreSQL it must be empty, and no daemon may run. Everything is compared with what the backup says.

    A daemon that is started then takes mail in and reads it. It sends nothing but one mail a day to the admin, makes no
    list and lets no time count, as mails that wait in the backup may have gone out long ago.
    """
    from daemon.keeping.restore import restore as bring_back
    from daemon.shift import database_url

    with _swept(), _told():
        fresh = _with_configuration(file, directory)
        place = place_of(directory)
        with _no_daemon(place):
            _demand_no_writers(database_url(place))
            manifest, waits = bring_back(file, place, now_of(place), user(), _stages())
    if as_json:
        json_line(_of_manifest(file, manifest) | {"configuration": fresh, "waiting": _as_dict(waits)})
        return
    line(f"Restored as of {manifest.taken_at:%Y-%m-%d %H:%M} UTC: {_of_tables(manifest.tables)}.")
    if fresh:
        line(f"The configuration was written to {directory}.")
    for name in manifest.left_out:
        line(f"not in the backup: {name}", style="yellow")
    line(f"{_words_of(waits)} wait. Nothing goes out until you say: postroom release", style="yellow")


@click.command()
@click.option("--why", default="by hand", show_default=True, help="What the admin's mail and `status` are to say.")
@config_option
def standstill(why: str, directory: Path) -> None:
    """Let nothing go out from now on, until `postroom release`.

    Mail is taken in and read. Mails, lists and steps of policies wait, in all daemons of this database. It is for a
    database that was brought back by other means than `postroom restore`: say it before the daemon is started.
    """
    from daemon.store import standstill as still

    place = place_of(directory)
    now = now_of(place)
    with store_of(place) as store:
        begun = store.write(lambda c: still.begin(c, why, user(), now)).result()
        store.hint()
    wake(place)
    line("Nothing goes out from now on." if begun else "Nothing goes out already.")


@click.command()
@click.option("--hold", is_flag=True, help="Hold mails that are older than the standstill: a person decides on each.")
@config_option
@json_option
def release(hold: bool, directory: Path, as_json: bool) -> None:
    """End a standstill: what waited goes out, and what became due happens, as after an outage.

    Look at it before with `postroom status` and `postroom queue list`. A mail that was in the backup may have gone out
    before; it goes out with the same Message-ID, unless --hold leaves it to you: `postroom queue retry` or `drop`.
    Exit code 1 if nothing stood still.
    """
    from daemon.store import standstill as still

    place = place_of(directory)
    now = now_of(place)
    with store_of(place) as store:
        with store.read() as connection:
            waits = still.waiting(connection, now)
        held = store.write(lambda c: still.end(c, user(), now, hold=hold)).result()
        store.hint()
    wake(place)
    if held is None:
        fail(FINDINGS, "nothing stood still")
    if as_json:
        json_line({"waited": _as_dict(waits), "held": held})
    else:
        line(f"Everything goes on: {_words_of(waits)} waited.")
        if held:
            line(f"{counted(held, 'mail')} held: `postroom queue list --state held`", style="yellow")


@db.command("copy")
@click.argument("target", metavar="DATABASE")
@config_option
@json_option
def copy(target: str, directory: Path, as_json: bool) -> None:
    """Copy the database into another, empty one, and prove it equal.

    DATABASE is what `database` in postroom.toml is to say: `postgresql://user@host/name`, or `sqlite` for the file in
    the data directory. Stop the daemon before. All rows are copied in one transaction, then every table is compared,
    and the ledger of the copy is checked: exit code 1 with a finding. What was interrupted left nothing behind: say it
    again. Afterwards write DATABASE into postroom.toml and start the daemon.
    """
    from config.places import check_database
    from daemon.shift import data_directory, database_url
    from daemon.store import snapshots

    place = place_of(directory)
    try:
        check_database(target)
    except ValueError as error:
        fail(USAGE, str(error))
    url = f"sqlite:///{data_directory(place) / 'postroom.db'}" if target == "sqlite" else target
    if url == database_url(place):
        fail(USAGE, "this is the database itself")
    with _swept(), _told(), _no_daemon(place), store_of(place):
        _demand_no_writers(database_url(place))
        tables = snapshots.move(database_url(place), url, _stages())
        findings = snapshots.findings_of(url)
    if as_json:
        json_line({"database": target, "tables": _as_dicts(tables), "findings": len(findings)})
    else:
        line(f"Copied, and every table is the same: {_of_tables(tables)}.")
        line(f'Now write into postroom.toml: database = "{target}"')
    for one in findings[:_SHOWN]:
        complain(f"{one.where}: {one.what}")
    finish(FINDINGS if findings else 0)


def _with_configuration(file: Path, directory: Path) -> bool:
    """Write the configuration of the backup where there is none; whether it was."""
    from daemon.keeping.restore import has_configuration, restore_configuration

    if has_configuration(directory):
        return False
    restore_configuration(file, directory, _stages())
    return True


@contextmanager
def _swept() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: no half copy of all mails stays behind."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be done is said in a line."""
    import sqlite3

    from sqlalchemy.exc import SQLAlchemyError

    from daemon.keeping.archive import NoBackup
    from daemon.store import DriverMissing, StoreError
    from daemon.store.snapshots import Differs, NotEmpty
    from daemon.store.upgrade import SchemaTooNew

    try:
        yield
    except (NoBackup, NotEmpty, Differs) as error:
        fail(FINDINGS, str(error))
    except (DriverMissing, SchemaTooNew) as error:
        fail(BAD_CONFIGURATION, str(error))
    except (SQLAlchemyError, StoreError, sqlite3.Error, OSError) as error:
        fail(TRY_AGAIN, f"it could not be done: {str(getattr(error, 'orig', None) or error).splitlines()[0]}")


@contextmanager
def _no_daemon(place: "Place") -> Iterator[None]:
    """Keep daemons out of the data directory meanwhile."""
    from daemon.app import AlreadyRunning, only_daemon
    from daemon.shift import data_directory

    data = data_directory(place)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with only_daemon(data):
            yield
    except AlreadyRunning as error:
        fail(TRY_AGAIN, f"{error}: stop it first")


def _demand_no_writers(url: str) -> None:
    """Daemons on other machines know nothing of this data directory: what they take in meanwhile would be lost."""
    from daemon.store.engine import database_file
    from daemon.store.snapshots import writers

    if database_file(url) is None and (number := writers(url)):
        fail(
            TRY_AGAIN, f"other daemons have {counted(number, 'connection')} that write to the database: stop them first"
        )


def _stages() -> Any:
    from daemon.cli.stages import Stages

    return Stages()


def _show_backup(file: Path, manifest: "Manifest", proof: "Proof") -> None:
    if proof.differs:
        fail(FINDINGS, f"it is no true copy and was not kept; different: {', '.join(proof.differs)}")
    files = len(manifest.files) - 1
    line(f"{file}: {size(manifest.bytes)}, {_of_tables(manifest.tables)}, {counted(files, 'file')} beside it.")
    for name in manifest.left_out:
        line(f"not in it: {name}", style="yellow")
    line(f"Brought back in a scratch place: all tables are the same, {counted(len(proof.findings), 'finding')}.")
    for one in proof.findings[:_SHOWN]:
        line(f"{one.where}: {one.what}", style="red")


def _of_backup(file: Path, manifest: "Manifest", proof: "Proof") -> dict[str, Any]:
    found = [{"finding": one.what, "where": one.where} for one in proof.findings[:_SHOWN]]
    return _of_manifest(file, manifest) | {
        "verified": proof.holds,
        "differs": proof.differs,
        "findings": len(proof.findings),
        "first_findings": found,
    }


def _of_manifest(file: Path, manifest: "Manifest") -> dict[str, Any]:
    return {
        "file": str(file),
        "taken_at": manifest.taken_at,
        "schema": manifest.schema,
        "engine": manifest.engine,
        "bytes": manifest.bytes,
        "files": sorted(manifest.files),
        "left_out": manifest.left_out,
        "tables": _as_dicts(manifest.tables),
    }


def _of_tables(tables: "dict[str, Content]") -> str:
    """What people look for."""
    mails, records = tables["message"].rows, tables["record"].rows
    rows = sum(one.rows for one in tables.values())
    return f"{counted(mails, 'mail')}, {counted(records, 'record')}, {counted(rows, 'row')} in all"


def _words_of(waits: "Waiting") -> str:
    parts = (waits.letters, "mail"), (waits.notices, "notification"), (waits.deadlines, "due step")
    return ", ".join(counted(number, name) for number, name in parts)


def _as_dict(one: "Waiting") -> dict[str, int]:
    return {"letters": one.letters, "notices": one.notices, "deadlines": one.deadlines}


def _as_dicts(tables: "dict[str, Content]") -> dict[str, dict[str, Any]]:
    return {name: {"rows": one.rows, "digest": one.digest} for name, one in tables.items()}


COMMANDS = (backup, restore, standstill, release)
