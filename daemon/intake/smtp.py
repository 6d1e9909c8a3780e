"""Mail comes in by SMTP and LMTP: recipients are checked, the mail is committed and synced, only then comes 250."""

import asyncio
import errno
import ipaddress
import re
import resource
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, TLSSetupException

from config.models import Settings
from daemon.intake.address import brings_many, network_of
from daemon.intake.commit import NO_ROOM, OUR_TROUBLE, Commits
from daemon.intake.connection import Factory
from daemon.intake.directory import Directory, Refusals
from daemon.intake.handed import handed_over
from daemon.intake.listeners import Listeners
from daemon.intake.lmtp import LmtpHouse, LmtpSession
from daemon.intake.proxy import Door, Hall
from daemon.intake.rates import CLIENT, RECIPIENT, Rates
from daemon.intake.room import Room
from daemon.intake.session import Session
from daemon.intake.tls import server_tls
from daemon.intake.users import User, Users
from daemon.log import get_logger
from daemon.seams import Clock
from daemon.store import Store
from daemon.store.chains import Accepted, Chain

FILES_KEPT = 96
"""Descriptors that connections must leave: for the database, the worker, and the next to be refused."""
LOGINS_PER_SESSION = 5

_OVER = {CLIENT: "from you", RECIPIENT: "for this address"}
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")

log = get_logger(__name__)


