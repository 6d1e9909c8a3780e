"""The calendar entry of a visit as an answer names it: whether it is ours, in which version, and at which time."""

import re
from datetime import UTC, date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from config.models import Site
from parsers.records import Booking
from rules.visit import Visit

ANSWERS = frozenset({"REPLY", "COUNTER", "CANCEL", "REFRESH", "DECLINECOUNTER", "ADD"})
"""Methods of a calendar that wants something of an entry of ours; with REQUEST and PUBLISH others send their own."""
_OUTLOOK = re.compile(
    r"040000008200E00074C5B7101A82E008[0-9A-F]{0,64}?7643616C2D55696401000000((?:[0-9A-F]{2}){1,300})"
)
"""How Outlook keeps the UID of another program's entry, and Exchange may send it ([MS-OXOCAL] 2.2.1.27, `vCal-Uid`)."""


class Version(Enum):
    """Which version of the entry is answered."""

    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def is_entry(uid: str | None, visit: Visit) -> bool:
    """Whether a UID is that of the visit's entry."""
    told = (uid or "").strip()
    if (packed := _OUTLOOK.match(told.upper())) is not None:
        told = bytes.fromhex(packed[1]).rstrip(b"\0").decode("utf-8", "replace")
    return told.casefold() == visit.uid.casefold()


def version_of(entry: Booking, visit: Visit) -> Version:
    """Which version an answer is about; one that says no SEQUENCE is about the first, or the one whose time it shows.

    A program that raises the SEQUENCE by itself, which only an organizer may, is believed if its time is ours.
    """
    same_time = entry.method == "REPLY" and entry.starts_at is not None and _is_at(entry.starts_at, visit)
    sequence = entry.sequence if entry.sequence is not None else visit.sequence if same_time else 0
    if sequence < visit.sequence:
        return Version.OLDER
    return Version.NEWER if sequence > visit.sequence and not same_time else Version.CURRENT


def _is_at(told: str, visit: Visit) -> bool:
    at = _moment(told, visit.zone)
    return at is not None and at == visit.starts_at


def moment(told: str, site: Site) -> datetime | None:
    """A time of a calendar, UTC; one that floats is the site's. None for a whole day."""
    return _moment(told, site.timezone)


def _moment(told: str, zone: str) -> datetime | None:
    if len(told) <= len(date.min.isoformat()):
        return None
    at = datetime.fromisoformat(told)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
