"""The gate of a worker: shut while the database stands still, when mail is taken in and read and nothing goes out."""

import time
from datetime import datetime

from daemon.log import get_logger
from daemon.store import Store, standstill
from daemon.store.standstill import Standstill

LOOK_SECONDS = 1.0
"""How often it is looked, at most; also whoever shuts it while daemons run need not wait longer for the next letter."""

log = get_logger(__name__)


class Gate:
    """Looked at by the worker's own thread; read by any.

    Attributes:
        shut: The present standstill, if there is one.
        opened_at: When the last one ended: letters that waited for it have waited for a relay only since then.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looked_at: float | None = None
        self.shut: Standstill | None = None
        self.opened_at: datetime | None = None

    def look(self) -> bool:
        """See how it stands, now and then; whether it was opened or shut since the last look."""
        if self._looked_at is not None and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return False
        before = self.shut
        with self._store.read() as connection:
            self.shut = standstill.standing(connection)
            self.opened_at = standstill.last_end(connection)
        self._looked_at = time.monotonic()
        if self.shut == before:
            return False
        if self.shut is not None:
            log.warning("standstill", since=self.shut.began_at.isoformat(), why=self.shut.why)
        else:
            log.info("standstill-ended")
        return True
