"""Bookings out of calendars in mails: invitations, answers and withdrawals by iTIP (RFC 5546), and plain events.

The same calendar as third alternative and as attachment is one booking. What an answer changes is not decided here.
"""

from dataclasses import replace

import msgspec

from parsers import calendar_event, labels, sender, values
from parsers.calendar_event import Event, Party
from parsers.document import Document
from parsers.merge import marked, merged
from parsers.mime import Part
from parsers.records import Booking, Customer, Hints, Reading

TYPES = ("text/calendar", "text/x-vcalendar", "application/ics", "application/x-ical", "application/calendar")
NAMES = (".ics", ".ical", ".vcs")
PARTS = 5
BOOKINGS = 10
"""Events of one mail that can be bookings; more are an export of somebody's calendar."""

_BY_ATTENDEE = ("REPLY", "COUNTER", "REFRESH")
"""Methods that an attendee sends to the organizer (RFC 5546 1.4)."""


def readings(document: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read the events of all calendars of the mail, each once."""
    found: dict[tuple[object, ...], Event] = {}
    parts: dict[str, Part] = {}
    for part in [part for part in document.leaves if is_calendar(part)][:PARTS]:
        same = part.text.replace("\r\n", "\n").strip("\n")  # most invitations hang on the mail once more
        parts.setdefault(same, part)
    for part in parts.values():
        events, defects = calendar_event.events(part.text)
        document.defects.extend(defects if events else (*defects, "calendar without an event"))
        for event in events:
            if event.starts_at or event.uid:
                known = event.recurrence, event.starts_at, event.sequence
                found.setdefault((event.uid or event.summary, *known), _with_method(event, part))
    if len(found) > BOOKINGS:
        document.defects.append(f"calendar with more than {BOOKINGS} events: not read as bookings")
        return ()
    return tuple(_reading(event, document, hints) for event in found.values())


def is_calendar(part: Part) -> bool:
    """Whether a part is a calendar by its type or its name."""
    if part.type in TYPES:
        return True
    return part.type.startswith(("application/", "text/x-")) and (part.name or "").lower().endswith(NAMES)


def is_answering(reading: Reading) -> bool:
    """Whether a request is what a calendar says to an invitation, or a withdrawal of one."""
    return reading.booking is not None and reading.booking.method in (*_BY_ATTENDEE, "CANCEL")


def _with_method(event: Event, part: Part) -> Event:
    """The type of the part names the method, too (RFC 6047 2.4), and some calendars leave it to that."""
    method = part.params.get("method", "").strip().upper()[:40]
    return replace(event, method=method) if method.isalpha() and not event.method else event


def _reading(event: Event, document: Document, hints: Hints) -> Reading:
    who, others = _customer(event, document)
    is_answer = event.method in _BY_ATTENDEE  # its description is the one that is answered
    answering = (_named(list(event.attendees), document) if is_answer else None) or who
    answer = next((one for one in event.attendees if answering and one.email == answering.email), None)
    booking = Booking(
        uid=event.uid,
        sequence=event.sequence,
        method=event.method,
        starts_at=_sensible(event.starts_at),
        ends_at=_sensible(event.ends_at),
        zone=event.zone,
        services=(event.summary,) if event.summary else (),
        remarks=event.comment or (answer and answer.comment) or (None if is_answer else event.description),
        status=event.status,
        partstat=answer.partstat.lower() if answer and answer.partstat else None,
        location=event.location,
        url=event.url,
        stamp=_sensible(event.stamp) if is_answer or event.method == "CANCEL" else None,
        attendee=_answers(answer) if is_answer else None,
        delegate=_comes_instead(answer) if is_answer else None,
        recurrence=event.recurrence,
    )
    names = ", ".join(f"{one.name} <{one.email}>" if one.name else one.email for one in others)[:500]
    reading = Reading(
        kind="booking",
        customer=_as_customer(who) if who else None,
        booking=booking,
        extra={"attendees": names} if names else {},
    )
    told = marked(reading, "calendar")
    return told if is_answer else _with_description(told, event.description, hints)


def _answers(answer: Party | None) -> str | None:
    """Whose place it is: of who comes for somebody else, the other one's."""
    return (answer.delegated_from or answer.email).lower() if answer else None


def _comes_instead(answer: Party | None) -> str | None:
    if answer is None:
        return None
    found = answer.email if answer.delegated_from else answer.delegated_to
    return found.lower() if found else None


def _sensible(time: str | None) -> str | None:
    """Nobody books a workshop before 1970: such times stand for none."""
    return time if time and "1970" < time[:4] < "2200" else None


def _customer(event: Event, document: Document) -> tuple[Party | None, tuple[Party, ...]]:
    """Who of those named is the customer; and who else could be, where that cannot be told.

    An answer is from its attendee. Of an invitation it is who sent the mail, else the one attendee who is neither of
    our house nor the organizer, else an organizer who is a person.
    """
    attendees = [one for one in event.attendees if one.is_person]
    organizer = event.organizer
    allowed = set(_allowed([*attendees, *([organizer] if organizer else [])], document))
    guests = [one for one in attendees if one.email in allowed and not _same(one, organizer)]
    hosts = [organizer] if organizer and organizer.email in allowed else []
    if event.method in _BY_ATTENDEE:
        rewritten = [] if guests else attendees  # some servers put the attendee for the organizer
        return (guests[0] if len(guests) == 1 else _named(guests or rewritten, document)), ()
    found = _named([*guests, *hosts], document)
    if found is None and len(guests) == 1:
        found = guests[0]
    if found is None and not guests and hosts:
        found = hosts[0]
    return found, () if found else tuple(guests)


def _allowed(parties: list[Party], document: Document) -> tuple[str, ...]:
    """Addresses of persons outside of our house."""
    return sender.personal(document, tuple(dict.fromkeys(one.email for one in parties)), automatic=False)


def _named(parties: list[Party], document: Document) -> Party | None:
    """The one whom the mail comes from."""
    addresses = {address.lower() for name in ("reply-to", "from") for _, address in document.headers.addresses(name)}
    return next((one for one in parties if one.email.lower() in addresses), None)


def _same(one: Party, other: Party | None) -> bool:
    return other is not None and one.email.lower() == other.email.lower()


def _as_customer(party: Party) -> Customer:
    name = party.name
    first, last, company = values.name_parts(name) if name else (None, None, None)
    if name and "," in name and first and last:  # `Muster, Max` of address books
        name = f"{first} {last}"
    return Customer(name=name, first_name=first, last_name=last, company=company, emails=(party.email,))


def _with_description(reading: Reading, description: str | None, hints: Hints) -> Reading:
    """Booking tools write what was asked of the customer as `Label: value` lines into the description."""
    if not description or description.count(":") < 2:
        return reading
    pairs = [(label, value) for label, value in labels.pairs_of_text(description) if value]
    visit = msgspec.structs.replace(hints, kind="booking")
    inner = labels.reading(pairs, visit, "label") if len(pairs) > 1 else None
    if inner is None:
        return reading
    asked = msgspec.structs.replace(inner, kind="booking", comments=None, extra={}, dealer=None)
    return merged(reading, asked)
