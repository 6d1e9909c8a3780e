"""The relay that takes our mail: an SMTP server over a connection that is kept open, or a Maildir for trying out."""

import contextlib
import hashlib
import os
import smtplib
import ssl
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from config.machine import Relay as RelaySettings
from config.models import Settings
from config.secrets import reveal
from daemon.store.outgoing import InHand

CONNECT_SECONDS = 30
ANSWER_SECONDS = 300
"""RFC 5321 4.5.3.2: five minutes for most answers, ten after the final dot; we give up earlier and call it unknown."""
KEEP_MAILS = 100
"""Relays limit the mails of a connection; Postfix, for one, to 100 at most senders."""


MayGo = Callable[[], None]


class Outcome(msgspec.Struct, frozen=True):
    """How an attempt ended; `down` says that the relay as a whole did not take part."""

    state: Literal["sent", "waiting", "failed", "unknown"]
    error: str | None = None
    reached_data: bool = False
    down: bool = False


class Relay(Protocol):
    """Where mail goes out; used by one thread."""

    def send(self, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over one mail; `may_go` is called right before its contents leave, and may wait."""

    def close(self) -> None:
        """End what is open."""


def open_relay(settings: Settings) -> Relay:
    """The configured relays, tried in file order."""
    return Relays([_one(settings, relay) for relay in settings.postroom.relay])


def _one(settings: Settings, relay: RelaySettings) -> Relay:
    if relay.url.startswith("maildir:"):
        return MaildirRelay(settings.directory / relay.url.removeprefix("maildir:"))
    return SmtpRelay(relay, settings.postroom.hostname, settings.directory)


class Relays:
    """The first that is up takes the mail."""

    def __init__(self, relays: list[Relay]) -> None:
        self._relays = relays

    def send(self, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over to the first relay that answers."""
        outcome = Outcome("waiting", "no relay is configured", down=True)
        for relay in self._relays:
            outcome = relay.send(letter, may_go)
            if not outcome.down:
                break
        return outcome

    def close(self) -> None:
        """End all connections."""
        for relay in self._relays:
            relay.close()


class MaildirRelay:
    """A Maildir on disk; the name of a file follows from the Message-ID, so that a repeated mail replaces itself."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def send(self, letter: InHand, may_go: MayGo) -> Outcome:
        """Write, sync, then move into place."""
        name = f"{int(letter.created_at.timestamp())}.{hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]}"
        try:
            for folder in ("tmp", "new", "cur"):
                (self._directory / folder).mkdir(parents=True, exist_ok=True)
            waiting, ready = self._directory / "tmp" / name, self._directory / "new" / name
            with waiting.open("wb") as file:
                file.write(letter.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            may_go()
            waiting.rename(ready)
            _sync_directory(ready.parent)
        except OSError as error:
            return Outcome("waiting", f"{self._directory}: {error.strerror}", down=True)
        return Outcome("sent", reached_data=True)

    def close(self) -> None:
        """Nothing is open."""


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Answered(Exception):  # noqa: N818
    """The relay answered a command with a refusal."""

    def __init__(self, code: int, text: bytes, *, reached_data: bool) -> None:
        super().__init__(f"{code} {text.decode('utf-8', 'replace')}"[:500])
        self.code = code
        self.reached_data = reached_data


class SmtpRelay:
    """An SMTP server; what an attempt ended in is told by how far it came."""

    def __init__(self, settings: RelaySettings, hostname: str, directory: Path) -> None:
        self._settings = settings
        self._hostname = hostname
        self._directory = directory
        self._smtp: smtplib.SMTP | None = None
        self._sent = 0

    def send(self, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over one mail; everything before DATA may be tried again without a doubt."""
        fresh = self._smtp is None
        try:
            smtp = self._connected()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            return Outcome("waiting", f"{self._settings.url}: {_words(error)}", down=True)
        reached_data = False
        try:
            _command(smtp, f"MAIL FROM:<{letter.sender}>", 250)
            _command(smtp, f"RCPT TO:<{letter.recipient}>", 250, 251)
            may_go()
            _command(smtp, "DATA", 354)
            reached_data = True
            smtp.send(_dotted(letter.content))
            _expect(*smtp.getreply(), wanted=(250,), reached_data=True)
        except _Answered as answer:
            return self._refused(answer, reached_data=reached_data)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            if not reached_data and not fresh:
                return self.send(letter, may_go)  # the relay closed a connection that was kept open: its right
            return Outcome("unknown" if reached_data else "waiting", _words(error), reached_data, down=not reached_data)
        self._sent += 1
        if self._sent >= KEEP_MAILS:
            self.close()
        return Outcome("sent", reached_data=True)

    def close(self) -> None:
        """Say goodbye if it still listens."""
        smtp, self._smtp = self._smtp, None
        self._sent = 0
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _refused(self, answer: _Answered, *, reached_data: bool) -> Outcome:
        if answer.code == 421 or self._smtp is None:
            self.close()
        else:
            try:
                self._smtp.rset()
            except (OSError, smtplib.SMTPException):
                self.close()
        state: Literal["failed", "waiting"] = "failed" if 500 <= answer.code < 600 else "waiting"
        return Outcome(state, str(answer), reached_data, down=answer.code == 421 and not reached_data)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        url = urlsplit(self._settings.url)
        host, implicit = url.hostname or "localhost", url.scheme == "smtps"
        if implicit:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, self._hostname, timeout=CONNECT_SECONDS, context=self._trust
            )
        else:
            smtp = smtplib.SMTP(host, url.port or 25, self._hostname, timeout=CONNECT_SECONDS)
        self._smtp = smtp
        smtp.ehlo()
        if not implicit and self._settings.tls != "off":
            self._start_tls(smtp)
        if self._settings.username and self._settings.password:
            smtp.login(self._settings.username, reveal(self._settings.password, self._directory))
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_SECONDS)
        return smtp

    def _start_tls(self, smtp: smtplib.SMTP) -> None:
        """Certificates are verified; without TLS nothing is sent, unless the admin says that it need not be."""
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._trust)
            smtp.ehlo()
        elif self._settings.tls == "required":
            raise ssl.SSLError('the relay offers no STARTTLS, and tls = "required"')

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom we believe; reading the certificates takes as long as sending ten mails, so it is done once."""
        own = self._settings.ca_file
        return ssl.create_default_context(cafile=str(self._directory / own) if own else None)


def _command(smtp: smtplib.SMTP, command: str, *wanted: int) -> None:
    _expect(*smtp.docmd(command), wanted=wanted, reached_data=False)


def _expect(code: int, text: bytes, *, wanted: tuple[int, ...], reached_data: bool) -> None:
    if code not in wanted:
        raise _Answered(code, text, reached_data=reached_data)


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one (RFC 5321 4.5.2); the final dot."""
    body = content.replace(b"\r\n.", b"\r\n..")
    start = b"." if body.startswith(b".") else b""
    return start + body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def _words(error: Exception) -> str:
    return str(error)[:500] or type(error).__name__
