"""What is read from a mail: the shapes that `parse --json` prints and that records keep.

Absent values are absent: fields are left out of the JSON when they hold their default, never written as empty text.
All texts are cleaned (`parsers.clean`): NFC, no control or line separator characters in single-line fields, bounded.
"""

from typing import Literal

import msgspec

from parsers.layout import Layout

MailClass = Literal["person", "automatic", "bounce", "reply"]
Flag = Literal["look-alike", "phishing"]
"""The sender's name or domain imitates a known one; a link asks for a password instead of a request being made."""
VehicleRole = Literal["wanted", "trade-in", "own"]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all shapes: frozen, defaults left out of the JSON."""


class Money(Part, frozen=True):
    """An amount as decimal text with two places and its ISO 4217 currency, if known."""

    amount: str
    currency: str | None = None


class Distance(Part, frozen=True):
    """A whole number of km or mi."""

    value: int
    unit: Literal["km", "mi"] | None = None


class ExternalId(Part, frozen=True, kw_only=True):
    """How another system calls this request."""

    source: str | None = None
    value: str


class PostalAddress(Part, frozen=True):
    """Country as ISO 3166-1 alpha-2 where known, else as written."""

    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class Customer(Part, frozen=True):
    """The person who asks. Phones are E.164 where they can be, else as written."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    address: PostalAddress | None = None


class Vehicle(Part, frozen=True):
    """A car that is wanted, offered in part exchange or owned; year as text."""

    role: VehicleRole | None = None
    make: str | None = None
    model: str | None = None
    trim: str | None = None
    year: str | None = None
    condition: str | None = None
    vin: str | None = None
    stock_number: str | None = None
    plate: str | None = None
    listing_id: str | None = None
    listing_url: str | None = None
    odometer: Distance | None = None
    price: Money | None = None


class Dealer(Part, frozen=True):
    """The dealer asked, as the source names it."""

    name: str | None = None
    id: str | None = None


class Provider(Part, frozen=True):
    """The service that sent the lead."""

    name: str | None = None


class Booking(Part, frozen=True):
    """A workshop visit; times ISO 8601, with offset if the mail says one, ten characters for a whole day."""

    uid: str | None = None
    sequence: int | None = None
    method: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    services: tuple[str, ...] = ()
    remarks: str | None = None
    zone: str | None = None
    """Time zone of the start as the calendar names it, by its IANA name where it has one."""
    status: str | None = None
    """Lower case: confirmed, tentative, cancelled, ..."""
    partstat: str | None = None
    """What the customer answered (RFC 5545 3.2.12), lower case: accepted, declined, tentative, needs-action, ..."""
    location: str | None = None
    url: str | None = None
    """Where the booking can be looked at or changed."""
    stamp: str | None = None
    """DTSTAMP of a calendar answer, ISO 8601 with offset."""
    attendee: str | None = None
    """Address of who answers, lower case; of a delegation, who delegates."""
    delegate: str | None = None
    """Address of who comes instead (RFC 5545, 3.2.5)."""
    recurrence: str | None = None
    """Which occurrence of a series is meant, as written: none of our visits has any."""


class Review(Part, frozen=True):
    """A public opinion; rating and best rating as written."""

    platform: str | None = None
    author: str | None = None
    rating: str | None = None
    best_rating: str | None = None
    text: str | None = None
    area: str | None = None


class Complaint(Part, frozen=True):
    """What is complained of."""

    category: str | None = None
    text: str | None = None


class Alert(Part, frozen=True):
    """A low score that somebody must act on."""

    id: str | None = None
    score: str | None = None
    threshold: str | None = None


class Call(Part, frozen=True):
    """A telephone lead."""

    number: str | None = None
    started_at: str | None = None
    accepted: bool | None = None


class Reading(Part, frozen=True):
    """One request read from a mail; a mail may hold several."""

    kind: str = msgspec.field(default_factory=lambda: "unsorted")  # a factory's value is written, a default is not
    source: str | None = None
    language: str | None = None
    requested_at: str | None = None
    interest: str | None = None
    comments: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    customer: Customer | None = None
    vehicles: tuple[Vehicle, ...] = ()
    dealer: Dealer | None = None
    provider: Provider | None = None
    consent: dict[str, str] = {}
    extra: dict[str, str] = {}
    booking: Booking | None = None
    review: Review | None = None
    complaint: Complaint | None = None
    alert: Alert | None = None
    call: Call | None = None
    origins: dict[str, str] = {}
    """Dotted field -> level it came from: a name of `levels.LEVELS`, header or text."""
    alternatives: dict[str, tuple[str, ...]] = {}
    """Dotted field -> other values that a lower level or a repeated element gave."""


class Attachment(Part, frozen=True, kw_only=True):
    """A part that is not body text: safe name, declared type, decoded size in bytes."""

    name: str | None = None
    type: str
    size: int
    found: str | None = None
    """What the first bytes show (application/pdf, image/jpeg, ...), where that is something else than `type` says."""
    executable: bool = False
    """A program or script, by its first bytes or its name: nothing that a customer has a reason to send."""


class Forwarded(Part, frozen=True, kw_only=True):
    """How a mail was passed on. The inner fields are what the forwarder's program wrote: they verify nothing."""

    by: str | None = None
    """Address of the outer From, lower case."""
    by_name: str | None = None
    sender: str | None = None
    """Address of the inner From, lower case; it may be missing where a program writes names only."""
    sender_name: str | None = None
    subject: str | None = None
    date: str | None = None
    """As written, in any language."""
    to: tuple[str, ...] = ()
    note: str | None = None
    """What the forwarder wrote above it, at most 4,000 characters."""


