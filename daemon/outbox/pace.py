"""How often a relay is asked: no more mails a minute than it wants, and less and less while it is down."""

import random
import threading
import time

NO_LIMIT = 1 << 30
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
PROBE_SECONDS = 60.0
"""So long nobody else tries a relay that is being tried; longer than it takes to find out that it does not answer."""


class Pace:
    """No more than so many mails in any minute, over all threads; an empty allowance fills evenly (token bucket).

    At most a second's worth may be saved up, so that a thread that wakes late does not slow all down.
    """

    def __init__(self, per_minute: int | None) -> None:
        burst = max(1, (per_minute or 0) // 60)
        steady = (per_minute or 0) - (burst if burst > 1 else 0)
        self._every = 60 / steady if per_minute else 0.0
        self._early = (burst - 1) * self._every
        self._full_at = 0.0
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds until the next mail may go."""
        if not self._every:
            return 0.0
        return max(0.0, self._full_at - self._early - time.monotonic())

    def room(self) -> int:
        """Mails that may go now, at least 0."""
        if not self._every:
            return NO_LIMIT
        saved = time.monotonic() + self._early - self._full_at
        return max(0, min(NO_LIMIT, 1 + int(min(saved, self._early) / self._every) if saved >= 0 else 0))

    def take(self) -> bool:
        """Take leave for one mail, if there is any."""
        if not self._every:
            return True
        with self._lock:
            if self.left() > 0:
                return False
            self._full_at = max(self._full_at, time.monotonic()) + self._every
            return True


class Patience:
    """After a failure a relay is left alone for a while, twice as long each time, and then tried by one thread.

    Attributes:
        why: What went wrong last.
    """

    def __init__(self) -> None:
        self.why: str | None = None
        self._pause = 0.0
        self._until = 0.0
        self._probing = False
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds until it may be tried again; 0 if it is up, as far as we know."""
        return max(0.0, self._until - time.monotonic()) if self._pause else 0.0

    def may_try(self) -> bool:
        """Whether to try now; where it was down, the first who asks is the only one."""
        if not self._pause:
            return True
        with self._lock:
            if self.left() > 0:
                return False
            self._until = time.monotonic() + PROBE_SECONDS
            self._probing = True
            return True

    def failed(self, why: str) -> None:
        """It did not take part; those who tried at the same time count as one."""
        with self._lock:
            self.why = why
            if self._pause and not self._probing:
                return
            self._probing = False
            self._pause = min(LONGEST_SECONDS, self._pause * 2 or FIRST_SECONDS)
            self._until = time.monotonic() + self._pause * random.uniform(0.8, 1.0)  # noqa: S311 - guards nothing

    def found_nothing(self) -> None:
        """Whoever was to find out could not: the next one may."""
        if self._probing:
            with self._lock:
                self._probing, self._until = False, time.monotonic()

    def worked(self) -> None:
        """It is up."""
        if self._pause:
            with self._lock:
                self._pause, self._probing, self.why = 0.0, False, None
