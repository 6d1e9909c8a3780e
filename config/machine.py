"""postroom.toml: the machine itself, how mail comes in and goes out, and what bounds it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.keeping import Keep
from config.places import check_database, check_https, check_relay_url
from config.types import (
    Address,
    Date,
    DurationText,
    Early,
    Elapsed,
    Host,
    JobTime,
    Language,
    Listen,
    Model,
    Name,
    Networks,
    Role,
    Secret,
    Servers,
    Size,
    Socket,
)
from config.values import Duration


class User(Model):
    """`[[smtp.user]]`: a source that logs in before it sends."""

    name: str = Field(min_length=1, max_length=200)
    password: Secret
    source: Name | None = None
    """The one source whose address this user may send to; None: any address of ours."""


class Smtp(Model):
    """`[smtp]`: how mail comes in."""

    listen: tuple[Listen, ...] = ("127.0.0.1:2525",)
    listen_tls: tuple[Listen, ...] = ()
    """Listeners that speak TLS from the first byte (port 465)."""
    lmtp: tuple[Socket, ...] = ()
    """Listeners that speak LMTP (RFC 2033) to a mail server in front; no limit of connections per address."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    require_tls: bool = False
    user: tuple[User, ...] = ()
    """Who may log in; AUTH is offered inside TLS only."""
    require_auth: bool = False
    authserv_id: Servers = ()
    """Whose Authentication-Results are believed: the server that stands between the internet and us."""
    bare_newline: Literal["normalise", "reject"] = "normalise"
    proxy: Networks = ()
    """Balancers in front of `listen` and `listen_tls`: each connection of theirs begins with a PROXY header."""


class Oauth(Model):
    """`oauth` of a mailbox or relay: a token instead of a password (XOAUTH2)."""

    provider: Literal["microsoft", "google"]
    client_id: str
    client_secret: Secret
    tenant: str | None = None
    """Directory (tenant) id of Microsoft 365; client credentials are used."""
    refresh_token: Secret | None = None
    """Of Google, where a person once agreed."""
    token_url: Annotated[str, AfterValidator(check_https)] | None = None
    """Instead of the provider's own."""


class Imap(Model):
    """`[[imap]]`: a mailbox that is read."""

    id: Name
    host: Host
    port: int = Field(default=993, ge=1, le=65535)
    tls: Literal["implicit", "starttls", "off"] = "implicit"
    ca_file: Path | None = None
    username: str
    password: Secret | None = None
    oauth: Oauth | None = None
    folders: tuple[str, ...] = ("INBOX",)
    source: Name | None = None
    """Whose mails these are; their recipient is the address of this source."""
    site: Name | None = None
    """Or of which site; without both, header fields that name one of our addresses decide."""
    since: Date | None = None
    """Mails received before are left alone at the first reading; None: all that were there before the first reading."""
    done: Literal["leave", "flag", "move"] = "leave"
    """What becomes of an original after it was committed."""
    flag: str = "\\Seen"
    move_to: str = "Postroom"
    idle: bool = True
    poll: DurationText = Duration(5, "m")
    alarm: DurationText = Duration(30, "m")
    """Without success for so long, the admin is told."""


class Relay(Model):
    """`[[relay]]`: how mail goes out; several are tried in file order."""

    url: Annotated[str, AfterValidator(check_relay_url)]
    username: str | None = None
    password: Secret | None = None
    oauth: Oauth | None = None
    tls: Literal["required", "opportunistic", "off"] = "required"
    ca_file: Path | None = None
    connections: int = Field(default=4, ge=1, le=20)
    mails_per_minute: int | None = Field(default=None, ge=1)


class Dkim(Model):
    """`[[dkim]]`: mail from this domain is signed (RFC 6376)."""

    domain: Host
    selector: Host
    key: Secret
    """RSA or Ed25519 private key in PEM."""


class Outgoing(Model):
    """`[outgoing]`: what is done where a relay leaves us in doubt, and when it takes nothing at all."""

    hold_unknown: tuple[Name, ...] = ()
    """Purposes of mails that are held, not sent once more, if nobody knows whether they went out."""
    alarm_command: tuple[str, ...] = ()
    """Run with the alarm's text on standard input when mail cannot tell the admin."""


