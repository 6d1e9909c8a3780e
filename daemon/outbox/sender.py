"""Sender threads: claim letters, hand them to the relay, and mark each before the next one's contents leave.

So a crash leaves at most one letter for each connection of which nobody knows whether it went out; it is sent again
with the same Message-ID. While no relay takes part at all, letters keep their place and are not blamed.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from daemon.log import get_logger
from daemon.outbox.admin import Admin
from daemon.outbox.alarms import Alarm
from daemon.outbox.envelope import envelope_sender
from daemon.outbox.kept import Kept
from daemon.outbox.outcome import Outcome, bare
from daemon.outbox.relay import Outlet
from daemon.outbox.systems import WEBHOOK
from daemon.outbox.webhook import post
from daemon.pulse import Heart, beat, beating
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import StoreError, outgoing
from daemon.store.outgoing import InHand

BATCH = 5
BATCH_SECONDS = 60.0
"""A slow relay gets no further letters of this batch: others may take them."""
RETRY_MINUTES = (1, 5, 15, 30)
THEN_MINUTES = 60
GIVE_UP_AFTER = timedelta(hours=48)
TROUBLE_SECONDS = 5.0
LONGEST_SLEEP_SECONDS = 30.0
OTHERS_SECONDS = 0.2
ROUND_SECONDS = 60.0
"""For what is done with a letter beside waiting for a relay's answer."""
RACE_SECONDS = 0.02
"""Somebody else was quicker to take what the relay's limits left."""

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


class LeaseLost(Exception):  # noqa: N818
    """A letter that was in hand has been given to somebody else."""


