"""The shapes that rules work on: what is known of a mail, what was decided of it, records, actions and their effects.

All times are aware and in UTC. Everything here is frozen and turns into JSON by msgspec without loss: decisions are
stored as the trace of a mail, records as revisions.
"""

from datetime import datetime
from typing import Literal

import msgspec

from parsers.records import Reading
from rules.shapes import Fact
from rules.visit import Beside, Visit

Fate = Literal["pending", "opened", "attached", "command", "repeat", "automatic", "bounce", "ignored", "quarantined"]
ActorRole = Literal["customer", "team", "controller", "clock", "command", "source", "stranger", "relay"]
"""Who acts. A `stranger` has a reference or token without being proven its owner: what he writes is kept and shown.

A `relay` is a mail server that gives back what we sent.
"""

IMPORTED = "import"
"""Channel of mails that were put in later, for the books: no clock starts for them, and nobody is told."""
Way = Literal["own", "bundle", "digest", "off"]
"""How a notice goes out: as a mail of its own, with others of the same minutes, in the day's digest, or not at all."""
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


class Actor(Fact, frozen=True):
    """Who acts: a role, and a name or address."""

    role: ActorRole
    name: str = ""


class Known(Fact, frozen=True, kw_only=True):
    """An open record of the site whose person has one of the mail's contacts."""

    ref: str
    site: str
    kind: str
    state: str
    sources: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    """What it shares with the mail: `mail:…` and `phone:…`, normalised."""
    vehicles: tuple[str, ...] = ()
    """Identities of its vehicles: VIN, plate, stock number, listing id or URL, each with its type before a colon."""
    cars: tuple[str, ...] = ()
    """Makes and models in lower case, with a slash between, for what has no identity."""
    mails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Of its person: a telephone number alone may be a whole company's."""
    numbers: tuple[str, ...] = ()
    """How programs call the request itself: of a booking, an alert, a check-in."""


class Context(Fact, frozen=True, kw_only=True):
    """Facts that were looked up for one mail; stored in the trace, so that a replay sees what was seen."""

    repeat_of: int | None = None
    """Message id of an earlier mail with the same digest at the same site."""
    reference: str | None = None
    """Record that the recipient's desk token names, if the token is genuine, or that the mail refers to."""
    writer: Actor | None = None
    """As whom its sender writes there (`rules.identity`)."""
    only_kept: bool = False
    """Nothing that it says is done there: a program wrote it, or it was put in later."""
    own: int | None = None
    """Number of the outgoing mail of ours that came back as it was sent."""
    astray: int | None = None
    """Number of the outgoing mail about several records that somebody of the house answers (`rules.astray`)."""
    bounced: int | None = None
    """Number of the outgoing mail that the recipient, our envelope sender, names: what comes there is about it."""
    probe: str | None = None
    """The source that a mail of our own with this token was made for: it opens nothing (`rules.probe`)."""
    imported: bool = False
    """It was put in later: what was to be done about it was done long ago."""
    late: bool = False
    """It was read again, by `reparse`: its team is told once of all such requests together."""
    known: tuple[Known, ...] = ()
    """Open records of the same person at the site, newest first, at most 20."""
    behalf: Actor | None = None
    """The member of a team who asks in a customer's name, proven (`rules.behalf`)."""
    refused: str | None = None
    """Why what he asks for is not done: nothing is opened, and he is told."""


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
    way: Way = "own"
    because: str = ""
    """Why it goes there, in words of the admin: the rule's name, or what stood in for it."""
    purpose: str = "new"
    """`forward` and `webhook` go to other systems: `to` is an address or URL, `template` the form."""


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
    after: str = ""
    """As the policy says it: `2h`, `2wd`."""
    clock: str = "business"
    deliver: str = "business"
    until: tuple[str, ...] = ()
    """Actions that end it; nothing named: those that end deadlines in the lifecycle of the record's kind."""
    pause: tuple[str, ...] = ()
    """States in which its time stands still."""
    policy: str = ""
    """Which one it is a step of, where all its steps count from, UTC, and what happened then."""
    since: datetime | None = None
    began: str = ""
    left: int = 0
    """Of one whose time stood still: seconds of its own clock from where it goes on, or from the step before it."""
    days: int = 0
    """The same in working days, for a step that counts them."""


class Standing(Fact, frozen=True, kw_only=True):
    """A deadline as it stands: it may still be open, or its time is over, or something ended it."""

    deadline: Deadline
    is_open: bool = True
    has_passed: bool = False


class Receipt(Fact, frozen=True, kw_only=True):
    """A customer is told at once that his request is here."""

    to: str
    language: str
    by: datetime | None = None
    """Within opening hours: until when we answer; None where no clock says so."""


class Decision(Fact, frozen=True, kw_only=True):
    """What is to become of one reading."""

    kind: str
    site: str | None = None
    """Where a mail's readings belong to several sites: the one of this reading, if it is not the mail's."""
    team: str | None = None
    category: str = "action"
    policy: str = "none"
    language: str
    again: str | None = None
    """Open record that this is a second request of: linked and told, and no record of its own."""
    related: tuple[str, ...] = ()
    """Open records of the same person that ask for something else."""
    person: str | None = None
    """Why it is, or is not, a second request of what the same person asked before."""
    ignored: str | None = None
    """Reason of the rule that ignores it."""
    receipt: Receipt | None = None
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


