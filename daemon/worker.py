"""The worker process: takes what the acceptor has stored to its fate, and sends what is to be told.

Started by `daemon.supervisor` with a socket as file descriptor 0: the acceptor sends settings and wake-ups, the
worker says that it lives and what it counted. It ends when that socket does.
"""

import gc
import json
import pickle
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from config.models import Settings
from daemon import log as logging
from daemon import wire
from daemon.clock.calendar import Calendar
from daemon.clock.deadlines import Deadlines
from daemon.clock.ping import Ping
from daemon.clock.upkeep import Upkeep
from daemon.desk.desk import Desk
from daemon.desk.watch import Watch
from daemon.log import get_logger
from daemon.outbox.admin import Admin
from daemon.outbox.alarms import quarantined, source_changed
from daemon.outbox.bundle import Bundler
from daemon.outbox.guide import Guide
from daemon.outbox.lists import Lists
from daemon.outbox.relay import Outlet, senders_for
from daemon.outbox.sender import Bell, Sender
from daemon.outbox.watchman import Watchman
from daemon.processes import end_with_parent, give_back, keep_small
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, database_url, desk_keys
from daemon.store import StoreError, deadlines, messages, open_store, outgoing, watched
from daemon.store.hints import Hints
from daemon.versions import versions
from rules.silence import watched_zones

BEAT_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
LONGEST_SLEEP_SECONDS = 5.0
SHORTEST_SLEEP_SECONDS = 0.02
OTHERS_SECONDS = 0.2
TEST_CLOCK_SLEEP_SECONDS = 0.05
AWAY_SECONDS = 0.2
STOP_SECONDS = 10.0

log = get_logger(__name__)


