"""An SMTP relay with its connections, its limits, and our patience with it."""

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
from daemon.outbox.smtp_mail import hand_over, words_of
from daemon.store.outgoing import InHand

KEEP_MAILS = 100
"""Relays limit the mails of a connection; Postfix, for one, to 100 at most senders."""
BUSY_SECONDS = 1.0


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
        if self._patience.left():
            return Outcome("untried", self._patience.why, down=True)
        if self.busy_for() or not self._pace.take():
            return Outcome("untried", f"{self._settings.url}: as many mails as it may get are on their way")
        if not self._patience.may_try():
            return Outcome("untried", self._patience.why, down=True)
        kept = True
        while kept:
            try:
                line = self._borrow()
            except (OSError, smtplib.SMTPException, ValueError, OauthError) as error:
                self._patience.failed(f"{self._settings.url}: {words_of(error)}")
                return Outcome("untried", self._patience.why, down=True)
            if line is None:
                self._patience.found_nothing()
                return Outcome("untried", f"{self._settings.url}: all its connections are in use")
            kept = line.kept
            outcome = self._over(line, envelope_sender, letter, may_go)
            if not outcome.down:
                self._patience.worked()
                return outcome
            # A relay may close a connection that was kept open; of a new one we may expect more.
        self._patience.failed(f"{self._settings.url}: {outcome.error}")
        return outcome

    def _over(self, line: Line, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over by this connection, and keep it if it may be used again."""
        try:
            outcome, in_order = hand_over(line, envelope_sender, letter, may_go)
        except BaseException:
            self._patience.found_nothing()
            self._drop(line)
            raise
        self._give_back(line) if in_order else self._drop(line)
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
