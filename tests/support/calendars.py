"""What two readers that know nothing of each other make of a calendar: icalendar, which we write with, and vobject.

Both are made to use the rules that the calendar brings itself, not those that they know of its zones.
"""

from datetime import UTC, datetime
from io import StringIO
from typing import Any, NamedTuple

import icalendar
import vobject
import vobject.icalendar


class Seen(NamedTuple):
    """One event as a reader understands it."""

    method: str
    uid: str
    sequence: int
    starts_at: datetime | None
    ends_at: datetime | None
    local: str | None
    """The start by the clock of its zone, with its offset."""
    summary: str
    text: str
    """The description."""
    person: str
    """What the attendee is called."""


def by_icalendar(content: str) -> list[Seen]:
    """The events as icalendar reads them."""
    read = icalendar.Calendar.from_ical(content.encode())
    assert isinstance(read, icalendar.Calendar)
    zones = {str(zone["TZID"]): zone.to_tz(lookup_tzid=False) for zone in read.timezones}

    def moment(event: Any, name: str) -> datetime | None:
        if name not in event:
            return None
        found: datetime = event[name].dt
        zone = zones.get(str(event[name].params.get("TZID", "")))
        return found.replace(tzinfo=zone) if zone else found

    events: list[Any] = list(read.events)
    return [
        _seen(
            str(read["METHOD"]),
            str(event["UID"]),
            int(event["SEQUENCE"]),
            moment(event, "DTSTART"),
            moment(event, "DTEND"),
            str(event.get("SUMMARY", "")),
            str(event.get("DESCRIPTION", "")),
            str(event["ATTENDEE"].params.get("CN", "")) if "ATTENDEE" in event else "",
        )
        for event in events
    ]


def by_vobject(content: str) -> list[Seen]:
    """The events as vobject reads them."""
    zones: dict[str, Any] = vars(vobject.icalendar)["__tzidMap"]
    for name in [name for name in zones if name != "UTC"]:  # of the calendar that was read before
        del zones[name]
    (read,) = vobject.readComponents(StringIO(content, newline=""), validate=True)
    return [
        _seen(
            read.method.value,
            event.uid.value,
            int(event.sequence.value),
            event.dtstart.value if "dtstart" in event.contents else None,
            event.dtend.value if "dtend" in event.contents else None,
            event.contents["summary"][0].value if "summary" in event.contents else "",
            event.contents["description"][0].value if "description" in event.contents else "",
            event.attendee.params.get("CN", [""])[0] if "attendee" in event.contents else "",
        )
        for event in read.contents.get("vevent", [])
    ]


def _seen(
    method: str,
    uid: str,
    sequence: int,
    start: datetime | None,
    end: datetime | None,
    *said: str,
) -> Seen:
    assert start is None or start.tzinfo is not None
    return Seen(
        method,
        uid,
        sequence,
        start.astimezone(UTC) if start else None,
        end.astimezone(UTC) if end else None,
        start.strftime("%Y-%m-%dT%H:%M%z") if start else None,
        *said,
    )


def lines(content: str) -> list[str]:
    """The lines of a calendar, unfolded; every one must end as it should and be short enough."""
    raw = content.encode()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # not folded inside a character
    return content.replace("\r\n ", "").split("\r\n")[:-1]
