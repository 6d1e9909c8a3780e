"""Engines for SQLite and PostgreSQL: the only module that knows how they differ."""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    FromClause,
    Insert,
    Table,
    create_engine,
    event,
    insert,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal

from daemon.seclusion import make

WRITE_WAIT_SECONDS = 30
CHANNEL = "postroom"
MIGRATION_LOCK = 0x706F7374726F6F6D
"""Advisory lock of PostgreSQL's: the letters of our name."""
UPGRADE_WAIT_MILLISECONDS = 2000
LOCK_NOT_AVAILABLE = ("55P03", "40P01")
"""`lock_not_available` and `deadlock_detected`."""
_SYNCED = """
    SELECT set_config(name, 'on', false) FROM pg_settings
    WHERE name = 'synchronous_commit' AND setting IN ('off', 'local')
"""
"""`local` would not wait for a standby, where the server names one that is to be waited for."""
_POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "tcp_user_timeout": 30_000,
}
READERS = 8
"""Most connections of one process that read at the same time; who comes later waits for one of them."""
WRITER = "postroom writer"
_READING = "-c timezone=UTC"
_WRITING = f"{_READING} -c lock_timeout=10s -c idle_in_transaction_session_timeout=20s"
"""Somebody who holds a lock and sleeps, or was stopped in the middle, must not stop all others."""
_END_STOPPED = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = '{WRITER}'
      AND xact_start IS NOT NULL AND wait_event IN ('ClientRead', 'ClientWrite')
      AND state_change < clock_timestamp() - make_interval(secs => :seconds)
"""  # noqa: S608 - a constant of ours
STOPPED_SECONDS = 20.0
"""How long a writer may let the server wait in the middle of a transaction."""
CHECKPOINT_BYTES = 16 << 20
CHECKPOINT_LOOK_SECONDS = 0.5


class DriverMissing(Exception):  # noqa: N818 - a verdict
    """The configuration names PostgreSQL, but its driver was not installed."""


class DatabaseTime(ColumnElement[datetime]):
    """The database's own time, so many seconds from now: what leases are measured by, whoever's clock is wrong."""

    type = DateTime(timezone=True)
    inherit_cache = True
    _traverse_internals = [("seconds", InternalTraversal.dp_plain_obj)]  # noqa: RUF012 - SQLAlchemy's way

    def __init__(self, later: timedelta = timedelta()) -> None:
        self.seconds = int(later.total_seconds())


@compiles(DatabaseTime, "sqlite")
def _sqlite_time(element: DatabaseTime, *_: object, **__: object) -> str:
    """As SQLAlchemy writes times there: text in UTC with six digits of a second."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{element.seconds:+d} seconds')"


@compiles(DatabaseTime, "postgresql")
def _postgresql_time(element: DatabaseTime, *_: object, **__: object) -> str:
    return f"(statement_timestamp() + interval '{element.seconds:d} seconds')"


def database_file(url: str) -> Path | None:
    """Path of an SQLite database, None for any other."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def shown(url: str) -> str:
    """A database as people know it: its file, or its URL, which never has a password."""
    return str(database_file(url) or url)


def open_engine(url: str, *, write: bool) -> Engine:
    """An engine whose transactions read one snapshot, or, for writing, hold the write lock from their first line.

    Python's driver would begin a transaction at its first writing statement; a read before it then fails at once with
    SQLITE_BUSY_SNAPSHOT or, worse, loses updates. So the driver is told to keep out and we begin ourselves.

    Raises:
        DriverMissing: As it says.
    """
    if not url.startswith("sqlite"):
        return _postgresql(url, write=write)
    engine = create_engine(
        url, connect_args={"timeout": WRITE_WAIT_SECONDS, "check_same_thread": False}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a 250 stands for a synced commit; NORMAL syncs only at checkpoints
            "foreign_keys=ON",
            "secure_delete=ON",  # what is erased or written anew is overwritten: it must not lie on in free pages
            "temp_store=MEMORY",  # else what a savepoint would need to be undone goes through a file
            "wal_autocheckpoint=100000",  # the last resort at 400 MB; `Checkpoints` comes first, outside of any commit
            "journal_size_limit=67108864",
            "cache_size=-2000" if write else "cache_size=-500",  # KiB each; every thread that reads has a connection
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        _plainly(connection, "BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _postgresql(url: str, *, write: bool) -> Engine:
    """Readers see one snapshot for as long as they look; writers wait for the disk, whatever the server's default."""
    level = "READ COMMITTED" if write else "REPEATABLE READ"
    most = 1 if write else READERS
    try:
        options = {
            **_POSTGRES,
            "application_name": WRITER if write else "postroom",
            "options": _WRITING if write else _READING,
        }
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args=options,
            pool_pre_ping=True,
            pool_size=most,
            max_overflow=0,
            isolation_level=level,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise DriverMissing("database: PostgreSQL needs its driver: pip install 'postroom[postgres]'") from error

    @event.listens_for(engine, "do_connect")
    def connecting(_: object, __: object, args: list[str], ___: object) -> None:
        # The driver reads the URL itself: a list of servers means what it means to psql and pg_dump.
        args[:] = [url.replace("+psycopg", "", 1)]

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        if write:
            connection.execute(_SYNCED)
            connection.commit()
        else:
            connection.read_only = True

    return engine


