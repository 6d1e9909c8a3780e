"""The leases that a worker holds: while a mail or letter is in hand its lease is renewed, however long it takes.

A worker that dies or is stopped renews nothing; its leases run out and others take over. What comes back too late finds
its token gone and changes nothing.
"""

import os
import secrets
import threading
import time
from contextlib import suppress

from sqlalchemy import Connection

from daemon.log import get_logger
from daemon.pulse import Heart, beating
from daemon.store import Store, StoreError, deadlines, messages, outgoing
from daemon.store.engine import end_stopped

LOOK_SECONDS = 2.0
RENEW_SECONDS = 8.0
"""A quarter of a lease: three renewals may fail before it runs out."""
STOPPED_SECONDS = 10.0
"""How often it is looked for writers that hold locks and were stopped: here, as the rooms may be waiting for them."""

ROUND_SECONDS = 60.0
"""For writing, where the database takes its time."""

log = get_logger(__name__)


class Leases:
    """Fencing tokens of one worker, beginning with the name of its daemon.

    Attributes:
        holder: That name: a daemon that starts again knows by it what its dead predecessor had in hand.
    """

    def __init__(self, store: Store, holder: str) -> None:
        self.holder = holder
        self._store = store
        self._in_hand: dict[str, float] = {}
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def end(self) -> None:
        """Renew nothing any more."""
        self._ended.set()
        self._thread.join()

    def new(self) -> str:
        """A token that is in hand from now on."""
        lease = f"{self.holder}/{os.getpid()}-{secrets.token_hex(6)}"
        with self._guard:
            self._in_hand[lease] = time.monotonic()
        return lease

    def let_go(self, lease: str) -> None:
        """Nothing of this lease is in hand any more."""
        with self._guard:
            self._in_hand.pop(lease, None)

    def in_hand(self) -> list[str]:
        """All tokens that were not let go."""
        with self._guard:
            return list(self._in_hand)

    def _run(self) -> None:
        with beating("leases", ROUND_SECONDS) as heart:
            self._keep(heart)

    def _keep(self, heart: Heart) -> None:
        looked_at = time.monotonic()
        while not self._ended.wait(LOOK_SECONDS):
            heart.beat(LOOK_SECONDS)
            if self._store.is_shared and time.monotonic() - looked_at > STOPPED_SECONDS:
                looked_at = time.monotonic()
                self._end_stopped()
            before = time.monotonic() - RENEW_SECONDS
            with self._guard:
                old = [lease for lease, since in self._in_hand.items() if since < before]
            if old:
                self._renew(old)

    def _end_stopped(self) -> None:
        with suppress(StoreError), self._store.read() as connection:
            ended = end_stopped(connection)
            if ended:
                log.warning("stopped-writers-ended", count=ended)

    def _renew(self, old: list[str]) -> None:
        """Most are let go long before: a batch takes milliseconds."""
        began = time.monotonic()

        def write(connection: Connection) -> None:
            messages.renew(connection, old)
            outgoing.renew(connection, old)
            deadlines.renew(connection, old)

        try:
            self._store.write(write, sync=False).result()
        except StoreError:
            log.warning("leases-not-renewed", count=len(old))
            return
        with self._guard:
            self._in_hand.update((lease, began) for lease in old if lease in self._in_hand)
