"""What a database keeps beside its rows: write-ahead log, free pages, versions that nobody sees any more."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from daemon.log import get_logger
from daemon.store.engine import database_file, open_engine
from daemon.store.schema import metadata

WAIT_SECONDS = 20.0
"""How long it is waited for readers and writers of SQLite, all of whom are brief."""
_TRY_AGAIN_SECONDS = 0.05

log = get_logger(__name__)


def clear(url: str) -> bool:
    """Let nothing of what was overwritten lie on; whether that was possible.

    SQLite overwrites what is freed in the database itself (`secure_delete`); its log is copied back and cut to nothing.
    PostgreSQL keeps old versions of rows until VACUUM takes them; it is asked to, as far as the tables are ours.
    """
    file = database_file(url)
    return _empty_log(file) if file is not None else _vacuum(url)


def _empty_log(file: Path) -> bool:
    until = time.monotonic() + WAIT_SECONDS
    with closing(sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                return False
            time.sleep(_TRY_AGAIN_SECONDS)
    return True


def _vacuum(url: str) -> bool:
    engine = open_engine(url, write=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM {', '.join(table.name for table in metadata.sorted_tables)}")
    except SQLAlchemyError as error:
        log.warning("not-vacuumed", why=str(error))
        return False
    finally:
        engine.dispose()
    return True
