"""What a record's passed steps say of it: since when it is overdue, and since when the controllers have it."""

from datetime import datetime

from rules.model import Record

OVERDUE, ESCALATE, MAIL, WARN, REMIND = "overdue", "escalate", "mail", "warn", "remind"
EFFECTS = (OVERDUE, ESCALATE, MAIL, WARN, REMIND)
"""What a step does when its time is over: each is an action of the clock."""
PURPOSES = {
    "overdue": OVERDUE,
    "escalated": ESCALATE,
    "flagged": ESCALATE,
    "untouched": MAIL,
    "warning": WARN,
    "reminder": REMIND,
}
"""What mails about passed steps are called, and the effect that each tells of."""
SIGN = "\u26a0"
"""Stands before all that is told of a record that the controllers have."""


def overdue_since(record: Record) -> datetime | None:
    """When the time to see to it was over, UTC; None where it is not."""
    return _first(record, OVERDUE, ESCALATE)


def escalated_since(record: Record) -> datetime | None:
    """Since when the controllers have it, UTC; None where they do not."""
    return _first(record, ESCALATE)


def is_escalated(record: Record) -> bool:
    """Whether the controllers have it."""
    return escalated_since(record) is not None


def still_said(purpose: str, record: Record) -> bool:
    """Whether what the clock had to tell still holds: nobody has seen to the record since.

    Args:
        purpose: One of `PURPOSES`.
        record: As it is now.
    """
    return any(each.effect == PURPOSES[purpose] for each in record.passed)


def _first(record: Record, *effects: str) -> datetime | None:
    return next((each.due_at for each in record.passed if each.effect in effects), None)