class SmtpService:
    """All SMTP and LMTP listeners of this process, with the limits that they share."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        chain: Chain,
        clock: Clock,
        wake: Callable[[], None],
        disk: Room,
    ) -> None:
        """Prepare; nothing is listened to yet.

        Raises:
            ValueError: What systemd handed over cannot be used.
        """
        self._handed = handed_over(settings)
        self._clock = clock
        self._disk = disk
        self._listeners = {"smtp": Listeners(), "smtp_tls": Listeners(), "lmtp": Listeners()}
        self._factories: dict[str, Factory] = {}
        self._from: Counter[str] = Counter()
        self._open = 0
        self.refusals = Refusals()
        self.counters: Counter[str] = Counter()
        self._commits = Commits(store, chain, self.counters, wake)
        self._room = settings.postroom.limits.connections
        self._inner = LmtpHouse(self, lambda: min(self._limits.connections, self._room - self._open))
        self._hall = Hall(lambda: min(self._limits.connections, self._room - self._open), self._refused)
        self._rates = Rates(settings)
        self._take_over(settings)

    def use(self, settings: Settings) -> None:
        """Take over other settings, users and certificates included; what listens stays as it was at the start."""
        self._take_over(settings)
        try:
            self._prepare()
        except OSError:  # they were checked a moment ago; sessions go on with what there was
            log.exception("certificate-not-taken-over")

    def _take_over(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = settings.postroom.limits
        self._directory = Directory(settings)
        self._users = Users(settings)
        self._rates.use(settings)
        self._balancers = [ipaddress.ip_network(one) for one in settings.postroom.smtp.proxy]

    async def listen(self) -> list[str]:
        """Open the listeners; their addresses, with the ports chosen where 0 was asked for.

        What is spoken on sockets that systemd handed over is spoken there alone.

        Raises:
            OSError: An address is taken or not ours, or the certificate cannot be used.
        """
        smtp = self._settings.postroom.smtp
        self._room = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - FILES_KEPT
        if self._room < self._limits.connections:
            log.warning("connections-limited", to=self._room, by="the limit of open files")
        self._prepare()
        for kind, wanted in (("smtp", smtp.listen), ("smtp_tls", smtp.listen_tls), ("lmtp", smtp.lmtp)):
            for sock in self._handed.get(kind, ()):
                await self._listeners[kind].adopt(sock, partial(self._new_session, kind))
            for place in () if kind in self._handed else wanted:
                await self._listeners[kind].open(place, partial(self._new_session, kind))
        return [place for places in self.places.values() for place in places]

    def _prepare(self) -> None:
        """Make what sessions begin from; those that are open keep theirs."""
        smtp = self._settings.postroom.smtp
        common: dict[str, Any] = {
            "data_size_limit": self._limits.size,
            "enable_SMTPUTF8": True,
            "hostname": self._settings.postroom.hostname,
            "ident": "Postroom",
            "timeout": self._limits.idle_seconds,
        }
        public = common | {
            "tls_context": server_tls(smtp),
            "require_starttls": smtp.require_tls,
            "auth_required": smtp.require_auth,
            "authenticator": self._log_in if self._users else None,
            "command_call_limit": {"NOOP": 20, "VRFY": 5, "HELP": 5, "AUTH": LOGINS_PER_SESSION, "*": 10_000},
        }
        self._factories["smtp"] = Session.prepare(self, self, **public)
        if public["tls_context"]:
            self._factories["smtp_tls"] = Session.prepare(self, self, tls_first=True, **public)
        self._factories["lmtp"] = LmtpSession.prepare(self._inner, self, **common)

    def _new_session(self, kind: str) -> asyncio.BaseProtocol:
        begin = self._factories[kind]
        if not self._balancers or kind == "lmtp":
            return begin()
        return Door(self._balancers, self._hall, begin, talks=kind == "smtp")

    def _refused(self) -> None:
        self.counters["connections_refused"] += 1

    async def close(self) -> None:
        """Take no new connections; commits under way are finished by the store."""
        for listeners in self._listeners.values():
            listeners.close()

    async def give_up_late(self) -> None:
        """Answer sessions whose commit takes too long."""
        await self._commits.give_up_late()

    @property
    def places(self) -> dict[str, list[str]]:
        """Where we listen, by kind: `smtp`, `smtp_tls`, `lmtp`."""
        return {kind: listeners.places for kind, listeners in self._listeners.items()}

    # What sessions ask of their house.

    def may_enter(self, peer: str) -> bool:
        """Whether one more connection from here is within the limits; counts it if so."""
        place = network_of(peer)
        most = min(self._limits.connections, self._room - self._inner.connections)
        if self._open >= most or self._from[place] >= self._limits.connections_per_address:
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

    def takes(self, peer: str | None, address: str, already: int) -> bool:
        """Whether mail to this address is ours to take now, beside so many other recipients; counts it if so."""
        return already < self._limits.recipients and self._directory.knows(address) and not self._over(peer, address)

    def _over(self, peer: str | None, address: str) -> str | None:
        """Whose limit of mails a minute one more would be over; counts it where it is over none."""
        client = None if peer is None or brings_many(peer) else network_of(peer)
        return self._rates.let(client, self._directory.counted_as(address))

    def has_room(self) -> bool:
        """Whether the disk has room for new mail."""
        return self._disk.has()

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
        """Connections of the public open now."""
        return self._open

    @property
    def lmtp_connections(self) -> int:
        """Connections open now from servers in front."""
        return self._inner.connections

    # What aiosmtpd asks of its handler.

    def _log_in(
        self, server: Session, session: Any, envelope: Envelope, mechanism: str, proof: LoginPassword
    ) -> AuthResult:
        """Whether name and password belong together; the password goes nowhere."""
        del server, envelope
        user = self._users.recognise(proof.login, proof.password)
        if user is None:
            self.counters["logins_refused"] += 1
            known = self._users.named(proof.login)
            log.warning("login-refused", user=known, client=_client(session), mechanism=mechanism)
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=user)

    async def handle_MAIL(
        self, server: Session, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Nobody sends a whole mail in vain: without room for its SIZE (RFC 1870) it is refused here."""
        del server, session
        sizes = (one.removeprefix("SIZE=") for one in options if one.startswith("SIZE="))
        if not self._disk.has(max((int(size) for size in sizes if size.isdecimal()), default=0)):
            return self._no_room()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    def _no_room(self) -> str:
        self.counters["trouble"] += 1
        return NO_ROOM

    async def handle_RCPT(
        self, server: Session, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Known recipients only, not too many, and none that the user may not write to."""
        if len(envelope.rcpt_tos) >= self._limits.recipients:
            return "452 4.5.3 Too many recipients"
        user = session.auth_data
        if isinstance(user, User) and not user.may_write_to(address):
            self.counters["recipients_refused"] += 1
            return "550 5.7.1 Not an address that you may send to"
        if not self._directory.knows(address):
            self.counters["recipients_refused"] += 1
            refused = self.refusals.count(address, self._directory, self._clock.now())
            if refused.meant:
                log.warning("recipient-refused", nearly=refused.meant, count=refused.count)
            return "550 5.1.1 No such recipient here"
        if over := self._over(None if isinstance(server, LmtpSession) else str(session.peer[0]), address):
            self.counters["mails_postponed"] += 1
            return f"450 4.7.1 Too many mails {_OVER[over]} now, please try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Session, session: Any, envelope: Envelope) -> str:
        """Commit, sync, answer; by LMTP a line for each recipient."""
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - decode_data is off
        if self._settings.postroom.smtp.bare_newline == "reject" and _BARE.search(content):
            return "550 5.5.2 Bare CR or LF is not allowed"
        if not self._disk.take(len(content) * len(envelope.rcpt_tos)):
            return self._no_room()
        is_lmtp = isinstance(server, LmtpSession)
        channel, client = "lmtp" if is_lmtp else "smtp", _client(session)
        sender = (envelope.mail_from or "").strip("<>")
        at = self._clock.now()
        mails = [Accepted(content, recipient, sender, channel, client, at) for recipient in envelope.rcpt_tos]
        return "\r\n".join(await self._commits.each(mails)) if is_lmtp else await self._commits.together(mails)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever it was, it was not the mail's fault: the sender keeps it and tries again."""
        if isinstance(error, TLSSetupException):  # the client's, and there is nobody to answer any more
            log.info("tls-not-begun", why=str(error.__cause__ or "no handshake"))
            return OUR_TROUBLE
        self.counters["trouble"] += 1
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.EDQUOT):
            return NO_ROOM
        log.error("session-trouble", kind=type(error).__name__, exc_info=error)
        return OUR_TROUBLE


def _client(session: Any) -> str:
    """Who gave us a mail, as it is kept beside it: the address, and after a blank the user who logged in."""
    address = str(session.peer[0]) if session.peer else "local"
    return f"{address} {session.auth_data.name}" if isinstance(session.auth_data, User) else address
