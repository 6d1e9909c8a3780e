"""The settings of Postroom: what an admin can say, as frozen models.

Shapes and single values are checked here; what one value says of another (a rule of a team, a site of a unit) is
checked in `config.links`. Unknown keys are errors. Keys and their meaning: docs/configuration.md.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config.machine import Postroom
from config.places import check_https
from config.types import (
    Address,
    Addresses,
    AuditWay,
    Category,
    Clock,
    Country,
    Currency,
    Date,
    Dates,
    Days,
    Domains,
    DurationText,
    Early,
    Endings,
    Holidays,
    Hours,
    JobTime,
    JobTimeOrOff,
    Kind,
    Language,
    Model,
    Moment,
    Name,
    Patterns,
    Postcodes,
    Secret,
    Silence,
    States,
    VisitMail,
    Wait,
    Zone,
    as_tuple,
)
from config.values import Duration


class Deputy(Model):
    """One of `deputies`: who stands in for a controller, on which days."""

    absent: Address = Field(alias="of")
    to: Address
    first: Date = Field(alias="from")
    last: Date = Field(alias="until")
    """The last day, which still counts."""


class Unit(Model):
    """`[[unit]]` of units.toml: who oversees sites; one tree."""

    id: Name
    type: Literal["importer", "region", "group"]
    name: str | None = None
    parent: Name | None = None
    controllers: Addresses = ()
    deputies: tuple[Deputy, ...] = ()


class SiteMail(Model):
    """`[site.mail]`: how many mails a site's people get, and when (`rules.timing`)."""

    bundle: Mapping[Kind, Wait] = {}
    window: Literal["any", "business"] = "any"
    audit: AuditWay = "digest"
    digest: JobTime = 16 * 60 + 30
    list: JobTimeOrOff = 8 * 60
    categories: Mapping[Kind, Category] = {}
    escalated: Literal["mail", "list"] = "mail"
    escalated_wait: Wait = Duration(15, "m")
    escalations: JobTimeOrOff = 8 * 60


class SiteBooking(Model):
    """`[site.booking]`: how the workshop plans its visits, and what it tells its customers."""

    length: DurationText = Duration(1, "h")
    reminder: int = Field(default=2, ge=0, le=4)
    remind_at: JobTime = 10 * 60
    morning_at: JobTime = 7 * 60
    list: JobTimeOrOff = 7 * 60
    thanks: bool = True
    accepted: Literal["schedule", "ask"] = "schedule"
    preconditions: Mapping[Name, Literal["offer", "schedule", "warn"]] = {}
    hide: Mapping[VisitMail, tuple[Literal["services", "price", "remarks", "adviser", "courtesy-car"], ...]] = {}
    directions: Annotated[str, AfterValidator(check_https)] | None = None


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
    deputies: tuple[Deputy, ...] = ()
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
    mail: SiteMail = Field(default_factory=SiteMail)
    booking: SiteBooking = Field(default_factory=SiteBooking)


class BlockOfLines(Model):
    """`[[source.layout.block]]`: lines without labels below a known line."""

    after: str = Field(min_length=1)
    fields: tuple[str, ...] = Field(min_length=1)


class SourceLayout(Model):
    """`[source.layout]`: how a source writes (`parsers.layout.Layout` says what each key means)."""

    labels: Mapping[str, str] = Field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    blocks: tuple[BlockOfLines, ...] = Field(default=(), alias="block")
    endings: tuple[str, ...] = ()
    split: str | None = None
    noise: tuple[str, ...] = ()
    verified: bool = True


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
    early: Early | None = None
    written_back: bool = False
    mails_per_minute: int | None = Field(default=None, ge=1)
    """Instead of `[limits] mails_per_recipient`."""
    layout: SourceLayout | None = None


class PlannedSilence(Model):
    """`[[silence]]` of silences.toml: days on which nobody is told that a source, or any of a site, is silent."""

    site: Name | None = None
    source: Name | None = None
    first: Date = Field(alias="from")
    until: Date
    """Its last day."""
    reason: str = Field(default="", max_length=200)


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


class Forward(Model):
    """`forward` of a rule: another system gets the request by mail."""

    form: Literal["adf", "original"] = Field(alias="as")
    """ADF 1.0 with our number, or the mail as it was received, attached."""
    to: Address


class Webhook(Model):
    """`webhook` of a rule: another system gets the record as JSON, signed."""

    url: Annotated[str, AfterValidator(check_https)]
    secret: Secret


class Rule(Model):
    """`[[rule]]` of rules.toml."""

    name: str
    when: Conditions = Field(default_factory=Conditions)
    notify: Annotated[tuple[Notify, ...], BeforeValidator(as_tuple)] = ()
    forward: Annotated[tuple[Forward, ...], BeforeValidator(as_tuple)] = ()
    webhook: Annotated[tuple[Webhook, ...], BeforeValidator(as_tuple)] = ()
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
    until: Endings = ()
    """What ends it; nothing named: what the lifecycle of the record's kind says."""
    pause: States = ()
    """In these states its time stands still."""


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
    bundle: Mapping[Kind, Wait]
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
    silences: tuple[PlannedSilence, ...] = ()
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
