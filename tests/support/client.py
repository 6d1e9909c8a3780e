"""Mail as strangers send it: by hand on a socket, once, or from several threads that try again like an MTA."""

import itertools
import smtplib
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple, Protocol
from zlib import crc32

from tests.support.daemon import WEBSITE, Installation
from tests.support.waiting import pause

TRY_AGAIN_SECONDS = 0.03
BETWEEN_MAILS_SECONDS = 0.02
"""So that the machine has something left for who is tested."""
_numbers = itertools.count()


def lead(key: str, *, text: str = "Ist der Wagen noch da?") -> bytes:
    """A form mail with one lead of a person of its own, recognised by its key in subject, sender and address."""
    phone = f"030 5{crc32(key.encode()) % 10_000_000:07d}"
    return (
        f"From: Autohaus Muster <wordpress@muster.example>\r\n"
        f"Reply-To: kunde-{key}@kunde.example\r\n"
        f"To: {WEBSITE}\r\n"
        f"Subject: Anfrage {key}\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\n"
        f"Message-ID: <form-{key}@muster.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Name: Jonas Probe\r\nE-Mail: kunde-{key}@kunde.example\r\nTelefon: {phone}\r\n"
        f"Marke: VW\r\nModell: Tiguan\r\nInserat-ID: {key}\r\nNachricht: {text}\r\n"  # numbers meet, keys do not
    ).encode()


def new_key(prefix: str = "k") -> str:
    """A key that no other mail of this test process has."""
    return f"{prefix}{next(_numbers)}x{time.monotonic_ns() % 1_000_000}"


def send(house: Installation, content: bytes, *to: str, sender: str = "wordpress@muster.example") -> None:
    """Send one mail; whatever is not 250 is an exception of smtplib."""
    assert house.port
    with smtplib.SMTP("127.0.0.1", house.port, "client.example", timeout=30) as smtp:
        refused = smtp.sendmail(sender, to or (WEBSITE,), content)
    assert not refused


class Reply(NamedTuple):
    """One answer of the server."""

    code: int
    text: str


class Talk:
    """An SMTP or LMTP session by hand."""

    def __init__(self, place: int | str, timeout: float = 30, greeting: str = "EHLO") -> None:
        """Connect.

        Args:
            place: A port of this machine, or the path of a socket.
            timeout: Seconds to wait for anything.
            greeting: EHLO or LHLO.
        """
        if isinstance(place, int):
            self.sock = socket.create_connection(("127.0.0.1", place), timeout)
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(place)
        self._greeting = greeting
        self._file = self.sock.makefile("rb")

    def raw(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(content)

    def read(self) -> Reply:
        """The next answer; code 0 at the end of the connection."""
        lines = []
        with suppress(ConnectionError):
            while line := self._file.readline():
                lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                if line[3:4] != b"-":
                    break
        return Reply(int(lines[-1][:3]), "\n".join(lines)) if lines else Reply(0, "")

    def ask(self, line: str | bytes) -> Reply:
        """Send a command line, read its answer."""
        self.raw((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.read()

    def begin(self, *to: str) -> Reply:
        """All up to DATA; its answer."""
        self.read()
        for line in (
            f"{self._greeting} client.example",
            "MAIL FROM:<a@kunde.example>",
            *(f"RCPT TO:<{one}>" for one in to),
        ):
            assert self.ask(line).code == 250, line
        return self.ask("DATA")

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """Go on inside TLS."""
        self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
        self._file = self.sock.makefile("rb")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.sock.close()


@contextmanager
def talk(house: Installation) -> Iterator[Talk]:
    """A session by hand with a running daemon."""
    assert house.port
    session = Talk(house.port)
    try:
        yield session
    finally:
        session.close()


class Door(Protocol):
    """Where mail is taken."""

    @property
    def port(self) -> int | None:
        """On 127.0.0.1; None while there is none."""


class Clients:
    """Threads that send mail after mail and, whatever goes wrong, try the same mail again until it is taken.

    Attributes:
        accepted: Keys of the mails that were answered with 250, with the time of it (time.monotonic()).
        refused: 5xx answers, which would have bounced.
        postponed: How many times each 4xx answer was heard, by code and enhanced code.
    """

    def __init__(self, house: Door, number: int = 4, make: Callable[[str], bytes] = lead) -> None:
        self.accepted: dict[str, float] = {}
        self.refused: list[str] = []
        self.postponed: Counter[str] = Counter()
        self.tries = 0
        self._house = house
        self._make = make
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(f"c{n}-",), daemon=True) for n in range(number)]
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 60) -> None:
        """Let each finish the mail that it has in hand."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a client still waits for its mail to be taken"

    def _run(self, prefix: str) -> None:
        while not self._stopping.is_set():
            key = new_key(prefix)
            content = self._make(key)
            while not self._try(key, content):
                pause(TRY_AGAIN_SECONDS)
            self._stopping.wait(BETWEEN_MAILS_SECONDS)

    def _try(self, key: str, content: bytes) -> bool:
        port = self._house.port
        if port is None:
            return False
        self.tries += 1
        try:
            with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=30) as smtp:
                smtp.sendmail("wordpress@muster.example", WEBSITE, content)
                self.accepted[key] = time.monotonic()
        except smtplib.SMTPResponseException as error:
            if error.smtp_code < 500:
                words = error.smtp_error
                words = words if isinstance(words, str) else words.decode("ascii", "replace")
                self.postponed[f"{error.smtp_code} {words[:5]}"] += 1
            return self._answered(key, error.smtp_code, str(error))
        except smtplib.SMTPRecipientsRefused as error:
            code, text = error.recipients[WEBSITE]
            return self._answered(key, code, str(text))
        except (OSError, smtplib.SMTPException):
            return key in self.accepted  # QUIT may fail after the 250
        return True

    def _answered(self, key: str, code: int, text: str) -> bool:
        if 500 <= code < 600:
            self.refused.append(f"{key}: {code} {text}")
            return True
        return key in self.accepted
