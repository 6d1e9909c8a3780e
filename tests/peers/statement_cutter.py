"""A proxy in front of PostgreSQL that cuts the connection once at every statement that it has not cut at before.

Two cuts for each: before the server hears of the statement, and after it ran, before anybody is told. What a statement
is, is told by its words and by those of the first one of its transaction: the same words in another transaction are
another statement. Connections without TLS only.
"""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Literal

MOST = 1 << 16
PROTOCOL = 3 << 16
QUERY, PARSE, BIND, SYNC, READY, FLUSH, TERMINATE = b"Q", b"P", b"B", b"S", b"Z", b"H", b"X"
BETWEEN_SECONDS = 0.1
"""So long nothing is cut after a cut: who was cut must get on, or nothing else would ever be asked."""

_VALUES = re.compile(r"(?:\(?\$\d+(?:::[A-Z ]+)?\)?(?:, )?)+")
"""However many there are, it is the same statement."""

Lost = Literal["question", "answer"]


@dataclass(frozen=True)
class Spot:
    """Where a connection is cut.

    Attributes:
        program: What the connection calls itself: `postroom writer`, `postroom`.
        first: First statement of the transaction, after BEGIN.
        statement: The statement itself.
        lost: What nobody hears: the question, or its answer.
    """

    program: str
    first: str
    statement: str
    lost: Lost


@dataclass
class StatementCutter:
    """The proxy.

    Attributes:
        target: Port on loopback that it leads to.
        spots: Where it has cut.
        passed: Where it has let pass what it might have cut.
        is_cutting: Whether it cuts; it may be switched at any time.
        every: Of the spots only one of so many, counted as they come.
        port: Its own.
    """

    target: int
    every: int = 1
    is_cutting: bool = False
    spots: set[Spot] = field(default_factory=set)
    passed: set[Spot] = field(default_factory=set)
    port: int = 0

    def __post_init__(self) -> None:
        self._guard = threading.Lock()
        self._last = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="statement cutter", daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with their peers."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def known(self) -> int:
        """How many places there are, as far as is known."""
        return len(self.spots) + len(self.passed)

    def cut(self, program: str, first: str, statement: str) -> Lost | None:
        """What is to be lost at this statement; None where it passes."""
        with self._guard:
            if not self.is_cutting or time.monotonic() < self._last + BETWEEN_SECONDS:
                return None
            for lost in ("question", "answer"):
                spot = Spot(program, first, statement, lost)
                if spot in self.spots or spot in self.passed:
                    continue
                if self.known % self.every:
                    self.passed.add(spot)
                    continue
                self.spots.add(spot)
                self._last = time.monotonic()
                return lost
        return None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError, EOFError), socket.create_connection(("127.0.0.1", self.target)) as to:
            _Link(self, client, to).carry()


class _Link:
    """One connection through the proxy."""

    def __init__(self, cutter: StatementCutter, client: socket.socket, server: socket.socket) -> None:
        self._cutter = cutter
        self._client, self._server = client, server
        self._program = ""
        self._names: dict[bytes, str] = {}
        self._first = ""
        self._is_deaf = threading.Event()
        for end in (client, server):  # else each statement waits 40 ms for an acknowledgement
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def carry(self) -> None:
        """Until one of both hangs up, or it is cut."""
        self._begin()
        threading.Thread(target=self._answers, daemon=True).start()
        try:
            asked, words = b"", ""
            for kind, message in _messages(self._client):
                asked += message
                words = self._words(kind, message) or words
                if kind not in (QUERY, SYNC):
                    if kind in (FLUSH, TERMINATE):
                        self._server.sendall(asked)
                        asked = b""
                    continue
                lost = self._lost(words)
                if lost == "question":
                    break
                if lost == "answer":
                    self._is_deaf.set()
                self._server.sendall(asked)
                asked = b""
        finally:
            if not self._is_deaf.is_set():
                _hang_up(self._server, self._client)

    def _begin(self) -> None:
        """Pass on what comes before the first message; learn who calls. TLS is declined as a server without it does."""
        while True:
            length = _exactly(self._client, 4)
            body = _exactly(self._client, struct.unpack("!I", length)[0] - 4)
            if struct.unpack("!I", body[:4])[0] == PROTOCOL:
                break
            self._client.sendall(b"N")
        told = body[4:].split(b"\0")
        self._program = dict(zip(told[::2], told[1::2], strict=False)).get(b"application_name", b"").decode()
        self._server.sendall(length + body)

    def _words(self, kind: bytes, message: bytes) -> str:
        """Which statement a message is about; empty if it is about none."""
        body = message[5:]
        if kind == QUERY:
            return _plain(body)
        if kind == PARSE:
            name, words, _ = body.split(b"\0", 2)
            self._names[name] = _plain(words)
            return self._names[name]
        if kind == BIND:
            _, name, _ = body.split(b"\0", 2)
            return self._names.get(name, "")
        return ""

    def _lost(self, words: str) -> Lost | None:
        if words.startswith("BEGIN"):
            self._first = ""
        elif not self._first and words:
            self._first = words
        return self._cutter.cut(self._program, self._first, words) if self._program.startswith("postroom") else None

    def _answers(self) -> None:
        """Pass on what the server says; once nobody is to hear it, wait until it has done what it was asked."""
        with suppress(OSError, EOFError):
            for kind, message in _messages(self._server):
                if not self._is_deaf.is_set():
                    self._client.sendall(message)
                elif kind == READY:
                    break
        _hang_up(self._server, self._client)


def _plain(words: bytes) -> str:
    """A statement without the number of its values."""
    return _VALUES.sub("$", words.rstrip(b"\0").decode("utf-8", "replace"))


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """What follows the start: kind, and the whole message."""
    while True:
        head = _exactly(source, 5)
        yield head[:1], head + _exactly(source, struct.unpack("!I", head[1:])[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = source.recv(min(size, MOST))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _hang_up(*ends: socket.socket) -> None:
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
