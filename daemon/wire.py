"""Frames between our own processes: four bytes of length, then the content."""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence

_LENGTH = struct.Struct(">I")
MAX_FRAME = 128 << 20
SILENCE_SECONDS = 1.0

WAKE, SETTINGS, QUIT = b"w", b"s", b"q"
"""First bytes of what the acceptor says to the worker; settings follow theirs."""


class Gone(Exception):  # noqa: N818
    """The other side died, hung, or spoke nonsense."""


def send(sock: socket.socket, content: bytes) -> None:
    """Send one frame, waiting as long as it takes."""
    sock.sendall(_LENGTH.pack(len(content)) + content)


def receive(sock: socket.socket) -> bytes | None:
    """The next frame; None at the end of the connection."""
    head = _exactly(sock, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    return _exactly(sock, length) if length <= MAX_FRAME else None


def _exactly(sock: socket.socket, size: int) -> bytes | None:
    buffer = bytearray()
    while len(buffer) < size:
        chunk = sock.recv(min(size - len(buffer), 1 << 20))
        if not chunk:
            return None
        buffer += chunk
    return bytes(buffer)


class Line:
    """A connection to a process that answers each frame with one, in order.

    Both directions move at once, so that neither side waits for the other's buffer, and the asker need not wait at all.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._out = bytearray()
        self._in = bytearray()
        self._poller = select.poll()

    def ask(self, requests: Sequence[bytes]) -> None:
        """Send what goes at once; the rest goes while answers are awaited."""
        for request in requests:
            self._out += _LENGTH.pack(len(request))
            self._out += request
        self._send()

    def answer(self, seconds: float, on_silence: Callable[[], None]) -> bytes:
        """The next answer.

        Args:
            seconds: Longest time to wait.
            on_silence: Called each second without an answer: something may be wrong.

        Raises:
            Gone: The other side ended, or did not answer in time.
        """
        until = time.monotonic() + seconds
        while (frame := self._frame()) is None:
            self._poller.register(self._sock, select.POLLIN | (select.POLLOUT if self._out else 0))
            left = until - time.monotonic()
            if left <= 0:
                raise Gone("no answer in time")
            if not self._poller.poll(min(left, SILENCE_SECONDS) * 1000):
                on_silence()
                continue
            self._send()
            self._receive()
        return frame

    def _send(self) -> None:
        try:
            while self._out:
                with memoryview(self._out) as whole, whole[: 1 << 18] as part:
                    sent = self._sock.send(part, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                del self._out[:sent]
        except BlockingIOError:
            pass
        except OSError:  # it is dead; what it said before is still to be heard
            self._out.clear()

    def _receive(self) -> None:
        try:
            chunk = self._sock.recv(1 << 18, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone(os.strerror(error.errno or 0)) from error
        if not chunk:
            raise Gone("it ended")
        self._in += chunk

    def _frame(self) -> bytes | None:
        """Cut a whole frame from the front of what has come in."""
        if len(self._in) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._in)
        if length > MAX_FRAME:
            raise Gone("nonsense")
        end = _LENGTH.size + length
        if len(self._in) < end:
            return None
        frame = bytes(self._in[_LENGTH.size : end])
        del self._in[:end]
        return frame
