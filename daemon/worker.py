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
from datetime import date

from config.models import Settings
from daemon import log as logging
from daemon import pulse, wire
from daemon.clock.calendar import Calendar
from daemon.clock.deadlines import Deadlines
from daemon.clock.ping import Ping
from daemon.clock.retention import Retention
from daemon.clock.upkeep import Upkeep
from daemon.desk.desk import Desk
from daemon.desk.watch import Watch
from daemon.log import get_logger
from daemon.outbox.admin import Admin
from daemon.outbox.alarms import quarantined, source_changed, stands_still
from daemon.outbox.bundle import Bundler
from daemon.outbox.guide import Guide
from daemon.outbox.lists import Lists
from daemon.outbox.relay import Outlet, senders_for
from daemon.outbox.sender import Bell, Sender
from daemon.outbox.watchman import Watchman
from daemon.processes import end_with_parent, give_back, keep_small
from daemon.pulse import beat, beating
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, database_url, desk_keys
from daemon.store import StoreError, deadlines, messages, open_store, outgoing, standstill, watched
from daemon.store.hints import Hints
from daemon.telling import Telling
from daemon.versions import versions
from rules.silence import watched_zones

ROUND_SECONDS = 60.0
"""For one room, where the database takes its time."""
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
        self._is_remembered = False
        self._quit = False
        self._woken = False
        self._adrift = False
        self._told_of: tuple[int, date] | None = None
        self._telling = Telling(sock, self._news)
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
        self._retention = Retention(self._shift)
        ping = Ping(self._shift)
        self._watchman = Watchman(self._shift, self._bell.ring, ping.send)
        self._calendar = Calendar(self._shift, self._wake_for_runs, ping)
        self._deadlines = Deadlines(self._shift)
        self._outlet = Outlet(self._shift)
        admin = Admin(self._shift)
        numbers = range(1, senders_for(settings) + 1)
        self._senders = [Sender(self._shift, self._bell, self._outlet, admin, number) for number in numbers]

    def run(self) -> None:
        """Work until told to stop or left alone."""
        with beating("rounds", ROUND_SECONDS):
            self._begin()
            self._go_round()
        self._stop()

    def _begin(self) -> None:
        self._shift.reader.start()
        self._clear_what_a_crash_left()
        self._remember()
        self._look_at_the_gate()
        self._shift.leases.start()
        for sender in self._senders:
            sender.start()
        self._telling.start()
        give_back()
        gc.freeze()

    def _go_round(self) -> None:
        while not self._quit:
            try:
                if self._adrift:
                    self._take_up()
                if not self._is_remembered:
                    self._remember()
                self._look_at_the_gate()
                pause = 0 if self._round() else self._pause()
            except StoreError as error:
                log.warning("worker-without-store", why=str(error))
                self._adrift = True
                self._desk.forget()
                time.sleep(AWAY_SECONDS)
                pause = 0
            beat(pause, "wait")
            self._listen(pause)

    def _round(self) -> bool:
        """One batch in every room; whether there was anything to do.

        While letters are composed the reader reads the next mails already.
        """
        if self._shift.gate.shut:
            return self._round_at_standstill()
        beat(doing="calendar")
        self._calendar.step()
        beat(doing="lists")
        listed = self._lists.step()
        beat(doing="deadlines")
        fired = self._deadlines.step()
        beat(doing="silence")
        watching = self._watchman.step()
        beat(doing="letters")
        told = self._bundler.gather()
        beat(doing="desk")
        taken = self._desk.take()
        if told:
            self._bundler.keep(told)
        beat()
        if taken:
            self._desk.keep(taken)
        beat(doing="upkeep")
        self._watch.step()
        if self._woken and not taken:  # woken, but not for a mail: for an alarm, or a letter to try again
            self._bell.ring()
        self._upkeep.step()
        erasing = self._retention.step()
        return bool(taken or told or fired or listed or watching or erasing)

    def _round_at_standstill(self) -> bool:
        """Mail is read; what is to be told, or becomes due, waits."""
        taken = self._desk.take()
        if taken:
            self._desk.keep(taken)
        self._watch.step()
        self._upkeep.step()
        return bool(taken)

    def _look_at_the_gate(self) -> None:
        """Senders wake when it opens; while it is shut the admin is told of it each day."""
        gate, now = self._shift.gate, self._shift.clock.now()
        if gate.look():
            self._bell.ring(everybody=True)
        if gate.shut is None or self._told_of == (gate.shut.id, now.date()):
            return
        with self._shift.store.read() as connection:
            letter = stands_still(self._shift.settings, gate.shut, standstill.waiting(connection, now), now)
        self._shift.store.write(lambda c: outgoing.put(c, letter, now)).result()
        self._told_of = (gate.shut.id, now.date())
        self._bell.ring(everybody=True)

    def _wake_for_runs(self) -> None:
        self._lists.wake()
        self._retention.wake()
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

    def _remember(self) -> None:
        """Keep the settings that decisions will name: before the first of them, however long the database is away."""
        settings, written = self._shift.settings, self._written
        told, at = json.dumps(versions()), wall_now()
        zones, seen_at = watched_zones(settings), self._shift.clock.now()
        self._shift.store.write(lambda c: messages.keep_settings(c, settings.digest, told, written, at)).result()
        self._shift.store.write(lambda c: watched.keep(c, settings.sources, zones, seen_at)).result()
        self._is_remembered = True
        self._telling.tell({"took": settings.digest})

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
        self._shift.settings, self._written, self._is_remembered = settings, written, False
        self._bell.ring(everybody=True)

    def _pause(self) -> float:
        """Seconds until something is due."""
        if self._shift.clock.is_test:
            return TEST_CLOCK_SLEEP_SECONDS
        now = self._shift.clock.now()
        rooms = (self._desk,) if self._shift.gate.shut else (self._desk, self._bundler, self._deadlines)
        due = [at for room in rooms if (at := room.next_due()) is not None]
        # What is due and was not taken is not ours: looking for it must not cost a whole core.
        shortest = OTHERS_SECONDS if self._shift.store.is_shared else SHORTEST_SLEEP_SECONDS
        return min([LONGEST_SLEEP_SECONDS, *(max(shortest, (at - now).total_seconds()) for at in due)])

    def _news(self) -> dict[str, object]:
        """What the acceptor shows of us."""
        reader = self._shift.reader
        counters = {"reader_deaths": reader.deaths, "reader_renewals": reader.renewals}
        return {"counters": self._shift.counted(), **counters}

    def _stop(self) -> None:
        for sender in self._senders:
            sender.stop()
        self._bell.ring(everybody=True)
        until = time.monotonic() + STOP_SECONDS
        for sender in self._senders:
            sender.join(max(0.0, until - time.monotonic()))
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
    pulse.begin("worker")
    sys.setswitchinterval(SWITCH_SECONDS)  # by default a thread that comes back from the relay or a sync waits 5 ms
    try:
        Worker(sock, settings, written).run()
    except StoreError as error:
        log.error("worker-without-store", why=str(error))  # noqa: TRY400 - at the start; the acceptor tries again
        sys.exit(1)


if __name__ == "__main__":
    main()