class Sender:
    """One thread, with one letter on its way at a time."""

    def __init__(self, shift: Shift, bell: Bell, outlet: Outlet, admin: Admin, number: int = 1) -> None:
        self.name = f"sender-{number}"
        self._shift = shift
        self._bell = bell
        self._outlet = outlet
        self._admin = admin
        self._stopping = False
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._marked: Kept | None = None
        self._lease = ""
        self._interrupted: list[str] = []
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

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
        with beating(self.name, ROUND_SECONDS) as heart:
            self._go_round(heart)

    def _go_round(self, heart: Heart) -> None:
        while not self._stopping:
            heart.beat()
            heard = self._bell.rings
            pause = self._pause_after_step()
            if pause > 0 and not self._stopping:
                heart.beat(pause)
                self._bell.wait(heard, pause)

    def _pause_after_step(self) -> float:
        try:
            return self.step()
        except LeaseLost:
            log.warning("sender-too-slow")  # the rest of the batch is somebody else's by now
        except StoreError:
            log.warning("sender-without-store")  # what was to be marked still is
        except Exception:
            log.exception("sender-trouble")
        return TROUBLE_SECONDS

    def step(self) -> float:
        """Send what is due; seconds to wait before the next step."""
        relays = self._outlet.relays
        pause = relays.wait()
        if pause > 0:  # claiming would only move letters to and fro
            self._wait_for_mark()
            return min(LONGEST_SLEEP_SECONDS, pause)
        self._lease = lease = self._shift.leases.new()
        try:
            return self._send(self._claim(lease, min(BATCH, relays.room())))
        except StoreError:
            self._interrupted.append(lease)
            raise
        finally:
            self._lease = ""
            if self._marked is None or self._marked.lease != lease:
                self._shift.leases.let_go(lease)

    def _send(self, letters: list[InHand]) -> float:
        relays = self._outlet.relays
        with suppress(LeaseLost):  # of the batch before; its last mark was written before this claim
            self._wait_for_mark()
        if not letters:
            if self._shift.gate.shut is not None:
                return LONGEST_SLEEP_SECONDS  # what is due waits until the bell rings
            with self._shift.store.read() as connection:
                return self._until(outgoing.next_due(connection))
        crash_point("after-outbox-claim")
        if len(letters) == BATCH:
            self._bell.ring()
        began = time.monotonic()
        for index, letter in enumerate(letters):
            beat()
            outcome = self._hand_over(letter)
            crash_point("after-relay")
            self._wait_for_mark()
            if outcome.state == "untried":
                self._put_back(letters[index:], outcome.error)
                return min(LONGEST_SLEEP_SECONDS, max(relays.wait(), RACE_SECONDS))
            self._marked = self._mark(letter, outcome, rest=len(letters) - index - 1)
            if outcome.down or self._stopping or time.monotonic() - began > BATCH_SECONDS:
                self._wait_for_mark()
                rest = letters[index + 1 :]
                self._give_back(rest)
                return 0.0
        return 0.0

    def _claim(self, lease: str, limit: int) -> list[InHand]:
        """Letters that are due; what the database kept us from trying, or claiming for sure, goes back."""
        store, now = self._shift.store, self._shift.clock.now()
        if self._interrupted:
            with suppress(LeaseLost):
                self._wait_for_mark()
            store.write(lambda c: outgoing.undo_claims(c, self._interrupted)).result()
            self._interrupted.clear()
        # Synced, and with it all that led to these letters: a relay gets nothing that a power cut could take back. The
        # last letter's mark is written in the same commit.
        still = self._shift.gate.shut is not None
        return store.write(lambda c: outgoing.claim(c, now=now, lease=lease, limit=limit, standstill=still)).result()

    def _hand_over(self, letter: InHand) -> Outcome:
        settings = self._shift.settings
        if letter.purpose == WEBHOOK:
            return post(settings, letter, self._wait_for_mark)
        if letter.reached_data and letter.purpose in settings.postroom.outgoing.hold_unknown:
            return Outcome("unknown", "an attempt ended without an answer", reached_data=True)
        sender = envelope_sender(settings, letter, self._shift.keys[0])
        return self._outlet.relays.send(sender, letter, self._wait_for_mark)

    def _wait_for_mark(self) -> None:
        """The mail before is marked for good; its commit ran while the relay was told of the next one.

        Raises:
            LeaseLost: It was not ours any more, so that nothing else of the batch is either.
        """
        marked = self._marked
        if marked is None:
            return
        try:
            ours = marked.result()
        except StoreError:
            raise  # it stays, and its lease with it, until it is kept: the letter went out
        except Exception:
            self._settled(marked)
            raise
        self._settled(marked)
        if not ours:
            raise LeaseLost

    def _settled(self, marked: Kept) -> None:
        self._marked = None
        if marked.lease != self._lease:
            self._shift.leases.let_go(marked.lease)

    def _until(self, due: datetime | None) -> float:
        if self._shift.clock.is_test:
            return 0.05
        if due is None:
            return LONGEST_SLEEP_SECONDS
        # What is due and was not taken is another's: its words are being written again.
        left = (due - self._shift.clock.now()).total_seconds()
        return min(LONGEST_SLEEP_SECONDS, max(OTHERS_SECONDS, left))

    def _put_back(self, letters: list[InHand], why: str | None) -> None:
        """No relay took part: they keep their place. Only age makes an end to it."""
        first = letters[0]
        age = self._age(first)
        log.warning("letters-not-tried", first=first.id, why=bare(why))
        if age > GIVE_UP_AFTER:
            self._mark(first, Outcome("waiting", why), rest=len(letters) - 1).result()
            self._give_back(letters[1:], why)
        else:
            self._give_back(letters, why, self._admin.alarm(first, "waiting", why, age))

    def _give_back(self, letters: list[InHand], why: str | None = None, told: Alarm | None = None) -> None:
        """None of them was tried."""
        if letters:
            self._kept(letters[0].lease, lambda c: outgoing.give_back(c, letters, why), told, rest=0).result()

    def _kept(self, lease: str, work: Callable[[Connection], bool], told: Alarm | None, *, rest: int) -> Kept:
        return Kept(lease, lambda: self._admin.write(work, told), lambda: self._holds(lease) == rest)

    def _holds(self, lease: str) -> int:
        with self._shift.store.read() as connection:
            return outgoing.in_hand(connection, lease)

    def _mark(self, letter: InHand, outcome: Outcome, *, rest: int) -> Kept:
        """One commit says how it ended, and tells the admin what a person must know.

        Args:
            letter: Which was tried.
            outcome: What became of it.
            rest: How many of its batch come after it.
        """
        now = self._shift.clock.now()
        age = self._age(letter)
        marked = self._state_after(letter, outcome, age)
        again = now + self._backoff(letter.attempts) if marked in ("waiting", "unknown") else None
        told = self._admin.alarm(letter, marked, outcome.error, age)
        self._shift.count(f"outbox_{marked}")
        if marked != "sent":
            why = bare(outcome.error)
            log.warning("letter-not-sent", letter=letter.id, state=marked, attempt=letter.attempts, why=why)

        def write(connection: Connection) -> bool:
            return outgoing.mark(
                connection,
                letter,
                marked,
                at=now,
                next_try_at=again,
                error=outcome.error,
                reached_data=outcome.reached_data,
            )

        return self._kept(letter.lease, write, told, rest=rest)

    def _age(self, letter: InHand) -> timedelta:
        """How long it waits already; a standstill is nobody's delay."""
        since = max(letter.created_at, self._shift.gate.opened_at or letter.created_at)
        return self._shift.clock.now() - since

    def _state_after(self, letter: InHand, outcome: Outcome, age: timedelta) -> str:
        """In doubt once, a letter is sent again; in doubt twice, or if its purpose wants it, a person decides."""
        if outcome.state == "unknown":
            hold = self._shift.settings.postroom.outgoing.hold_unknown
            return "held" if letter.reached_data or letter.purpose in hold else "unknown"
        return "failed" if outcome.state == "waiting" and age > GIVE_UP_AFTER else outcome.state

    def _backoff(self, attempts: int) -> timedelta:
        minutes = RETRY_MINUTES[attempts - 1] if attempts <= len(RETRY_MINUTES) else THEN_MINUTES
        return timedelta(minutes=minutes) * self._random.uniform(0.8, 1.2)
