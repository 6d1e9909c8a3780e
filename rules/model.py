"""The shapes that rules work on: what is known of a mail, what was decided of it, records, actions and their effects.

All times are aware and in UTC. Everything here is frozen and turns into JSON by msgspec without loss: decisions are
stored as the trace of a mail, records as revisions.
"""

from datetime import datetime
from typing import Literal

import msgspec

from parsers.records import Reading

Fate = Literal["pending", "opened", "attached", "command", "repeat", "automatic", "bounce", "ignored", "quarantined"]
ActorRole = Literal["customer", "team", "controller", "clock", "command", "source"]


IMPORTED = "import"
"""Channel of mails that were put in later, for the books: no clock starts for them, and nobody is told."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all shapes."""


Verified = Literal["address", "authenticated"]
"""How a source was verified: by its secret address, or by what the border server says of the mail."""
RecordFlag = Literal["unverified", "look-alike", "phishing"]
"""What a team should beware of."""


class Envelope(Fact, frozen=True, kw_only=True):
    """What is known of an accepted mail without reading it: one recipient each."""

    recipient: str
    sender: str = ""
    channel: str = "smtp"
    accepted_at: datetime
    """When it came in; of an imported mail, when it came in first."""


class Context(Fact, frozen=True, kw_only=True):
    """Facts that were looked up for one mail; stored in the trace, so that a replay sees what was seen."""

    repeat_of: int | None = None
    """Message id of an earlier mail with the same digest at the same site."""
    reference: str | None = None
    """Record that the recipient's desk token names, if the token is genuine."""
    imported: bool = False
    """It was put in later: what was to be done about it was done long ago."""
    late: bool = False
    """It was read again, by `reparse`: its team is told once of all such requests together."""


class Verdict(Fact, frozen=True, kw_only=True):
    """One rule tried on one reading; `matched` is None for rules after the one that decided."""

    reading: int = 0
    name: str
    matched: bool | None
    because: str


class Notification(Fact, frozen=True, kw_only=True):
    """A mail that a decision asks for; `subject` is filled when it is rendered."""

    reading: int = 0
    to: str
    team: str | None = None
    category: str = "action"
    template: str = "new"
    subject: str | None = None
    at: datetime
    because: str = ""
    """Why it goes there, in words of the admin: the rule's name, or what stood in for it."""


class Deadline(Fact, frozen=True, kw_only=True):
    """A step of a policy with its time; `because` is the arithmetic in words."""

    reading: int = 0
    step: str
    due_at: datetime
    deliver_at: datetime
    effect: str
    to: str
    cycle: int = 0
    because: str


class Decision(Fact, frozen=True, kw_only=True):
    """What is to become of one reading."""

    kind: str
    site: str | None = None
    """Where a mail's readings belong to several sites: the one of this reading, if it is not the mail's."""
    team: str | None = None
    category: str = "action"
    policy: str = "none"
    language: str
    ignored: str | None = None
    """Reason of the rule that ignores it."""
    rules: tuple[Verdict, ...] = ()
    notifications: tuple[Notification, ...] = ()
    deadlines: tuple[Deadline, ...] = ()


class MailDecision(Fact, frozen=True, kw_only=True):
    """What is to become of one mail: its fate, and a decision for each reading that opens a record."""

    fate: Fate
    reason: str
    source: str | None = None
    site: str
    verified: Verified | None = None
    """How the source was verified; None where it was not, or there is none."""
    flags: tuple[RecordFlag, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Actor(Fact, frozen=True):
    """Who acts: a role, and a name or address."""

    role: ActorRole
    name: str = ""


class Opening(Fact, frozen=True, kw_only=True):
    """What a record is opened with; of `reparse`, what today's reading makes of its mail."""

    ref: str
    site: str
    source: str | None = None
    reading: Reading
    decision: Decision
    received_at: datetime
    flags: tuple[RecordFlag, ...] = ()


class Action(Fact, frozen=True, kw_only=True):
    """Something that happens to a record: the only thing that changes one."""

    name: str
    actor: Actor
    args: dict[str, str] = {}
    opening: Opening | None = None


class Record(Fact, frozen=True, kw_only=True):
    """The current state of a request."""

    ref: str
    kind: str
    site: str
    source: str | None = None
    team: str | None = None
    assignee: str | None = None
    state: str
    category: str = "action"
    policy: str = "none"
    language: str
    received_at: datetime
    resubmit_at: datetime | None = None
    result: str | None = None
    cycle: int = 0
    revision: int = 1
    """1 for the first; each action makes the next."""
    flags: tuple[RecordFlag, ...] = ()
    """What to beware of in the mail that opened it."""
    reading: Reading


class Notice(Fact, frozen=True, kw_only=True):
    """Something to be told about a record: bundled and rendered when it is sent."""

    purpose: str
    """What the mail is about: `new`, `assigned`, `moved`, `attached` (a further mail).

    Its template carries the same name unless a rule says so.
    """
    to: str
    team: str | None = None
    role: Literal["team", "controller", "customer", "admin"] = "team"
    category: str = "action"
    template: str
    language: str
    at: datetime
    because: str = ""


class Effects(Fact, frozen=True, kw_only=True):
    """What follows from an action, beside the record's new state."""

    notices: tuple[Notice, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    ends_deadlines: bool = False
    """Open deadlines of the record no longer hold: they are closed before new ones are set."""


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """The action is not possible for this record, state or actor; the text says why, for a person."""
