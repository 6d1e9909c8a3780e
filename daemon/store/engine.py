"""Engines for SQLite and PostgreSQL: the only module that knows how they differ."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

WRITE_WAIT_SECONDS = 30


def database_file(url: str) -> Path | None:
    """Path of an SQLite database, None for any other."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def open_engine(url: str, *, write: bool) -> Engine:
    """An engine whose transactions read one snapshot, or, for writing, hold the write lock from their first line.

    Python's driver would begin a transaction at its first writing statement; a read before it then fails at once with
    SQLITE_BUSY_SNAPSHOT or, worse, loses updates. So the driver is told to keep out and we begin ourselves.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": WRITE_WAIT_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a 250 stands for a synced commit; NORMAL syncs only at checkpoints
            "foreign_keys=ON",
            "wal_autocheckpoint=10000",  # 40 MB: a checkpoint in the middle of a commit costs its caller milliseconds
            "journal_size_limit=67108864",
            "cache_size=-8000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@contextmanager
def turn(lock_file: Path | None) -> Iterator[None]:
    """Wait for our turn among the processes that write to one SQLite file.

    SQLite itself polls for its write lock with growing pauses of up to 100 ms; waiting in the kernel wakes at once.
    """
    if lock_file is None:
        yield
        return
    with lock_file.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
