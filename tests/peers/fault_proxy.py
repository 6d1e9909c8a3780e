"""A TCP proxy on loopback that delays, cuts, resets and swallows what passes, changed while it runs."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

CHUNK = 1 << 20
Cut = Literal["close", "reset"]


def _let_pass(data: bytes) -> None:
    """Nobody watches."""


@dataclass
class Way:
    """One direction of all connections; each field may be set at any time.

    Attributes:
        delay: Seconds that everything is on its way; what is sent together stays together.
        cut_in: After so many more bytes, on whatever connection, that connection is cut, once; None for never.
        swallow: A black hole: nothing passes, not even the end of a connection, and nobody is told.
        watch: Is given what passes, before it does.
        passed: Bytes so far.
    """

    delay: float = 0.0
    cut_in: int | None = None
    swallow: bool = False
    watch: Callable[[bytes], None] = _let_pass
    passed: int = 0

    def allowed(self, data: bytes) -> tuple[bytes, bool]:
        """What of it may pass, and whether the connection is to be cut after it."""
        if self.swallow:
            return b"", False
        is_cut = self.cut_in is not None and self.cut_in <= len(data)
        if self.cut_in is not None:
            data, self.cut_in = (data[: self.cut_in], None) if is_cut else (data, self.cut_in - len(data))
        self.passed += len(data)
        self.watch(data)
        return data, is_cut


@dataclass
class FaultProxy:
    """A proxy in a thread of its own.

    Attributes:
        target: Port on loopback that it leads to.
        port: Its own.
        up: From the client to the server.
        down: From the server to the client.
        how: The end of a connection that is cut: an orderly one, or RST.
        refusing: New connections are cut at once.
        connections: How many there were.
        cuts: How many were cut.
    """

    target: int
    up: Way = field(default_factory=Way)
    down: Way = field(default_factory=Way)
    how: Cut = "close"
    refusing: bool = False
    connections: int = 0
    cuts: int = 0
    port: int = 0
    _sessions: set["_Session"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)
        self._thread.start()
        self._call(self._listen())

    def delay(self, seconds: float) -> None:
        """Delay either way."""
        self.up.delay = self.down.delay = seconds

    def black_hole(self, swallow: bool = True) -> None:
        """From now on nothing comes through in either way, on connections old and new; or it does again."""
        self.up.swallow = self.down.swallow = swallow

    def forget(self) -> None:
        """The connections of this moment become black holes, as when a router forgets them; new ones work."""
        for session in list(self._sessions):
            session.is_forgotten = True

    def cut(self) -> int:
        """Cut all connections there are; how many."""
        return int(self._call(self._cut_all()))

    @property
    def open(self) -> int:
        """Connections of this moment."""
        return len(self._sessions)

    def close(self) -> None:
        """End it with all its connections."""
        self.how = "reset"
        self._call(self._hush())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut_all(self) -> int:
        sessions = list(self._sessions)
        for session in sessions:
            session.cut()
        await asyncio.gather(*(session.ended.wait() for session in sessions))
        return len(sessions)

    async def _hush(self) -> None:
        self._server.close()
        await self._cut_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = _Session(self, writer)
        self._sessions.add(session)
        try:
            with suppress(OSError):
                await session.run(reader)
        finally:
            self._sessions.discard(session)
            session.hang_up()


class _Session:
    """One connection through the proxy."""

    def __init__(self, proxy: FaultProxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._writers = [client]
        self._over = asyncio.Event()
        self.is_forgotten = False
        self.ended = asyncio.Event()

    async def run(self, reader: asyncio.StreamReader) -> None:
        if self._proxy.refusing:
            self.cut()
            return
        server, writer = await asyncio.open_connection("127.0.0.1", self._proxy.target, limit=CHUNK)
        client = self._writers[0]
        self._writers.append(writer)
        ways = ((self._proxy.up, reader, writer), (self._proxy.down, server, client))
        tasks = [asyncio.ensure_future(self._carry(*way)) for way in ways]
        await self._over.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read at once, write when it is due."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.ensure_future(self._send(way, waiting, writer))
        try:
            data = b"-"
            while data:
                data = await _read(reader)
                waiting.put_nowait((asyncio.get_running_loop().time() + way.delay, data))
            await sending  # for ever, in a black hole
        finally:
            sending.cancel()

    async def _send(
        self, way: Way, waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            if self.is_forgotten or (way.swallow and not data):
                continue
            if not data:
                self._over.set()
                return
            data, is_cut = way.allowed(data)
            writer.write(data)
            with suppress(OSError):
                await writer.drain()
            if is_cut:
                self.cut()
                return

    def cut(self) -> None:
        """End it as the proxy is told to."""
        self._proxy.cuts += 1
        if self._proxy.how == "reset":
            for writer in self._writers:
                raw: socket.socket = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._over.set()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort() if self._proxy.how == "reset" else writer.close()
        self.ended.set()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What there is; nothing at the end, however it came."""
    try:
        return await reader.read(CHUNK)
    except OSError:
        return b""


@contextmanager
def fault_proxy(target: int) -> Iterator[FaultProxy]:
    """A proxy that runs until the end of the block."""
    proxy = FaultProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
