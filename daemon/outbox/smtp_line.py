"""A connection to a relay, ready for mail: greeted, encrypted, its certificate verified, logged in."""

import contextlib
import select
import smtplib
import socket
import ssl
import time
from urllib.parse import urlsplit

from config.machine import Relay as RelaySettings
from daemon.pulse import beat

CONNECT_SECONDS = 30.0
"""For connecting, and for each answer until we are logged in."""
ANSWER_SECONDS = 300.0
"""RFC 5321 4.5.3.2: five minutes for most answers, ten after the final dot; we give up earlier and call it unknown."""
GOODBYE_SECONDS = 2.0
IDLE_SECONDS = 120.0
"""A connection that lay idle longer is not trusted any more: a firewall may have forgotten it without a word."""
MAX_LINE = 4096
MAX_LINES = 100


class NotTrusted(OSError):  # noqa: N818
    """The relay does not, or cannot, prove who it is."""


class Line(smtplib.SMTP):
    """smtplib, with an end to how much a relay may say in one answer, and how long it may take over it.

    Attributes:
        sent: Mails that it took over this connection.
        kept: Whether it was kept open since another mail.
        used_at: When it was last used, time.monotonic().
    """

    def __init__(self, host: str, port: int, hostname: str) -> None:
        self.sent = 0
        self.kept = False
        self.used_at = time.monotonic()
        self._seconds = CONNECT_SECONDS
        self._held = b""
        try:
            super().__init__(host, port, hostname, timeout=CONNECT_SECONDS)
        except BaseException:
            self.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer: its code, -1 if it has none, and its text."""
        beat(self._seconds)
        until = time.monotonic() + self._seconds
        texts: list[bytes] = []
        while True:
            line = self._read_line(until)
            texts.append(line[4:].strip(b" \t\r\n"))
            code = int(line[:3]) if line[:3].isdigit() else -1
            if code < 0 or line[3:4] != b"-":
                return code, b"\n".join(texts)
            if len(texts) > MAX_LINES:
                raise smtplib.SMTPServerDisconnected("the relay's answer has no end")

    def _read_line(self, until: float) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > MAX_LINE:
                raise smtplib.SMTPServerDisconnected("the relay's answer has a line without end")
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the connection is closed")
            self.sock.settimeout(max(0.001, until - time.monotonic()))
            received = self.sock.recv(4096)
            if not received:
                raise smtplib.SMTPServerDisconnected("the relay closed the connection")
            self._held += received
        line, _, self._held = self._held.partition(b"\n")
        if self.sock is not None:
            self.sock.settimeout(self._seconds)
        return line

    def start_tls(self, trust: ssl.SSLContext) -> None:
        """Encrypt; what was said before encryption and not asked for is a stranger's."""
        self.starttls(context=trust)
        if self._held:
            raise NotTrusted("the relay's answer to STARTTLS was tampered with")
        self.ehlo()

    def is_stale(self) -> bool:
        """Whether the relay has hung up or complained since the last mail, or may have."""
        if self._held or self.sock is None or time.monotonic() - self.used_at > IDLE_SECONDS:
            return True
        return bool(select.select([self.sock], [], [], 0)[0])

    def ready(self) -> None:
        """From here on it is about mails."""
        self._seconds = ANSWER_SECONDS
        if self.sock is not None:
            self.sock.settimeout(ANSWER_SECONDS)

    def leave(self) -> None:
        """Say goodbye if it still listens."""
        self._seconds = GOODBYE_SECONDS
        with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
            if self.sock is not None:
                self.sock.settimeout(GOODBYE_SECONDS)
                self.quit()
        self.close()


class _TlsLine(Line):
    """TLS from the first byte."""

    def __init__(self, host: str, port: int, hostname: str, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__(host, port, hostname)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            return self._trust.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def connect(settings: RelaySettings, hostname: str, trust: ssl.SSLContext) -> Line:
    """Open a connection up to where a log-in may follow.

    Raises:
        OSError: There is no way to it, or no trust in it.
        smtplib.SMTPException: It does not greet us.
    """
    url = urlsplit(settings.url)
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        line: Line = _TlsLine(host, url.port or 465, hostname, trust)
    else:
        line = Line(host, url.port or 25, hostname)
    try:
        line.ehlo_or_helo_if_needed()
        if url.scheme == "smtp" and settings.tls != "off":
            _encrypt(line, settings, trust)
    except BaseException:
        line.close()
        raise
    return line


def _encrypt(line: Line, settings: RelaySettings, trust: ssl.SSLContext) -> None:
    """Certificates are verified; without TLS nothing is sent, unless the admin says that it need not be."""
    if line.has_extn("starttls"):
        line.start_tls(trust)
    elif settings.tls == "required":
        raise NotTrusted('the relay offers no STARTTLS, and tls = "required"')
    elif settings.username:
        raise NotTrusted('the relay offers no STARTTLS, and credentials are not sent without it unless tls = "off"')
