"""A client that sends different mails over kept-open sessions, at a pace or as fast as they are taken."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tests.bench import sink

SESSIONS = 10
SETTLE_SECONDS = 300

Numbered = tuple[int, bytes]


class Sent(NamedTuple):
    """One accepted mail; times on the clock that all processes share."""

    number: int
    started_at: float
    """MAIL was sent."""
    accepted_at: float
    """The 250 after its last dot was read."""


class Outcome(NamedTuple):
    """What a run gave, mail by mail, in milliseconds where it is a duration."""

    acceptance: list[float]
    """From MAIL to the 250 that takes the mail."""
    way: list[float]
    """From MAIL to the arrival of its notification."""
    rate: float
    """Mails a second from the first MAIL to the last notification."""


class Client:
    """One SMTP session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Open a session and say EHLO."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        await client._expect("220")
        await client._ask(b"EHLO bench.example\r\n", "250")
        return client

    async def send(self, numbered: Numbered, to: str) -> Sent:
        """Send one mail."""
        number, mail = numbered
        started_at = time.monotonic()
        await self._ask(b"MAIL FROM:<anfragen@boerse.example>\r\n", "250")
        await self._ask(f"RCPT TO:<{to}>\r\n".encode(), "250")
        await self._ask(b"DATA\r\n", "354")
        await self._ask(mail.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n", "250")
        return Sent(number, started_at, time.monotonic())

    async def close(self) -> None:
        """Leave."""
        self._writer.write(b"QUIT\r\n")
        self._writer.close()

    async def _ask(self, line: bytes, code: str) -> None:
        self._writer.write(line)
        await self._expect(code)

    async def _expect(self, code: str) -> None:
        while (line := (await self._reader.readline()).decode("utf-8", "replace"))[3:4] == "-":
            pass
        if not line.startswith(code):
            raise RuntimeError(f"expected {code}, got {line!r}")


async def _feed(queue: "asyncio.Queue[Numbered | None]", mails: Iterable[Numbered], rate: float | None) -> None:
    start = time.monotonic()
    for index, mail in enumerate(mails):
        if rate is not None and (wait := start + index / rate - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        await queue.put(mail)
    for _ in range(SESSIONS):
        await queue.put(None)


async def _drive(ports: Sequence[int], to: str, mails: Iterable[Numbered], rate: float | None) -> list[Sent]:
    # Paced mails wait in the queue if all sessions are busy, as they would at the sender.
    queue: asyncio.Queue[Numbered | None] = asyncio.Queue(SESSIONS if rate is None else 0)
    sent: list[Sent] = []

    async def session(port: int) -> None:
        client = await Client.connect(port)
        while (mail := await queue.get()) is not None:
            sent.append(await client.send(mail, to))
        await client.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(queue, mails, rate))
        for number in range(SESSIONS):
            group.create_task(session(ports[number % len(ports)]))
    return sent


def _arrivals(relay: int, count: int) -> dict[int, tuple[float, int]]:
    until = time.monotonic() + SETTLE_SECONDS
    while (here := sink.count(relay)) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"{count - here} of {count} notifications have not come in {SETTLE_SECONDS} s")
        time.sleep(0.05)
    return sink.dump(relay)


def run(
    port: int | Sequence[int], relay: int, to: str, mails: Iterator[Numbered], rate: float | None = None
) -> Outcome:
    """Send all mails, wait for all notifications.

    Args:
        port: Where the mails go; several are taken by turns.
        relay: Port of the sink that takes the notifications.
        to: Recipient.
        mails: What to send.
        rate: Mails a second; None is as fast as they are taken.

    Raises:
        RuntimeError: A mail was refused, a notification did not come or came twice.
    """
    numbered = list(mails)
    sent = asyncio.run(_drive([port] if isinstance(port, int) else port, to, numbered, rate))
    arrived = _arrivals(relay, len(sent))
    if twice := [number for number, (_, times) in arrived.items() if times > 1]:
        raise RuntimeError(f"{len(twice)} notifications came twice, for one that of mail {twice[0]}")
    first = min(one.started_at for one in sent)
    last = max(at for at, _ in arrived.values())
    return Outcome(
        acceptance=[(one.accepted_at - one.started_at) * 1000 for one in sent],
        way=[(arrived[one.number][0] - one.started_at) * 1000 for one in sent],
        rate=len(sent) / (last - first),
    )
