"""Frames between our own processes: four bytes of length, then the content."""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence

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


def exchange(
    sock: socket.socket,
    requests: Sequence[bytes],
    *,
    each_seconds: float,
    all_seconds: float,
    on_silence: Callable[[], None],
) -> Iterator[bytes]:
    """Send requests and give their answers in order, both at once, so that neither side waits for the other's buffer.

    Args:
        sock: Connection to a process that answers each request with one frame, in order.
        requests: What to ask.
        each_seconds: Longest time from one answer to the next.
        all_seconds: Longest time for all.
        on_silence: Called each second without an answer: something may be wrong.

    Raises:
        Gone: The other side ended, or did not answer in time.
    """
    pending = b"".join(_LENGTH.pack(len(r)) + r for r in requests)
    view, sent, buffer, answered = memoryview(pending), 0, bytearray(), 0
    end = time.monotonic() + all_seconds
    until = min(end, time.monotonic() + each_seconds)
    poller = select.poll()
    while answered < len(requests):
        poller.register(sock, select.POLLIN | (select.POLLOUT if sent < len(view) else 0))
        left = until - time.monotonic()
        if left <= 0:
            raise Gone("no answer in time")
        if not poller.poll(min(left, SILENCE_SECONDS) * 1000):
            on_silence()
            continue
        try:
            if sent < len(view):
                sent += _some_sent(sock, view[sent : sent + (1 << 18)])
            chunk = _some_received(sock)
        except OSError as error:
            raise Gone(os.strerror(error.errno or 0)) from error
        if chunk is None:
            continue
        if not chunk:
            raise Gone("it ended")
        buffer += chunk
        for frame in _frames(buffer):
            answered += 1
            until = min(end, time.monotonic() + each_seconds)
            yield frame


def _some_sent(sock: socket.socket, part: memoryview) -> int:
    try:
        return sock.send(part, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except BlockingIOError:
        return 0


def _some_received(sock: socket.socket) -> bytes | None:
    try:
        return sock.recv(1 << 18, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None


def _frames(buffer: bytearray) -> Iterator[bytes]:
    """Cut whole frames from the front of the buffer."""
    while len(buffer) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(buffer)
        if length > MAX_FRAME:
            raise Gone("nonsense")
        if len(buffer) < _LENGTH.size + length:
            return
        frame = bytes(buffer[_LENGTH.size : _LENGTH.size + length])
        del buffer[: _LENGTH.size + length]
        yield frame
