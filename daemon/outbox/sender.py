"""Sender threads: claim letters, hand them to the relay, and mark each before the next one's contents leave.

So a crash leaves at most one letter for each connection of which nobody knows whether it went out; it is sent again
with the same Message-ID.
"""

import random
import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import Connection

from daemon.log import get_logger
from daemon.outbox.alarms import not_delivered, relay_is_down
from daemon.outbox.kept import Kept
from daemon.outbox.relay import Outcome, Relay, open_relay
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import StoreError, outgoing
from daemon.store.outgoing import InHand

BATCH = 5
BATCH_SECONDS = 60.0
"""A slow relay gets no further letters of this batch: others may take them."""
RETRY_MINUTES = (1, 5, 15, 30)
THEN_MINUTES = 60
TELL_AFTER = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(hours=48)
DOWN_SECONDS = 5.0
LONGEST_SLEEP_SECONDS = 30.0
OTHERS_SECONDS = 0.2

log = get_logger(__name__)


class Bell:
    """Tells senders that there may be work; a ring between looking for work and waiting for it is not lost."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.rings = 0

    def ring(self, *, everybody: bool = False) -> None:
        """Wake one who waits (whoever takes a full batch wakes the next), or all."""
        with self._changed:
            self.rings += 1
            if everybody:
                self._changed.notify_all()
            else:
                self._changed.notify()

    def wait(self, heard: int, seconds: float) -> None:
        """Wait for a ring after the `heard` that were counted before, or so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.rings != heard, seconds)


class Sender:
    """One thread with one connection."""

    def __init__(self, shift: Shift, bell: Bell) -> None:
        self._shift = shift
        self._bell = bell
        self._stopping = False
        self._relay: Relay | None = None
        self._relay_of = shift.settings
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._marked: Kept | None = None
        self._claimed_in_doubt: list[str] = []
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the letter in hand, give back the others; call `join` afterwards."""
        self._stopping = True

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping:
            heard = self._bell.rings
            pause = self._pause_after_step()
            if pause > 0 and not self._stopping:
                self._bell.wait(heard, pause)
        if self._relay is not None:
            self._relay.close()

    def _pause_after_step(self) -> float:
        try:
            return self.step()
        except StoreError:
            log.warning("sender-without-store")  # what was to be marked still is
        except Exception:
            log.exception("sender-trouble")
            self._marked = None
        if self._relay is not None:
            self._relay.close()  # it may have been in the middle of something
        return DOWN_SECONDS

    def step(self) -> float:
        """Send what is due; seconds to wait before the next step."""
        lease = self._shift.leases.new()
        try:
            return self._step(lease)
        finally:
            self._shift.leases.let_go(lease)

    def _step(self, lease: str) -> float:
        shift, now = self._shift, self._shift.clock.now()
        # Synced, and with it all that led to these letters: a relay gets nothing that a power cut could take back.
        # The last letter's mark is written in the same commit.
        letters = self._claim(lease, now)
        if not letters:
            self._wait_for_mark()
            with shift.store.read() as connection:
                return self._until(outgoing.next_due(connection))
        crash_point("after-outbox-claim")
        if len(letters) == BATCH:
            self._bell.ring()
        began = time.monotonic()
        for index, letter in enumerate(letters):
            outcome = self._current_relay().send(letter, self._wait_for_mark)
            crash_point("after-relay")
            self._wait_for_mark()
            self._marked = self._mark(letter, outcome)
            if outcome.down or self._stopping or time.monotonic() - began > BATCH_SECONDS:
                self._wait_for_mark()
                rest = letters[index + 1 :]
                Kept(shift.store, lambda c, rest=rest: outgoing.give_back(c, rest)).result()  # type: ignore[misc]
                return DOWN_SECONDS if outcome.down else 0.0
        return 0.0

    def _claim(self, lease: str, now: datetime) -> list[InHand]:
        """Letters that are due; those of an earlier claim of which nobody knows whether it was kept were not tried."""
        store = self._shift.store
        if self._claimed_in_doubt:
            store.write(lambda c: outgoing.undo_claims(c, self._claimed_in_doubt)).result()
            self._claimed_in_doubt.clear()
        try:
            return store.write(lambda c: outgoing.claim(c, now=now, lease=lease, limit=BATCH)).result()
        except StoreError:
            self._claimed_in_doubt.append(lease)
            raise

    def _wait_for_mark(self) -> None:
        """The mail before is marked for good; its commit ran while the relay was told of the next one."""
        marked, self._marked = self._marked, None
        if marked is not None:
            marked.result()

    def _until(self, due: datetime | None) -> float:
        if self._shift.clock.is_test:
            return 0.05
        if due is None:
            return LONGEST_SLEEP_SECONDS
        # What is due and was not taken is another's: its words are being written again.
        left = (due - self._shift.clock.now()).total_seconds()
        return min(LONGEST_SLEEP_SECONDS, max(OTHERS_SECONDS, left))

    def _current_relay(self) -> Relay:
        """The relay of the present settings; after a reload the old connection is closed."""
        if self._relay is None or self._relay_of is not self._shift.settings:
            if self._relay is not None:
                self._relay.close()
            self._relay_of = self._shift.settings
            self._relay = open_relay(self._relay_of)
        return self._relay

    def _mark(self, letter: InHand, outcome: Outcome) -> Kept:
        """One commit says how it ended, and tells the admin what a person must know."""
        shift, now = self._shift, self._shift.clock.now()
        state, age = outcome.state, now - letter.created_at
        if state in ("waiting", "unknown") and age > GIVE_UP_AFTER:
            state = "failed"
        again = now + self._backoff(letter.attempts) if state in ("waiting", "unknown") else None
        told = self._alarm(letter, state, outcome.error, age)

        def write(connection: Connection) -> None:
            outgoing.mark(
                connection,
                letter,
                state,
                at=now,
                next_try_at=again,
                error=outcome.error,
                reached_data=outcome.reached_data,
            )
            if told is not None:
                outgoing.put(connection, told, now)

        shift.count(f"outbox_{state}")
        if state != "sent":
            log.warning("letter-not-sent", letter=letter.id, state=state, attempt=letter.attempts, why=outcome.error)
        return Kept(shift.store, write)

    def _alarm(self, letter: InHand, state: str, error: str | None, age: timedelta) -> outgoing.Letter | None:
        settings, now, why = self._shift.settings, self._shift.clock.now(), error or "no reason was given"
        if letter.purpose == "alarm":
            return None
        if state == "failed":
            return not_delivered(settings, letter.id, letter.recipient, why, now)
        if state in ("waiting", "unknown") and age >= TELL_AFTER:
            return relay_is_down(settings, int(age.total_seconds() // 60), why, now)
        return None

    def _backoff(self, attempts: int) -> timedelta:
        minutes = RETRY_MINUTES[attempts - 1] if attempts <= len(RETRY_MINUTES) else THEN_MINUTES
        return timedelta(minutes=minutes) * self._random.uniform(0.8, 1.2)
