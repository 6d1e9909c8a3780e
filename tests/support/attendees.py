"""Customers whose calendar programs answer an invitation of ours, each in its own way."""

import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple

import icalendar

from tests.support.correspondence import opened
from tests.support.sink import Arrived


class Entry(NamedTuple):
    """A calendar entry as it came with a mail of ours."""

    method: str
    uid: str
    sequence: int
    status: str
    starts_at: datetime
    ends_at: datetime
    organizer: str
    """Address that answers go to."""


def entry_of(mail: Arrived) -> Entry:
    """The calendar entry that a mail program would show with this mail."""
    parts = [part for part in opened(mail).walk() if part.get_content_type() == "text/calendar"]
    assert len(parts) == 1, f"{len(parts)} calendars in {opened(mail)['Subject']}"
    calendar: Any = icalendar.Calendar.from_ical(parts[0].get_content())
    (event,) = calendar.walk("VEVENT")
    assert parts[0].get_param("method") == str(calendar["METHOD"])
    return Entry(
        str(calendar["METHOD"]),
        str(event["UID"]),
        int(event["SEQUENCE"]),
        str(event.get("STATUS", "")),
        event["DTSTART"].dt,
        event["DTEND"].dt,
        re.sub(r"(?i)^mailto:", "", str(event["ORGANIZER"])),
    )


def has_entry(mail: Arrived) -> bool:
    """Whether a mail brings a calendar entry."""
    return any(part.get_content_type() == "text/calendar" for part in opened(mail).walk())


OUTLOOK_COUNTER = """\
BEGIN:VCALENDAR
METHOD:COUNTER
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN=Autohaus Muster Berlin:mailto:{organizer}
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=TENTATIVE;CN={attendee}:mailto:{attendee}
COMMENT;LANGUAGE=de-DE:{words}\\n
UID:{uid}
SUMMARY;LANGUAGE=de-DE:Neuen Termin vorgeschlagen: Werkstatttermin
DTSTART;TZID=W. Europe Standard Time:{start}
DTEND;TZID=W. Europe Standard Time:{end}
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:{stamp}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{sequence}
X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}
X-MS-OLK-ORIGINALSTART;TZID=W. Europe Standard Time:{old_start}
X-MS-OLK-ORIGINALEND;TZID=W. Europe Standard Time:{old_end}
END:VEVENT
END:VCALENDAR
"""
APPLE_REPLY = """\
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 14.5//EN
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;CUTYPE=INDIVIDUAL;EMAIL={attendee};PARTSTAT={partstat}:mailto:{attendee}
DTEND;TZID=Europe/Berlin:{old_end}
DTSTAMP:{stamp}
DTSTART;TZID=Europe/Berlin:{old_start}
ORGANIZER;CN=Autohaus Muster Berlin:mailto:{organizer}
SEQUENCE:{sequence}
SUMMARY:Werkstatttermin
UID:{uid}
END:VEVENT
END:VCALENDAR
"""


def outlook_counter(mail: Arrived, customer: str, start: str, stamp: str) -> tuple[bytes, str]:
    """`Propose new time` of Outlook, an hour from a local time of Berlin; and where it goes."""
    entry, at = entry_of(mail), datetime.fromisoformat(start)
    fields = {"start": f"{at:%Y%m%dT%H%M%S}", "end": f"{at.replace(hour=at.hour + 1):%Y%m%dT%H%M%S}"}
    words = "Lieber am Freitag"
    return _mail(
        mail, entry, customer, OUTLOOK_COUNTER, "COUNTER", "Neuen Termin vorgeschlagen: ", words, stamp, fields
    )


def apple_reply(mail: Arrived, customer: str, partstat: str, stamp: str) -> tuple[bytes, str]:
    """`Accept` of Apple's calendar, and where it goes."""
    fields = {"partstat": partstat}
    return _mail(mail, entry_of(mail), customer, APPLE_REPLY, "REPLY", "Accepted: ", "", stamp, fields)


def _mail(
    mail: Arrived,
    entry: Entry,
    customer: str,
    template: str,
    method: str,
    prefix: str,
    words: str,
    stamp: str,
    fields: dict[str, str],
) -> tuple[bytes, str]:
    text = template.format(
        organizer=entry.organizer,
        attendee=customer,
        uid=entry.uid,
        sequence=entry.sequence,
        stamp=stamp,
        words=words,
        old_start=f"{entry.starts_at:%Y%m%dT%H%M%S}",
        old_end=f"{entry.ends_at:%Y%m%dT%H%M%S}",
        **fields,
    )
    answer = EmailMessage(policy=SMTP)
    answer["From"] = customer
    answer["To"] = entry.organizer
    answer["Subject"] = f"{prefix}{opened(mail)['Subject']}"
    answer["Message-ID"] = f"<{method.lower()}-{stamp}-{entry.sequence}@kunde.example>"
    answer["Date"] = "Mon, 30 Nov 2026 10:00:00 +0100"
    answer.set_content(f"{words}\n")
    answer.add_alternative(text, subtype="calendar", params={"method": method})
    return answer.as_bytes(), entry.organizer
