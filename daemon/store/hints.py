"""Wake-ups from other daemons of the same database: hints, which may be lost; what is due is found by looking."""

import time
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from daemon.log import get_logger
from daemon.store.db import Store
from daemon.store.engine import listen, open_engine

AGAIN_SECONDS = 1.0

log = get_logger(__name__)


class Hints:
    """A connection that only listens; without one, while the database is away, nothing is heard. Used by one thread."""

    def __init__(self, store: Store) -> None:
        self._engine = open_engine(store.url, write=False) if store.is_shared else None
        self._connection: Connection | None = None
        self._driver: Any = None
        self._not_before = 0.0

    def sockets(self) -> list[Any]:
        """What to wait at, for `select.select`; empty where nobody can be heard."""
        if self._engine is not None and self._connection is None and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            try:
                self._connection = self._engine.connect()
                self._driver = listen(self._connection)
            except SQLAlchemyError:
                self._drop()
        return [self._driver] if self._driver is not None else []

    def heard(self) -> bool:
        """Take what has come; whether there was any."""
        try:
            return bool(list(self._driver.notifies(timeout=0)))
        except Exception as error:  # the driver's own, which is no dependency of ours
            log.info("hints-lost", why=str(error))
            self._drop()
            return True  # something may have been missed

    def close(self) -> None:
        """Hear nothing more."""
        self._drop()
        if self._engine is not None:
            self._engine.dispose()

    def _drop(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except SQLAlchemyError:
                log.info("hints-not-closed")
