"""What a database keeps beside its rows: write-ahead log, free pages, versions that nobody sees any more."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from daemon.log import get_logger
from daemon.store.engine import Turn, database_file, open_engine
from daemon.store.schema import metadata

WAIT_SECONDS = 20.0
"""Readers and writers of SQLite are brief."""
_TRY_AGAIN_SECONDS = 0.05

log = get_logger(__name__)


def clear(url: str, seconds: float = WAIT_SECONDS) -> bool:
    """Let nothing of what was overwritten lie on; whether that was possible.

    SQLite overwrites what is freed (`secure_delete`), but where it moved rows from one page to the next, copies stay in
    what is unused of the first: so the file is written anew, and its log copied back and cut to nothing. Meanwhile
    writers wait, some seconds for each 100 MB. PostgreSQL keeps old versions of rows until VACUUM takes them: it is
    asked to, as far as the tables are ours.

    Args:
        url: SQLAlchemy URL of the database.
        seconds: How long it is waited for those who read or write just now.
    """
    file = database_file(url)
    try:
        return _rewrite(file, seconds) if file is not None else _vacuum(url)
    except (sqlite3.Error, SQLAlchemyError) as error:
        log.warning("remains-not-cleared", why=str(error))
        return False


def _rewrite(file: Path, seconds: float) -> bool:
    turn, until = Turn(file), time.monotonic() + seconds
    try:
        with turn, closing(sqlite3.connect(file, timeout=seconds, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > until:
                    return False
                time.sleep(_TRY_AGAIN_SECONDS)
    finally:
        turn.close()
    return True


def _vacuum(url: str) -> bool:
    engine = open_engine(url, write=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(table.name for table in metadata.sorted_tables)}")
    finally:
        engine.dispose()
    return True
