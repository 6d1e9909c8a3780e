"""IMAP's library with bounds: what a server may say to one command, and how long it may take to say it.

imaplib keeps every line that comes in memory, asked for or not, and waits anew for every byte.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from daemon.line import Line

COMMAND_SECONDS = 120.0
"""For the answer to a command that fetches no mails."""
LINE_BYTES = 2 << 20
"""Of all lines of an answer, with what came unasked; the longest answer we ask for has half a million."""
LITERAL_BYTES = 1 << 20
"""Of all literals of an answer, unless mails are asked for."""
_KEPT = ("BYE", "CAPABILITY", "EXISTS", "READ-ONLY")
"""What came unasked and is still asked for after the next command; the last of each will do."""


class Imap4(imaplib.IMAP4):
    """A connection; one that breaks a bound is given up (`abort`)."""

    def __init__(self, address: tuple[str, int], seconds: float, line: Line, tls: ssl.SSLContext | None) -> None:
        """Connect; with `tls` from the first byte."""
        self._line = line
        self._tls = tls
        self._seconds = COMMAND_SECONDS
        self._literal_bytes = LITERAL_BYTES
        self._begin()
        super().__init__(*address, timeout=seconds)

    @contextmanager
    def allowing(self, literal_bytes: int, seconds: float) -> Iterator[None]:
        """For the commands within, other bounds."""
        usual = self._literal_bytes, self._seconds
        self._literal_bytes, self._seconds = literal_bytes, seconds
        try:
            yield
        finally:
            self._literal_bytes, self._seconds = usual

    def read(self, size: int) -> bytes:
        """A literal, unless it is more than we asked for: it would all be held in memory."""
        self._literals_left -= size
        if self._literals_left < 0:
            raise self.abort(f"the server announced {size} bytes")
        return super().read(size)

    def readline(self) -> bytes:
        """A line, unless there were too many."""
        try:
            line = super().readline()
        except self.abort:
            raise
        except self.error as error:  # in the midst of a line nothing more can be understood
            raise self.abort(str(error)) from error
        self._lines_left -= len(line)
        if self._lines_left < 0:
            raise self.abort(f"the server said more than {LINE_BYTES} bytes to a command")
        return line

    def _create_socket(self, timeout: float) -> Any:
        sock = self._line.connect((self.host, self.port), timeout)
        return self._tls.wrap_socket(sock, server_hostname=self.host) if self._tls else sock

    def _new_tag(self) -> bytes:
        """Called once a command, by both libraries; each command begins with all its bounds and without the past."""
        told: dict[str, list[Any]] = self.untagged_responses
        self.untagged_responses = {kind: told[kind][-1:] for kind in _KEPT if kind in told}
        self._begin()
        tag: bytes = super()._new_tag()  # type: ignore[misc]  # the stubs lack it
        return tag

    def _begin(self) -> None:
        self._lines_left = LINE_BYTES
        self._literals_left = self._literal_bytes
        self._line.begin(self._seconds)


class Client(IMAPClient):  # type: ignore[misc]  # it has no types
    """IMAPClient on such a connection."""

    def __init__(
        self, address: tuple[str, int], line: Line, tls: ssl.SSLContext | None, timeout: SocketTimeout
    ) -> None:
        """Connect; with `tls` from the first byte."""
        self._line = line
        super().__init__(*address, ssl=tls is not None, ssl_context=tls, timeout=timeout)
        self._imap.debug = 0  # else every mail is written out for a log that nobody keeps
        self.normalise_times = False

    def _create_IMAP4(self) -> Imap4:  # noqa: N802 - the library's name
        return Imap4((self.host, self.port), self._timeout.connect, self._line, self.ssl_context if self.ssl else None)