class Worker:
    """The rooms, taken in turn by one thread, and the sender threads beside it."""

    def __init__(self, sock: socket.socket, settings: Settings, written: bytes) -> None:
        self._sock = sock
        self._written = written
        self._quit = False
        self._woken = False
        self._adrift = False
        self._last_beat = 0.0
        clock = Clock()
        store = open_store(database_url(settings))
        reader = Reader(settings.templates)
        self._shift = Shift(settings, store, clock, reader, desk_keys(settings))
        self._hints = Hints(store)
        self._watch = Watch(self._shift, self._tell_changed)
        self._bell = Bell()
        guide = Guide(self._shift, self._bell.ring)
        self._desk = Desk(self._shift, self._tell_quarantined, self._watch, guide)
        self._bundler = Bundler(self._shift, self._bell.ring)
        self._upkeep = Upkeep(self._shift)
        self._lists = Lists(self._shift, self._bell.ring)
        ping = Ping(self._shift)
        self._watchman = Watchman(self._shift, self._bell.ring, ping.send)
        self._calendar = Calendar(self._shift, self._wake_for_runs, ping)
        self._deadlines = Deadlines(self._shift)
        self._outlet = Outlet(self._shift)
        admin = Admin(self._shift)
        self._senders = [Sender(self._shift, self._bell, self._outlet, admin) for _ in range(senders_for(settings))]

    def run(self) -> None:
        """Work until told to stop or left alone."""
        self._shift.reader.start()
        self._clear_what_a_crash_left()
        self._remember(self._shift.settings, self._written)
        self._shift.leases.start()
        for sender in self._senders:
            sender.start()
        give_back()
        gc.freeze()
        while not self._quit:
            try:
                if self._adrift:
                    self._take_up()
                pause = 0 if self._round() else self._pause()
            except StoreError as error:
                log.warning("worker-without-store", why=str(error))
                self._adrift = True
                self._desk.forget()
                time.sleep(AWAY_SECONDS)
                pause = 0
            self._beat()
            self._listen(pause)
        self._stop()

    def _round(self) -> bool:
        """One batch in every room; whether there was anything to do.

        While letters are composed the reader reads the next mails already.
        """
        self._calendar.step()
        listed = self._lists.step()
        fired = self._deadlines.step()
        watching = self._watchman.step()
        told = self._bundler.gather()
        taken = self._desk.take()
        if told:
            self._bundler.keep(told)
        if taken:
            self._desk.keep(taken)
        self._watch.step()
        if self._woken and not taken:  # woken, but not for a mail: for an alarm, or a letter to try again
            self._bell.ring()
        self._upkeep.step()
        return bool(taken or told or fired or listed or watching)

    def _wake_for_runs(self) -> None:
        self._lists.wake()
        self._watchman.wake()

    def _clear_what_a_crash_left(self) -> None:
        """What bears our daemon's name was left by a dead worker of ours; what bears another's is in its hands."""
        store, now, holder = self._shift.store, self._shift.clock.now(), self._holder()
        store.write(lambda c: messages.clear_leases(c, holder)).result()
        store.write(lambda c: deadlines.clear_leases(c, holder)).result()
        in_doubt = store.write(lambda c: outgoing.recover(c, now, holder=holder)).result()
        if in_doubt:
            log.warning("letters-in-doubt", count=in_doubt)

    def _take_up(self) -> None:
        """The database is there again: what was in hand when it went away is free. Senders see to theirs."""
        self._shift.store.write(lambda c: messages.clear_leases(c, self._holder())).result()
        self._shift.store.write(lambda c: deadlines.clear_leases(c, self._holder())).result()
        self._adrift = False

    def _holder(self) -> str | None:
        """Whose leases are ours to clear; None for all: on SQLite nobody else works, and the name may have changed."""
        return self._shift.leases.holder if self._shift.store.is_shared else None

    def _tell_quarantined(self, message_id: int, why: str) -> None:
        now = self._shift.clock.now()
        letter = quarantined(self._shift.settings, message_id, why, now)
        self._shift.store.write(lambda c: outgoing.put(c, letter, now)).result()
        self._bell.ring()

    def _tell_changed(self, source: str, changes: Sequence[str], mails: int) -> None:
        now = self._shift.clock.now()
        letter = source_changed(self._shift.settings, source, changes, mails, now)
        if self._shift.store.write(lambda c: outgoing.put(c, letter, now)).result() is not None:
            log.warning("source-changed", source=source, changes=len(changes))
            self._bell.ring()

    def _remember(self, settings: Settings, written: bytes) -> None:
        """Keep the settings that decisions will name."""
        told, at = json.dumps(versions()), wall_now()
        zones, seen_at = watched_zones(settings), self._shift.clock.now()
        self._shift.store.write(lambda c: messages.keep_settings(c, settings.digest, told, written, at)).result()
        self._shift.store.write(lambda c: watched.keep(c, settings.sources, zones, seen_at)).result()
        wire.send(self._sock, json.dumps({"took": settings.digest}).encode())

    def _listen(self, seconds: float) -> None:
        """Take what the acceptor says; between batches only, so a batch runs under one set of settings."""
        self._woken = rang = False
        bells = self._calendar.alarms.socket
        while not self._quit:
            ready = select.select([self._sock, *([] if rang else [bells]), *self._hints.sockets()], [], [], seconds)[0]
            if not ready:
                break
            seconds = 0
            if bells in ready:
                rang = True  # the calendar takes it off
                continue
            if self._sock not in ready:
                self._woken |= self._hints.heard()
                continue
            frame = wire.receive(self._sock)
            if frame is None or frame == wire.QUIT:
                self._quit = True
            elif frame == wire.WAKE:
                self._woken = True
            elif frame.startswith(wire.SETTINGS):
                self._use(*pickle.loads(frame[1:]))  # noqa: S301 - from our own parent, over our own pipe

    def _use(self, settings: Settings, written: bytes) -> None:
        self._shift.reader.use(settings.templates)
        self._shift.settings = settings
        self._remember(settings, written)
        self._bell.ring(everybody=True)

    def _pause(self) -> float:
        """Seconds until something is due."""
        if self._shift.clock.is_test:
            return TEST_CLOCK_SLEEP_SECONDS
        now = self._shift.clock.now()
        rooms = (self._desk, self._bundler, self._deadlines)
        due = [at for room in rooms if (at := room.next_due()) is not None]
        # What is due and was not taken is not ours: looking for it must not cost a whole core.
        shortest = OTHERS_SECONDS if self._shift.store.is_shared else SHORTEST_SLEEP_SECONDS
        return min([LONGEST_SLEEP_SECONDS, *(max(shortest, (at - now).total_seconds()) for at in due)])

    def _beat(self) -> None:
        if time.monotonic() - self._last_beat < BEAT_SECONDS:
            return
        self._last_beat = time.monotonic()
        reader = self._shift.reader
        beat = {
            "counters": dict(self._shift.counters),
            "reader_deaths": reader.deaths,
            "reader_renewals": reader.renewals,
        }
        wire.send(self._sock, json.dumps(beat).encode())

    def _stop(self) -> None:
        for sender in self._senders:
            sender.stop()
        self._bell.ring(everybody=True)
        for sender in self._senders:
            sender.join(STOP_SECONDS)
        self._outlet.close()
        with suppress(StoreError):  # its leases run out
            self._desk.put_back()
        with suppress(StoreError):  # they are due still
            self._bundler.close()
        self._shift.leases.end()
        self._hints.close()
        self._calendar.close()
        self._shift.reader.close()
        self._shift.store.close()


def main() -> None:
    """Serve the acceptor at the other end of file descriptor 0."""
    end_with_parent()
    keep_small()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the acceptor, which tells us
    sock = socket.socket(fileno=0)
    frame = wire.receive(sock)
    if frame is None:
        return
    settings, written = pickle.loads(frame[1:])  # noqa: S301 - from our own parent, over our own pipe
    logging.set_up(settings.postroom.log.level, "worker")
    sys.setswitchinterval(SWITCH_SECONDS)  # by default a thread that comes back from the relay or a sync waits 5 ms
    try:
        Worker(sock, settings, written).run()
    except StoreError as error:
        log.error("worker-without-store", why=str(error))  # noqa: TRY400 - at the start; the acceptor tries again
        sys.exit(1)


if __name__ == "__main__":
    main()
