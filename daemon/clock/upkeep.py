"""Housekeeping, once a minute: expired leases, and the bytes of old mails."""

import time
from datetime import timedelta

from daemon.log import get_logger
from daemon.shift import Shift
from daemon.store import messages, outgoing

EVERY_SECONDS = 60
PACK_AFTER = timedelta(days=1)
PACK_AT_ONCE = 200

log = get_logger(__name__)


class Upkeep:
    """Does a little at a time, so that mail never waits for it."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._next = time.monotonic() + EVERY_SECONDS

    def step(self) -> None:
        """Do what is due."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        shift, now = self._shift, self._shift.clock.now()
        doubtful = shift.store.write(lambda c: outgoing.recover(c, now, expired=True)).result()
        packed = shift.store.write(lambda c: messages.pack(c, now - PACK_AFTER, PACK_AT_ONCE)).result()
        if doubtful or packed:
            log.info("upkeep", letters_in_doubt=doubtful, mails_packed=packed)
