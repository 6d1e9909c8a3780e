"""The settings of Postroom: what an admin can say, as frozen models.

Shapes and single values are checked here; what one value says of another (a rule of a team, a site of a unit) is
checked in `config.links`. Unknown keys are errors. Keys and their meaning: docs/configuration.md.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from config.calendars import check_date, check_dates, check_days, check_holidays, check_moment, check_zone
from config.places import (
    check_country,
    check_database,
    check_listen,
    check_pattern,
    check_postcodes,
    check_relay_url,
)
from config.values import (
    Duration,
    Interval,
    format_intervals,
    parse_duration,
    parse_intervals,
    parse_silence,
    parse_size,
)

Kind = Literal["lead", "booking", "complaint", "grievance", "review", "alert", "check-in", "unsorted"]
Category = Literal["action", "audit"]
Language = Literal["de", "en", "da", "zh"]
Role = Literal["smtp", "work"]
Clock = Literal["business", "wall"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""An id that admins choose: lower case letters, digits, dot, dash, underscore."""
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+$")]
"""A mail address; compared without regard to case."""
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Zone = Annotated[str, AfterValidator(check_zone)]
Holidays = Annotated[str, AfterValidator(check_holidays)]
Days = Annotated[str, AfterValidator(check_days)]
Date = Annotated[str, AfterValidator(check_date)]
Dates = Annotated[str, AfterValidator(check_dates)]
Moment = Annotated[str, AfterValidator(check_moment)]
Country = Annotated[str, AfterValidator(check_country)]
Postcodes = Annotated[str, AfterValidator(check_postcodes)]
Listen = Annotated[str, AfterValidator(check_listen)]
Pattern = Annotated[str, AfterValidator(check_pattern)]
"""A text with the globs `*` and `?`; never a regular expression."""
DurationText = Annotated[
    Duration,
    BeforeValidator(parse_duration),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}(m|h|wd|d)$"}),
]
Silence = Annotated[
    Duration | Literal["off"],
    BeforeValidator(parse_silence),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\\d{1,6}(m|h|d)|off)$"}),
]
Hours = Annotated[
    tuple[Interval, ...],
    BeforeValidator(parse_intervals),
    PlainSerializer(format_intervals, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["08:00-18:00", "07:00-12:00, 13:00-17:00", "closed"]}),
]
Size = Annotated[int, BeforeValidator(parse_size), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]


def as_tuple(value: object) -> object:
    """Let `"vw"` stand for `["vw"]`."""
    return value if isinstance(value, list | tuple) else (value,)


