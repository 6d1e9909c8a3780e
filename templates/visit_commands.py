"""Which commands the mails about a workshop visit offer, and the time that a link fills in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rules import transition
from rules.model import Record
from rules.visit import Visit
from templates.forms import Forms
from templates.words import Words

_BEGIN = ("offer", "schedule", "ask", "decline")
SENSIBLE: Mapping[str, Sequence[str]] = {
    transition.NEW: (*_BEGIN, "take", "help"),
    transition.TAKEN: (*_BEGIN, "later", "help"),
    transition.WAITING: (*_BEGIN, "take", "help"),
    transition.OFFERED: ("schedule", "offer", "cancel", "status", "help"),
    transition.ASKED: (*_BEGIN, "status", "help"),
    transition.ACCEPTED: ("ready", "schedule", "offer", "cancel", "help"),
    transition.DECLINED: ("offer", "ask", "decline", "status", "help"),
    transition.POSTPONED: (*_BEGIN, "status", "help"),
    transition.COUNTERED: ("schedule", "offer", "decline", "ask", "help"),
    transition.MOVING: ("schedule", "offer", "decline", "cancel", "help"),
    transition.PREBOOKED: ("schedule", "arrived", "ready", "cancel", "help"),
    transition.SCHEDULED: ("arrived", "schedule", "cancel", "done", "status", "help"),
    transition.ARRIVED: ("done", "note", "status", "help"),
}
"""State of a booking -> its links, the first ones first."""
LATE = ("offer", "schedule", "take", "assign")
"""Of what the clock tells of a booking: say a time, or who sees to it."""
OPEN = frozenset({"offer", "decline", "cancel"})
"""They can stand alone, and mostly do not: their writer goes on behind the word."""
_STANDING = (transition.OFFERED, transition.ACCEPTED, transition.PREBOOKED)


def clear_time(record: Record) -> datetime | None:
    """The one time at which the visit can be scheduled as things are; None where somebody has to name one.

    The customer's proposal, else what is offered, else the one time of day that he asked for.
    """
    visit = record.visit
    if visit is None:
        return None
    if record.state in transition.PROPOSED:
        return visit.proposed_at
    if record.state in _STANDING:
        return visit.starts_at
    return _wanted(visit) if record.state in transition.REQUESTED else None


def _wanted(visit: Visit) -> datetime | None:
    if len(visit.wanted) != 1:
        return None
    try:
        at = datetime.fromisoformat(visit.wanted[0])
    except ValueError:
        return None
    is_day = len(visit.wanted[0]) <= len("2026-12-03")
    return None if is_day else at.replace(tzinfo=ZoneInfo(visit.zone)) if at.tzinfo is None else at


def with_time(label: str, written: str, record: Record, words: Words) -> tuple[str, str]:
    """The link `schedule` with its time where that is clear; else it is left open."""
    at = clear_time(record)
    if at is None or record.visit is None:
        return f"{label} …", f"{written} "
    local = at.astimezone(ZoneInfo(record.visit.zone))
    return f"{label}: {Forms(words, record.visit.zone).short(at)}", f"{written} {local:%Y-%m-%d %H:%M}"
