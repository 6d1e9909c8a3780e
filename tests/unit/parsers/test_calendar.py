"""Calendars in mails: what is read of events, who the customer is, and what broken programs send."""

from typing import Any

import pytest

from parsers import calendar, calendar_event, document, read
from parsers.calendar_event import Event
from parsers.records import Booking, Hints, Reading

HEAD = (
    "From: Termine <termine@werkstatt-termin.example>\r\nTo: service@leads.muster.example\r\nSubject: Termin\r\n"
    "MIME-Version: 1.0\r\n"
)


def ics(*lines: str, method: str | None = "REQUEST", before: str = "") -> str:
    """A calendar of one event."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else []), *before.splitlines()]
    return "\r\n".join([*head, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def mail(*calendars: str, head: str = HEAD, kind: str = "text/calendar; charset=utf-8") -> bytes:
    parts = "".join(f"--b\r\nContent-Type: {kind}\r\n\r\n{one}\r\n" for one in calendars)
    return f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n".encode()


def readings(raw: bytes, hints: Hints | None = None) -> tuple[Reading, ...]:
    return calendar.readings(document.parse(raw, hints), hints or Hints())


def event(*lines: str, before: str = "") -> Event:
    found, defects = calendar_event.events(ics(*lines, before=before))
    assert defects == []
    return found[0]


def booking(raw: bytes) -> Booking:
    (reading,) = readings(raw)
    assert reading.kind == "booking"
    assert reading.booking is not None
    return reading.booking


OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Unsere Zeit
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""

TIMES: dict[str, tuple[tuple[str, ...], str | None, str | None, str | None]] = {
    "UTC": (
        ("DTSTART:20261112T073000Z", "DTEND:20261112T080000Z"),
        "2026-11-12T07:30:00+00:00",
        "2026-11-12T08:00:00+00:00",
        "UTC",
    ),
    "IANA": (("DTSTART;TZID=Europe/Berlin:20261112T083000",), "2026-11-12T08:30:00+01:00", None, "Europe/Berlin"),
    "Outlook": (
        ("DTSTART;TZID=W. Europe Standard Time:20260712T083000",),
        "2026-07-12T08:30:00+02:00",
        None,
        "Europe/Berlin",
    ),
    "Outlook, quoted": (
        ('DTSTART;TZID="China Standard Time":20260712T083000',),
        "2026-07-12T08:30:00+08:00",
        None,
        "Asia/Shanghai",
    ),
    "behind its list": (
        ("DTSTART;TZID=/mozilla.org/20070129_1/Europe/Copenhagen:20260712T083000",),
        "2026-07-12T08:30:00+02:00",
        None,
        "Europe/Copenhagen",
    ),
    "unknown zone": (("DTSTART;TZID=Irgendwo:20261112T083000",), "2026-11-12T08:30:00", None, None),
    "floating": (("DTSTART:20261112T083000", "DURATION:PT45M"), "2026-11-12T08:30:00", "2026-11-12T09:15:00", None),
    "days": (("DTSTART;VALUE=DATE:20261112", "DTEND;VALUE=DATE:20261114"), "2026-11-12", "2026-11-14", None),
    "a day by its length": (("DTSTART;VALUE=DATE:20261112", "DURATION:P1D"), "2026-11-12", "2026-11-13", None),
    "hours over the change": (
        ("DTSTART;TZID=Europe/Berlin:20261024T200000", "DURATION:PT24H"),
        "2026-10-24T20:00:00+02:00",
        "2026-10-25T19:00:00+01:00",
        "Europe/Berlin",
    ),
    "a day over the change": (
        ("DTSTART;TZID=Europe/Berlin:20261024T200000", "DURATION:P1D"),
        "2026-10-24T20:00:00+02:00",
        "2026-10-25T20:00:00+01:00",
        "Europe/Berlin",
    ),
    "blank before the value": (("DTSTART: 20261112T073000Z",), "2026-11-12T07:30:00+00:00", None, "UTC"),
    "two semicolons": (("DTSTART;;VALUE=DATE-TIME:20261112T083000",), "2026-11-12T08:30:00", None, None),
    "small letters": (("dtstart:20261112t073000z",), "2026-11-12T07:30:00+00:00", None, "UTC"),
    "no time": (("DTSTART:tomorrow", "DTEND:20261112T080000Z"), None, "2026-11-12T08:00:00+00:00", None),
    "broken end": (("DTSTART:20261112T073000Z", "DTEND:20261112T8"), "2026-11-12T07:30:00+00:00", None, "UTC"),
    "endless": (("DTSTART:20261112T073000Z", "DURATION:P99999999D"), "2026-11-12T07:30:00+00:00", None, "UTC"),
    "path for a zone": (("DTSTART;TZID=../../etc/passwd:20261112T083000",), "2026-11-12T08:30:00", None, None),
    "folder for a zone": (("DTSTART;TZID=Europe:20261112T083000",), "2026-11-12T08:30:00", None, None),
}


@pytest.mark.parametrize("name", TIMES)
def test_times(name: str) -> None:
    lines, start, end, zone = TIMES[name]
    read_event = event("UID:1", *lines)
    assert (read_event.starts_at, read_event.ends_at, read_event.zone) == (start, end, zone)


def test_zone_of_its_own_and_of_nobody_else() -> None:
    """formats.md part 2: zones come with the calendar; the next mail must not be read by them."""
    lines = ("UID:1", "DTSTART;TZID=Unsere Zeit:20260712T083000")
    assert event(*lines, before=OWN_ZONE).starts_at == "2026-07-12T08:30:00+02:00"
    assert event(*lines).starts_at == "2026-07-12T08:30:00"
    assert event(*lines, before=OWN_ZONE.replace("+0200", "+0900")).starts_at == "2026-07-12T08:30:00+09:00"


def test_a_name_that_means_many_zones_means_the_calendars_own() -> None:
    """IANA's EST knows no summer time; the program that sends its rules along does."""
    lines = ("UID:1", "DTSTART;TZID=EST:20260712T083000")
    assert event(*lines).starts_at == "2026-07-12T08:30:00-05:00"
    rules = OWN_ZONE.replace("Unsere Zeit", "EST").replace("+0200", "-0400").replace("+0100", "-0500")
    assert event(*lines, before=rules).starts_at == "2026-07-12T08:30:00-04:00"