def insert_once(connection: Connection, unique: Column[Any], row: Mapping[str, object]) -> Any:
    """Write a row whose like was not there a moment ago; its key, or None if another daemon was faster.

    SQLite has one writer at a time: there it cannot happen.
    """
    if connection.dialect.name != "postgresql":
        written = connection.execute(_insertion(unique.table), row).inserted_primary_key
        return written[0] if written else None
    return connection.execute(_insertion_once(unique), row).scalar()


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Write those rows whose like is not there yet. They come sorted, so that no two daemons wait for each other."""
    connection.execute(_insertion_of_missing(table, connection.dialect.name), rows)


@cache
def _insertion_of_missing(table: Table, dialect: str) -> Insert:
    from sqlalchemy.dialects import postgresql, sqlite

    made = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return made.on_conflict_do_nothing()


@cache
def _insertion(table: FromClause) -> Insert:
    """Built once: SQLAlchemy keeps what it compiled by the statement object."""
    return insert(cast(Table, table))


@cache
def _insertion_once(unique: Column[Any]) -> Insert:
    from sqlalchemy.dialects import postgresql

    table = unique.table
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=[unique]).returning(*table.primary_key)


def notify(connection: Connection) -> None:
    """Wake the workers of other daemons when this transaction is committed; without any, nothing happens."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


def listen(connection: Connection) -> Any:
    """Hear `notify` of other daemons; the driver's connection, which has a socket to wait at and `notifies`."""
    connection.exec_driver_sql(f"LISTEN {CHANNEL}")
    connection.commit()
    return connection.connection.dbapi_connection


def end_stopped(connection: Connection, seconds: float = STOPPED_SECONDS) -> int:
    """End writers of this database who let the server wait so long in a transaction; how many these were.

    PostgreSQL's own limit on idle transactions does not hold for one that was stopped among statements that its driver
    sends in a row (a pipeline): seen with 15.18 in about every fourth try. Without this its locks stand for ever.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.execute(text(_END_STOPPED), {"seconds": seconds}).scalar_one())


def alone_in_upgrading(connection: Connection) -> None:
    """Wait until nobody else upgrades this database; others wait for us until the transaction ends.

    SQLite's write lock does that already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {UPGRADE_WAIT_MILLISECONDS}")


def is_locked_out(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for a lock."""
    return getattr(error.orig, "sqlstate", None) in LOCK_NOT_AVAILABLE


def let_tables_be_made_anew(connection: Connection) -> None:
    """Before a transaction that upgrades: SQLite alters a table by making it anew, and others may refer to the old one.

    With foreign keys on it would empty the old table first, and refuse. `dangling` looks for what that let through.
    """
    if connection.dialect.name == "sqlite":
        _plainly(connection, "PRAGMA foreign_keys=OFF")


def dangling(connection: Connection) -> str | None:
    """A table with a row that refers to nothing; PostgreSQL lets none come to be."""
    if connection.dialect.name != "sqlite":
        return None
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    return str(found[0]) if found else None


def abandon(connection: Connection) -> None:
    """End a connection that may be broken; the pool makes another."""
    with suppress(SQLAlchemyError):
        connection.invalidate()
    with suppress(SQLAlchemyError):  # else its place among those that the pool allows stays taken
        connection.close()


def _plainly(connection: Connection, statement: str) -> None:
    """Run what has neither values nor rows past SQLAlchemy, which takes twenty times as long over it."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute(statement).close()


@contextmanager
def transaction(connection: Connection, *, sync: bool) -> Iterator[None]:
    """A transaction that is synced at its end, or only with the next one that is.

    Both databases write one log in order: a synced commit makes all commits before it durable, too.
    """
    if connection.dialect.name == "sqlite" and connection.info.get("sync", True) != sync:
        _plainly(connection, f"PRAGMA synchronous={'FULL' if sync else 'NORMAL'}")
        connection.info["sync"] = sync
    with connection.begin():
        if connection.dialect.name != "sqlite" and not sync:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        yield


class Checkpoints:
    """Copies SQLite's write-ahead log back into the database beside the commits, not in the middle of one.

    A checkpoint within a commit costs its caller many milliseconds; a passive one blocks neither readers nor writers.
    """

    def __init__(self, file: Path) -> None:
        self._wal = Path(f"{file}-wal")
        self._file = file
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        done_at: int | None = 0
        while not self._ended.wait(CHECKPOINT_LOOK_SECONDS):
            grown_at = self._grown_at()
            if grown_at in (None, done_at):
                continue
            with suppress(sqlite3.Error):  # busy or full: the next look comes soon
                if connection is None:
                    connection = sqlite3.connect(self._file, timeout=0, check_same_thread=False)
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
                done_at = grown_at
        if connection is not None:
            connection.close()

    def _grown_at(self) -> int | None:
        """When the log was last written to, in nanoseconds, if it is long enough to care."""
        try:
            found = self._wal.stat()
        except OSError:
            return None
        return found.st_mtime_ns if found.st_size >= CHECKPOINT_BYTES else None


class Turn:
    """Waiting for our turn among the processes that write to one SQLite file.

    SQLite itself polls for its write lock with growing pauses of up to 100 ms; waiting in the kernel wakes at once.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = Path(f"{file}-turn") if file else None
        self._handle: IO[bytes] | None = None

    def __enter__(self) -> None:
        if self._file is None:
            return
        if self._handle is None:
            make(self._file)
            self._handle = self._file.open("ab")
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back."""
        if self._handle is not None:
            self._handle.close()
