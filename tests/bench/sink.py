"""The relay at the end of the line: takes notifications, remembers which mail each is about and when it came.

Run as `python -m tests.bench.sink PORT`. Beside SMTP it knows two words: XCOUNT (how many different mails have been
told of) and XDUMP (`{number: [seconds, times]}` as JSON since the last dump, on the clock all processes share).
"""

import asyncio
import json
import re
import socket
import sys
import time
from contextlib import AbstractContextManager
from email import message_from_bytes

from tests.bench import servers

_MARK = re.compile(rb"(?:bench-|kunde)(\d+)@")


def subject_of(mail: bytes) -> int:
    """Number of the generated mail that a notification is about; -1 if it does not say."""
    mark = _MARK.search(mail)
    parts = () if mark else message_from_bytes(mail).walk()
    for part in parts:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and (mark := _MARK.search(content)):
            break
    return int(mark[1]) if mark else -1


class Arrivals:
    """What has come in since the last dump."""

    def __init__(self) -> None:
        self.seen: dict[int, list[float]] = {}

    def take(self, mail: bytes) -> None:
        """Remember one notification."""
        entry = self.seen.setdefault(subject_of(mail), [time.monotonic(), 0])
        entry[1] += 1

    def answer(self, word: bytes) -> bytes:
        """To XCOUNT and XDUMP."""
        if word == b"XCOUNT":
            return f"250 {len(self.seen)}\r\n".encode()
        text = json.dumps(self.seen)
        self.seen = {}
        return f"250 {text}\r\n".encode()


class Session(asyncio.Protocol):
    """Just enough SMTP, quickly: the sink must not be what is measured."""

    _REPLIES = {  # noqa: RUF012 - never changed
        b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n",
    }  # fmt: skip

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.buffer = bytearray()
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Work off whole lines and whole mails."""
        self.buffer += data
        while self.mail() if self.in_data else self.line():
            pass

    def mail(self) -> bool:
        """Take a mail if it is all there."""
        end = self.buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        self.arrivals.take(bytes(self.buffer[:end]))
        del self.buffer[: end + 5]
        self.in_data = False
        self.transport.write(b"250 ok\r\n")
        return True

    def line(self) -> bool:
        """Answer a command if it is all there."""
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        word = bytes(self.buffer[:4]).upper()
        whole = bytes(self.buffer[:end]).strip()
        del self.buffer[: end + 2]
        if word in (b"XCOU", b"XDUM"):
            self.transport.write(self.arrivals.answer(whole))
        else:
            self.transport.write(self._REPLIES.get(word, b"250 ok\r\n"))
        self.in_data = word == b"DATA"
        if word == b"QUIT":
            self.transport.close()
        return True


def running() -> AbstractContextManager[servers.Running]:
    """A sink in a process of its own."""
    return servers.module("sink")


def ask(port: int, word: str) -> str:
    """The answer to XCOUNT or XDUMP."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection, connection.makefile("rwb") as stream:
        stream.readline()
        stream.write(f"{word}\r\n".encode())
        stream.flush()
        return stream.readline().decode().strip().partition(" ")[2]


def count(port: int) -> int:
    """How many different mails have been told of since the last dump."""
    return int(ask(port, "XCOUNT"))


def dump(port: int) -> dict[int, tuple[float, int]]:
    """Number of each mail told of -> when first, and how often; then forget."""
    return {int(number): (at, int(times)) for number, (at, times) in json.loads(ask(port, "XDUMP")).items()}


async def serve(port: int) -> None:
    """Listen on loopback until killed."""
    arrivals = Arrivals()
    server = await asyncio.get_running_loop().create_server(lambda: Session(arrivals), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
