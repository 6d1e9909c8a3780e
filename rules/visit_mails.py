"""Mails to the customer about a workshop visit: when each is still true, and which calendar goes with it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from rules.model import Notice, Record
from rules.transition import (
    ACCEPTED,
    ARRIVED,
    ASKED,
    CANCELLED,
    DONE,
    OFFERED,
    PREBOOKED,
    SCHEDULED,
)
from rules.visit import Visit

CalendarMethod = Literal["REQUEST", "CANCEL", "DECLINECOUNTER"]


class VisitMail(NamedTuple):
    """One row of the table."""

    states: tuple[str, ...] | None
    """States of the booking in which it is true; None: in all."""
    method: CalendarMethod | None = None
    """Of the calendar that goes along (RFC 5546, 3.2); where no entry was ever sent, there is nothing to cancel."""
    sequenced: bool = True
    """It is about one state of the calendar entry, and is not sent once that has changed."""


VISIT_MAILS: Mapping[str, VisitMail] = {
    "visit-offer": VisitMail((OFFERED,), "REQUEST"),
    "visit-scheduled": VisitMail((SCHEDULED,), "REQUEST"),
    "visit-changed": VisitMail((SCHEDULED,), "REQUEST"),
    "visit-prebooked": VisitMail((PREBOOKED,), "REQUEST"),
    "visit-agreed": VisitMail((ACCEPTED,)),
    "visit-ask": VisitMail((ASKED,)),
    "visit-kept": VisitMail((OFFERED, SCHEDULED), "DECLINECOUNTER"),
    "visit-declined": VisitMail((CANCELLED,), "CANCEL"),
    "visit-cancelled": VisitMail((CANCELLED,), "CANCEL"),
    "visit-current": VisitMail(None, "REQUEST", sequenced=False),
    "visit-reminder": VisitMail((SCHEDULED,)),
    "visit-today": VisitMail((SCHEDULED, ARRIVED)),
    "visit-thanks": VisitMail((DONE,), sequenced=False),
}
"""`visit-current` says how things stand, whatever the state is; its calendar is that of the state."""


def still_true(notice: Notice, record: Record) -> bool:
    """Whether a mail about a visit still says what holds.

    Args:
        notice: Its purpose is one of `VISIT_MAILS`.
        record: As it is now.
    """
    told, visit = VISIT_MAILS[notice.purpose], record.visit
    if visit is None or (told.states is not None and record.state not in told.states):
        return False
    return not told.sequenced or notice.sequence in (None, entry_number(visit))


def days_before(visit: Visit, prefers: int | None, default: int) -> int:
    """How many days before a visit its customer is reminded; 0 never.

    Args:
        visit: What he said of this one goes first.
        prefers: What the person said last, at any visit of the site.
        default: The site's.
    """
    return next(days for days in (visit.reminder, prefers, default) if days is not None)


def entry_number(visit: Visit) -> int:
    """The number of the calendar entry that a mail tells of; -1 while the customer was sent none."""
    return visit.sequence if visit.invited else -1
