"""Mail comes in by SMTP: recipients are checked, the mail is committed and synced, only then the client hears 250."""

import asyncio
import errno
import ipaddress
import re
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import Envelope

from config.machine import Smtp
from config.models import Settings
from daemon.intake.directory import Directory, Refusals
from daemon.intake.session import Session
from daemon.log import get_logger
from daemon.seams import Clock
from daemon.store import Store, StoreError
from daemon.store.chains import Accepted, Chain
from daemon.store.db import Answer

HANDLER_SECONDS = 25
"""A client waits ten minutes for the answer to its dot (RFC 5321 4.5.3.2.6); many give up after half a minute."""

OUR_TROUBLE = "451 4.3.0 Temporary trouble here, please try again later"
NO_ROOM = "452 4.3.1 Insufficient system storage, please try again later"

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")

log = get_logger(__name__)


class SmtpService:
    """All SMTP listeners of this process, with the limits that they share."""

    def __init__(self, settings: Settings, store: Store, chain: Chain, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = store
        self._chain = chain
        self._clock = clock
        self._wake = wake
        self._servers: list[asyncio.Server] = []
        self._from: Counter[str] = Counter()
        self._open = 0
        self._waiting: dict[asyncio.Future[None], float] = {}
        self._leaving: list[tuple[Accepted, Answer]] = []
        self.refusals = Refusals()
        self.counters: Counter[str] = Counter()
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Take over other settings; listeners and TLS stay as they were at the start."""
        self._settings = settings
        self._limits = settings.postroom.limits
        self._directory = Directory(settings)

    async def listen(self) -> list[tuple[str, int]]:
        """Open the listeners; their addresses, with the ports chosen where 0 was asked for.

        Raises:
            OSError: An address is taken or not ours.
        """
        smtp = self._settings.postroom.smtp
        factory = Session.prepare(
            self,
            self,
            data_size_limit=self._limits.size,
            enable_SMTPUTF8=True,
            hostname=self._settings.postroom.hostname,
            ident="Postroom",
            tls_context=server_tls(smtp),
            require_starttls=smtp.require_tls,
            timeout=self._limits.idle_seconds,
            command_call_limit={"NOOP": 20, "VRFY": 5, "HELP": 5, "*": 10_000},
        )
        loop = asyncio.get_running_loop()
        for place in smtp.listen:
            host, _, port = place.rpartition(":")
            self._servers.append(await loop.create_server(factory, host.strip("[]"), int(port), backlog=512))
        return [socket.getsockname()[:2] for server in self._servers for socket in server.sockets]

    async def close(self) -> None:
        """Take no new connections; commits under way are finished by the store."""
        for server in self._servers:
            server.close()

    # What sessions ask of their house.

    def may_enter(self, peer: str) -> bool:
        """Whether one more connection from here is within the limits; counts it if so."""
        place = network_of(peer)
        full = self._open >= self._limits.connections or self._from[place] >= self._limits.connections_per_address
        if full:
            self.counters["connections_refused"] += 1
            return False
        self._open += 1
        self._from[place] += 1
        return True

    def left(self, peer: str) -> None:
        """A connection that entered is gone."""
        place = network_of(peer)
        self._open -= 1
        self._from[place] -= 1
        if not self._from[place]:
            del self._from[place]

    def takes(self, address: str, already: int) -> bool:
        """Whether mail to this address is ours to take, beside so many other recipients."""
        return already < self._limits.recipients and self._directory.knows(address)

    @property
    def line_limit(self) -> int:
        """Bytes of the longest line accepted."""
        return self._limits.line

    @property
    def session_seconds(self) -> float:
        """Longest duration of a session."""
        return self._limits.session.minutes * 60

    @property
    def errors_allowed(self) -> int:
        """Number of 5xx answers after which a client is sent away."""
        return self._limits.errors

    @property
    def connections(self) -> int:
        """Connections open now."""
        return self._open

    # What aiosmtpd asks of its handler.

    async def handle_RCPT(
        self, server: Session, session: object, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Known recipients only, and not too many."""
        del server, session
        if len(envelope.rcpt_tos) >= self._limits.recipients:
            return "452 4.5.3 Too many recipients"
        if not self._directory.knows(address):
            self.counters["recipients_refused"] += 1
            refused = self.refusals.count(address, self._directory, self._clock.now())
            if refused.meant:
                log.warning("recipient-refused", nearly=refused.meant, count=refused.count)
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Session, session: Any, envelope: Envelope) -> str:
        """Commit, sync, answer."""
        del server
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - decode_data is off
        if self._settings.postroom.smtp.bare_newline == "reject" and _BARE.search(content):
            return "550 5.5.2 Bare CR or LF is not allowed"
        client = str(session.peer[0]) if session.peer else "local"
        sender = (envelope.mail_from or "").strip("<>")
        at = self._clock.now()
        mails = [Accepted(content, recipient, sender, "smtp", client, at) for recipient in envelope.rcpt_tos]
        return await self._keep(mails)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever it was, it was not the mail's fault: the sender keeps it and tries again."""
        self.counters["trouble"] += 1
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.EDQUOT):
            return NO_ROOM
        log.error("session-trouble", kind=type(error).__name__, exc_info=error)
        return OUR_TROUBLE

    async def _keep(self, mails: list[Accepted]) -> str:
        """Write all; a client that leaves or a slow disk does not stop the commit, only our answer."""
        written = [self._written(mail) for mail in mails]
        try:
            for one in written:
                await one
        except StoreError as error:
            self.counters["trouble"] += 1
            return NO_ROOM if "full" in str(error) else OUR_TROUBLE
        except TimeoutError:
            self.counters["trouble"] += 1
            log.warning("commit-slow", seconds=HANDLER_SECONDS)
            return OUR_TROUBLE
        self.counters["accepted"] += len(mails)
        self._wake()
        return "250 2.0.0 OK"

    async def give_up_late(self) -> None:
        """Answer sessions whose commit takes too long; one look a second costs less than a timer for each mail."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            late = [one for one, since in self._waiting.items() if loop.time() - since > HANDLER_SECONDS]
            for waiter in late:
                del self._waiting[waiter]
                if not waiter.done():
                    waiter.set_exception(TimeoutError())
                    waiter.exception()

    def _written(self, mail: Accepted) -> "asyncio.Future[None]":
        """A future of the loop for a commit of the store's; cancelling it leaves the commit alone."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[waiter] = loop.time()

        def answer(result: object) -> None:
            self._waiting.pop(waiter, None)
            if waiter.done():
                return
            if isinstance(result, BaseException):
                waiter.set_exception(result)
                waiter.exception()  # looked at: another recipient's failure may answer first
            else:
                waiter.set_result(None)

        if not self._leaving:
            loop.call_soon(self._hand_over)
        self._leaving.append((mail, answer))
        return waiter

    def _hand_over(self) -> None:
        """Give the store's thread at once what came in together: waking it for each costs as much as the mail."""
        leaving, self._leaving = self._leaving, []
        self._store.write_together(self._chain.append, leaving)


def network_of(peer: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address."""
    if ":" not in peer:
        return peer
    try:
        return str(ipaddress.IPv6Network((peer.partition("%")[0], 64), strict=False))
    except ValueError:
        return peer


def server_tls(smtp: Smtp) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with our certificate, if one is configured."""
    if smtp.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(smtp.tls_certificate, smtp.tls_key)
    return context
