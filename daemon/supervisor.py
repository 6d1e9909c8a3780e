"""The acceptor's side of the worker: starts it, hands it settings, wakes it, and starts it again when it dies."""

import asyncio
import json
import pickle
import socket
import subprocess
import sys
import time
from typing import Any

from config.models import Settings
from daemon import wire
from daemon.log import get_logger
from daemon.pulse import LOOK_SECONDS, Beating, Heart

FRESH_BEAT_SECONDS = 30.0
START_SECONDS = 90.0
"""From the start of a worker until it is first heard: it waits for the database meanwhile."""
STOP_SECONDS = 15.0
WAKE_SECONDS = 0.003
RESTART_SECONDS = (0.1, 0.2, 0.5, 1.0)

log = get_logger(__name__)


class Supervisor:
    """One worker at a time."""

    def __init__(self, settings: Settings, written: bytes) -> None:
        self._settings = settings
        self._written = written
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._stopping = False
        self._took = asyncio.Event()
        self._heart = Heart("worker", FRESH_BEAT_SECONDS)
        self._renewing = False
        self._resting = self._again = False
        self.beat: dict[str, Any] = {}
        self.deaths = 0
        self.renewals = 0
        self._counted: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether the worker lives, said so lately, and none of its loops stands still."""
        return bool(self.beat) and self.goes_on

    @property
    def goes_on(self) -> bool:
        """Whether nothing stands still; also while there is no worker yet, as it waits for the database."""
        return not self._heart.overdue and not any(one.overdue for one in self.standing())

    def standing(self) -> list[Beating]:
        """How the worker's loops stood when it was last heard; none before it was."""
        return [Beating(*one) for one in self.beat.get("loops", ())]

    @property
    def counters(self) -> dict[str, int]:
        """What all workers since our start have counted."""
        now = self.beat.get("counters", {})
        return {name: self._counted.get(name, 0) + now.get(name, 0) for name in {*self._counted, *now}}

    async def run(self) -> None:
        """Keep a worker running until `stop`."""
        self._loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping:
            started = time.monotonic()
            try:
                await self._one_life()
            except OSError:  # no process or descriptor to be had: the next try may find one
                log.exception("worker-not-started")
            if self._stopping:
                return
            if self._renewing:
                self._renewing = False
                continue
            self.deaths += 1
            failures = 0 if time.monotonic() - started > 60 else failures + 1
            pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS)) - 1] if failures else RESTART_SECONDS[0]
            log.error("worker-died", exit=self._process.poll() if self._process else None, again_in=pause)
            await asyncio.sleep(pause)

    def wake(self) -> None:
        """There is new mail; what comes within a few milliseconds is told together, at their end."""
        if self._resting:
            self._again = True
        elif self._writer is not None:
            self._resting = True
            self._send(wire.WAKE)
            asyncio.get_running_loop().call_later(WAKE_SECONDS, self._rested)

    async def use(self, settings: Settings, written: bytes) -> None:
        """Hand over other settings; returns when the worker has taken them, or will at its next start."""
        self._settings, self._written = settings, written
        if self._writer is None:
            return
        self._took.clear()
        self._send_settings()
        try:
            await asyncio.wait_for(self._took.wait(), FRESH_BEAT_SECONDS)
        except TimeoutError:
            log.warning("worker-slow-to-take-settings")

    async def wait_until_ready(self) -> None:
        """Return when the first worker has taken its settings."""
        await self._took.wait()

    async def stop(self) -> None:
        """Let the worker finish what it has in hand; kill it if it does not."""
        self._stopping = True
        self._heart.end()
        await self._end()

    def renew_from_a_thread(self, *, at_once: bool) -> None:
        """The same as `renew`, without waiting for it."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self.renew(at_once=at_once), self._loop)

    async def renew(self, *, at_once: bool) -> None:
        """Another worker instead of this one, of which something stands still.

        One that goes on after all is left alone: where it was our own loop that stood still, what the worker said
        meanwhile is heard only now.

        Args:
            at_once: It would not hear that it is to end.
        """
        await asyncio.sleep(LOOK_SECONDS)
        if self._stopping or self.is_fresh or self._process is None or self._process.poll() is not None:
            return
        if self._renewing:
            if at_once:
                self._process.kill()
            return
        self._renewing = True
        self.renewals += 1
        await self._end(0.0 if at_once else STOP_SECONDS)

    async def _end(self, seconds: float = STOP_SECONDS) -> None:
        self._send(wire.QUIT)
        process = self._process
        if process is None:
            return
        try:
            await asyncio.wait_for(asyncio.to_thread(process.wait, seconds), seconds + 1)
        except (TimeoutError, subprocess.TimeoutExpired):
            log.warning("worker-killed")
            process.kill()
            await asyncio.to_thread(process.wait)

    async def _one_life(self) -> None:
        self._heart.beat(START_SECONDS)
        ours, theirs = socket.socketpair()
        with theirs:
            # From this thread, which lives as long as we do: the worker is killed when it ends.
            self._process = subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, "-P", "-m", "daemon.worker"], stdin=theirs.fileno(), stdout=subprocess.DEVNULL
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._send_settings()
        try:
            while True:
                self._heard(json.loads(await _frame(reader)))
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass
        finally:
            self._writer.close()
            self._writer = None
            self._keep_counters()
            if not self._stopping:
                self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _heard(self, told: dict[str, Any]) -> None:
        self._heart.beat(0.0 if self.beat else START_SECONDS)
        if "took" in told:
            if told["took"] == self._settings.digest:
                self._took.set()
        else:
            self.beat = told

    def _keep_counters(self) -> None:
        self._counted = self.counters
        self.beat = {}

    def _rested(self) -> None:
        self._resting = False
        if self._again:
            self._again = False
            self.wake()

    def _send_settings(self) -> None:
        self._send(wire.SETTINGS + pickle.dumps((self._settings, self._written)))

    def _send(self, frame: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(len(frame).to_bytes(4, "big") + frame)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length > wire.MAX_FRAME:
        raise ValueError("nonsense")
    return await reader.readexactly(length)