Patterns = Annotated[
    tuple[Pattern, ...],
    BeforeValidator(as_tuple),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Addresses = Annotated[
    tuple[Address, ...],
    BeforeValidator(as_tuple),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]

Domains = Annotated[tuple[Host, ...], BeforeValidator(as_tuple)]
"""Registrable domains of senders; subdomains are included."""


class Model(BaseModel):
    """Base of all settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Secret(Model):
    """Where a secret stands: exactly one of a file, a systemd credential or an environment variable."""

    file: Path | None = None
    credential: str | None = None
    env: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _stands_elsewhere(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError('holds the secret itself, write { file = "…" }, { credential = "…" } or { env = "…" }')  # noqa: TRY004 - pydantic collects ValueError
        return value

    @model_validator(mode="after")
    def _is_one(self) -> "Secret":
        if sum(place is not None for place in (self.file, self.credential, self.env)) != 1:
            raise ValueError("must name exactly one of file, credential, env")
        return self


class Smtp(Model):
    """`[smtp]`: how mail comes in."""

    listen: tuple[Listen, ...] = ("127.0.0.1:2525",)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    require_tls: bool = False
    authserv_id: str | None = None
    bare_newline: Literal["normalise", "reject"] = "normalise"


class Relay(Model):
    """`[[relay]]`: how mail goes out; several are tried in file order."""

    url: Annotated[str, AfterValidator(check_relay_url)]
    username: str | None = None
    password: Secret | None = None
    tls: Literal["required", "opportunistic", "off"] = "required"
    ca_file: Path | None = None
    connections: int = Field(default=4, ge=1, le=20)


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


class Desk(Model):
    """`[desk]`: the addresses that plain replies come back to."""

    separator: Literal["+", "-", "="] = "+"
    keys: tuple[Secret, ...] = ()


class Health(Model):
    """`[health]`: metrics and health, on a loopback port."""

    listen: Listen | None = "127.0.0.1:9125"


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
    roles: tuple[Role, ...] = ("smtp", "work")
    language: Language = "en"
    smtp: Smtp = Field(default_factory=Smtp)
    relay: tuple[Relay, ...] = Field(min_length=1)
    limits: Limits = Field(default_factory=Limits)
    desk: Desk = Field(default_factory=Desk)
    health: Health = Field(default_factory=Health)
    log: Log = Field(default_factory=Log)
    test: TestSeams = Field(default_factory=TestSeams)


class Unit(Model):
    """`[[unit]]` of units.toml: who oversees sites; one tree."""

    id: Name
    type: Literal["importer", "region", "group"]
    name: str | None = None
    parent: Name | None = None
    controllers: Addresses = ()


class Site(Model):
    """`[[site]]` of sites.toml: one place of business."""

    id: Name
    unit: Name | None = None
    name: str
    brands: tuple[str, ...] = ()
    type: Literal["dealer", "service-partner"] = "dealer"
    country: Country = "DE"
    currency: Currency | None = None
    address: str | None = None
    phone: str | None = None
    geo: tuple[float, float] | None = None
    timezone: Zone
    language: Language
    holidays: Holidays | None = None
    holidays_add: tuple[Date, ...] = ()
    holidays_remove: tuple[Date, ...] = ()
    hours: Mapping[Days, Hours] = {}
    team_hours: Mapping[Name, Mapping[Days, Hours]] = {}
    closures: tuple[Dates, ...] = ()
    exceptions: Mapping[Date, Hours] = {}
    teams: Mapping[Name, Address]
    members: Mapping[Name, Patterns] = {}
    roles: Mapping[Name, Address] = {}
    controllers: Addresses = ()
    fallback: Name
    desk: Address
    postcodes: tuple[Postcodes, ...] = ()
    vendor_ids: tuple[str, ...] = ()
    escalate: Mapping[Kind, str] = {}
    receipt: tuple[Kind, ...] = ()
    reply: Literal["through", "direct"] = "through"
    trust: Literal["authenticated", "token"] = "authenticated"
    shipped: int = 1
    steps: Mapping[str, Mapping[str, str]] = {}


class Source(Model):
    """`[[source]]` of sources.toml: one sender of leads, with the secret address given to it."""

    id: Name
    site: Name | None = None
    site_by: Literal["vendor-id", "postcode", "recipient"] | None = None
    type: str
    address: Address
    senders: Domains = Field(default=(), alias="from")
    language: str | None = None
    kind: Kind | None = None
    escalate: str | None = None
    silence: Silence | None = None


class Conditions(Model):
    """`when` of a rule: every key must hold, a list means any of; texts are globs, case does not count."""

    source: Patterns = ()
    type: Patterns = ()
    site: Patterns = ()
    unit: Patterns = ()
    kind: Patterns = ()
    brand: Patterns = ()
    make: Patterns = ()
    model: Patterns = ()
    language: Patterns = ()
    recipient: Patterns = ()
    postcode: Patterns = ()
    interest: Patterns = ()
    has: Patterns = ()
    text: Patterns = ()
    mail_class: Patterns = Field(default=(), alias="class")
    open: bool | None = None
    excluded: "Conditions | None" = Field(default=None, alias="not")


class Notify(Model):
    """`notify` of a rule: a team is told, for action or for audit."""

    team: Name
    category: Category = "action"
    template: Name | None = None


class Rule(Model):
    """`[[rule]]` of rules.toml."""

    name: str
    when: Conditions = Field(default_factory=Conditions)
    notify: Annotated[tuple[Notify, ...], BeforeValidator(as_tuple)] = ()
    escalate: str | None = None
    also: bool = False
    ignore: str | None = None


class Step(Model):
    """`[[policy.NAME.step]]` of escalation.toml."""

    name: str
    after: DurationText
    clock: Clock = "business"
    deliver: Literal["business", "any"] = "business"
    effect: Literal["overdue", "escalate", "mail", "warn", "remind"]
    to: str = "team"
    optional: bool = False


class Policy(Model):
    """`[policy.NAME]` of escalation.toml."""

    step: tuple[Step, ...] = ()


class SourceType(Model):
    """A known type of source, shipped: what comes with it when an admin names it."""

    name: str
    domains: tuple[str, ...] = ()
    silence: Silence = Duration(14, "d")
    kind: Kind = "lead"
    language: str | None = None


class Shipped(Model):
    """One version of the shipped values; an update never changes a version that is out."""

    version: int
    escalate: Mapping[Kind, str]
    policy: Mapping[str, Policy]
    type: tuple[SourceType, ...]


def as_paths(value: object) -> object:
    """Write nested tables as dotted keys and values as text: `a = { b = 1 }` is `"a.b" = "1"`."""
    if not isinstance(value, Mapping):
        return value
    flat: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            nested = as_paths(inner)
            flat |= {f"{key}.{path}": text for path, text in nested.items()} if isinstance(nested, dict) else {}
        else:
            flat[key] = str(inner).lower() if isinstance(inner, bool) else str(inner)
    return flat


class Test(Model):
    """`[[test]]` of a rule or source file: a sample mail and what is expected of it."""

    mail: Path
    to: Address
    at: Moment | None = None
    expect: Annotated[Mapping[str, str], BeforeValidator(as_paths)]
    """Dotted paths into `explain --json`, and the text of what stands there."""


class Settings(Model):
    """Everything an installation runs on; built and checked as a whole, then never changed."""

    directory: Path
    postroom: Postroom
    units: Mapping[str, Unit]
    sites: Mapping[str, Site]
    sources: Mapping[str, Source]
    rules: tuple[Rule, ...]
    policies: Mapping[str, Policy]
    shipped: Mapping[int, Shipped]
    templates: Mapping[str, str]
    """Admin templates by file name (`de/new.txt.j2`); they win over the shipped ones."""
    tests: tuple[Test, ...] = ()
    digest: str
    """SHA-256 of the canonical JSON of all the above but the directory; every decision names it."""

    @cached_property
    def recipients(self) -> Mapping[str, tuple[str, str]]:
        """Every address mail is taken for, in lower case: `source` or `desk`, and the id of that source or site."""
        sources = {source.address.lower(): ("source", source.id) for source in self.sources.values()}
        desks = {site.desk.lower(): ("desk", site.id) for site in self.sites.values()}
        return desks | sources
