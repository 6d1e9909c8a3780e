"""The workshop visit of a booking."""

from datetime import datetime

from parsers.records import Money
from rules.shapes import Fact


class Visit(Fact, frozen=True, kw_only=True):
    """A workshop visit: what its customer wants, and what is offered or agreed. Of a booking only."""

    uid: str
    """Of its calendar entry (RFC 5545, 3.8.4.7): one for life."""
    sequence: int = 0
    """Raised by all that changes the calendar entry (RFC 5546, 2.1.4); it never falls."""
    invited: bool = False
    """Whether a mail with a calendar entry was decided on. If that was withdrawn unsent, a later CANCEL names an entry
    that the customer does not have, which calendar programs pass over."""
    wanted: tuple[str, ...] = ()
    """Times that the customer asked for, local to the site: ISO 8601 without offset, ten characters for a day."""
    starts_at: datetime | None = None
    """Offered, pre-booked or agreed, UTC; None where nothing is."""
    ends_at: datetime | None = None
    zone: str
    """The site's time zone, in which the customer is told the time."""
    proposed_at: datetime | None = None
    """What the customer wants instead, UTC, until the workshop has said something."""
    proposed_until: datetime | None = None
    services: tuple[str, ...] = ()
    price: Money | None = None
    """What it is estimated to cost."""
    remarks: str | None = None
    """For the customer to read, too."""
    adviser: str | None = None
    courtesy_car: str | None = None
    """`yes`, `no`, or which one."""
    preferred: bool = False
    """The main driver chose this dealer as the preferred one."""
    ready: tuple[str, ...] = ()
    """Preconditions of the site's checklist that are met."""
    answer: str | None = None
    """What he answered last, in his calendar or in words: accepted, declined, tentative, delegated, needs-action."""
    answered_at: datetime | None = None
    """DTSTAMP of the newest calendar answer, UTC: what is older than it says nothing any more."""
    reminder: int | None = None
    """How many days before he wants to be reminded, 1 to 4; 0 never; None where he has not said it."""


class Beside(Fact, frozen=True, kw_only=True):
    """Another booking of the same vehicle at the site, offered or agreed."""

    ref: str
    starts_at: datetime
    ends_at: datetime
