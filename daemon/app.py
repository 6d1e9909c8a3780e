"""The wiring of the daemon: read `Acceptor.run` from top to bottom."""

import asyncio
import contextlib
import fcntl
import gc
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Awaitable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from config.models import Settings
from daemon import control, pulse
from daemon import log as logging
from daemon.caretaker import Caretaker, ages
from daemon.health import Health, age
from daemon.intake.imap_house import House
from daemon.intake.mailboxes import Mailboxes
from daemon.intake.room import Room, RoomWatch
from daemon.intake.smtp import SmtpService
from daemon.loading import load_checked
from daemon.log import get_logger
from daemon.outbox.alarms import alarm, disk_too_full
from daemon.preparing import prepared
from daemon.processes import give_back, keep_small, notify_systemd
from daemon.pulse import Beating, Heart, standing
from daemon.reloading import Reloads
from daemon.seams import Clock, SeamRefused, check_allowed, wall_now
from daemon.seclusion import keep_to_ourselves, make
from daemon.shift import daemon_name, data_directory, database_url, desk_keys, has_own_keys
from daemon.store import (
    DriverMissing,
    StoreError,
    alarms,
    mailboxes,
    mailed,
    messages,
    open_store,
    outgoing,
    standstill,
)
from daemon.store.chains import Chain
from daemon.store.silence_report import silence_standing
from daemon.store.upgrade import Broken, SchemaTooNew, SchemaTooOld
from daemon.supervisor import Supervisor
from daemon.watchdog import Watchdog

OK, TEMPORARY, BAD_CONFIGURATION = 0, 75, 78
SWITCH_SECONDS = 0.0002
GARBAGE_AFTER = 20_000
TURN_SECONDS, TURN_LIMIT_SECONDS = 1.0, 30.0
"""The event loop says so often that it turns, and may hold all sessions up for so long."""

log = get_logger(__name__)


def run(directory: Path) -> int:
    """Run the daemon in the foreground until SIGTERM or SIGINT; the exit code."""
    settings, problems, written = load_checked(directory)
    if settings is None:
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        sys.stderr.write(f"postroom: {directory} has errors ({len(problems)}); nothing was started\n")
        return BAD_CONFIGURATION
    keep_small()
    logging.set_up(settings.postroom.log.level, "acceptor")
    pulse.begin("acceptor")
    data = data_directory(settings)
    try:
        _move_in(data)
    except OSError as error:
        sys.stderr.write(f"postroom: {data} cannot be the data directory now: {error.strerror}\n")
        return TEMPORARY
    try:
        check_allowed(enabled=settings.postroom.test.enabled)
        desk_keys(settings)
        with only_daemon(data):
            prepared(database_url(settings), data)
            return asyncio.run(Acceptor(settings, written).run())
    except AlreadyRunning as error:
        sys.stderr.write(f"postroom: {error}\n")
        return TEMPORARY
    except SQLAlchemyError as error:
        sys.stderr.write(f"postroom: the database cannot be used now: {getattr(error, 'orig', None) or error}\n")
        return TEMPORARY
    except (Broken, DriverMissing, SeamRefused, SchemaTooNew, SchemaTooOld, ValueError) as error:
        sys.stderr.write(f"postroom: {error}\n")
        return BAD_CONFIGURATION


