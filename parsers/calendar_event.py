"""Events of a calendar with their times, read by icalendar from lines that were sorted before."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from parsers import calendar_text, calendar_zone, values
from parsers.calendar_text import Calendar, Line
from parsers.clean import block, single_line

if TYPE_CHECKING:
    import icalendar

_METHODS = frozenset(
    ("PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER")
)  # RFC 5546 1.4
_NUMBER = re.compile(r"\d{1,9}")
_DAYS = re.compile(r"\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?")
_LAST = date(9990, 1, 1)
"""Python's calendar ends soon after."""
_LONGEST = timedelta(days=366)
"""A duration beyond it is a mistake."""


@dataclass(frozen=True, slots=True)
class Party:
    """Organizer or attendee: address, name and answer as written (`ACCEPTED`, ...)."""

    email: str
    name: str | None = None
    partstat: str | None = None
    is_person: bool = True
    """Whether it is not declared a room, a resource or a group (RFC 5545 3.2.3)."""
    delegated_to: str | None = None
    """Address of who comes instead (RFC 5545 3.2.5)."""
    delegated_from: str | None = None
    """Address of who sent this one (RFC 5545 3.2.4)."""
    comment: str | None = None
    """Google puts what somebody adds to an answer into `X-RESPONSE-COMMENT`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. Times are ISO 8601: with offset where the zone is known, without one else, ten characters a day."""

    method: str | None = None
    uid: str | None = None
    sequence: int | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    """Of DTEND, or start and DURATION; of whole days the day after the last (RFC 5545 3.6.1)."""
    zone: str | None = None
    """IANA name of the start's zone, or the name that the calendar gives its own."""
    status: str | None = None
    summary: str | None = None
    description: str | None = None
    comment: str | None = None
    """What the sender of this very mail adds, mostly to an answer (RFC 5546 3.2.3)."""
    location: str | None = None
    url: str | None = None
    organizer: Party | None = None
    attendees: tuple[Party, ...] = ()
    recurrence: str | None = None
    """Which occurrence of a series is meant, as written."""
    stamp: str | None = None
    """DTSTAMP: when the sender said this (RFC 5545 3.8.7.2), ISO 8601 with offset; UTC where it names no zone."""


def events(text: str) -> tuple[list[Event], list[str]]:
    """Read the events of a calendar in order; returns them and what was wrong. Never raises, whatever the text is."""
    found: list[Event] = []
    defects: list[str] = []
    for calendar in calendar_text.calendars(text):
        if calendar.more:
            defects.append("calendar over the limit: its end is not read")
        for lines in calendar.events:
            try:
                found.append(_event(calendar, lines))
            except MemoryError:
                raise
            except Exception as error:  # the library raises much on broken values
                defects.append(f"calendar: event not read ({type(error).__name__})")
    return found, list(dict.fromkeys(defects))


def _event(calendar: Calendar, lines: list[Line]) -> Event:
    component = _component(calendar, lines)
    given = {line.name: line for line in lines}
    start, end = (_time(component, calendar, given.get(name)) for name in ("DTSTART", "DTEND"))
    if end is None and start is not None and "DTEND" not in given:
        end = _after(start, _duration(component), given.get("DURATION"))
    sequence = _NUMBER.fullmatch(given["SEQUENCE"].value.strip()) if "SEQUENCE" in given else None
    organizer = _party(component.get("ORGANIZER"))
    attendees = component.get("ATTENDEE", [])
    return Event(
        method=_method(calendar.method),
        uid=_text(component, "UID", 300),
        sequence=int(sequence[0]) if sequence else None,
        starts_at=start.isoformat() if start else None,
        ends_at=end.isoformat() if end else None,
        zone=_zone(start, given.get("DTSTART")),
        status=(_text(component, "STATUS", 40) or "").lower() or None,
        summary=_text(component, "SUMMARY", 300),
        description=_prose(component, "DESCRIPTION"),
        comment=_prose(component, "COMMENT"),
        location=_text(component, "LOCATION", 300),
        url=_link(component),
        organizer=organizer,
        attendees=tuple(
            party for one in (attendees if isinstance(attendees, list) else [attendees]) if (party := _party(one))
        ),
        recurrence=single_line(given["RECURRENCE-ID"].value, 60) if "RECURRENCE-ID" in given else None,
        stamp=_stamp(calendar, given.get("DTSTAMP")),
    )


def _component(calendar: Calendar, lines: list[Line]) -> "icalendar.Event":
    """Let the library read one event; of zones it sees only names that it knows."""
    import icalendar  # 60 ms: only for processes that meet a calendar

    text = ["BEGIN:VEVENT", *(str(_with_known_zone(calendar, line)) for line in lines), "END:VEVENT", ""]
    return cast("icalendar.Event", icalendar.Event.from_ical("\r\n".join(text)))