class Thread(Fact, frozen=True, kw_only=True):
    """The conversation with the customer, as mail programs follow it."""

    ids: tuple[str, ...] = ()
    """Message-IDs of the customer's mails, oldest first, the first and the newest nine."""
    subject: str | None = None
    """Subject of the customer's own mails, without `Re:`."""


class Opening(Fact, frozen=True, kw_only=True):
    """What a record is opened with; of `reparse`, what today's reading makes of its mail."""

    ref: str
    site: str
    source: str | None = None
    reading: Reading
    decision: Decision
    received_at: datetime
    flags: tuple[RecordFlag, ...] = ()
    thread: Thread | None = None
    """Of a person who wrote directly: the conversation begins with that mail."""


class Action(Fact, frozen=True, kw_only=True):
    """Something that happens to a record: the only thing that changes one."""

    name: str
    actor: Actor
    args: dict[str, str] = msgspec.field(default_factory=dict)
    opening: Opening | None = None
    before: "Record | None" = None
    """Of `undo`: the record as it was before its last revision; of `part` and `rest`, before it was joined to."""
    last: "Done | None" = None
    """Of `undo`: what made its last revision."""
    standing: tuple[Standing, ...] = ()
    """The record's deadlines of all cycles, in order of time, where they may stand still, go on or be moved."""
    unanswered: str | None = None
    """Why the writer of the mail that it came by gets no answer by itself (`rules.gate`)."""
    beside: tuple[Beside, ...] = ()
    """Of what sets the time of a visit: other bookings of the same vehicle."""


class Done(Fact, frozen=True, kw_only=True):
    """What made a revision: which action, by whom, when."""

    name: str
    actor: Actor
    at: datetime


class Second(Fact, frozen=True, kw_only=True):
    """A second request of the same person, told and kept with the record that is open."""

    message: int
    source: str | None = None
    received_at: datetime
    reading: Reading
    ref: str | None = None
    """The record that it was until a person joined it."""


class Held(Fact, frozen=True, kw_only=True):
    """A team's answer that waits for its writer's word, as it is not certain where it ends."""

    text: str
    by: str
    message: int


class Passed(Fact, frozen=True, kw_only=True):
    """A step of the record's policy whose time is over, since when, and what it does."""

    step: str
    effect: str
    due_at: datetime
    cycle: int = 0
    late: bool = False
    """It was passed while no daemon ran: nobody was told of it by itself."""


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
    sources: tuple[str, ...] = ()
    """Further sources that sent the same request."""
    requests: tuple[Second, ...] = ()
    """Second requests, oldest first, at most 10."""
    again_of: str | None = None
    """Of one that was closed as a second request: the record that it belongs to."""
    related: tuple[str, ...] = ()
    """Other requests of the same person."""
    thread: Thread | None = None
    held: tuple[Held, ...] = ()
    """Answers that wait, one of each writer, oldest first, at most 10."""
    bounced: tuple[str, ...] = ()
    """Addresses of the customer from which our mail came back, in lower case, at most 20."""
    undone: tuple[int, ...] = ()
    """Revisions whose action was taken back: what they had to tell no longer holds."""
    passed: tuple[Passed, ...] = ()
    """Steps whose time is over, in their order, until somebody sees to it or a new cycle begins."""
    paused: tuple[Deadline, ...] = ()
    """Steps whose time stands still, in their order, with what is left of it."""
    visit: Visit | None = None
    """Of a booking: the workshop visit that it is about."""

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What its person asked: the request, and the second ones that stand with it."""
        return (self.reading, *(one.reading for one in self.requests))


class Notice(Fact, frozen=True, kw_only=True):
    """Something to be told about a record: bundled and rendered when it is sent."""

    purpose: str
    """What the mail is about: `new`, `assigned`, `moved`, `attached` (a further mail).

    Its template carries the same name unless a rule says so.
    """
    to: str
    team: str | None = None
    role: Literal["team", "controller", "customer", "admin", "system"] = "team"
    category: str = "action"
    template: str
    language: str
    at: datetime
    """From when it may be sent (`rules.timing`)."""
    way: Way = "own"
    because: str = ""
    text: str | None = None
    """What a person wrote, to go along: an answer to the customer, a customer's answer, why a command was not done."""
    message: int | None = None
    """Mail whose attachments go along."""
    as_is: bool = False
    """Of an answer that waited: its writer was told why, and wants it sent."""
    sequence: int | None = None
    """Of a mail about a visit: of the calendar entry that it tells of, -1 before the first; it is not sent once that is
    out of date."""
    correspondent: str | None = None
    """Whom the caps count it for (`rules.brakes`): who is told by a program or, of a stranger's mail, who wrote it."""


class Effects(Fact, frozen=True, kw_only=True):
    """What follows from an action, beside the record's new state."""

    notices: tuple[Notice, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    ends_deadlines: bool = False
    """Open deadlines of the record no longer hold: they are closed before new ones are set."""
    spares: str | None = None
    """The action, where it ends only the deadlines that end by it: those whose `until` does not name it go on."""
    rests: tuple[str, ...] = ()
    """Steps that end all the same: their time stands still, and they are set anew when it goes on."""
    takes_back: int | None = None
    """Revision that is undone: the deadlines that it ended hold again, those that it set do not."""


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """The action is not possible for this record, state or actor; the text says why, for a person."""
