"""Which time a person of the workshop means: what `parsers.appointed` left open is settled by the day of writing."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from config.models import Settings, Site
from config.values import DAYS
from rules.answering import refusal
from rules.model import Action, Record, Refused
from rules.resubmission import day_named
from rules.sites import site_named

DATED = frozenset({"offer", "schedule", "pre-book"})
"""Actions that may name a time, `at`."""
_LATE = timedelta(days=7)
"""So long a mail may have been on its way: beyond that its own date is not believed."""
_TRY = "write 2026-12-03 09:00, 3.12. 9:00-10:30, thu 9:00 or tomorrow 8:30"
_FORM = re.compile(
    rf"(?:(?P<weekday>{'|'.join(DAYS)}) )?"
    rf"(?P<day>\d{{4}}-\d{{2}}-\d{{2}}|\d{{2}}-\d{{2}}|today|tomorrow|2d|{'|'.join(DAYS)}) (?P<time>\d{{2}}:\d{{2}})"
)


def dated(
    actions: Sequence[Action], record: Record, settings: Settings, at: datetime, written: str | None
) -> tuple[Action, ...]:
    """A mail's actions with the times of visits as local ones; what cannot be read is refused, and all else with it.

    Args:
        actions: What the mail stands for.
        record: What it came to.
        settings: The settings in force.
        at: When it came, UTC.
        written: When it says that it was written, ISO 8601: what `tomorrow` means.
    """
    site = site_named(settings, record.site)
    try:
        return tuple(dated_one(action, site, at, written) for action in actions)
    except Refused as problem:
        first = actions[0]
        return (refusal(first.actor, int(first.args["message"]), str(problem)),)


def dated_one(action: Action, site: Site, at: datetime, written: str | None) -> Action:
    """One action with the time of a visit as a local one.

    Args:
        action: Of a mail, also one that opens a booking.
        site: Where the visit is.
        at: When the mail came, UTC.
        written: When it says that it was written, ISO 8601.

    Raises:
        Refused: The time cannot be read.
    """
    said = action.args.get("at")
    if action.name not in DATED or said is None:
        return action
    today = _written_at(at, written).astimezone(ZoneInfo(site.timezone)).date()
    return msgspec.structs.replace(action, args={**action.args, "at": meant_time(said, today)})


def meant_time(said: str, today: date) -> str:
    """The time as `2026-12-03T09:00`, local to the site.

    Args:
        said: In a form of `parsers.appointed`; a weekday is the next one, never today, a date without a year the next.
        today: The local day on which it was written.

    Raises:
        Refused: It is in no such form, there is no such day, or the weekday is another one.
    """
    found = _FORM.fullmatch(said)
    try:
        day = _day(found["day"], today) if found else None
        clock = time.fromisoformat(found["time"]) if found else None
    except (ValueError, OverflowError):
        day = clock = None
    if found is None or day is None or clock is None:
        raise Refused(f"the time '{said[:60]}' cannot be read, {_TRY}")
    if found["weekday"] and DAYS[day.weekday()] != found["weekday"]:
        raise Refused(f"{day.isoformat()} is another day of the week than '{said[:60]}' says")
    return f"{day.isoformat()}T{clock:%H:%M}"


def _day(name: str, today: date) -> date:
    if name == "2d":
        return today + timedelta(days=2)
    return date.fromisoformat(name) if name[:4].isdigit() else day_named(name, today)


def _written_at(at: datetime, written: str | None) -> datetime:
    """A mail's own date, where it can be true: a mailbox may have kept it over the weekend."""
    try:
        said = datetime.fromisoformat(written or "")
    except ValueError:
        return at
    return said if said.tzinfo and at - _LATE <= said <= at else at
