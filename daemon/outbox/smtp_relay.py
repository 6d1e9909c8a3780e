"""An SMTP relay with its connections: what an attempt ended in is told by how far it came.

Everything before the contents leave may be tried again, here or elsewhere. Once they leave, only a clear answer counts:
2xx is sent, 4xx and 5xx are refused, and anything else, silence included, is unknown.
"""

import contextlib
import smtplib
import ssl
import threading
import time
from functools import cached_property
from pathlib import Path

from config.machine import Relay as RelaySettings
from config.secrets import reveal
from daemon.oauth import OauthError, Tokens, xoauth2
from daemon.outbox.outcome import MayGo, Outcome
from daemon.outbox.pace import Pace, Patience
from daemon.outbox.smtp_line import Line, connect
from daemon.store.outgoing import InHand

KEEP_MAILS = 100
"""Relays limit the mails of a connection; Postfix, for one, to 100 at most senders."""
BUSY_SECONDS = 1.0
NOT_LOGGED_IN = (530, 534, 535, 538)
"""RFC 4954: it wants credentials, or others, or TLS; no fault of the mail."""
CLOSING = 421

_GONE = (OSError, smtplib.SMTPException)


class _Answered(Exception):  # noqa: N818
    """The relay answered a command with something else than was wished for."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(f"{code} {text.decode('utf-8', 'replace')}"[:500])
        self.code = code


class SmtpRelay:
    """An SMTP server; threads borrow its connections, and none is used by two."""

    def __init__(self, settings: RelaySettings, hostname: str, directory: Path) -> None:
        self._settings = settings
        self._hostname = hostname
        self._directory = directory
        self._pace = Pace(settings.mails_per_minute)
        self._patience = Patience()
        self._lock = threading.Lock()
        self._idle: list[Line] = []
        self._open = 0
        self._closed = False
        oauth, name = settings.oauth, settings.username
        self._tokens = Tokens(oauth, name, directory) if oauth and name else None

    def down_for(self) -> float:
        """Seconds until it is tried again after it was down."""
        return self._patience.left()

    def busy_for(self) -> float:
        """Seconds until its limits let one more mail through."""
        full = not self._idle and self._open >= self._settings.connections
        return max(BUSY_SECONDS if full else 0.0, self._pace.left())

    def room(self) -> int:
        """How many mails may go now, as far as the pace goes."""
        return self._pace.room()

    def send(self, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over one mail."""
        if not self._patience.may_try():
            return Outcome("untried", self._patience.why, down=True)
        if self.busy_for() or not self._pace.take():
            return Outcome("untried", f"{self._settings.url}: as many mails as it may get are on their way")
        kept = True
        while kept:
            try:
                line = self._borrow()
            except (*_GONE, ValueError, OauthError) as error:
                self._patience.failed(f"{self._settings.url}: {_words(error)}")
                return Outcome("untried", self._patience.why, down=True)
            if line is None:
                return Outcome("untried", f"{self._settings.url}: all its connections are in use")
            kept = line.kept
            outcome = self._hand_over(line, envelope_sender, letter, may_go)
            if not outcome.down:
                self._patience.worked()
                return outcome
            # A relay may close a connection that was kept open; of a new one we may expect more.
        self._patience.failed(f"{self._settings.url}: {outcome.error}")
        return outcome

    def close(self) -> None:
        """End the connections that nobody uses; those in use are ended by whoever gives them back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._open -= len(idle)
        for line in idle:
            line.leave()

    # Connections.

    def _borrow(self) -> Line | None:
        """A connection that is ready for a mail; None if there may be no more."""
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
                if line is None:
                    if self._open >= self._settings.connections:
                        return None
                    self._open += 1
            if line is None:
                return self._connected()
            if not line.is_stale():
                return line
            self._drop(line)

    def _connected(self) -> Line:
        """A new connection; its place was taken before."""
        try:
            line = connect(self._settings, self._hostname, self._trust)
            try:
                self._log_in(line)
            except BaseException:
                line.leave()
                raise
        except BaseException:
            with self._lock:
                self._open -= 1
            raise
        line.ready()
        return line

    def _log_in(self, line: Line) -> None:
        name = self._settings.username
        if self._tokens is not None and name:
            try:
                self._show(line, name, self._tokens.bearer())
            except smtplib.SMTPAuthenticationError:  # perhaps it was withdrawn before its time
                self._tokens.forget()
                self._show(line, name, self._tokens.bearer())
        elif name and self._settings.password:
            line.login(name, reveal(self._settings.password, self._directory))

    def _show(self, line: Line, name: str, token: str) -> None:
        """XOAUTH2; a refusal comes as a challenge first, which wants an empty answer."""
        line.auth("XOAUTH2", lambda challenge=None: xoauth2(name, token) if challenge is None else "")

    def _give_back(self, line: Line) -> None:
        line.used_at, line.kept = time.monotonic(), True
        with self._lock:
            keep = not self._closed and line.sent < KEEP_MAILS
            if keep:
                self._idle.append(line)
            else:
                self._open -= 1
        if not keep:
            line.leave()

    def _drop(self, line: Line) -> None:
        """Nobody knows what it would answer next."""
        with self._lock:
            self._open -= 1
        line.close()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom we believe; reading the certificates takes as long as sending ten mails, so it is done once."""
        own = self._settings.ca_file
        trust = ssl.create_default_context(cafile=str(self._directory / own) if own else None)
        trust.minimum_version = ssl.TLSVersion.TLSv1_2
        return trust

    # A mail.

    def _hand_over(self, line: Line, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        content = _dotted(letter.content)
        cannot = _cannot_take(line, letter, len(content))
        if cannot:
            self._give_back(line)
            return Outcome("failed", f"{self._settings.url}: {cannot}")
        left = False
        try:
            self._announce(line, envelope_sender, letter, len(content))
            may_go()
            _expect(*line.docmd("DATA"), wanted=(354,))
            left = True
            line.send(content)
            _expect(*line.getreply())
        except _Answered as answer:
            return self._refused(line, answer, left=left)
        except _GONE as error:
            self._drop(line)
            return Outcome("unknown" if left else "waiting", _words(error), left, down=not left)
        except (
            ValueError
        ) as error:  # a line end, or no ASCII, where an address should be: smtplib sends no such command
            self._drop(line)
            return Outcome("failed", _words(error))
        except BaseException:
            self._drop(line)
            raise
        line.sent += 1
        self._give_back(line)
        return Outcome("sent", reached_data=True)

    def _announce(self, line: Line, envelope_sender: str, letter: InHand, size: int) -> None:
        parameters = f" SIZE={size}" if line.has_extn("size") else ""
        recipient = _in_ascii(letter.recipient)
        if not recipient.isascii():
            parameters += " BODY=8BITMIME SMTPUTF8"
        line.command_encoding = "ascii" if recipient.isascii() else "utf-8"
        code, text = line.docmd(f"MAIL FROM:<{envelope_sender}>{parameters}")
        if 500 <= code < 600 and envelope_sender != letter.sender:
            # Some relays let an account send from its very own address only: then bounces name no letter.
            code, text = line.docmd(f"MAIL FROM:<{letter.sender}>{parameters}")
        _expect(code, text)
        _expect(*line.docmd(f"RCPT TO:<{recipient}>"))

    def _refused(self, line: Line, answer: _Answered, *, left: bool) -> Outcome:
        """The relay's answer was no, or not to be understood."""
        clear = 400 <= answer.code < 600
        down = not left and (answer.code == CLOSING or answer.code in NOT_LOGGED_IN or not clear)
        if down or not clear or answer.code == CLOSING:
            self._drop(line)
        else:
            self._reset(line)
        if left and not clear:
            return Outcome("unknown", str(answer), reached_data=True)
        return Outcome("failed" if answer.code >= 500 and not down else "waiting", str(answer), down=down)

    def _reset(self, line: Line) -> None:
        with contextlib.suppress(*_GONE):
            if line.rset()[0] == 250:
                self._give_back(line)
                return
        self._drop(line)


def _cannot_take(line: Line, letter: InHand, size: int) -> str | None:
    """What the relay has said beforehand that it will not do."""
    announced = line.esmtp_features.get("size", "")
    limit = int(announced) if announced.isdigit() else 0
    if 0 < limit < size:
        return f"the mail has {size} bytes, and the relay takes {limit} at most"
    if not _in_ascii(letter.recipient).isascii() and not line.has_extn("smtputf8"):
        return f"{letter.recipient} is not an ASCII address, and the relay does not know SMTPUTF8"
    return None


def _in_ascii(recipient: str) -> str:
    """The address with its domain as the DNS knows it; a local part has no such form."""
    local, _, domain = recipient.rpartition("@")
    if domain.isascii():
        return recipient
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}"


def _expect(code: int, text: bytes, wanted: tuple[int, ...] = ()) -> None:
    """Go on with the wanted codes, or else with any that means yes."""
    if not (code in wanted if wanted else 200 <= code < 300):
        raise _Answered(code, text)


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one (RFC 5321 4.5.2); the final dot."""
    body = content.replace(b"\r\n.", b"\r\n..")
    start = b"." if body.startswith(b".") else b""
    return start + body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"[:500]
    return str(error)[:500] or type(error).__name__
