"""LMTP (RFC 2033): mail handed over by a server in front, with an answer for each recipient."""

import re
import sys
from collections.abc import Callable

from daemon.intake.connection import House
from daemon.intake.session import Session

_UNENHANCED = re.compile(r"(?!220)([245])\d\d (?!\1\.\d)")


class LmtpHouse:
    """What LMTP sessions ask: as the public house, but the server in front is trusted to know what it does.

    Its connections are not counted against the public limits, none is refused for coming from the same address, and
    it is not sent away for the errors of those whose mail it brings.
    """

    errors_allowed = sys.maxsize

    def __init__(self, public: House, most: Callable[[], int]) -> None:
        self._public = public
        self._most = most
        self.connections = 0

    def may_enter(self, peer: str) -> bool:
        """Whether one more connection fits."""
        del peer
        if self.connections >= self._most():
            return False
        self.connections += 1
        return True

    def left(self, peer: str) -> None:
        """A connection that entered is gone."""
        del peer
        self.connections -= 1

    def takes(self, peer: str | None, address: str, already: int) -> bool:
        """Whether mail to this address is ours to take now; the server in front brings the mail of many clients."""
        del peer
        return self._public.takes(None, address, already)

    def has_room(self) -> bool:
        """Whether the disk has room for new mail."""
        return self._public.has_room()

    @property
    def line_limit(self) -> int:
        """Bytes of the longest line accepted."""
        return self._public.line_limit

    @property
    def session_seconds(self) -> float:
        """Longest duration of a session."""
        return self._public.session_seconds


class LmtpSession(Session):
    """As an SMTP session, but greeted with LHLO and answered once for each recipient."""

    async def smtp_LHLO(self, hostname: str) -> None:
        """The greeting."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Not LMTP: a client that says so would read our answers wrongly (RFC 2033 4.1)."""
        del hostname
        await self.push("500 5.5.1 This is LMTP, say LHLO")

    smtp_HELO = smtp_EHLO

    def _extensions(self) -> list[str]:
        return ["PIPELINING", "ENHANCEDSTATUSCODES", *super()._extensions()]

    async def push(self, status: str | bytes) -> None:
        """Answer with an enhanced status code (RFC 2034), where aiosmtpd has none."""
        told = status if isinstance(status, str) else status.decode()
        bare = _UNENHANCED.match(told)
        await super().push(f"{bare[0]}{bare[1]}.0.0 {told[bare.end() :]}" if bare else told)

    async def _answer_mail(self, status: str) -> None:
        """One answer for each recipient, in their order; what went wrong before the store is the same for all."""
        assert self.envelope is not None  # noqa: S101 - there are recipients
        answers = status.split("\r\n")
        if len(answers) == 1:
            answers *= len(self.envelope.rcpt_tos)
        self._set_post_data_state()
        for answer in answers:
            await self.push(answer)
