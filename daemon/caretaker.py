"""Looks after the house itself: what waits too long, and loops that stand still.

The admin is told once of each, and once that it is over, whichever daemon notices and however often one is started anew
meanwhile: what he knows stands in table `alarm`. A loop of the worker is healed by another worker, that of a mailbox by
another reader; of the acceptor's own only systemd can, see `daemon.watchdog`.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from config.models import Settings
from config.values import Duration
from daemon.log import get_logger
from daemon.outbox import house_alarms
from daemon.outbox.other_way import OtherWay
from daemon.pulse import LOOK_SECONDS, Beating, Heart, beating, look, standing
from daemon.seams import Clock
from daemon.store import Store, StoreError, alarms, deadlines, mailed, messages, outgoing, standstill
from daemon.store.alarms import Told
from daemon.store.outgoing import Letter

ROUND_SECONDS = 60.0
AGES_SECONDS = 15.0
"""How often is looked at what waits in the database."""
TEST_SECONDS = 0.2
"""At this and at loops, where a test turns the clock."""
WRITE_SECONDS = 5.0
SURE_AFTER = timedelta(minutes=1)
"""What has waited too long must go on doing so: after a jump of the clock the worker may be about to see to it."""
WELL_AFTER = timedelta(minutes=5)
"""What is well for less is not over."""
HEAL_AGAIN_SECONDS = 60.0
GONE_AFTER = timedelta(days=1)
"""A loop of another daemon that has not been told of for so long stands still no more, or its daemon is no more."""

log = get_logger(__name__)


class Worker(Protocol):
    """The worker, as far as its loops go."""

    def standing(self) -> list[Beating]:
        """How they stood when it was last heard."""

    def renew_from_a_thread(self, *, at_once: bool) -> None:
        """Have another one instead."""


class Mailboxes(Protocol):
    """The mailboxes, as far as their loops go."""

    def renew(self, loop: str) -> None:
        """Begin anew with the mailbox of this loop."""


class Ages(NamedTuple):
    """Since when the oldest of each waits; None where nothing does."""

    unread: datetime | None
    unsent: datetime | None
    unfired: datetime | None


def ages(connection: Connection, now: datetime) -> Ages:
    """What we owe and have not done."""
    return Ages(
        messages.oldest_pending(connection), mailed.oldest_unsent(connection), deadlines.oldest_due(connection, now)
    )


class Found(NamedTuple):
    """Something that is wrong now.

    Attributes:
        what: Key of its alarm.
        since: From when on.
        letter: Makes the mail about it.
        silent: Mail may not go out because of just this.
    """

    what: str
    since: datetime
    letter: Callable[[], Letter]
    silent: bool = False


class Caretaker:
    """One thread of the acceptor."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Callable[[], Settings],
        daemon: str,
        worker: Worker | None,
        mailboxes: Mailboxes,
        wake: Callable[[], None],
    ) -> None:
        """Begin nothing yet.

        Args:
            store: Of the acceptor.
            clock: For due times.
            settings: Gives the present ones.
            daemon: Our name among those of the database.
            worker: None where another daemon has it.
            mailboxes: Ours.
            wake: There is a letter to send.
        """
        self._store = store
        self._clock = clock
        self._settings = settings
        self._daemon = daemon
        self._worker = worker
        self._mailboxes = mailboxes
        self._wake = wake
        self._other_way = OtherWay()
        self._began_at = clock.now()
        self._seen: dict[str, datetime] = {}
        self._well: dict[str, datetime] = {}
        self._told: dict[str, Told] = {}
        self._under_way: dict[str, Future[bool]] = {}
        self._said: set[str] = set()
        self._healed_at: dict[str, float] = {}
        self._looked_at = -math.inf
        self._waiting: list[Found] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="caretaker", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join(WRITE_SECONDS)

    def _run(self) -> None:
        with beating("caretaker", ROUND_SECONDS) as heart:
            self._keep_looking(heart)

    def _keep_looking(self, heart: Heart) -> None:
        seconds = TEST_SECONDS if self._clock.is_test else LOOK_SECONDS
        while not self._ended.wait(seconds):
            heart.beat(seconds)
            try:
                self._look()
            except StoreError:
                log.warning("caretaker-without-store")
            except Exception:
                log.exception("caretaker-trouble")

    def _look(self) -> None:
        now = self._clock.now()
        still = self._standing_still()
        loops = [self._of_loop(process, one, now) for process, one in still]
        for found in loops:
            self._tell(found, now)
        self._heal(still)
        every = TEST_SECONDS if self._clock.is_test else AGES_SECONDS
        if time.monotonic() - self._looked_at >= every:
            self._looked_at = time.monotonic()
            self._look_at_the_store(now)
        for found in self._waiting:
            if self._is_sure(found.what, now):
                self._tell(found, now)
        self._end_what_is_over({one.what for one in (*loops, *self._waiting)}, now)

    # What is wrong.

    def _standing_still(self) -> list[tuple[str, Beating]]:
        """Loops of our processes that are overdue."""
        look()
        ours = [("acceptor", one) for one in standing()]
        theirs = [("worker", one) for one in self._worker.standing()] if self._worker else []
        return [(process, one) for process, one in (*ours, *theirs) if one.overdue]

    def _of_loop(self, process: str, one: Beating, now: datetime) -> Found:
        what, name = f"{self._prefix}{process}.{one.loop}", f"{process}.{one.loop}"
        if what not in self._seen:
            log.error("loop-stands-still", loop=name, doing=one.doing, overdue=round(one.overdue, 1))
        since = self._seen.setdefault(what, now)
        words, healing = _words(what), _healing(process, one.loop)
        return Found(
            what, since, partial(house_alarms.stands_still, self._settings(), what, words, healing, since, now)
        )

    def _look_at_the_store(self, now: datetime) -> None:
        with self._store.read() as connection:
            found, still = ages(connection, now), standstill.standing(connection)
            self._told = {one.what: one for one in alarms.standing(connection)}
        if still:
            self._began_at = now  # all waits on purpose, and begins when it ends
        limits = self._settings().postroom.health
        allowed = {"unread": limits.unread, "unsent": limits.unsent, "unfired": limits.unfired}
        self._waiting = [
            self._of_age(what, since, now)
            for what, since in found._asdict().items()
            if since is not None and self._is_too_long(since, allowed[what], now)
        ]

    def _of_age(self, what: str, since: datetime, now: datetime) -> Found:
        letter = partial(house_alarms.waits_too_long, self._settings(), what, since, now)
        return Found(what, since, letter, silent=what == "unsent")

    def _is_too_long(self, since: datetime, allowed: Duration | str, now: datetime) -> bool:
        """What waited while no daemon ran is not counted: it is being seen to."""
        if not isinstance(allowed, Duration):
            return False
        return now - max(since, min(self._began_at, now)) >= timedelta(minutes=allowed.minutes)

    def _is_sure(self, what: str, now: datetime) -> bool:
        first = self._seen.setdefault(what, now)
        return now - first >= SURE_AFTER

    # What is done about it.

    def _tell(self, found: Found, now: datetime) -> None:
        """Write the mail, and that it was written, unless the admin knows."""
        if found.what in self._told or self._is_under_way(found.what):
            return
        letter = found.letter()

        def write(connection: Connection) -> bool:
            return (
                alarms.begin(connection, found.what, found.since, now)
                and outgoing.put(connection, letter, now) is not None
            )

        written = self._store.write(write)
        self._under_way[found.what] = written
        self._told[found.what] = Told(found.what, found.since, now)
        try:
            if written.result(WRITE_SECONDS):
                log.error("alarm", what=found.what)
                self._wake()
                if found.silent:
                    self._say(found.what, letter)
        except TimeoutError:
            self._say(found.what, letter)
        except StoreError:
            del self._told[found.what]
            self._say(found.what, letter)

    def _is_under_way(self, what: str) -> bool:
        """Whether a mail about it was begun, and the database has not said what became of it."""
        written = self._under_way.get(what)
        return written is not None and not written.done()

    def _say(self, what: str, letter: Letter) -> None:
        """Say by the other way what mail cannot; once."""
        if what not in self._said:
            self._said.add(what)
            self._other_way.tell(self._settings().postroom.outgoing.alarm_command, letter.subject)

    def _heal(self, still: Iterable[tuple[str, Beating]]) -> None:
        for label in set(self._healed_at) - {f"{process}.{one.loop}" for process, one in still}:
            del self._healed_at[label]
        for process, one in still:
            label, now = f"{process}.{one.loop}", time.monotonic()
            healing = _healing(process, one.loop)
            if healing == "systemd" or now - self._healed_at.get(label, -HEAL_AGAIN_SECONDS) < HEAL_AGAIN_SECONDS:
                continue
            self._healed_at[label] = now
            log.error("loop-renewed", loop=label)
            if healing == "mailbox":
                self._mailboxes.renew(one.loop)
            elif self._worker is not None:
                self._worker.renew_from_a_thread(at_once=process == "acceptor" or one.loop == "rounds")

    def _end_what_is_over(self, found: set[str], now: datetime) -> None:
        for what in found:
            self._well.pop(what, None)
        for what in set(self._seen) - found:
            del self._seen[what]
            self._said.discard(what)
        for told in list(self._told.values()):
            if told.what in found or self._is_under_way(told.what):
                continue
            if not self._is_ours(told.what):
                self._forget_if_gone(told, now)
                continue
            since = self._well.setdefault(told.what, now)
            self._well[told.what] = min(since, now)
            if now - since >= WELL_AFTER:
                self._end(told, now)

    def _is_ours(self, what: str) -> bool:
        """Whether we can know that it is over: loops of other daemons are theirs."""
        return not what.startswith("loop:") or what.startswith(self._prefix)

    def _end(self, told: Told, now: datetime) -> None:
        letter = house_alarms.over(self._settings(), told, _words(told.what), now)

        def write(connection: Connection) -> bool:
            return alarms.end(connection, told.what) and outgoing.put(connection, letter, now) is not None

        del self._told[told.what], self._well[told.what]
        if self._store.write(write).result(WRITE_SECONDS):
            log.warning("alarm-over", what=told.what)
            self._wake()

    def _forget_if_gone(self, told: Told, now: datetime) -> None:
        """Nobody else would: where its daemon lives and stands still, that tells the admin anew."""
        if now - told.told_at >= GONE_AFTER and self._store.write(lambda c: alarms.end(c, told.what)).result(
            WRITE_SECONDS
        ):
            log.warning("alarm-forgotten", what=told.what)

    @property
    def _prefix(self) -> str:
        return f"loop:{self._daemon}:"


def _healing(process: str, loop: str) -> str:
    """What helps where a loop stands still."""
    if process == "worker" or loop == "worker":
        return "worker"
    return "mailbox" if loop.startswith("mailbox:") else "systemd"


def _words(what: str) -> str:
    """An alarm as people read it."""
    if not what.startswith("loop:"):
        return house_alarms.WAITING[what][0]
    _, daemon, loop = what.split(":", 2)
    return f"{loop} of {daemon}"
