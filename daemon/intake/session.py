"""One SMTP session: aiosmtpd with bounds, and without its costs per connection and per line.

What is private in aiosmtpd 1.4.6 and touched here is pinned by tests/unit/intake/test_session_pins.py:
`_reader`, `_reader._buffer`, `_reader._waiter`, `_writer`, `_getaddr`, `_reset_timeout`, `_timeout_cb`,
`_tls_protocol`, `_auth_required`, `_call_handler_hook`,
`_set_post_data_state`, `_handle_client`, `_smtp_methods`, `_timeout_handle`, `sanitized_log`.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, AnyStr, Protocol, cast

import aiosmtpd.smtp
from aiosmtpd.smtp import SMTP

END_OF_DATA = b"\r\n.\r\n"
_MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}"
_PLAIN_ADDRESS = re.compile(rf"<({_MAILBOX})>(.*)")
_PLAIN_LINE = re.compile(rf"(?i:(mail from)|rcpt to): ?<({_MAILBOX})>\r\n".encode())
_REST_OF_DATA_SECONDS = 180
_CHUNK = 256 << 10
"""Bytes read before the reader hands over; it holds twice as much at most."""


# Every command line is cleaned for the log twice before the log is asked whether it wants it; ours never does, because
# it holds addresses.
aiosmtpd.smtp.sanitized_log = lambda *_, **__: None


class House(Protocol):
    """What a session asks of the service that it belongs to."""

    def may_enter(self, peer: str) -> bool:
        """Whether one more connection from here is within the limits; counts it if so."""

    def left(self, peer: str) -> None:
        """A connection that entered is gone."""

    def takes(self, address: str, already: int) -> bool:
        """Whether mail to this address is ours to take, beside so many other recipients."""

    @property
    def line_limit(self) -> int:
        """Bytes of the longest line accepted."""

    @property
    def session_seconds(self) -> float:
        """Longest duration of a session."""

    @property
    def errors_allowed(self) -> int:
        """Number of 5xx answers after which a client is sent away."""


class Session(SMTP):
    """A session that belongs to a `House`.

    aiosmtpd's own constructor searches both objects for `auth_*` methods at every connection; what it finds never
    changes, so it runs once, in `prepare`, and every session starts from a copy of that.
    """

    line_length_limit = 64 << 10
    local_part_limit = 64

    @classmethod
    def prepare(cls, house: House, handler: object, **settings: Any) -> Callable[[], "Session"]:
        """A factory of sessions for `loop.create_server`."""
        loop = asyncio.get_running_loop()
        first = SMTP(handler, loop=loop, **settings)
        own = vars(asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), lambda *_: None, loop=loop)).keys()
        shared = {key: value for key, value in vars(first).items() if key not in own}
        shared["_limit"] = cls.line_length_limit
        commands = frozenset(name.removeprefix("smtp_") for name in dir(cls) if name.startswith("smtp_"))
        return lambda: cls(house, loop, shared, commands)

    def __init__(
        self, house: House, loop: asyncio.AbstractEventLoop, shared: dict[str, Any], commands: frozenset[str]
    ) -> None:
        reader = asyncio.StreamReader(loop=loop, limit=_CHUNK)
        asyncio.StreamReaderProtocol.__init__(self, reader, client_connected_cb=self._cb_client_connected, loop=loop)
        self.__dict__.update(shared)
        self._smtp_methods = _Commands(self, commands)
        self._house = house
        self._peer: str | None = None
        self._errors = 0
        self._session_timer: asyncio.TimerHandle | None = None
        self._idle_until = 0.0
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse what is over the limits before anything is spent on it."""
        if self._peer is None:
            name = transport.get_extra_info("peername")
            peer = str(name[0]) if name else "local"
            if not self._house.may_enter(peer):
                cast(asyncio.Transport, transport).write(b"421 4.7.0 Too many connections\r\n")
                transport.close()
                return
            self._peer = peer
            self._session_timer = self.loop.call_later(self._house.session_seconds, self._timeout_cb)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place free, once."""
        if self._peer is None or self.session is None:
            return
        if self._session_timer is not None:
            self._session_timer.cancel()
            self._session_timer = None
            self._house.left(self._peer)
        super().connection_lost(error)

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
        """Whether everything before was read and answered, and the client need not log in or start TLS first."""
        return (
            self.session is not None
            and bool(self.session.host_name)
            and not self._in_data
            and self._reader._waiter is not None  # type: ignore[attr-defined]
            and not self._reader._buffer  # type: ignore[attr-defined]
            and not self._auth_required
            and (self._tls_protocol is not None or not self.require_starttls)
            and not cast(asyncio.Transport, self.transport).get_write_buffer_size()
        )

    def _at_once(self, *, is_sender: bool, address: str) -> bytes | None:
        """The answer, if all is well; everything else takes aiosmtpd's long way."""
        envelope = self.envelope
        if envelope is None or bool(envelope.mail_from) is is_sender:
            return None
        if is_sender:
            envelope.mail_from = address
            return b"250 2.1.0 OK\r\n"
        if not self._house.takes(address, len(envelope.rcpt_tos)):
            return None
        envelope.rcpt_tos.append(address)
        return b"250 2.1.5 OK\r\n"

    def eof_received(self) -> bool | None:
        """A client that was refused at the door has no session that could end."""
        return super().eof_received() if self._peer is not None else None

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

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        match = _PLAIN_ADDRESS.fullmatch(arg)
        if match:
            return match[1], match[2]
        # NUL, bare CR, undecodable bytes and a bracket that is never closed all pass aiosmtpd's own reading.
        if not arg.isprintable() or ("<" in arg and ">" not in arg):
            return None, None
        address, rest = super()._getaddr(arg)
        return address, rest

    async def push(self, status: AnyStr) -> None:
        """Answer; too many refusals end the session."""
        if status[:1] in ("5", b"5"):
            self._errors += 1
            if self._errors > self._house.errors_allowed and self.transport is not None:
                await self._say(b"421 4.7.0 Too many errors")
                self.transport.close()
                return
        await self._say(status.encode() if isinstance(status, str) else status)

    async def _say(self, line: bytes) -> None:
        """Write; wait only for a client that does not read what it was told."""
        self._writer.write(line + b"\r\n")
        if cast(asyncio.Transport, self.transport).get_write_buffer_size():
            await self._writer.drain()

    async def _spoke_early(self) -> bool:
        """Whether the client sent more than it was asked for; then it is sent away (no PIPELINING is offered)."""
        if not self._reader._buffer:  # type: ignore[attr-defined]
            return False
        await self.push("554 5.5.0 Speak when you are asked to")
        if self.transport is not None:
            self.transport.close()
        return True

    async def smtp_EHLO(self, hostname: str) -> None:
        """Greeting; a body of an HTTP request comes all at once and ends here."""
        if not await self._spoke_early():
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        """The same for old clients."""
        if not await self._spoke_early():
            await super().smtp_HELO(hostname)

    async def smtp_POST(self, arg: str | None) -> None:
        """A browser was made to talk to us: end it before its body is read as commands."""
        del arg
        await self.push("554 5.5.0 This is SMTP")
        if self.transport is not None:
            self.transport.close()

    smtp_GET = smtp_PUT = smtp_CONNECT = smtp_OPTIONS = smtp_POST

    async def smtp_DATA(self, arg: str | None) -> None:
        """Read the mail in chunks; only CRLF.CRLF ends it."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        if await self._spoke_early():
            return
        # The reader is empty and nothing was asked for: with this line end before it, a dot on the very first line
        # ends the mail like any other.
        self._reader.feed_data(b"\r\n")
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        data = await self._read_data()
        if data is None:
            await self.push("552 5.3.4 Too much mail data")
            self._set_post_data_state()
        elif _has_line_over(data, self._house.line_limit):
            await self.push("500 5.5.2 Line too long")
            self._set_post_data_state()
        else:
            self.envelope.content = _without_dots(data)
            self._reset_timeout(_REST_OF_DATA_SECONDS)
            status = await self._call_handler_hook("DATA")
            self._set_post_data_state()
            await self.push(status)

    async def _read_data(self) -> bytes | None:
        """All lines before the final dot; None if it is too much."""
        self._in_data = True
        try:
            return await self._data_of_any_size()
        finally:
            self._in_data = False

    async def _data_of_any_size(self) -> bytes | None:
        chunks: list[bytes] = []
        size = 0
        limit = self.data_size_limit or 0
        while True:
            self._reset_timeout(_REST_OF_DATA_SECONDS)
            try:
                chunk = await self._reader.readuntil(END_OF_DATA)
                ended = True
            except asyncio.LimitOverrunError as overrun:
                chunk = await self._reader.readexactly(overrun.consumed)
                ended = False
            size += len(chunk)
            if size <= limit + len(END_OF_DATA) + 2:
                chunks.append(chunk)
            else:
                chunks.clear()
            if ended:
                return _trimmed(chunks) if chunks else None


def _trimmed(chunks: list[bytes]) -> bytes:
    """Joined without the line end that we put before the first line, and without the final dot.

    The reader never hands over a part of what it looks for, so the dot's line is whole in the last chunk.
    """
    chunks[0] = chunks[0][2:]
    chunks[-1] = chunks[-1][:-3]
    return b"".join(chunks)


class _Commands(dict[str, Any]):
    """The methods of a session by command, bound when they are asked for: a session uses five of twenty."""

    def __init__(self, session: Session, names: frozenset[str]) -> None:
        super().__init__()
        self._session = session
        self._names = names

    def get(self, name: str, default: Any = None) -> Any:
        """The method for a command."""
        return getattr(self._session, f"smtp_{name}") if name in self._names else default

    def items(self) -> Any:
        """All of them, for HELP."""
        return {name: self.get(name) for name in self._names}.items()


def _has_line_over(data: bytes, limit: int) -> bool:
    """Whether a line is longer than that; looks for one line end in each span of the limit, not for all of them."""
    at = 0
    while len(data) - at > limit:
        end = data.rfind(b"\n", at, at + limit + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def _without_dots(data: bytes) -> bytes:
    """Undo the doubling of dots at the beginning of lines (RFC 5321 4.5.2)."""
    if b"\r\n.." in data:
        data = data.replace(b"\r\n..", b"\r\n.")
    return data[1:] if data.startswith(b"..") else data
