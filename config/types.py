"""Kinds of values that settings are made of, and the base of all their models."""

import re
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
    check_audit_way,
    check_country,
    check_listen,
    check_network,
    check_pattern,
    check_postcodes,
    check_socket,
)
from config.values import (
    Duration,
    Interval,
    format_intervals,
    format_time,
    parse_duration,
    parse_early,
    parse_elapsed,
    parse_intervals,
    parse_job_time,
    parse_job_time_or_off,
    parse_silence,
    parse_size,
    parse_time_of_day,
    parse_time_or_off,
    parse_wait,
)

Kind = Literal["lead", "booking", "complaint", "grievance", "review", "alert", "check-in", "unsorted"]
Category = Literal["action", "audit"]
Language = Literal["de", "en", "da", "zh"]
Role = Literal["smtp", "imap", "work"]
Clock = Literal["business", "wall"]
Ending = Literal[
    "take",
    "assign",
    "later",
    "reply",
    "answered",
    "send",
    "done",
    "offer",
    "schedule",
    "pre-book",
    "ask",
    "decline",
    "cancel",
]
"""Actions that a step may name as what ends it; closing, moving and re-opening end all steps."""
VisitMail = Literal[
    "visit-offer",
    "visit-scheduled",
    "visit-changed",
    "visit-prebooked",
    "visit-agreed",
    "visit-ask",
    "visit-kept",
    "visit-declined",
    "visit-cancelled",
    "visit-current",
    "visit-reminder",
    "visit-today",
    "visit-thanks",
    "calendar",
]
"""What a customer sees of a workshop visit: a mail, or the entry in his calendar."""
Resting = Literal["taken", "waiting"]
"""States in which a step's time may stand still."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME.pattern}$")]
"""An id that admins choose: lower case letters, digits, dot, dash, underscore."""
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+$")]
"""A mail address; compared without regard to case."""
AuditWay = Annotated[str, AfterValidator(check_audit_way)]
"""How audit mails go: `mail`, `digest`, `off`, or the address of an archive."""
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
Socket = Annotated[str, AfterValidator(check_socket)]
"""`host:port`, or `unix:/path` for a socket in the file system."""
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
    WithJsonSchema({"type": "string", "pattern": r"^(\d{1,6}(m|h|d)|off)$"}),
]
Elapsed = Annotated[
    Duration | Literal["off"],
    BeforeValidator(parse_elapsed),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{1,6}(m|h|d)|off)$"}),
]
"""How long something may wait; working days have no fixed length."""
Wait = Annotated[
    Duration,
    BeforeValidator(parse_wait),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,4}(m|h)$"}),
]
TimeOfDay = Annotated[
    int,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}$"}),
]
"""Minutes of the local day, written `16:30`."""
TimeOrOff = Annotated[
    int | Literal["off"],
    BeforeValidator(parse_time_or_off),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{1,2}:\d{2}|off)$"}),
]
JobTime = Annotated[TimeOfDay, BeforeValidator(parse_job_time)]
"""A local time at which the calendar does something: never between 01:00 and 03:59."""
JobTimeOrOff = Annotated[TimeOrOff, BeforeValidator(parse_job_time_or_off)]
Early = Annotated[
    float | Literal["off"],
    BeforeValidator(parse_early),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 52}, {"const": "off"}]}),
]
"""False alarms of early silence that are to be expected per source and year; or none is given at all."""
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

Endings = Annotated[tuple[Ending, ...], BeforeValidator(as_tuple)]
States = Annotated[tuple[Resting, ...], BeforeValidator(as_tuple)]
Servers = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")], ...],
    BeforeValidator(as_tuple),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Names under which mail servers write Authentication-Results (authserv-id, RFC 8601 2.5)."""
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(check_network)], ...],
    BeforeValidator(as_tuple),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Addresses and networks: `10.0.0.5`, `10.1.0.0/16`, `2001:db8::/48`."""
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
