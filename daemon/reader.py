"""The worker's side of the reader: starts it, asks it, notices when it dies or hangs, and renews it."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from daemon import wire
from daemon.errands import Answer, Request, Templates
from daemon.log import get_logger

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
        answers: What it answered before.
        in_hand: Whether it had begun with the first request that has no answer; False if it did not even start.
    """

    def __init__(self, why: str, answers: "list[Answer]", *, in_hand: bool) -> None:
        super().__init__(why)
        self.answers = answers
        self.in_hand = in_hand


class _Child:
    """One reader process; it has templates from its start, and says so when it has finished importing."""

    def __init__(self, hello: bytes) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "daemon.reader_child"]
            self.process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)  # noqa: S603
        self.sock = ours
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
            ReaderDied: It ended or hung; it brings the answers that were given before.
        """
        answers: list[Answer] = []
        child: _Child | None = None
        try:
            child = self._ready()
            frames = [self._encode(request) for request in requests]
            for frame in wire.exchange(
                child.sock,
                frames,
                each_seconds=MAIL_SECONDS,
                all_seconds=BATCH_SECONDS,
                on_silence=self._start_ahead,
            ):
                answers.append(self._decode(frame))
        except (wire.Gone, msgspec.DecodeError, OSError) as error:  # OSError: it died while it was starting
            self.deaths += 1
            self._end_current()
            log.warning("reader-died", why=str(error), answered=len(answers), asked=len(requests))
            raise ReaderDied(str(error), answers, in_hand=child is not None) from error
        child.answered += len(answers)
        self._renew_if_worn(child)
        return answers

    def close(self) -> None:
        """End the reader and the one started ahead."""
        self._end_current()
        if self._next is not None:
            self._next.end()
            self._next = None

    def _ready(self) -> _Child:
        """The reader that answers now: the one started ahead as soon as it has imported."""
        if self._next is not None and (self._child is None or self._next.has_greeted):
            self._end_current()
            self._child, self._next = self._next, None
        self.start()
        assert self._child is not None  # noqa: S101 - just started
        self._child.greet()
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