class Limits(Model):
    """`[limits]`: bounds of what strangers may ask of us."""

    size: Size = 25 << 20
    recipients: int = Field(default=100, ge=1)
    line: Size = 64 << 10
    connections: int = Field(default=500, ge=1)
    connections_per_address: int = Field(default=20, ge=1)
    session: DurationText = Duration(10, "m")
    idle_seconds: int = Field(default=60, ge=1)
    errors: int = Field(default=10, ge=1)
    mails_per_client: int = Field(default=1200, ge=0)
    """Mails a minute from one address (or one /64 of IPv6), one for each recipient; 0: any number."""
    mails_per_recipient: int = Field(default=600, ge=0)
    """Mails a minute for one address of ours; 0: any number. A source may have a limit of its own."""
    reserve: Size = 64 << 20
    """Bytes of the data directory's file system that new mail may not use."""


class Brakes(Model):
    """`[brakes]`: how much goes out by itself, so that two programs cannot write to each other for ever."""

    per_hour: int = Field(default=5, ge=1)
    per_day: int = Field(default=20, ge=1)
    """Mails to one correspondent that nobody of the house asked for: receipts, answers to commands."""
    customers_per_hour: int = Field(default=300, ge=1)
    """Mails to customers, all together; further ones wait."""
    escalations_per_hour: int = Field(default=20, ge=1)
    """Mails to one reader about what is overdue; further ones wait and go as one."""


class Monitor(Model):
    """`[monitor]`: sources that fall silent, who watches the watch, and what else controllers get by the calendar."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "off"] = "fri"
    time: JobTime = 7 * 60
    """In the local time of each site."""
    early: Early = 0.2
    ping: Annotated[str, AfterValidator(check_https)] | None = None
    """Is asked after each weekly run and once a day: whoever answers there notices when nobody asks any more."""
    settings_mail: Literal["monthly", "off"] = "monthly"


class Retention(Model):
    """`[retention]`: how long closed records of each kind, and mails of none, are kept before they are erased."""

    lead: Keep = "keep"
    booking: Keep = "keep"
    complaint: Keep = "keep"
    grievance: Keep = "keep"
    review: Keep = "keep"
    alert: Keep = "keep"
    check_in: Keep = Field(default="keep", alias="check-in")
    unsorted: Keep = "keep"
    mails: Keep = "keep"
    """Mails that opened nothing: automatic ones, bounces, repeats, and what a rule or a person ignores."""
    reports: Keep = "keep"
    """Our own mails about several records, or none: lists, bundles, alarms."""


class Desk(Model):
    """`[desk]`: the addresses that plain replies come back to."""

    separator: Literal["+", "-", "="] = "+"
    keys: tuple[Secret, ...] = ()


class Health(Model):
    """`[health]`: metrics and health, on a loopback port; how long what we owe may wait until the admin is told."""

    listen: Listen | None = "127.0.0.1:9125"
    unread: Elapsed = Duration(10, "m")
    """A mail that was accepted, for its fate."""
    unsent: Elapsed = Duration(2, "h")
    """An outgoing mail, for a relay that takes it."""
    unfired: Elapsed = Duration(15, "m")
    """A step of a policy after its time."""


class Log(Model):
    """`[log]`: what goes to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class TestSeams(Model):
    """`[test]`: allows the test clock and the crash points; never in production."""

    enabled: bool = False


class Postroom(Model):
    """postroom.toml."""

    hostname: Host
    admin: Address
    data: Path
    database: Annotated[str, AfterValidator(check_database)] = "sqlite"
    roles: tuple[Role, ...] = ("smtp", "imap", "work")
    language: Language = "en"
    smtp: Smtp = Field(default_factory=Smtp)
    imap: tuple[Imap, ...] = ()
    relay: tuple[Relay, ...] = Field(min_length=1)
    dkim: tuple[Dkim, ...] = ()
    outgoing: Outgoing = Field(default_factory=Outgoing)
    limits: Limits = Field(default_factory=Limits)
    brakes: Brakes = Field(default_factory=Brakes)
    monitor: Monitor = Field(default_factory=Monitor)
    retention: Retention = Field(default_factory=Retention)
    desk: Desk = Field(default_factory=Desk)
    health: Health = Field(default_factory=Health)
    log: Log = Field(default_factory=Log)
    test: TestSeams = Field(default_factory=TestSeams)
