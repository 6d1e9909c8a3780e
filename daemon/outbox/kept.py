"""What must be kept of a letter, also if the database is away for a while: else it would go out twice."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from sqlalchemy import Connection

from daemon.store import Store, StoreError

PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.2


class Kept:
    """A write that was begun; it names a lease, so that a second try after a commit in doubt changes nothing."""

    def __init__(self, store: Store, write: Callable[[Connection], None]) -> None:
        self._store = store
        self._write = write
        self._written: Future[None] = store.write(write)

    def result(self) -> None:
        """Return when it is kept.

        Raises:
            StoreError: The database was away for too long.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._written.result()
            except StoreError:
                if time.monotonic() > until:
                    raise
            time.sleep(AGAIN_SECONDS)
            self._written = self._store.write(self._write)
