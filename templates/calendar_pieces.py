"""Pieces of a calendar as they are written: its head, whose entry it is, when, in which zone (RFC 5545).

The library escapes and folds; what it is given was cleaned before (`templates.invitation_text`).
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from rules.visit import Visit
from templates.invitation_text import Told, name_of
from templates.zone_rules import onsets

if TYPE_CHECKING:
    import icalendar

PRODID = "-//Postroom//Postroom//EN"
_IN_ADDRESSES = "@.!$&'*+/=~_-"


def begun(method: str) -> "icalendar.Calendar":
    """A calendar without an entry."""
    import icalendar

    calendar = icalendar.Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODID), ("calscale", "GREGORIAN"), ("method", method)):
        calendar.add(name, value)
    return calendar


def identify(event: "icalendar.Event", visit: Visit, at: datetime) -> None:
    """Say which visit it is, in which of its versions, as told at a time."""
    event.add("uid", visit.uid)
    event.add("sequence", visit.sequence)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))


def add_times(event: "icalendar.Event", visit: Visit, zone: str) -> None:
    """Say from when till when it is, by the clock of a zone."""
    for name, at in (("dtstart", visit.starts_at), ("dtend", visit.ends_at)):
        if at is not None:
            event.add(name, at.astimezone(UTC if _is_utc(zone) else ZoneInfo(zone)).replace(microsecond=0))


def _is_utc(zone: str) -> bool:
    """Its times are written with `Z`: `TZID` may not name it (RFC 5545, 3.2.19)."""
    return zone in ("UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")


def add_zone(calendar: "icalendar.Calendar", key: str, years: set[int]) -> None:
    """The rules of a zone that hold in these years."""
    import icalendar

    if _is_utc(key):
        return
    zone = icalendar.Timezone()
    zone.add("tzid", key)
    for onset in onsets(key, min(years), max(years)):
        one = icalendar.TimezoneDaylight() if onset.is_summer else icalendar.TimezoneStandard()
        one.add("dtstart", onset.local)
        one.add("tzoffsetfrom", onset.before)
        one.add("tzoffsetto", onset.after)
        one.add("tzname", onset.name)
        if onset.by_day:
            one.add("rrule", {"FREQ": "YEARLY", "BYMONTH": onset.local.month, "BYDAY": onset.by_day})
        zone.add_component(one)
    calendar.add_component(zone)


def party(address: str, name: str | None) -> "icalendar.vCalAddress":
    """An organizer or attendee; what an address may not hold in a URI is percent-encoded (RFC 6068)."""
    import icalendar

    one = icalendar.vCalAddress("mailto:" + quote(address.strip(), safe=_IN_ADDRESSES))
    known = name_of(name)
    if known:
        one.params["CN"] = icalendar.vText(known)
    return one


def tell(event: "icalendar.Event", told: Told) -> None:
    """Say it in words."""
    for name, text in (("summary", told.summary), ("description", told.text), ("comment", told.comment)):
        if text:
            event.add(name, text)


def written(calendar: "icalendar.Calendar") -> str:
    """The finished calendar: CRLF line ends, folded to 75 octets."""
    content: bytes = calendar.to_ical()
    return content.decode("utf-8")
