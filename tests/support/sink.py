"""A relay for tests: takes mail by SMTP on loopback, counts it, and misbehaves on demand."""

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from email.message import Message
from email.parser import BytesParser
from typing import Any, NamedTuple

DROP = "drop"
"""An answer of a script: close the connection without a word."""


HANG = "hang"
"""An answer of a script: none at all, with the connection open, until the relay goes down."""


class Arrived(NamedTuple):
    """A mail that was taken (its dot was seen and, unless the connection was dropped then, answered with 250)."""

    message_id: str
    record: str | None
    sender: str
    recipient: str
    at: float
    """time.monotonic()"""
    content: bytes

    def parsed(self) -> Message:
        """The mail, decoded."""
        return BytesParser().parsebytes(self.content)


class Attempt(NamedTuple):
    """What a script is asked about: a command as it is about to be answered."""

    command: str
    """CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA or DOT."""
    recipient: str
    line: str = ""
    """As it came."""


Script = Callable[[Attempt], str | None]
"""Gives the answer (`450 4.2.0 later`), DROP, HANG, or None for the usual one."""


class Sink:
    """A server in a thread of its own; script and features may be swapped at any time.

    Args:
        trust: Certificate and key for TLS: by STARTTLS, which is offered then, or from the first byte.
        implicit: From the first byte.
    """

    def __init__(self, trust: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.mails: list[Arrived] = []
        self.attempts: Counter[str] = Counter()
        self.lines: list[str] = []
        self.peak = 0
        """Most connections at the same time."""
        self.script: Script = lambda attempt: None
        self.trust = trust
        self.features: tuple[str, ...] = ("STARTTLS", "8BITMIME") if trust and not implicit else ("8BITMIME",)
        self._implicit = implicit
        self.port = 0
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)
        self._thread.start()
        self.up()

    @property
    def url(self) -> str:
        """As a relay's `url`."""
        return f"{'smtps' if self._implicit else 'smtp'}://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen, on the port of the first time."""
        self._call(self._listen())

    def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        self._call(self._hush())

    def close(self) -> None:
        """End the server and its thread."""
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def to(self, recipient: str) -> list[Arrived]:
        """What came for one recipient."""
        return [mail for mail in list(self.mails) if mail.recipient == recipient]

    def about(self, text: str) -> list[Arrived]:
        """What came with a text anywhere in it."""
        return [mail for mail in list(self.mails) if text.encode() in mail.content]

    def doubled(self) -> dict[str, int]:
        """Message-IDs that came more than once."""
        counted = Counter(mail.message_id for mail in list(self.mails))
        return {message_id: times for message_id, times in counted.items() if times > 1}

    def _call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve,
            "127.0.0.1",
            self.port,
            limit=1 << 26,
            backlog=200,
            ssl=self.trust if self._implicit else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hush(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        self.peak = max(self.peak, len(self._sessions))
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _Session(self, reader, writer).run()
        finally:
            self._sessions.discard(session)
            writer.transport.abort() if self._server is None else writer.close()


class _Session:
    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._sender = self._recipient = ""

    async def run(self) -> None:
        going = await self._reply("CONNECT", "220 sink")
        while going:
            line = (await self._reader.readuntil(b"\r\n")).decode().strip()
            command = line.split(" ")[0].upper()
            self._sink.lines.append(line)
            if command == "QUIT":
                return
            going = await self._one(command, line)

    async def _one(self, command: str, line: str) -> bool:
        match command:
            case "MAIL":
                self._sender, self._recipient = _address(line), ""
            case "RCPT":
                self._recipient = _address(line)
            case "DATA":
                return await self._data()
            case "EHLO":
                told = ["sink", *self._sink.features]
                answer = "\r\n".join(f"250{'-' if one is not told[-1] else ' '}{one}" for one in told)
                return await self._reply("EHLO", answer)
            case "STARTTLS":
                return await self._start_tls(line)
            case "AUTH":
                return await self._reply("AUTH", "235 welcome", line)
        return await self._reply(command, "250 ok", line)

    async def _start_tls(self, line: str) -> bool:
        if not await self._reply("STARTTLS", "220 go on", line):
            return False
        if self._said.startswith("220") and self._sink.trust:
            await self._writer.start_tls(self._sink.trust)
        return True

    async def _data(self) -> bool:
        if not await self._reply("DATA", "354 go on"):
            return False
        if not self._accepted:
            return True
        content = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        answer = self._sink.script(Attempt("DOT", self._recipient))
        if answer in (None, DROP, HANG):
            self._sink.mails.append(_arrived(content, self._sender, self._recipient))
        return await self._say("DOT", answer or "250 ok")

    async def _reply(self, command: str, usual: str, line: str = "") -> bool:
        answer = self._sink.script(Attempt(command, self._recipient, line))
        self._accepted = answer is None
        return await self._say(command, answer or usual)

    async def _say(self, command: str, answer: str) -> bool:
        """Answer; whether the session goes on."""
        self._sink.attempts[command] += 1
        self._said = answer
        if answer == DROP:
            self._writer.transport.abort()
            return False
        if answer == HANG:
            await asyncio.Event().wait()
        self._writer.write(f"{answer}\r\n".encode())
        await self._writer.drain()
        return not answer.startswith("421")


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


def _arrived(content: bytes, sender: str, recipient: str) -> Arrived:
    head = BytesParser().parsebytes(content, headersonly=True)
    record = head["X-Postroom-Record"]
    return Arrived(str(head["Message-ID"]), record and str(record), sender, recipient, time.monotonic(), content)
