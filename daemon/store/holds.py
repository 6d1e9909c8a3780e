"""Notices that this worker is writing the words of, so that other daemons take others meanwhile.

A hold is a lock of PostgreSQL's that names a row and is gone with its transaction or connection: it spares work. That
no notice is told twice does not rest on it, but on what `notices.free` and the dedupe keys say when letters are kept.
"""

from datetime import datetime

from sqlalchemy import Connection, Integer, case, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from daemon.log import get_logger
from daemon.store.db import Store
from daemon.store.engine import abandon, open_engine
from daemon.store.notices import OPEN, READY
from daemon.store.schema import notice
from rules.bundling import SHARED

_KIND = 0x6E6F74  # the first key of our advisory locks
_MOST_KEY = 2**31 - 1
_LOOK_BEYOND = 8

_WHAT = case(
    (notice.c.way.in_(SHARED), func.hashtext(func.lower(notice.c.recipient))),
    else_=cast(notice.c.id % _MOST_KEY, Integer),
)
"""What is held: a notice by itself, or all that waits to go to one reader in one mail."""

log = get_logger(__name__)


class Holds:
    """One transaction of a connection of its own; used by one thread. Without other daemons it does nothing."""

    def __init__(self, store: Store) -> None:
        self._engine = open_engine(store.url, write=True) if store.is_shared else None
        self._connection: Connection | None = None

    def take(self, now: datetime, limit: int) -> list[int] | None:
        """Hold due notices that nobody else holds, oldest first; None if there is no need to.

        What was held before is let go.
        """
        if self._engine is None:
            return None
        self.let_go()
        due = select(notice.c.id, _WHAT.label("what")).where(*OPEN, notice.c.at <= now, READY)
        found = due.order_by(notice.c.at, notice.c.id).limit(limit * _LOOK_BEYOND).subquery()
        held = select(found.c.id).where(func.pg_try_advisory_xact_lock(_KIND, found.c.what)).limit(limit)
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            return list(self._connection.execute(held, {"now": now}).scalars())
        except SQLAlchemyError as error:
            log.info("nothing-held", why=str(error))
            self._drop()
            return None

    def let_go(self) -> None:
        """Others may take them."""
        if self._connection is not None:
            try:
                self._connection.rollback()
            except SQLAlchemyError:
                self._drop()

    def close(self) -> None:
        """Let go, and end the connection."""
        self._drop()
        if self._engine is not None:
            self._engine.dispose()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            abandon(connection)
