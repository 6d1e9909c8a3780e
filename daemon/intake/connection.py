"""One SMTP connection: aiosmtpd with bounds, and without its costs per connection and per line.

What is private in aiosmtpd 1.4.6 and touched here or in `session` is pinned by tests/unit/intake/test_session_pins.py:
`_reader`, `_reader._buffer`, `_reader._waiter`, `_writer`, `_getaddr`, `_reset_timeout`, `_timeout_cb`,
`_tls_protocol`, `_auth_required`, `_authenticator`, `_auth_methods`, `_AuthMechAttr`, `_call_handler_hook`,
`_set_post_data_state`, `_set_rset_state`, `_handle_client`, `_smtp_methods`, `_timeout_handle`, `sanitized_log`.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Any, AnyStr, Protocol, cast

import aiosmtpd.smtp
from aiosmtpd.smtp import SMTP, _AuthMechAttr

from daemon.intake.address import plain
from daemon.intake.commands import SIZES, Commands

MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}"
"""An address without anything unusual."""
_PLAIN_LINE = re.compile(rf"(?i:(mail from)|rcpt to): ?<({MAILBOX})>\r\n".encode())
_TLS_FAREWELL_SECONDS = 5
_CHUNK = 256 << 10
"""Bytes read before the reader hands over; it holds twice as much at most."""


# Every command line is cleaned for the log twice before the log is asked whether it wants it; ours never does, because
# it holds addresses.
aiosmtpd.smtp.sanitized_log = lambda *_, **__: None


Factory = Callable[[], "Connection"]


class House(Protocol):
    """What a session asks of the service that it belongs to."""

    def may_enter(self, peer: str) -> bool:
        """Whether one more connection from here is within the limits; counts it if so."""

    def left(self, peer: str) -> None:
        """A connection that entered is gone."""

    def takes(self, peer: str | None, address: str, already: int) -> bool:
        """Whether mail to this address is ours to take now, beside so many other recipients; counts it if so."""

    def has_room(self) -> bool:
        """Whether there is room for new mail."""

    @property
    def line_limit(self) -> int:
        """Bytes of the longest line accepted."""

    @property
    def session_seconds(self) -> float:
        """Longest duration of a session."""

    @property
    def errors_allowed(self) -> int:
        """Number of 5xx answers after which a client is sent away."""


def _login(mechanism: str) -> _AuthMechAttr:
    """The way of aiosmtpd to log in, on the session that asks; its own is bound to the object that was made first."""
    return _AuthMechAttr(lambda session, args: getattr(session, f"auth_{mechanism}")(session, args), is_builtin=True)


LOGINS = {mechanism: _login(mechanism) for mechanism in ("LOGIN", "PLAIN")}
"""How one may log in."""


class Connection(SMTP):
    """A connection that a `House` lets in; `daemon.intake.session` knows the commands.

    aiosmtpd's own constructor searches both objects for `auth_*` methods at every connection; what it finds never
    changes, so it runs once, in `prepare`, and every session starts from a copy of that.
    """

    line_length_limit = 64 << 10
    local_part_limit = 64
    command_size_limits = SIZES
    AuthLoginUsernameChallenge = "Username:"  # what clients look for; aiosmtpd's own ends with NUL
    AuthLoginPasswordChallenge = "Password:"

    @classmethod
    def prepare(cls, house: House, handler: object, *, tls_first: bool = False, **settings: Any) -> Factory:
        """A factory of sessions for `loop.create_server`.

        Args:
            house: Whose sessions these are.
            handler: Asked by aiosmtpd.
            tls_first: TLS is spoken from the first byte, with `tls_context`.
            settings: As aiosmtpd's `SMTP` takes them.
        """
        loop = asyncio.get_running_loop()
        first = SMTP(handler, loop=loop, **settings)
        own = vars(asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), lambda *_: None, loop=loop)).keys()
        shared = {key: value for key, value in vars(first).items() if key not in own}
        shared |= {"_limit": cls.line_length_limit, "_auth_methods": LOGINS, "_tls_first": tls_first}
        commands = frozenset(name.removeprefix("smtp_") for name in dir(cls) if name.startswith("smtp_"))
        return lambda: cls(house, loop, shared, commands)

    def __init__(
        self, house: House, loop: asyncio.AbstractEventLoop, shared: dict[str, Any], commands: frozenset[str]
    ) -> None:
        reader = asyncio.StreamReader(loop=loop, limit=_CHUNK)
        asyncio.StreamReaderProtocol.__init__(self, reader, client_connected_cb=self._cb_client_connected, loop=loop)
        self._tls_first: bool
        self.__dict__.update(shared)
        self._smtp_methods = Commands(self, commands)
        self._house = house
        self._peer: str | None = None
        self._claimed: str | None = None
        self._errors = 0
        self._session_timer: asyncio.TimerHandle | None = None
        self._handshake: asyncio.Task[None] | None = None
        self._idle_until = 0.0
        self._awaits_no_command = False

    def came_from(self, address: str | None) -> None:
        """Count and keep this address instead of the balancer's at the other end of the connection, if there is one."""
        self._claimed = address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse what is over the limits before anything is spent on it, a TLS handshake least of all."""
        if self._peer is None:
            name = transport.get_extra_info("peername")
            peer = self._claimed or (plain(str(name[0])) if name else "local")
            if not self._house.may_enter(peer):
                if not self._tls_first:
                    cast(asyncio.Transport, transport).write(b"421 4.7.0 Too many connections\r\n")
                transport.close()
                return
            self._peer = peer
            self._session_timer = self.loop.call_later(self._house.session_seconds, self._timeout_cb)
            if self._tls_first:
                self._handshake = self.loop.create_task(self._begin_inside_tls(cast(asyncio.Transport, transport)))
                return
        self._begin_session(transport)

    def _begin_session(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.session is not None:
            self.session.peer = cast(Any, (self._peer,))

    async def _begin_inside_tls(self, transport: asyncio.Transport) -> None:
        """Shake hands, then greet; the certificate is the one in force now."""
        context = cast(ssl.SSLContext, self.tls_context)
        try:
            inside = await self.loop.start_tls(
                transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._timeout_duration,
                ssl_shutdown_timeout=_TLS_FAREWELL_SECONDS,
            )
        except OSError:
            inside = None
        if inside is None or inside.is_closing():
            self._leave()
            return
        self._tls_protocol = inside.get_extra_info("ssl_object")
        self._begin_session(inside)

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place free, once."""
        if self._peer is None or self.session is None:
            return
        self._leave()
        super().connection_lost(error)

    def _leave(self) -> None:
        if self._session_timer is not None and self._peer is not None:
            self._session_timer.cancel()
            self._session_timer = None
            self._house.left(self._peer)

    def data_received(self, data: bytes) -> None:
        """A plain sender or recipient is answered here: it is half of all commands, and no task need wake for it."""
        plain = _PLAIN_LINE.fullmatch(data) if self._waits_for_a_command() else None
        answer = self._at_once(is_sender=plain[1] is not None, address=plain[2].decode()) if plain else None
        if answer is None:
            super().data_received(data)
        else:
            self._reset_timeout()
            cast(asyncio.Transport, self.transport).write(answer)

    def _waits_for_a_command(self) -> bool:
        """Whether everything before was read and answered, and neither AUTH nor TLS has a say in the answer."""
        return (
            self.session is not None
            and bool(self.session.host_name)
            and not self._awaits_no_command
            and self._reader._waiter is not None  # type: ignore[attr-defined]
            and not self._reader._buffer  # type: ignore[attr-defined]
            and not self._auth_required
            and self.session.auth_data is None
            and (self._tls_protocol is not None or not self.require_starttls)
            and not cast(asyncio.Transport, self.transport).get_write_buffer_size()
        )

    def _at_once(self, *, is_sender: bool, address: str) -> bytes | None:
        """The answer, if all is well; everything else takes aiosmtpd's long way."""
        envelope = self.envelope
        if envelope is None or bool(envelope.mail_from) is is_sender:
            return None
        if is_sender:
            if not self._house.has_room():
                return None
            envelope.mail_from = address
            return b"250 2.1.0 OK\r\n"
        if not self._house.takes(self._peer, address, len(envelope.rcpt_tos)):
            return None
        envelope.rcpt_tos.append(address)
        return b"250 2.1.5 OK\r\n"

    def eof_received(self) -> bool | None:
        """A client that was refused at the door, or has not shaken hands, has no session that could end."""
        return super().eof_received() if self.session is not None else None

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the end of the idle time; the timer looks again when it rings, so that commands cost no timer each."""
        self._idle_until = self.loop.time() + (duration or self._timeout_duration)
        if self._timeout_handle is None or self._timeout_handle.when() > self._idle_until:
            if self._timeout_handle is not None:
                self._timeout_handle.cancel()
            self._timeout_handle = self.loop.call_at(self._idle_until, self._idle_rang)

    def _idle_rang(self) -> None:
        if self.loop.time() >= self._idle_until:
            self._timeout_cb()
        else:
            self._timeout_handle = self.loop.call_at(self._idle_until, self._idle_rang)

    def _timeout_cb(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).write(b"421 4.4.2 Timeout\r\n")
            self.transport.close()

    async def push(self, status: AnyStr) -> None:
        """Answer; too many refusals end the session."""
        told = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
        if not told.isprintable():  # it repeats what the client sent
            told = "".join(c if c.isprintable() else "?" for c in told)
        if told.startswith("5"):
            self._errors += 1
            if self._errors > self._house.errors_allowed and self.transport is not None:
                await self._say(b"421 4.7.0 Too many errors")
                self.transport.close()
                return
        await self._say(told.encode())

    async def _say(self, line: bytes) -> None:
        """Write; wait only for a client that does not read what it was told."""
        self._writer.write(line + b"\r\n")
        if cast(asyncio.Transport, self.transport).get_write_buffer_size():
            await self._writer.drain()