def test_a_known_zone_needs_no_rules() -> None:
    """Seen: a VTIMEZONE of a known name without a rule (rental cars)."""
    empty = (
        "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETTO:+0000\nEND:STANDARD\n"
    )
    lines = ("UID:1", "DTSTART;TZID=Europe/Berlin:20260712T083000")
    assert event(*lines, before=empty + "END:VTIMEZONE").starts_at == "2026-07-12T08:30:00+02:00"


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=YEARLY;BYSECOND=0,1,2", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"])
def test_hostile_rules_are_not_expanded(rule: str) -> None:
    zone = OWN_ZONE.replace("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", rule)
    start = event("UID:1", "DTSTART;TZID=Unsere Zeit:20260712T083000", before=zone).starts_at
    assert start is not None
    assert start.startswith("2026-07-12T08:30:00")


BROKEN: dict[str, str] = {
    "bare line feeds": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion").replace("\r\n", "\n"),
    "old Macintosh": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion").replace("\r\n", "\r"),
    "no END": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion").partition("END:VEVENT")[0],
    "no calendar around it": "BEGIN:VEVENT\nUID:7\nSEQUENCE:3\nSUMMARY:Inspektion\nEND:VEVENT",
    "alarm without END": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion", "BEGIN:VALARM", "SUMMARY:no"),
    "alarm first": ics(
        "BEGIN:VALARM", "SUMMARY:no", "UID:8", "END:VALARM", "UID:7", "SEQUENCE:3", "SUMMARY:Inspektion"
    ),
    "lines that are none": ics("UID:7", "GARBAGE", "SEQUENCE:3", "X", "SUMMARY:Inspektion", ":", "=?"),
    "byte order mark": "\ufeff" + ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion"),
    "folded in the middle of a name": ics("UID:7", "SEQU\r\n ENCE:3", "SUMMARY:Inspek\r\n\ttion"),
    "blank line in a fold": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspek\r\n\r\n tion"),
    "twice": ics("UID:7", "UID:8", "SEQUENCE:3", "SEQUENCE:4", "SUMMARY:Inspektion", "SUMMARY:other"),
    "observance without a zone": ics("UID:7", "SEQUENCE:3", "SUMMARY:Inspektion", before="BEGIN:STANDARD\nDTSTART:x"),
    "quote that never ends": ics(
        "UID:7", "SEQUENCE:3", "SUMMARY:Inspektion", 'ATTENDEE;CN="Max:mailto:max@kunde.example'
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_calendars_are_mended(name: str) -> None:
    (found,), defects = calendar_event.events(BROKEN[name])
    assert (found.uid, found.sequence, found.summary, defects) == ("7", 3, "Inspektion", [])


def test_description_whose_line_ends_are_not_escaped() -> None:
    found = event("UID:1", "DESCRIPTION:Erste Zeile", "zweite Zeile", "Telefon: 030 1", "Location: Halle", "SEQUENCE:2")
    assert found.description == "Erste Zeile\nzweite Zeile\nTelefon: 030 1\nLocation: Halle"
    assert (found.location, found.sequence) == (None, 2)


@pytest.mark.parametrize(
    "absent", ["UID:1", "SEQUENCE:1", "DTSTAMP:20261101T000000Z", "DTSTART:20261112T073000Z", "all"]
)
def test_nothing_is_required(absent: str) -> None:
    lines = ["UID:1", "SEQUENCE:1", "DTSTAMP:20261101T000000Z", "DTSTART:20261112T073000Z", "SUMMARY:Reifen"]
    kept = [line for line in lines if line != absent and absent != "all"]
    (found,), defects = calendar_event.events(ics(*kept, method=None))
    assert (found.method, defects) == (None, [])
    assert (found.uid is None) == ("UID:1" not in kept)


GUEST = "ATTENDEE;CN=Petra Probe;PARTSTAT=NEEDS-ACTION:mailto:Petra.Probe@Kunde.example"
OURS = "ATTENDEE;CN=Service:mailto:service@muster.example"
HOST = "ORGANIZER;CN=Service:mailto:service@muster.example"
TOOL = "ORGANIZER;CN=Calendly:mailto:noreply@calendly.com"
FROM_GUEST = HEAD.replace("Termine <termine@werkstatt-termin.example>", "Petra Probe <petra.probe@kunde.example>")

CUSTOMERS: dict[str, tuple[str, str, tuple[str, ...], str | None, str | None]] = {
    "tool invites guest and us": (HEAD, "REQUEST", (TOOL, GUEST, OURS), "Petra.Probe@kunde.example", "needs-action"),
    "we invite the guest": (HEAD, "REQUEST", (HOST, OURS, GUEST), "Petra.Probe@kunde.example", "needs-action"),
    "guest invites us": (
        FROM_GUEST,
        "REQUEST",
        ("ORGANIZER:mailto:petra.probe@kunde.example", OURS),
        "petra.probe@kunde.example",
        None,
    ),
    "guest brings a friend": (
        FROM_GUEST,
        "REQUEST",
        (GUEST.replace("ATTENDEE", "ORGANIZER"), OURS, "ATTENDEE:mailto:freund@kunde.example"),
        "Petra.Probe@kunde.example",
        None,
    ),
    "room and group": (
        HEAD,
        "REQUEST",
        (HOST, "ATTENDEE;CUTYPE=ROOM:mailto:raum@kunde.example", GUEST),
        "Petra.Probe@kunde.example",
        "needs-action",
    ),
    "two guests": (HEAD, "REQUEST", (HOST, GUEST, "ATTENDEE:mailto:freund@kunde.example"), None, None),
    "nobody": (HEAD, "REQUEST", (HOST, OURS), None, None),
    "answer": (
        FROM_GUEST,
        "REPLY",
        (HOST, GUEST.replace("NEEDS-ACTION", "DECLINED")),
        "Petra.Probe@kunde.example",
        "declined",
    ),
    "another time": (
        FROM_GUEST,
        "COUNTER",
        (HOST, GUEST.replace("NEEDS-ACTION", "TENTATIVE")),
        "Petra.Probe@kunde.example",
        "tentative",
    ),
    "our own answer": (HEAD, "REPLY", ("ORGANIZER:mailto:petra.probe@kunde.example", OURS), None, None),
    "withdrawn": (HEAD, "CANCEL", (HOST, GUEST), "Petra.Probe@kunde.example", "needs-action"),
    "other time refused": (HEAD, "DECLINECOUNTER", (HOST, GUEST), "Petra.Probe@kunde.example", "needs-action"),
    "plain event": (HEAD, "PUBLISH", (TOOL,), None, None),
    "address in EMAIL": (
        HEAD,
        "REQUEST",
        (HOST, "ATTENDEE;EMAIL=petra@kunde.example:urn:uuid:1"),
        "petra@kunde.example",
        None,
    ),
}


@pytest.mark.parametrize("name", CUSTOMERS)
def test_who_the_customer_is(name: str) -> None:
    """formats.md 3.1, rules 1 and 2: platforms, machines and our own house are nobody's identity."""
    head, method, lines, address, answer = CUSTOMERS[name]
    raw = mail(ics("UID:1", "DTSTART:20261112T073000Z", *lines, method=method), head=head)
    (reading,) = readings(raw)
    assert (reading.customer.emails if reading.customer else ()) == ((address,) if address else ())
    assert reading.booking is not None
    assert (reading.booking.method, reading.booking.partstat) == (method, answer)


def test_guests_that_cannot_be_told_apart_are_kept() -> None:
    raw = mail(ics("UID:1", "DTSTART:20261112T073000Z", HOST, GUEST, "ATTENDEE:mailto:freund@kunde.example"))
    (reading,) = readings(raw)
    assert reading.extra == {"attendees": "Petra Probe <Petra.Probe@kunde.example>, freund@kunde.example"}


def test_name_of_an_address_book() -> None:
    raw = mail(ics("UID:1", HOST, 'ATTENDEE;CN="Probe, Petra":mailto:petra@kunde.example'))
    customer = readings(raw)[0].customer
    assert customer is not None
    assert (customer.name, customer.first_name, customer.last_name) == ("Petra Probe", "Petra", "Probe")


def test_words_of_a_booking_tool_complete_the_booking() -> None:
    """Calendly writes questions and answers into the description (formats.md part 3)."""
    text = r"DESCRIPTION:Telefon: 030 12345678\nKennzeichen: B-PP 123\nName: Petra Probe"
    (reading,) = readings(mail(ics("UID:1", "DTSTART:20261112T073000Z", "SUMMARY:Inspektion", HOST, GUEST, text)))
    assert reading.customer is not None
    assert reading.customer.phones == ("+493012345678",)
    assert [(car.role, car.plate) for car in reading.vehicles] == [("own", "B-PP 123")]
    assert reading.origins["customer.phones"] == "label"
    assert reading.origins["booking.starts_at"] == "calendar"
    assert reading.booking is not None
    assert reading.booking.services == ("Inspektion",)


WAYS: dict[str, Any] = {
    "third alternative": {"kind": "text/calendar; charset=utf-8; method=REQUEST"},
    "attachment": {"kind": 'application/ics; name="invite.ics"'},
    "octets by name": {"kind": 'application/octet-stream; name="TERMIN.ICS"'},
    "old type": {"kind": "text/x-vcalendar"},
}


@pytest.mark.parametrize("name", WAYS)
def test_ways_to_travel(name: str) -> None:
    """formats.md part 2: as alternative, and again as file."""
    assert booking(mail(ics("UID:1", "DTSTART:20261112T073000Z"), **WAYS[name])).uid == "1"


def test_the_same_calendar_twice_is_one_booking() -> None:
    one = ics("UID:1", "SEQUENCE:1", "DTSTART:20261112T073000Z", "SUMMARY:Inspektion")
    assert len(readings(mail(one, one))) == 1
    assert len(readings(mail(one, one.replace("UID:1", "UID:2")))) == 2
    assert len(readings(mail(one, one.replace("SEQUENCE:1", "SEQUENCE:2")))) == 2


def test_method_of_the_part_counts_where_the_calendar_has_none() -> None:
    """RFC 6047 2.4."""
    without = ics("UID:1", "DTSTART:20261112T073000Z", method=None)
    assert booking(mail(without, kind="text/calendar; method=cancel")).method == "CANCEL"
    both = ics("UID:1", "DTSTART:20261112T073000Z", method="REQUEST")
    assert booking(mail(both, kind="text/calendar; method=CANCEL")).method == "REQUEST"


def test_what_an_answer_adds_and_what_it_repeats() -> None:
    """RFC 5546 3.2.3: COMMENT is the answerer's, the description is the invitation's own text."""
    repeated = (HOST, GUEST, r"DESCRIPTION:Telefon: 030 999000\nName: Service Muster")
    raw = mail(ics("UID:1", *repeated, "COMMENT:Lieber um neun\\, bitte", method="COUNTER"), head=FROM_GUEST)
    (reading,) = readings(raw)
    assert reading.customer is not None
    assert reading.customer.phones == ()
    assert booking(raw).remarks == "Lieber um neun, bitte"
    assert booking(mail(ics("UID:1", *repeated, method="REPLY"), head=FROM_GUEST)).remarks is None


def test_an_appointment_for_everybody_is_no_booking() -> None:
    """Unless a source sends it: booking tools do not always name the customer in the calendar."""
    raw = mail(
        ics("UID:1", "DTSTART:20261112T073000Z", "SUMMARY:Webinar", TOOL), head=HEAD.replace("termine@", "newsletter@")
    )
    assert read.parse(raw).mail_class == "automatic"
    assert read.parse(raw).readings == ()
    assert read.parse(raw, Hints(source_type="calendly")).readings[0].kind == "booking"


def test_two_bookings_of_one_mail_stay_two() -> None:
    one = ics("UID:1", "DTSTART:20261112T073000Z", "SUMMARY:Inspektion", HOST, GUEST)
    two = ics("UID:2", "DTSTART:20261113T073000Z", "SUMMARY:Reifen", HOST, GUEST)
    found = read.parse(mail(one, two)).readings
    assert [reading.booking.uid for reading in found if reading.booking] == ["1", "2"]


def test_an_export_of_a_calendar_is_no_booking() -> None:
    many = "".join(ics(f"UID:{n}", "DTSTART:20261112T073000Z") for n in range(calendar.BOOKINGS + 1))
    parsed = read.parse(mail(many))
    assert [reading.kind for reading in parsed.readings] == ["unsorted"]
    assert f"calendar with more than {calendar.BOOKINGS} events: not read as bookings" in parsed.defects


def test_calendar_without_an_event_is_noted_and_the_text_is_read() -> None:
    text = (
        "--b\r\nContent-Type: text/plain\r\n\r\nName: Max Muster\r\nE-Mail: max@kunde.example\r\nFahrzeug: VW Golf\r\n"
    )
    raw = mail("BEGIN:VCALENDAR\r\nnothing").replace(b"--b\r\n", text.encode() + b"--b\r\n", 1)
    parsed = read.parse(raw)
    assert "calendar without an event" in parsed.defects
    assert parsed.readings[0].vehicles[0].make == "Volkswagen"


def test_calendar_of_an_answer_is_read() -> None:
    """What it quotes is not: In-Reply-To and a quote make a reply."""
    head = FROM_GUEST.replace("Subject: Termin", "Subject: Re: Termin\r\nIn-Reply-To: <1@muster.example>")
    text = "--b\r\nContent-Type: text/plain\r\n\r\nJa.\r\n\r\n> Name: Karl Kunde\r\n> Telefon: 030 1234567\r\n"
    raw = mail(ics("UID:1", HOST, GUEST, method="REPLY"), head=head).replace(b"--b\r\n", text.encode() + b"--b\r\n", 1)
    parsed = read.parse(raw)
    assert parsed.mail_class == "reply"
    (reading,) = parsed.readings
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.phones) == ("Petra Probe", ())


@pytest.mark.parametrize("year", ["0001", "1601", "9999"])
def test_times_that_nobody_books(year: str) -> None:
    assert booking(mail(ics("UID:1", f"DTSTART:{year}1112T073000Z"))).starts_at is None


ANSWER = ("UID:b-7kq2m4-2@post.muster.example", "DTSTAMP:20261120T091500Z", "SEQUENCE:1")
DESK = "ORGANIZER;CN=Autohaus Muster:mailto:desk+b7kq2m4.sig@muster.example"
FROM_KARIN = (
    "From: Karin Beispiel <Karin@beispiel.example>\r\nTo: desk+b7kq2m4.sig@muster.example\r\n"
    "Subject: Accepted: Werkstatt\r\nMIME-Version: 1.0\r\n"
)


def answered(*lines: str, method: str | None = "REPLY", kind: str = "text/calendar; charset=utf-8") -> Booking:
    return booking(mail(ics(*ANSWER, *lines, method=method), head=FROM_KARIN, kind=kind))


def test_an_answer_names_its_stamp_and_who_answers() -> None:
    found = answered(DESK, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example", "COMMENT:Bis dann")
    assert (found.method, found.sequence, found.partstat) == ("REPLY", 1, "accepted")
    assert (found.stamp, found.attendee) == ("2026-11-20T09:15:00+00:00", "karin@beispiel.example")
    assert (found.remarks, found.delegate, found.recurrence) == ("Bis dann", None, None)


@pytest.mark.parametrize(
    ("stamp", "read_as"),
    [
        ("DTSTAMP;TZID=Europe/Berlin:20261120T101500", "2026-11-20T10:15:00+01:00"),
        ("DTSTAMP:20261120T091500", "2026-11-20T09:15:00+00:00"),
        ("DTSTAMP;VALUE=DATE:20261120", None),
        ("DTSTAMP:soon", None),
        ("DTSTAMP:00010101T000000Z", None),
    ],
)
def test_stamps_as_programs_write_them(stamp: str, read_as: str | None) -> None:
    raw = mail(ics("UID:1", stamp, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example", method="REPLY"))
    assert booking(raw).stamp == read_as


def test_an_invitation_has_no_stamp_to_count_answers_by() -> None:
    raw = mail(ics("UID:1", "DTSTAMP:20261120T091500Z", "DTSTART:20261203T080000Z"))
    assert booking(raw).stamp is None


def test_of_several_attendees_the_one_who_wrote_answers() -> None:
    found = answered(
        DESK,
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:max@beispiel.example",
        "ATTENDEE;PARTSTAT=declined:MAILTO:KARIN@beispiel.example",
    )
    assert (found.partstat, found.attendee) == ("declined", "karin@beispiel.example")


def test_nobody_answers_where_none_of_several_wrote() -> None:
    found = answered(
        DESK, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@beispiel.example", "ATTENDEE;PARTSTAT=DECLINED:mailto:b@example.org"
    )
    assert (found.partstat, found.attendee) == (None, None)


def test_an_attendee_whom_his_server_made_the_organizer() -> None:
    found = answered(
        "ORGANIZER:mailto:karin@beispiel.example", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example"
    )
    assert (found.partstat, found.attendee) == ("accepted", "karin@beispiel.example")


@pytest.mark.parametrize("organizer", ["ORGANIZER:invalid:nomail", "ORGANIZER:", "X-NOTHING:1"])
def test_an_answer_without_its_organizer(organizer: str) -> None:
    assert answered(organizer, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example").partstat == "accepted"


def test_who_sends_somebody_else_and_who_comes_instead() -> None:
    sends = 'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:Max@beispiel.example":mailto:karin@beispiel.example'
    found = answered(DESK, sends)
    assert (found.partstat, found.attendee, found.delegate) == (
        "delegated",
        "karin@beispiel.example",
        "max@beispiel.example",
    )
    comes = 'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:max@beispiel.example":mailto:karin@beispiel.example'
    found = answered(DESK, comes)
    assert (found.attendee, found.delegate) == ("max@beispiel.example", "karin@beispiel.example")


def test_an_occurrence_is_named_as_written() -> None:
    lines = (
        "RECURRENCE-ID;TZID=Europe/Berlin:20261203T090000",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example",
    )
    assert answered(*lines).recurrence == "20261203T090000"


def test_google_puts_the_comment_beside_the_attendee() -> None:
    who = 'ATTENDEE;PARTSTAT=ACCEPTED;X-RESPONSE-COMMENT="Bitte auch Öl":mailto:karin@beispiel.example'
    assert answered(DESK, who).remarks == "Bitte auch Öl"


def test_outlook_s_proposal_is_the_new_time_not_the_old_one() -> None:
    found = answered(
        "DTSTART:20261204T090000Z",
        "DTEND:20261204T100000Z",
        "X-MS-OLK-ORIGINALSTART:20261203T080000Z",
        "X-MS-OLK-ORIGINALEND:20261203T090000Z",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:karin@beispiel.example",
        method="COUNTER",
    )
    assert (found.method, found.starts_at, found.ends_at) == (
        "COUNTER",
        "2026-12-04T09:00:00+00:00",
        "2026-12-04T10:00:00+00:00",
    )


def test_the_method_may_stand_in_the_type_alone() -> None:
    who = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin@beispiel.example"
    found = answered(who, method=None, kind='text/calendar; charset=utf-8; method="reply"')
    assert (found.method, found.partstat) == ("REPLY", "accepted")
