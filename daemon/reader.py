"""The worker's side of the reader: starts it, asks it, notices when it dies or hangs, and renews it."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from daemon import wire
from daemon.errands import Answer, Request, Templates
from daemon.log import get_logger
from daemon.pulse import beat

MAIL_SECONDS = 3.0
BATCH_SECONDS = 10.0
START_SECONDS = 30.0
RENEW_AFTER_MAILS = 20_000
RENEW_ABOVE_BYTES = 300 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")

log = get_logger(__name__)


class ReaderDied(Exception):  # noqa: N818
    """The reader ended or hung.

    Attributes:
        in_hand: Whether it had begun with the first request that has no answer; False if it did not even start.
    """

    def __init__(self, why: str, *, in_hand: bool) -> None:
        super().__init__(why)
        self.in_hand = in_hand


class _Asked:
    """Requests that are under way."""

    def __init__(self, frames: list[bytes]) -> None:
        self.frames = frames
        self.child: _Child | None = None


class _Child:
    """One reader process; it has templates from its start, and says so when it has finished importing."""

    def __init__(self, hello: bytes) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "daemon.reader_child"]
            self.process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)  # noqa: S603
        self.sock = ours
        self.line = wire.Line(ours)
        self.under_way: deque[_Asked] = deque()
        self.answered = 0
        self._greeted = False
        wire.send(ours, hello)

    @property
    def has_greeted(self) -> bool:
        """Whether it would answer at once."""
        return self._greeted or bool(select.select([self.sock], [], [], 0)[0])

    def greet(self) -> None:
        """Wait until it has started.

        Raises:
            wire.Gone: It did not.
        """
        if not self._greeted:
            beat(START_SECONDS)
            if not select.select([self.sock], [], [], START_SECONDS)[0] or wire.receive(self.sock) is None:
                raise wire.Gone("it did not start")
            self._greeted = True

    def resident(self) -> int:
        """Bytes in memory; 0 if it is gone."""
        try:
            return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0

    def end(self) -> None:
        """Close the connection and make sure that it is gone."""
        self.sock.close()
        self.process.kill()
        self.process.wait()


class Reader:
    """Asks the reader process; used by one thread, which must live as long as the process."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Answer).decode
        self._templates = dict(templates)
        self._child: _Child | None = None
        self._next: _Child | None = None
        self.deaths = 0
        self.renewals = 0

    def use(self, templates: Mapping[str, str]) -> None:
        """Render with these admin templates from now on."""
        if dict(templates) != self._templates:
            self._templates = dict(templates)
            self.close()
            self.start()

    def start(self) -> None:
        """Have a reader import what it needs before the first mail comes."""
        if self._child is None:
            self._child = self._new()

    def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Answers in the order of the requests.

        Raises:
            ReaderDied: It ended or hung.
        """
        return list(self.begin(requests))

    def begin(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Ask now and take the answers later, in order; the reader works while the asker does something else.

        Several may be under way, and are taken in the order in which they began. What was under way with a reader that
        died is asked again when its turn comes; its answers raise `ReaderDied` only if it was in hand.
        """
        if not requests:
            return iter(())
        asked = _Asked([self._encode(request) for request in requests])
        with contextlib.suppress(OSError):  # it did not even start: that shows when the answers are taken
            self._hand(asked)
        return self._answers(asked)

    def _hand(self, asked: _Asked) -> _Child:
        child = self._ready()
        asked.child = child
        child.under_way.append(asked)
        child.line.ask(asked.frames)
        return child

    def _answers(self, asked: _Asked) -> Iterator[Answer]:
        child: _Child | None = None
        given, waited = 0, 0.0
        try:
            while given < len(asked.frames):
                if child is None:
                    current = self._its_turn(asked)
                    current.greet()
                    child = current
                beat()  # a batch that kills one reader after the other takes its time
                began = time.monotonic()
                frame = child.line.answer(min(MAIL_SECONDS, BATCH_SECONDS - waited), self._start_ahead)
                waited += time.monotonic() - began
                answer = self._decode(frame)
                given += 1
                if given == len(asked.frames):
                    self._finished(child)
                yield answer
        except (wire.Gone, msgspec.DecodeError, OSError) as error:  # OSError: it died while it was starting
            self.deaths += 1
            self._end_current()
            log.warning("reader-died", why=str(error), answered=given, asked=len(asked.frames))
            raise ReaderDied(str(error), in_hand=child is not None) from error

    def _its_turn(self, asked: _Asked) -> _Child:
        """The reader whose next answers are these; a new one if answers that nobody took stand before them."""
        child = self._child
        if child is not None and child is asked.child and child.under_way[0] is asked:
            return child
        if child is not None and child.under_way:
            self._end_current()
        return self._hand(asked)

    def _finished(self, child: _Child) -> None:
        child.answered += len(child.under_way.popleft().frames)
        self._renew_if_worn(child)

    def close(self) -> None:
        """End the reader and the one started ahead."""
        self._end_current()
        if self._next is not None:
            self._next.end()
            self._next = None

    def _ready(self) -> _Child:
        """The reader that answers now: the one started ahead as soon as it has imported."""
        idle = self._child is None or not self._child.under_way
        if self._next is not None and idle and (self._child is None or self._next.has_greeted):
            self._end_current()
            self._child, self._next = self._next, None
        self.start()
        assert self._child is not None  # noqa: S101 - just started
        return self._child

    def _new(self) -> _Child:
        return _Child(self._encode(Templates(self._templates)))

    def _end_current(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _renew_if_worn(self, child: _Child) -> None:
        worn = child.answered >= RENEW_AFTER_MAILS or child.resident() > RENEW_ABOVE_BYTES
        if worn and self._next is None:
            self.renewals += 1
            self._start_ahead()

    def _start_ahead(self) -> None:
        """The next one imports while this one works its last, or hangs."""
        if self._next is None:
            self._next = self._new()
