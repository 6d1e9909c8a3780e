"""Bring a database to the shape of `daemon.store.schema`, or say why not.

Looking is plain SQL; Alembic and the migrations are imported only where the version row differs from ours.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from daemon.seclusion import make
from daemon.store.engine import (
    alone_in_upgrading,
    dangling,
    database_file,
    is_locked_out,
    let_tables_be_made_anew,
    open_engine,
)
from daemon.store.schema import HEAD

State = Literal["none", "current", "older", "newer"]

TRIES, AGAIN_SECONDS = 30, 1.0
"""While a table that is to change is read by somebody, the others who want it get their turn between the tries."""
MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):  # noqa: N818 - a verdict
    """A newer Postroom wrote this database; what it keeps there is not known here."""


class SchemaTooOld(Exception):  # noqa: N818 - a verdict
    """The database must be upgraded first, by a person who has a backup."""


class Broken(Exception):  # noqa: N818 - a verdict
    """A migration would leave rows that refer to what is not there."""


def schema_state(url: str) -> State:
    """Compare a database's schema with ours; a SQLite file that does not exist is not created.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or read.
    """
    return _state(_revision(url))


def is_current(url: str) -> bool:
    """Whether a database is there and has our schema; looks at nothing but its version."""
    return _revision(url) == HEAD


def upgrade(url: str) -> None:
    """Create the tables or run the missing migrations, in one transaction: all or nothing.

    Daemons may be at work meanwhile: one that waits for a table keeps all others from it, so it waits for seconds only.

    Raises:
        SchemaTooNew: As it says.
        Broken: As it says; nothing was changed.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or changed.
    """
    engine = open_engine(url, write=True)
    try:
        for tries_left in reversed(range(TRIES)):
            try:
                _upgrade(engine)
            except OperationalError as error:
                if not tries_left or not is_locked_out(error):
                    raise
                time.sleep(AGAIN_SECONDS)
            else:
                return
    finally:
        engine.dispose()


def prepare(url: str, directory: Path) -> None:
    """Have a database of our schema at the start of the daemon.

    A SQLite file is made, or upgraded after a backup beside it (`postroom.db.before-0001`). Any other database is
    created if it is empty, and otherwise left to `postroom db upgrade`: other daemons may be using it.

    Args:
        url: SQLAlchemy URL of the database.
        directory: The data directory; made if missing.

    Raises:
        SchemaTooNew: As it says.
        SchemaTooOld: Not SQLite, and older.
        OSError: The directory or the backup cannot be written.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or changed.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    revision = _revision(url)
    state = _state(revision)
    if state == "current":
        return
    if state == "newer":
        raise SchemaTooNew(_too_new(revision))
    file = database_file(url)
    if state == "older" and file is None:
        raise SchemaTooOld(
            f"its schema is {revision}, this program needs {HEAD}: back it up, then `postroom db upgrade`"
        )
    if state == "older" and file is not None:
        back_up(file, file.with_name(f"{file.name}.before-{revision}"))
    if file is not None:
        make(file)
    upgrade(url)


def back_up(file: Path, target: Path) -> None:
    """Copy a SQLite database as of one moment, also while others write; whole and synced, or not at all."""
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    make(unfinished)
    source, copy = sqlite3.connect(file), sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    with unfinished.open("rb") as handle:
        os.fsync(handle.fileno())
    unfinished.replace(target)


def _revision(url: str) -> str | None:
    """What the version row says; None for an empty database, "" where there are tables and no version row."""
    file = database_file(url)
    if file is not None and not file.exists():
        return None
    engine = open_engine(url, write=False)
    try:
        with engine.connect() as connection, connection.begin():
            tables = inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                return "" if tables else None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
    finally:
        engine.dispose()


def _state(revision: str | None) -> State:
    if revision is None:
        return "none"
    if revision == HEAD:
        return "current"
    return "older" if revision in _known() else "newer"


def _too_new(revision: str | None) -> str:
    if not revision:
        return "the database has tables, but no version row: it is not ours, or was altered by hand"
    return f"a newer Postroom wrote the database (schema {revision}, this program knows {HEAD}): install that version"


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {
        script.revision
        for script in ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)]).walk_revisions()
    }


def _upgrade(engine: Engine) -> None:
    """Once."""
    with engine.connect() as connection:
        let_tables_be_made_anew(connection)
        with connection.begin():
            alone_in_upgrading(connection)
            _migrate(connection)
            if table := dangling(connection):
                raise Broken(f"rows of {table} would refer to nothing")


def _migrate(connection: Connection) -> None:
    """Run what is missing on a connection that is in a transaction; Alembic then neither begins nor commits."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])

    def steps(revision: object, _: MigrationContext) -> object:
        return scripts._upgrade_revs(HEAD, revision)  # type: ignore[arg-type]

    context = MigrationContext.configure(connection, opts={"fn": steps, "transactional_ddl": True})
    try:
        with Operations.context(context):
            context.run_migrations()
    except CommandError as error:
        raise SchemaTooNew(_too_new(context.get_current_revision())) from error
