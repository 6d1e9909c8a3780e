"""What must be kept of a letter, also if the database is away for a while: else it would go out twice."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from daemon.pulse import beat
from daemon.store import StoreError

PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.2


class Kept:
    """A write that was begun; it names a lease, so that a second try after a commit in doubt changes nothing.

    Attributes:
        lease: That lease; it stays in hand until the write is kept.
    """

    def __init__(self, lease: str, begin: Callable[[], "Future[bool]"], is_ours: Callable[[], bool]) -> None:
        """Begin to write.

        Args:
            lease: Of the letters.
            begin: Begins the write; its result says whether the lease still held.
            is_ours: Whether what is left of the batch is: asked where a second try finds nothing to change, which may
                be because the first was kept, or because somebody else has taken all.
        """
        self.lease = lease
        self._begin = begin
        self._is_ours = is_ours
        self._written = begin()
        self._again = False

    def result(self) -> bool:
        """Whether the batch is still ours, once the write is kept; can be asked again after an error.

        Raises:
            StoreError: The database is away for long.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            beat()
            try:
                return self._written.result() or (self._again and self._is_ours())
            except StoreError:
                if time.monotonic() > until:
                    raise
            time.sleep(AGAIN_SECONDS)
            self._again, self._written = True, self._begin()
