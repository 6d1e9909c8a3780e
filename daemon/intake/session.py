"""The commands of an SMTP session."""

import re
from typing import cast

from aiosmtpd.smtp import TLSSetupException

from daemon.intake.connection import LOGINS, MAILBOX, Connection
from daemon.intake.content import has_line_over, read_mail, without_dots

_PLAIN_ADDRESS = re.compile(rf"<({MAILBOX})>(.*)")
_REST_OF_DATA_SECONDS = 180


class Session(Connection):
    """A session in which only what was asked for is answered, and a mail is read in chunks."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        match = _PLAIN_ADDRESS.fullmatch(arg)
        if match:
            return match[1], match[2]
        # NUL, bare CR, undecodable bytes and a bracket that is never closed all pass aiosmtpd's own reading.
        if not arg.isprintable() or ("<" in arg and ">" not in arg):
            return None, None
        try:
            address, rest = super()._getaddr(arg)
        except (IndexError, ValueError, AttributeError):  # the standard library's reading of odd addresses
            return None, None
        return address, rest

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
        if await self._spoke_early():
            return
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self._set_rset_state()
        assert self.session is not None  # noqa: S101 - there is a connection
        self.session.extended_smtp = True
        self.session.host_name = hostname
        lines = [self.hostname, *self._extensions()]
        await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]).encode())

    def _extensions(self) -> list[str]:
        """What is offered now; AUTH inside TLS only, and only where somebody may log in."""
        offered = [f"SIZE {self.data_size_limit}", "8BITMIME", "SMTPUTF8"]
        if self.tls_context and not self._tls_protocol:
            offered.append("STARTTLS")
        if self._authenticator and self._tls_protocol:
            offered.append("AUTH " + " ".join(LOGINS))
        return [*offered, "HELP"]

    async def smtp_HELO(self, hostname: str) -> None:
        """The same for old clients."""
        if not await self._spoke_early():
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Nothing may follow in the clear (CVE-2024-34083), and there is no TLS inside TLS."""
        if self._tls_protocol:
            await self.push("503 5.5.1 TLS is active")
        elif not await self._spoke_early():
            await super().smtp_STARTTLS(arg)
            if self._tls_protocol and self.session is not None and self.session.ssl is None:
                # Nobody shook hands in time. asyncio says so neither to the one who waits nor by connection_lost.
                raise TLSSetupException

    async def smtp_AUTH(self, arg: str) -> None:
        """Log in (RFC 4954), between mails and a step at a time."""
        assert self.envelope is not None  # noqa: S101 - there is a connection
        if self._authenticator is None:
            await self.push("502 5.5.1 AUTH is not offered")
        elif self.envelope.mail_from:
            await self.push("503 5.5.1 Not inside a mail")
        elif not await self._spoke_early():
            mechanism, _, rest = (arg or "").partition(" ")
            self._awaits_no_command = True
            try:
                await super().smtp_AUTH(f"{mechanism.upper()} {rest}".rstrip())
            finally:
                self._awaits_no_command = False

    async def smtp_VRFY(self, arg: str) -> None:
        """Nobody is told which addresses there are (RFC 5321 7.3)."""
        del arg
        await self.push("252 2.5.0 Send a mail and see")

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
        await self._answer_mail(await self._take_mail())

    async def _take_mail(self) -> str:
        """Read the mail and have it kept; the answer to its dot."""
        self._awaits_no_command = True
        try:
            data = await read_mail(self._reader, self.data_size_limit or 0, self._more_comes)
        finally:
            self._awaits_no_command = False
        if data is None:
            return "552 5.3.4 Too much mail data"
        if has_line_over(data, self._house.line_limit):
            return "500 5.5.2 Line too long"
        assert self.envelope is not None  # noqa: S101 - there are recipients
        self.envelope.content = without_dots(data)
        self._more_comes()
        try:
            return cast(str, await self._call_handler_hook("DATA"))
        except Exception as error:
            return await self.handle_exception(error)

    def _more_comes(self) -> None:
        self._reset_timeout(_REST_OF_DATA_SECONDS)

    async def _answer_mail(self, status: str) -> None:
        """Answer the dot, and be ready for the next mail."""
        self._set_post_data_state()
        await self.push(status)
