"""Reloads, one after the other: each takes all that was asked for before it began."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from config.models import Settings
from daemon.loading import Loaded, load_quiet
from daemon.log import get_logger
from daemon.outbox.alarms import reload_refused
from daemon.processes import notify_systemd
from daemon.seams import Clock
from daemon.store import Store, StoreError, outgoing

TELL_AGAIN_SECONDS = 5.0

log = get_logger(__name__)


class Reloads:
    """Loads, checks, and hands on what is good; of what is not the admin is told once.

    Attributes:
        problems: Of the last one; empty if it was taken over.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        take_over: Callable[[Settings, bytes], Awaitable[None]],
        store: Store,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """Begin with what is in force.

        Args:
            settings: Gives the present ones.
            take_over: Puts others in force; cannot fail.
            store: Where letters to the admin are put.
            clock: Of these letters.
            wake: There is one.
        """
        self._settings = settings
        self._take_over = take_over
        self._store = store
        self._clock = clock
        self._wake = wake
        self._running: asyncio.Task[dict[str, Any]] | None = None
        self._next: asyncio.Task[dict[str, Any]] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._ended = False
        self.problems: list[str] = []

    async def ask(self) -> dict[str, Any]:
        """What came of it. Whoever asks while one runs waits for the next, together with all who ask meanwhile."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._after(self._running))
        return await asyncio.shield(self._next)

    def end(self) -> None:
        """The daemon stops: what is loaded just now counts no more."""
        self._ended = True

    async def _after(self, running: "asyncio.Task[dict[str, Any]] | None") -> dict[str, Any]:
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        notify_systemd(f"RELOADING=1\nMONOTONIC_USEC={int(asyncio.get_running_loop().time() * 1_000_000)}")
        try:
            return await self._once()
        finally:
            notify_systemd("READY=1")

    async def _once(self) -> dict[str, Any]:
        """First phase: load and check, touching nothing. Second phase: every process swaps, and cannot fail."""
        settings, problems, written = await _loaded(self._settings().directory)
        if self._ended:
            return {"ok": False, "problems": ["the daemon stops"]}
        self.problems = [str(problem) for problem in problems]
        if settings is None:
            log.error("reload-refused", problems=len(problems), first=self.problems[0])
            await self._tell(list(self.problems))
        else:
            await self._take_over(settings, written)
            log.info("reloaded", settings=settings.digest[:12])
        return {"ok": settings is not None, "problems": self.problems}

    async def _tell(self, problems: list[str]) -> None:
        """One mail for each distinct set of problems; later, if the database is away."""
        try:
            await asyncio.to_thread(self._put, problems)
        except StoreError:
            later = asyncio.ensure_future(self._tell_later(problems))
            self._telling.add(later)
            later.add_done_callback(self._telling.discard)

    async def _tell_later(self, problems: list[str]) -> None:
        while True:
            await asyncio.sleep(TELL_AGAIN_SECONDS)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._put, problems)
                return

    def _put(self, problems: list[str]) -> None:
        letter = reload_refused(self._settings(), problems, self._clock.now())
        self._store.write(lambda c: outgoing.put(c, letter, self._clock.now())).result()
        self._wake()


async def _loaded(directory: Path) -> Loaded:
    """Load in a thread that nobody waits for: with files that are written all the time, or many, it takes a minute.

    Of the threads that an event loop lends it waits for each before it ends, and the daemon with it.
    """
    loaded: Future[Loaded] = Future()
    loaded.set_running_or_notify_cancel()

    def load() -> None:
        try:
            loaded.set_result(load_quiet(directory))
        except Exception as error:
            loaded.set_exception(error)

    threading.Thread(target=load, name="reload", daemon=True).start()
    return await asyncio.wrap_future(loaded)
