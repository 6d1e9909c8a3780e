"""Housekeeping: expired leases and sums four times a minute, the bytes of old mails once."""

import time
from datetime import timedelta

from daemon.log import get_logger
from daemon.processes import give_back
from daemon.shift import Shift
from daemon.store import messages, outgoing, tally

EVERY_SECONDS = 15
PACK_EVERY = 4
PACK_AFTER = timedelta(days=1)
PACK_AT_ONCE = 200

log = get_logger(__name__)


class Upkeep:
    """Does a little at a time, so that mail never waits for it."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._steps = 0
        self._next = time.monotonic() + EVERY_SECONDS

    def step(self) -> None:
        """Do what is due."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        shift, now = self._shift, self._shift.clock.now()
        ours = shift.leases.in_hand()  # after a sleep of the machine they may have run out
        doubtful = shift.store.write(lambda c: outgoing.recover(c, now, expired=True, spared=ours)).result()
        self._steps += 1
        give_back()
        shift.store.write(tally.fold, sync=False).result()
        packed = 0
        if self._steps % PACK_EVERY == 0:
            packed = shift.store.write(lambda c: messages.pack(c, now - PACK_AFTER, PACK_AT_ONCE)).result()
        if doubtful or packed:
            log.info("upkeep", letters_in_doubt=doubtful, mails_packed=packed)
