"""A line to a server that may be slow, or mean: no answer is waited for longer than it is allowed to take.

The time-out of a socket is begun anew by every byte, so that a server that sends one now and then holds its client for
ever. Here each answer has its time, however its bytes come.
"""

import contextlib
import math
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from daemon.pulse import beat


class Line:
    """One connection after the other, each answer with its time; `cut` may be called from any thread."""

    def __init__(self) -> None:
        self._until = math.inf
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._is_cut = False

    def begin(self, seconds: float) -> None:
        """The next answer may take so long."""
        self._until = time.monotonic() + seconds
        beat(seconds)

    @property
    def is_overdue(self) -> bool:
        """Whether the last answer should have been there already; from any thread."""
        return time.monotonic() >= self._until

    def connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        """A connection that is cut with this line; at once if it was cut already.

        Raises:
            OSError: Nobody is there.
        """
        line, made = self, socket.create_connection(address, seconds)
        with self._lock:
            # A socket of its own on the same connection: ours may be in use, or wrapped, when another thread cuts it.
            self._handle = socket.socket(fileno=os.dup(made.fileno()))
        if self._is_cut:
            self.cut()

        class Plain(socket.socket):
            def recv_into(self, *given: Any) -> int:
                with line._waiting(self):
                    return super().recv_into(*given)

        plain = Plain(made.family, made.type, made.proto, made.detach())
        plain.settimeout(seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a search is sent in pieces
        return plain

    def bound(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Have the answers on TLS connections of a client's context take no longer either; gives the context."""
        line = self

        class Tls(ssl.SSLSocket):
            def recv_into(self, *given: Any) -> int:
                with line._waiting(self):
                    return super().recv_into(*given)

        context.sslsocket_class = Tls
        return context

    def cut(self) -> None:
        """End every wait on the connection and on those that are still to come; from any thread."""
        self._is_cut = True
        with self._lock, contextlib.suppress(OSError):
            if self._handle is not None:
                self._handle.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """The connection is closed."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = None

    @contextlib.contextmanager
    def _waiting(self, sock: socket.socket) -> Iterator[None]:
        """Let a socket wait no longer than there is time; one that does not wait is left alone."""
        own, left = sock.gettimeout(), self._until - time.monotonic()
        if own == 0 or (own is not None and own <= left):
            yield
            return
        if left <= 0:
            raise TimeoutError("the answer took too long")
        sock.settimeout(left if left < math.inf else None)
        try:
            yield
        finally:
            sock.settimeout(own)