class FailedRecipient(Part, frozen=True, kw_only=True):
    """One address of a delivery report (RFC 3464)."""

    recipient: str
    """Lower case."""
    action: str | None = None
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str | None = None
    """Enhanced status code x.y.z (RFC 3463)."""
    diagnostic: str | None = None
    """What the server said, in one line."""


class Command(Part, frozen=True, kw_only=True):
    """A line above the quotation that begins with `!`: what its writer wants done."""

    name: str | None = None
    """The action's English name (`take`, `not-mine`), whatever the language; None where no language knows the word."""
    args: dict[str, str] = {}
    """Arguments as `rules.lifecycle` names them, days and lengths of time in the form of `rules.resubmission`."""
    written: str
    """The line as it stands there, at most 200 characters."""


class Wish(Part, frozen=True, kw_only=True):
    """What a customer answers in plain words to a mail about a workshop visit."""

    name: Literal["accept", "reject", "postpone", "counter", "cancel", "look", "prefer"]
    at: str | None = None
    """Of `counter`: the time that he names, local: ISO 8601 without offset."""
    days: int | None = None
    """Of `prefer`: how many days before he wants to be reminded, 0 for never."""


class Answer(Part, frozen=True, kw_only=True):
    """What somebody wrote above the mail that he answers."""

    commands: tuple[Command, ...] = ()
    """The first lines that begin with `!`, at most 10."""
    text: str | None = None
    """What is meant for a reader: without commands, quotation and anything of ours; with the writer's signature."""
    wish: Wish | None = None
    """What a short answer says of a workshop visit, where it is clear and nothing else stands beside it."""
    doubt: str | None = None
    """Why it is not certain that `text` ends where the quotation begins, in English; None where it is."""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    """Addresses that its writer sent it to, lower case, at most 50 of each."""


class Hints(Part, frozen=True):
    """What is known of a mail before it is read: it comes from the recipient's source and site."""

    source_type: str | None = None
    region: str = "DE"
    """ISO country of the site: phone numbers without country code and plates are read by it."""
    language: str | None = None
    kind: str | None = None
    """Kind that the source sends, where its layout does not say it."""
    layout: Layout | None = None
    """How the source writes, where an admin has said so; it goes before what its type brings."""
    address: str | None = None
    """The secret address given to the source, lower case."""
    senders: tuple[str, ...] = ()
    """Domains that the source sends from: never the customer's."""
    border: tuple[str, ...] = ()
    """authserv-ids of the servers whose Authentication-Results are believed."""
    own: tuple[str, ...] = ()
    """Addresses of our own people and desks, lower case: never the customer's."""
    own_phone: str | None = None
    """The site's telephone number as the admin wrote it."""
    answering: bool = False
    """Whether the recipient is a desk with a token: the mail answers one of ours (`Parsed.answer`)."""


class Shape(Part, frozen=True, kw_only=True):
    """What a mail is made of (`parsers.fingerprint`): nothing of what its writer says."""

    structure: str
    """Equal for mails of one template."""
    fields: tuple[str, ...] = ()
    """Dotted fields that are filled, without places in lists; those of cars below their role: `wanted.make`."""
    unknown: tuple[str, ...] = ()
    """Labels that nothing maps to a field."""
    unsorted: bool = False
    """Whether no kind of request was found."""


class Behalf(Part, frozen=True, kw_only=True):
    """What somebody of the house asks for in a customer's name, by a mail that begins with `!booking`."""

    reading: Reading | None = None
    """Of the lines with labels below it; None where they name nobody and no car."""
    commands: tuple[Command, ...] = ()
    """What is to be done with it at once, in the order of the lines."""


class Parsed(Part, frozen=True, kw_only=True):
    """All that one mail says, as far as a program can read it."""

    mail_class: MailClass = msgspec.field(name="class", default_factory=lambda: "person")
    class_because: str | None = None
    no_answer: str | None = None
    """Of the class `person` or `reply`: why no program should answer its writer all the same. Of an automatic mail that
    answers one of ours: what says so beside the marks that mailing lists and redirections set on people's mails. None
    where nothing does."""
    digest: str
    """Lower-case hex SHA-256 over normalised body and chosen headers: equal for the same mail sent twice."""
    readings: tuple[Reading, ...] = ()
    defects: tuple[str, ...] = ()
    message_id: str | None = None
    sender: str | None = None
    """Address of From, lower case."""
    sender_name: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    date: str | None = None
    language: str | None = None
    text: str | None = None
    """What a person would read, as plain text, at most 20,000 characters; of a forward, the inner mail's."""
    new_text: str | None = None
    """Of a reply: the text above the quotation, without the signature; left out where it is all of `text`."""
    forwarded: Forwarded | None = None
    """Of a forward: how it came here; where several mails were enclosed, of the first."""
    bounce: tuple[FailedRecipient, ...] = ()
    """Of a bounce: whom the mail did not reach, at most 50."""
    attachments: tuple[Attachment, ...] = ()
    authenticated: str | None = None
    """Domain of From, if the border server vouches for the mail; From alone never says who sent it."""
    addressed: bool = False
    """Whether the header names the source's secret address as a recipient: whoever wrote it, knew it."""
    flags: tuple[Flag, ...] = ()
    """What to beware of."""
    shape: Shape | None = None
    """What it is made of; None where nothing was read."""
    answer: Answer | None = None
    """Of a mail to a desk with a token (`Hints.answering`): what its writer wants."""
    references: tuple[str, ...] = ()
    """Message-IDs of In-Reply-To and References, newest last, at most 20: of mail that may answer one of ours."""
    own_record: str | None = None
    """X-Postroom-Record: the mail is, or claims to be, one that a Postroom sent."""
    behalf: Behalf | None = None
    """Of a mail that begins with `!booking`: what is asked for in a customer's name. Whether its writer may, the rules
    say; until then the mail is one that nobody understood."""