def _zone_of(line: Line | None) -> str | None:
    """The name of the zone that a time is given in."""
    return next((one[6:-1] for one in line.parameters if one.startswith("TZID=")), None) if line else None


def _with_known_zone(calendar: Calendar, line: Line) -> Line:
    """The zone by its IANA name; left out where the calendar's own rules are surer.

    `Europe/Berlin` means the same everywhere, and its copy in a calendar may be cut short. `EST` and `Eastern` do not.
    """
    if (name := _zone_of(line)) is None:
        return line
    others = [one for one in line.parameters if not one.startswith("TZID=")]
    key = None if "/" not in name and name in calendar.zones else calendar_zone.known(name)
    return Line(line.name, (*others, f"TZID={key}") if key else tuple(others), line.value)


def _of(component: "icalendar.Event", name: str, attribute: str) -> object:
    """What the library made of a property; it raises on reading a broken one."""
    try:
        return getattr(component.get(name), attribute, None)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def _time(component: "icalendar.Event", calendar: Calendar, line: Line | None) -> date | None:
    """A day or a time, in the zone that the calendar brings itself where no other is known; None for anything else."""
    found = _of(component, line.name, "dt") if line else None
    if not isinstance(found, datetime):
        return found if isinstance(found, date) else None
    found = found.replace(microsecond=0)
    if found.tzinfo is None:
        observances = calendar.zones.get(_zone_of(line) or "")
        return found.replace(tzinfo=calendar_zone.own(observances, found)) if observances else found
    offset = found.utcoffset()
    is_whole = offset is not None and offset.seconds % 60 == 0  # ISO 8601 cannot write others
    return found if is_whole else found.replace(tzinfo=None)


def _stamp(calendar: Calendar, line: Line | None) -> str | None:
    """Read as a start is: the library takes every DTSTAMP for UTC, also one that names its zone."""
    if line is None:
        return None
    alone = Line("DTSTART", line.parameters, line.value)
    found = _time(_component(calendar, [alone]), calendar, alone)
    if not isinstance(found, datetime):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _duration(component: "icalendar.Event") -> timedelta | None:
    found = _of(component, "DURATION", "td") or _of(component, "DURATION", "dt")
    return found if isinstance(found, timedelta) and timedelta(0) <= found <= _LONGEST else None


def _after(start: date, duration: timedelta | None, written: Line | None) -> date | None:
    """Days count by the calendar, hours by the clock (RFC 5545 3.3.6): they differ where summer time begins."""
    if duration is None or written is None:
        return None
    if start.year >= _LAST.year:
        return None
    if not isinstance(start, datetime) or start.tzinfo is None:
        return start + duration
    found = _DAYS.match(written.value)
    days = timedelta(weeks=int(found[1] or 0), days=int(found[2] or 0)) if found else timedelta(0)
    return ((start + days).astimezone(UTC) + (duration - days)).astimezone(start.tzinfo)


def _zone(start: date | None, line: Line | None) -> str | None:
    zone = start.tzinfo if isinstance(start, datetime) else None
    named = _zone_of(line)
    return single_line((calendar_zone.known(named) or named) if named else "UTC", 100) if zone else None


def _method(written: str | None) -> str | None:
    upper = (written or "").upper()
    return upper if upper in _METHODS else single_line(written, 40)


def _text(component: "icalendar.Event", name: str, limit: int) -> str | None:
    return single_line(str(component[name]), limit) if name in component else None


def _prose(component: "icalendar.Event", name: str) -> str | None:
    return block(str(component[name])) if name in component else None


def _link(component: "icalendar.Event") -> str | None:
    url = _text(component, "URL", 1_000)
    return url if url and url.lower().startswith(("https://", "http://")) and " " not in url else None


def _party(found: Any) -> Party | None:
    """Who takes part; None where no mail address says it."""
    if found is None:
        return None
    parameters = getattr(found, "params", {})
    written = str(found)
    address = values.email(written.partition(":")[2] if ":" in written else written)
    address = address or values.email(str(parameters.get("EMAIL", "")))
    if address is None:
        return None
    name = single_line(str(parameters.get("CN", "")).strip("\"' "), 200)
    return Party(
        email=address,
        name=None if name is None or "@" in name else name,
        partstat=single_line(str(parameters.get("PARTSTAT", "")), 40),
        is_person=str(parameters.get("CUTYPE", "INDIVIDUAL")).upper() in ("INDIVIDUAL", "UNKNOWN"),
        delegated_to=_address(parameters.get("DELEGATED-TO")),
        delegated_from=_address(parameters.get("DELEGATED-FROM")),
        comment=block(str(parameters.get("X-RESPONSE-COMMENT", "")).strip('"')),
    )


def _address(found: Any) -> str | None:
    """The first of the addresses that a parameter lists."""
    first = found[0] if isinstance(found, list) and found else found
    return values.email(str(first)) if first else None