def _move_in(data: Path) -> None:
    """Have a data directory that is ours alone and can be written to."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if was_open := keep_to_ourselves(data):
        log.warning("data-directory-was-open", to="other users", names=was_open)
    with tempfile.TemporaryFile(dir=data):
        pass


class AlreadyRunning(Exception):  # noqa: N818
    """Another daemon runs on this data directory."""


@contextlib.contextmanager
def only_daemon(data: Path) -> Any:
    """Hold the lock of the data directory: one daemon for one SQLite file.

    Raises:
        AlreadyRunning: Somebody else holds it.
    """
    make(lock := data / "daemon.lock")
    with lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise AlreadyRunning(f"{data} is in use by another daemon, process {handle.read().strip()}") from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


class Acceptor:
    """The first process: listens, keeps mail, supervises the worker, answers commands and health checks."""

    def __init__(self, settings: Settings, written: bytes) -> None:
        self._settings = settings
        self._clock = Clock()
        self._store = open_store(database_url(settings))
        self._stopping = asyncio.Event()
        self._started_at = wall_now()
        self._reloaded_at: datetime | None = None
        self._supervisor = Supervisor(settings, written) if "work" in settings.postroom.roles else None
        chain = Chain(f"acceptor {os.getpid()}")
        self._room = Room(data_directory(settings), lambda: self._settings.postroom.limits.reserve)
        self._smtp = SmtpService(settings, self._store, chain, self._clock, self._wake, self._room)
        self._smtp_places: list[str] = []
        self._mailboxes = Mailboxes(self._house(chain))
        wake = self._wake_from_a_thread
        self._reloads = Reloads(lambda: self._settings, self._take_over, self._store, self._clock, wake)
        self._caretaker = Caretaker(
            self._store, self._clock, lambda: self._settings, daemon_name(settings), self._supervisor,
            self._mailboxes, wake,
        )  # fmt: skip
        self._watchdog = Watchdog(self._goes_on, lambda: self._settings.postroom.outgoing.alarm_command)

    async def run(self) -> int:
        """Start everything, wait for the end, stop everything."""
        loop = asyncio.get_running_loop()
        self._store.deliver = loop.call_soon_threadsafe
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: asyncio.ensure_future(self._reloads.ask()))
        _raise_file_limit()
        # The writer comes back from a sync while the loop is busy: by default it would wait 5 ms for its turn, and all
        # sessions of its batch with it.
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.collect()
        give_back()
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER)  # sessions leave little behind; looking at every 700 objects is looking in vain
        working = asyncio.ensure_future(self._supervisor.run()) if self._supervisor else None
        try:
            if "smtp" in self._settings.postroom.roles:
                self._smtp_places = await self._smtp.listen()
            health = await self._open_health()
            commands = await control.serve(data_directory(self._settings), self._answer)
        except OSError as error:
            sys.stderr.write(f"postroom: cannot listen: {error}\n")
            if self._supervisor:
                await self._supervisor.stop()
            self._store.close()
            return TEMPORARY
        turning = asyncio.ensure_future(_turn())
        self._watchdog.start()
        self._caretaker.start()
        looking = asyncio.ensure_future(self._smtp.give_up_late())
        measuring = asyncio.ensure_future(RoomWatch(self._room, self._tell_of_the_disk).run())
        if self._supervisor:
            await _either(self._supervisor.wait_until_ready(), self._stopping.wait())
        if has_own_keys(self._settings):
            log.warning("desk-keys-of-our-own", why="replies to other daemons' notifications will not be understood")
        log.info("ready", smtp=self._smtp_places, settings=self._settings.digest[:12])
        notify_systemd("READY=1\nSTATUS=Taking mail")
        await asyncio.to_thread(self._open_mailboxes)
        await self._stopping.wait()
        notify_systemd("STOPPING=1\nSTATUS=Finishing what is in hand")
        self._watchdog.end()
        self._reloads.end()
        await self._smtp.close()
        commands.close()
        for task in (turning, looking, measuring):
            task.cancel()
        ending: list[Awaitable[Any]] = [
            asyncio.to_thread(self._caretaker.end),
            asyncio.to_thread(self._mailboxes.close),
        ]
        if self._supervisor and working:
            ending += [self._supervisor.stop(), working]
        await asyncio.gather(*ending)
        if health:
            health.close()
        await asyncio.to_thread(self._store.close)
        log.info("stopped")
        return OK

    def _house(self, chain: Chain) -> House:
        """What mailboxes share with us."""
        return House(
            store=self._store,
            chain=chain,
            clock=self._clock,
            owner=daemon_name(self._settings),  # so that it takes up at once what it held before it died
            settings=lambda: self._settings,
            wake=self._wake_from_a_thread,
            letter=lambda key, subject, text: alarm(self._settings, key, subject, text, self._clock.now()),
            room=self._room,
        )

    def _open_mailboxes(self) -> None:
        if self._settings.postroom.imap and self._store.url.startswith("sqlite"):
            with contextlib.suppress(StoreError):  # leases run out by themselves
                self._store.write(mailboxes.clear_leases).result()
        self._mailboxes.use(self._settings)

    def _wake(self) -> None:
        """There is something to do: for our own worker, or for those of other daemons."""
        if self._supervisor:
            self._supervisor.wake()
        else:
            self._store.hint()

    def _wake_from_a_thread(self) -> None:
        self._store.deliver(self._wake)

    async def _open_health(self) -> Health | None:
        place = self._settings.postroom.health.listen
        if place is None:
            return None
        health = Health(
            self._store,
            self._clock.now,
            self._counters,
            lambda: self._smtp.connections,
            self._worker_up,
            self._mailboxes.standing,
            lambda: self._room.free,
            self._loops,
            lambda: bool(self._smtp_places or "smtp" not in self._settings.postroom.roles) and self._worker_up(),
        )
        self._health_place = await health.listen(place)
        return health

    def _worker_up(self) -> bool:
        return self._supervisor is None or self._supervisor.is_fresh

    def _goes_on(self) -> bool:
        return self._supervisor is None or self._supervisor.goes_on

    def _counters(self) -> dict[str, int]:
        lmtp = {"lmtp_connections": self._smtp.lmtp_connections}
        counted = {**self._smtp.counters, **lmtp, **self._mailboxes.counters}
        if self._supervisor:
            counted |= self._supervisor.counters
            counted["worker_deaths"] = self._supervisor.deaths
            counted["worker_renewals"] = self._supervisor.renewals
            for name in ("reader_deaths", "reader_renewals"):
                counted[name] = self._supervisor.beat.get(name, 0)
        return counted

    def _loops(self) -> list[tuple[str, Beating]]:
        """All loops, with their process."""
        theirs = self._supervisor.standing() if self._supervisor else []
        return [*(("acceptor", one) for one in standing()), *(("worker", one) for one in theirs)]

    async def _take_over(self, settings: Settings, written: bytes) -> None:
        """Every process swaps."""
        self._settings = settings
        self._smtp.use(settings)
        await asyncio.to_thread(self._mailboxes.use, settings)
        if self._supervisor:
            await self._supervisor.use(settings, written)
        self._reloaded_at = wall_now()

    def _tell_of_the_disk(self, why: str, since: datetime) -> None:
        settings, now = self._settings, self._clock.now()
        letter = disk_too_full(settings, daemon_name(settings), why, since, now)
        self._store.write(lambda c: outgoing.put(c, letter, now)).result()
        self._wake_from_a_thread()

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._do(request)
        except StoreError as error:
            return {"ok": False, "problems": [f"the database cannot be used now: {error}"]}

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("do"):
            case "wake":
                self._wake()
                return {"ok": True}
            case "reload":
                return await self._reloads.ask()
            case "status":
                return await asyncio.to_thread(self._status)
            case other:
                return {"ok": False, "problems": [f"unknown request {other!r}"]}

    def _status(self) -> dict[str, Any]:
        now = self._clock.now()
        with self._store.read() as connection:
            fates: dict[str, int] = {}
            for fate, _, number in messages.by_fate(connection):
                fates[fate] = fates.get(fate, 0) + number
            states = mailed.by_state(connection)
            oldest, told = ages(connection, now), alarms.standing(connection)
            silence = silence_standing(connection, self._settings.silences, now)
            still = standstill.told(connection, now)
        return {
            "running": True,
            "pid": os.getpid(),
            "started_at": self._started_at.isoformat(),
            "settings": self._settings.digest,
            "reloaded_at": self._reloaded_at.isoformat() if self._reloaded_at else None,
            "problems": self._reloads.problems,
            **self._smtp.places,
            "health": "{}:{}".format(*self._health_place) if self._settings.postroom.health.listen else None,
            "connections": self._smtp.connections,
            "lmtp_connections": self._smtp.lmtp_connections,
            "disk": {"free": self._room.free, "reserve": self._room.reserve, "is_short": self._room.is_short},
            "worker": "none" if self._supervisor is None else "up" if self._supervisor.is_fresh else "silent",
            "mails": fates,
            "outbox": states,
            "oldest_pending_seconds": round(age(oldest.unread, now)),
            "oldest_unsent_seconds": round(age(oldest.unsent, now)),
            "oldest_unfired_seconds": round(age(oldest.unfired, now)),
            "alarms": [one._asdict() for one in told],
            "standing_still": [
                {"process": process, "loop": one.loop, "doing": one.doing, "overdue_seconds": round(one.overdue)}
                for process, one in self._loops()
                if one.overdue
            ],
            "silence": silence,
            "standstill": still,
            "mailboxes": self._mailboxes.standing(),
            "relays": [relay.url for relay in self._settings.postroom.relay],
            "own_desk_keys": has_own_keys(self._settings),
            "refused_recipients": [
                {"address": r.address, "count": r.count, "last_at": r.last_at.isoformat(), "meant": r.meant}
                for r in self._smtp.refusals.listing()
            ],
            "counters": self._counters(),
        }


async def _turn() -> None:
    """Say that the event loop turns: all sessions live in it."""
    heart = Heart("sessions", TURN_LIMIT_SECONDS)
    while True:
        heart.beat(TURN_SECONDS)
        await asyncio.sleep(TURN_SECONDS)


async def _either(*awaited: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first of them."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _raise_file_limit() -> None:
    """As many descriptors as we are allowed: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
