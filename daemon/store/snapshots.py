"""A database as of one moment in an SQLite file of its own, also while daemons write; and back into a database."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from daemon.seclusion import make
from daemon.store import copying, evidence
from daemon.store.copying import Content, Told
from daemon.store.engine import WRITER, database_file, open_engine, shown
from daemon.store.streams import Finding
from daemon.store.upgrade import schema_state, upgrade

PAGES = 4096
"""16 MiB at a time: between two of these it is told how far it is."""
WORDS = "pages"
"""What is told instead of a table's name while pages are copied."""
_WRITERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :ours")
_NEVER_LATE = datetime(1970, 1, 1, tzinfo=UTC)
"""How long mails have waited says nothing about a copy."""


class NotEmpty(Exception):  # noqa: N818 - a verdict
    """There is something in the database that would be written over."""


class Differs(Exception):  # noqa: N818 - a verdict
    """A copy is not what was copied; the text names the tables."""


def take(url: str, file: Path, told: Told) -> dict[str, Content]:
    """Write a database as it is at this moment into a new SQLite file; what stands in its tables at that moment.

    Args:
        url: Of a database with the current schema, on any engine.
        file: Must not exist.
        told: See `daemon.store.copying`.
    """
    with _snapshot(url) as source:
        if database_file(url) is not None:
            _copy_pages(source, file, told)
            found = copying.contents(source, told)
        else:
            found = _copy_rows(source, f"sqlite:///{file}", told)
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
    return found


def move(source_url: str, url: str, told: Told) -> dict[str, Content]:
    """Copy a database into another one, in one transaction, and compare; what stands in the tables.

    Args:
        source_url: Of a database with the current schema.
        url: Of one that is empty; the tables are made.
        told: See `daemon.store.copying`.

    Raises:
        NotEmpty: As it says.
        Differs: The copy would not be the same; nothing was kept of it.
    """
    with _snapshot(source_url) as source:
        return _copy_rows(source, url, told)


def contents_of(url: str, told: Told) -> dict[str, Content]:
    """What stands in the tables of a database."""
    with _snapshot(url) as connection:
        return copying.contents(connection, told)


def findings_of(url: str) -> list[Finding]:
    """What `ledger` finds in a copy, mails apart that wait for being read."""
    with _snapshot(url) as connection:
        return list(evidence.check(connection, _NEVER_LATE))


def is_sound(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file.

    Raises:
        sqlite3.OperationalError: It cannot be read, which says nothing about what is in it.
    """
    with closing(sqlite3.connect(file)) as connection:
        try:
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            return bool(answer == "ok" and connection.execute("PRAGMA foreign_key_check").fetchone() is None)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # too broken to be looked through
            return False


def demand_empty(url: str) -> None:
    """Look whether a database may be written to; `move` looks again.

    Raises:
        NotEmpty: As it says.
    """
    if schema_state(url) == "current":
        with _snapshot(url) as connection:
            _demand_empty(connection, url)


def writers(url: str) -> int:
    """How many connections of ours write to a PostgreSQL database, from whatever machine."""
    with _snapshot(url) as connection:
        return int(connection.execute(_WRITERS, {"ours": WRITER}).scalar_one())


@contextmanager
def _snapshot(url: str) -> Iterator[Connection]:
    """To read from for as long as it takes: while a copy is compared nothing is asked of what it was made of."""
    engine = open_engine(url, write=False)
    try:
        with engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield connection
    finally:
        engine.dispose()


def _copy_pages(source: Connection, file: Path, told: Told) -> None:
    """SQLite's own way; it stays with the snapshot of the transaction, so what others write meanwhile is left out."""
    source.exec_driver_sql("SELECT count(*) FROM alembic_version")  # the snapshot is taken by the first look
    driver: Any = source.connection.driver_connection

    def progress(_: int, left: int, total: int) -> None:
        told(WORDS, total - left)

    with closing(sqlite3.connect(file)) as copy:
        driver.backup(copy, pages=PAGES, progress=progress, sleep=0)


def _copy_rows(source: Connection, url: str, told: Told) -> dict[str, Content]:
    if (file := database_file(url)) is not None:
        make(file)
    if schema_state(url) != "current":
        upgrade(url)
    engine = open_engine(url, write=True)
    try:
        with engine.connect() as target, target.begin():
            _demand_empty(target, url)
            read = copying.copy(source, target, told)
            _demand_same(read, target, told)
        _settle(engine)
    finally:
        engine.dispose()
    return read


def _demand_empty(connection: Connection, url: str) -> None:
    if not copying.is_empty(connection):
        raise NotEmpty(f"{shown(url)} is not empty: name another database, or move away what is in it")


def _demand_same(read: Mapping[str, Content], target: Connection, told: Told) -> None:
    """Within the transaction that wrote it: what is not the same is not kept."""
    wrong = copying.differing(read, copying.contents(target, told))
    if wrong:
        raise Differs(f"the copy differs in {', '.join(wrong)}")
    lagging = copying.lagging_sequences(target)
    if lagging:
        raise Differs(f"numbers of {', '.join(lagging)} would be given twice")


def _settle(engine: Engine) -> None:
    """PostgreSQL plans by statistics that it does not have of new tables."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("ANALYZE")
