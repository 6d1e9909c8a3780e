"""The lines of an iCalendar text (RFC 5545), sorted and mended before the library sees them.

Only the properties that a booking needs are handed on. What programs often break is mended here: bare line ends, blank
lines inside folded ones, an END that is missing, line ends inside a description, parameters that are empty.
"""

import re
from dataclasses import dataclass, field

from parsers.content_line import LINE_END, parameters_and_value

CHARACTERS = 512 * 1024
"""Of one calendar that are read."""
LINES = 20_000
LINE_CHARACTERS = 64 * 1024
EVENTS = 100
"""Of all calendars of one text that are read."""
ATTENDEES = 50
CALENDARS = 100
"""Of one text."""
ZONES = 20
"""Of its own that a calendar may use."""
OBSERVANCES = 20

_ONCE = (
    "UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS",
    "COMMENT", "ORGANIZER", "RECURRENCE-ID", "DTSTAMP",
)  # fmt: skip
_TIMES = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "DTSTAMP")
_ZONE_LINES = ("DTSTART", "RRULE", "RDATE", "TZOFFSETTO")
_OBSERVANCES = ("STANDARD", "DAYLIGHT")
_OTHERS = """
    ACTION ATTACH ATTENDEE CALSCALE CATEGORIES CLASS COLOR COMPLETED CONTACT CREATED DUE END EXDATE
    BEGIN EXRULE FREEBUSY GEO IMAGE LAST-MODIFIED METHOD NAME PERCENT-COMPLETE PRIORITY PRODID RDATE RELATED-TO REPEAT
    REQUEST-STATUS RESOURCES RRULE SOURCE TRANSP TRIGGER TZID TZNAME TZOFFSETFROM TZOFFSETTO TZURL VERSION
"""
_KNOWN = frozenset((*_ONCE, *_OTHERS.split()))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}(?=[;:])")
_PLACE = re.compile(r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[\w/+-]+$")
"""The name of a zone behind the name of who keeps the list: `/mozilla.org/20070129_1/` (RFC 5545 3.2.19)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded line: name in upper case, parameters as written, value."""

    name: str
    parameters: tuple[str, ...]
    value: str

    def __str__(self) -> str:
        return ";".join((self.name, *self.parameters)) + ":" + self.value


@dataclass(slots=True)
class Calendar:
    """One VCALENDAR: its METHOD, and the lines of its events and of its time zones by TZID."""

    method: str | None = None
    events: list[list[Line]] = field(default_factory=list)
    zones: dict[str, list[list[Line]]] = field(default_factory=dict)
    """Observances of each zone, each beginning with its STANDARD or DAYLIGHT."""
    more: bool = False
    """Whether it holds more than is read."""


def calendars(text: str) -> list[Calendar]:
    """Sort the lines of a text into calendars; an event outside of any makes one of its own."""
    sorter = _Sorter()
    for line in _lines(text[:CHARACTERS]):
        if len(sorter.found) > CALENDARS or sorter.events > EVENTS:
            sorter.found[-1].more = True
            break
        sorter.take(line)
    sorter.close("")
    if len(text) > CHARACTERS and sorter.found:
        sorter.found[-1].more = True
    return sorter.found


class _Sorter:
    """Where the lines of components go that are open at this point."""

    def __init__(self) -> None:
        self.found: list[Calendar] = []
        self.open: list[str] = []
        self.event: list[Line] = []
        self.events = 0
        self.tzid: str | None = None
        self.observances: list[list[Line]] = []

    def take(self, line: Line) -> None:
        kind = line.value.strip().upper()
        if line.name == "BEGIN":
            self._begin(kind)
        elif line.name == "END":
            self.close(kind)
        elif not self.open:
            return
        elif self.open[-1] == "VEVENT":
            self._add_to_event(line)
        elif self.open[-1] == "VCALENDAR" and line.name == "METHOD":
            self.found[-1].method = self.found[-1].method or line.value.strip() or None
        elif self.open[-1] == "VTIMEZONE" and line.name == "TZID":
            self.tzid = zone_name(line.value)
        elif self.open[-1] in _OBSERVANCES and self.observances and line.name in _ZONE_LINES:
            self.observances[-1].append(Line(line.name, (), line.value.strip().rstrip(";")))

    def _begin(self, kind: str) -> None:
        if kind in ("VCALENDAR", "VEVENT", "VTIMEZONE", "VTODO", "VJOURNAL", "VFREEBUSY"):
            self.close("VCALENDAR" if kind == "VCALENDAR" else kind, inner=kind != "VCALENDAR")
        if kind == "VCALENDAR" or not self.found:
            self.found.append(Calendar())
        if kind in _OBSERVANCES and self.open[-1:] == ["VTIMEZONE"]:
            self.observances.append([Line("BEGIN", (), kind)])
        if len(self.open) < 20:
            self.open.append(kind)

    def close(self, kind: str, *, inner: bool = False) -> None:
        """End a component, and what stands open inside it; `inner` ends all below the calendar.

        An END of nothing that is open does nothing; an empty kind ends everything.
        """
        if not inner and kind and kind not in self.open:
            return
        while self.open and not (inner and self.open[-1] == "VCALENDAR"):
            ended = self.open.pop()
            self._keep(ended)
            if ended == kind and not inner:
                break

    def _keep(self, ended: str) -> None:
        calendar = self.found[-1]
        if ended == "VEVENT":
            if self.events < EVENTS:
                calendar.events.append(self.event)
            self.events += 1
            self.event = []
        elif ended == "VTIMEZONE":
            if self.tzid and self.observances and len(calendar.zones) < ZONES:
                calendar.zones.setdefault(self.tzid, self.observances[:OBSERVANCES])
            self.tzid, self.observances = None, []

    def _add_to_event(self, line: Line) -> None:
        names = [known.name for known in self.event]
        if line.name in _ONCE and line.name not in names:
            self.event.append(_mended(line) if line.name in _TIMES else line)
        elif line.name == "ATTENDEE" and names.count("ATTENDEE") < ATTENDEES:
            self.event.append(line)


def zone_name(written: str) -> str:
    """The name of a zone without quotes, escapes and the name of who keeps the list."""
    bare = written.strip().strip('"').replace("\\", "")[:100]
    place = _PLACE.search(bare) if bare.startswith("/") else None
    return place[0] if place else bare


def _mended(line: Line) -> Line:
    """A time without blanks around its value, and with the name of its zone as the VTIMEZONE has it."""
    parameters = []
    value = line.value.strip().upper()
    for parameter in line.parameters:
        name, _, written = parameter.partition("=")
        if name.upper() == "TZID":
            zone = zone_name(written)
            parameters += [f'TZID="{zone}"'] if zone and '"' not in zone else []
        elif name.upper() == "VALUE":
            parameters.append(parameter)
    return Line(line.name, tuple(parameters), value)


def _lines(text: str) -> list[Line]:
    """Unfold, and split each line into name, parameters and value; what is none belongs to the text before it."""
    found: list[Line] = []
    written: list[str] = []
    for raw in LINE_END.split(text.removeprefix("\ufeff"))[:LINES]:
        if raw[:1] in (" ", "\t") and written:
            written.append(raw[1:])
        elif raw.strip():
            _add(found, "".join(written))
            written = [raw]
    _add(found, "".join(written))
    return found


def _add(found: list[Line], text: str) -> None:
    text = text[:LINE_CHARACTERS].strip("\0")
    name = _NAME.match(text)
    if name and (name[0].upper() in _KNOWN or name[0][:2] in ("X-", "x-")) and not name[0].istitle():
        parameters, value = parameters_and_value(text[name.end() :])
        found.append(Line(name[0].upper(), tuple(one for one in parameters if "=" in one), value))
    elif (
        found and found[-1].name in ("DESCRIPTION", "COMMENT") and len(found[-1].value) < LINE_CHARACTERS
    ):  # an unescaped line end
        last = found[-1]
        found[-1] = Line(last.name, last.parameters, f"{last.value}\\n{text}")
