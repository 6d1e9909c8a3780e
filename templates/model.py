"""What a template knows: a notice, its record, the site and the mail it came from."""

from datetime import datetime
from typing import Literal

import msgspec

from parsers.enclosures import Enclosures
from parsers.records import Attachment
from rules.kpi import Figure
from rules.model import Deadline, Done, Notice, Record
from rules.shapes import Fact


class SiteCard(Fact, frozen=True, kw_only=True):
    """The site as a mail shows it."""

    id: str
    name: str
    desk: str
    timezone: str
    language: str
    country: str = "DE"
    phone: str | None = None
    address: str | None = None
    geo: tuple[float, float] | None = None
    """Latitude and longitude."""
    directions: str | None = None
    """Link that leads there, where the site has one of its own."""
    hide: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """What a mail about a visit, or the `calendar`, does not show: purpose -> services, price, remarks, adviser,
    courtesy-car."""
    preconditions: tuple[str, ...] = ()
    """What its workshop checks before a visit, in the order of the settings."""
    reply: Literal["through", "direct"] = "through"
    """Whether a plain reply of the team goes on to the customer, or the team answers from its own mailbox."""
    heeds: bool = True
    """Whether mails of its people can be proven theirs, so that they may act by mail."""
    reminder: int = 2
    """How many days before a visit a customer is reminded who has not said when; 0 never."""


class MailCard(Fact, frozen=True, kw_only=True):
    """The mail that the record came from, or of a further mail that one."""

    subject: str | None = None
    sender: str | None = None
    received_at: datetime
    attached: bool = False
    """Whether the original goes with the notification."""
    attachments: tuple[Attachment, ...] = ()
    left_out: tuple[str, ...] = ()
    """Names of those that do not go along: programs, and what is too large."""


class RenderItem(Fact, frozen=True, kw_only=True):
    """One of the records that a mail tells of: a row of the daily list, a part of a bundle or digest."""

    record: Record
    notice: Notice | None = None
    """What is told of it, with its time and text; None in a list of what is open."""
    due_at: datetime | None = None
    """When its next step is due; UTC, written in the local time of its site."""
    overdue: bool = False
    reply_to: str | None = None
    """The desk address with this record's own token: its command links lead there."""
    site: SiteCard | None = None
    """Its site, where that is another than the mail's."""
    cleared_at: datetime | None = None
    """Of `escalations`: when somebody saw to it, UTC; None of one that is still open."""
    cleared_by: str | None = None
    """Who did: a name or address."""
    part: str | None = None
    """Of `visits`: which part of the list it stands in, `past`, `ours`, `theirs`, `today` or `next`."""
    since: datetime | None = None
    """Of `visits`: since when it stands as it does, UTC."""


class RenderJob(Fact, frozen=True, kw_only=True):
    """One mail to be written. All texts come from strangers, cleaned by `parsers.clean`, and are escaped in HTML."""

    notice: Notice
    record: Record
    site: SiteCard
    mail: MailCard | None = None
    reply_to: str | None = None
    """Where a plain reply goes: the desk address with the record's token; None where the mail tells of several records,
    each of which has its own."""
    others: tuple[RenderItem, ...] = ()
    """Of `list`, `bundle` and `digest`: all that the mail tells of, the first included, in any order. `record` and
    `notice` are those of the first; the notice's own purpose and template are then the mail's."""
    deadlines: tuple[Deadline, ...] = ()
    """Of `status` and of what the clock tells: what is still to come."""
    course: tuple[Done, ...] = ()
    """Of `status` and `untouched`: what made each revision, oldest first."""
    figures: tuple[Figure, ...] = ()
    """Of `escalations`: what was handled in time this month, for each site and team of the controller's."""
    later: int = 0
    """Of `visits`: how many are planned after those that the mail names."""
    prefers: int | None = None
    """Of mails to a customer about a visit: how many days before one he wants to be reminded, as he said at another."""


def telling(job: RenderJob, found: Enclosures) -> RenderJob:
    """The job with what is known of the attachments since they were taken off the mail."""
    if job.mail is None or not found.left:
        return job
    card = msgspec.structs.replace(job.mail, left_out=tuple(one.name for one in found.left))
    return msgspec.structs.replace(job, mail=card)


class Calendar(Fact, frozen=True, kw_only=True):
    """A calendar that goes with a mail (RFC 5545, RFC 6047): CRLF line ends, UTF-8."""

    method: Literal["REQUEST", "CANCEL", "DECLINECOUNTER", "PUBLISH"]
    content: str
    name: str = "invite.ics"


class Rendered(Fact, frozen=True, kw_only=True):
    """A mail's words: one line of subject, plain text, and HTML with inlined styles."""

    subject: str
    text: str
    html: str | None = None
    calendar: Calendar | None = None


class TemplateProblem(msgspec.Struct, frozen=True):
    """A fault in a template: file as the admin names it, line from 1, what is wrong."""

    file: str
    line: int
    what: str
