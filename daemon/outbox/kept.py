"""What must be kept of a letter, also if the database is away for a while: else it would go out twice."""

import time
from collections.abc import Callable
from concurrent.futures import Future

from daemon.store import StoreError

PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.2


class Kept:
    """A write that was begun; it names a lease, so that a second try after a commit in doubt changes nothing."""

    def __init__(self, begin: Callable[[], "Future[bool]"]) -> None:
        self._begin = begin
        self._written = begin()

    def result(self) -> bool:
        """Whether the letter was still ours, once that is kept; after a second try it counts as ours.

        Raises:
            StoreError: The database was away for too long.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        again = False
        while True:
            try:
                return self._written.result() or again
            except StoreError:
                if time.monotonic() > until:
                    raise
            time.sleep(AGAIN_SECONDS)
            self._written, again = self._begin(), True
