"""The calendar that goes out with a mail about a workshop visit: iCalendar (RFC 5545) with the methods of RFC 5546.

One UID for life, a SEQUENCE that only rises, and an organizer whose address brings the answer back to the record.
What mail and calendar programs make of it, and why it is written so, stands in docs/calendar-entries.md.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from rules.model import Record, Visit
from rules.transition import (
    ACCEPTED,
    ARRIVED,
    CANCELLED,
    COUNTERED,
    MOVING,
    OFFERED,
    PLANNED,
    PREBOOKED,
    SCHEDULED,
)
from rules.visit_mails import VISIT_MAILS, CalendarMethod
from templates.invitation_text import Told, name_of, plain, told_to_customer, told_to_team
from templates.model import Calendar, RenderJob, SiteCard
from templates.rows import Speech
from templates.words import Words, filled
from templates.zone_rules import onsets

if TYPE_CHECKING:
    import icalendar

PRODID = "-//Postroom//Postroom//EN"
MOST_VISITS = 500
"""Of a team's day."""
_IN_ADDRESSES = "@.!$&'*+/=~_-"


class Standing(NamedTuple):
    """How an entry stands in one state of a booking (RFC 5545, 3.8.1.11 and 3.2.12)."""

    status: str
    answer: str
    asks: bool = False


STANDINGS: Mapping[str, Standing] = {
    OFFERED: Standing("TENTATIVE", "NEEDS-ACTION", asks=True),
    COUNTERED: Standing("TENTATIVE", "NEEDS-ACTION", asks=True),
    ACCEPTED: Standing("TENTATIVE", "ACCEPTED"),
    PREBOOKED: Standing("TENTATIVE", "NEEDS-ACTION"),
    SCHEDULED: Standing("CONFIRMED", "ACCEPTED"),
    MOVING: Standing("CONFIRMED", "ACCEPTED"),
    ARRIVED: Standing("CONFIRMED", "ACCEPTED"),
}
"""States in which a time is offered or agreed; while the customer wants another, the agreed one stands."""


def method_of(job: RenderJob) -> CalendarMethod | None:
    """Which calendar goes along; None where there is nothing to say in one."""
    mail, record, visit = VISIT_MAILS.get(job.notice.purpose), job.record, job.record.visit
    if mail is None or visit is None or job.notice.role != "customer":
        return None
    method = mail.method
    if job.notice.purpose == "visit-current" and record.state == CANCELLED:
        method = "CANCEL"
    if method == "REQUEST":
        return method if visit.starts_at is not None and record.state in STANDINGS else None
    return method if visit.invited else None


def calendar_of(job: RenderJob, words: Words) -> Calendar | None:
    """The calendar of a mail to a customer, in the language of its words; None where none goes along."""
    method, visit = method_of(job), job.record.visit
    if method is None or visit is None:
        return None
    return _entry(job, visit, method, told_to_customer(job, visit, method, Speech(words, visit.zone)), words)


def bare_calendar(job: RenderJob, words: Words) -> Calendar | None:
    """The same without anything that a stranger wrote, for a mail whose template failed: when and where it is."""
    method, visit = method_of(job), job.record.visit
    if method is None or visit is None:
        return None
    return _entry(job, visit, method, Told(filled(words["calendar"]["visit"], site=plain(job.site.name, 120))), words)


def day_calendar(records: Sequence[Record], site: SiteCard, words: Words, now: datetime) -> Calendar:
    """The visits of these records for a team to look at or to import: nothing in it asks for an answer.

    Args:
        records: In any order; those without a time are left out.
        site: Theirs.
        words: Of the team's language.
        now: When it is written, aware.
    """
    import icalendar  # 60 ms: only for who writes a calendar

    found = sorted(
        ((one.visit.starts_at, one.ref, one, one.visit) for one in records if one.visit and one.visit.starts_at),
        key=lambda each: each[:2],
    )[:MOST_VISITS]
    calendar = _calendar("PUBLISH")
    years = {at.astimezone(ZoneInfo(site.timezone)).year for at, *_ in found} or {now.year}
    _add_zone(calendar, site.timezone, years)
    for _, _, record, visit in found:
        event = icalendar.Event()
        _identity(event, visit, now)
        _times(event, visit, site.timezone)
        event.add("organizer", _party(site.desk, site.name))
        event.add("status", STANDINGS[record.state].status if record.state in PLANNED else "TENTATIVE")
        event.add("class", "PUBLIC")
        _tell(event, told_to_team(record, visit, site, Speech(words, site.timezone)))
        calendar.add_component(event)
    return Calendar(method="PUBLISH", content=_written(calendar), name="visits.ics")


def _entry(job: RenderJob, visit: Visit, method: CalendarMethod, told: Told, words: Words) -> Calendar:
    import icalendar  # 60 ms: only for who writes a calendar

    calendar, event = _calendar(method), icalendar.Event()
    if visit.starts_at is not None:
        _add_zone(calendar, visit.zone, {visit.starts_at.astimezone(ZoneInfo(visit.zone)).year})
    _identity(event, visit, job.notice.at)
    _times(event, visit, visit.zone)
    standing = STANDINGS.get(job.record.state)
    event.add("organizer", _party(job.reply_to or job.site.desk, job.site.name))
    event.add("attendee", _attendee(job, visit, standing if method == "REQUEST" else None, told))
    if method == "CANCEL":
        event.add("status", "CANCELLED")
    elif standing is not None:
        event.add("status", standing.status)
    event.add("transp", "TRANSPARENT" if method == "CANCEL" else "OPAQUE")
    event.add("class", "PUBLIC")
    _tell(event, told)
    _place(event, job.site)
    if method == "REQUEST" and standing is not None and standing.status == "CONFIRMED" and told.text:
        _alarm(event, visit, job, told.summary)
    calendar.add_component(event)
    return Calendar(method=method, content=_written(calendar))


def _calendar(method: str) -> "icalendar.Calendar":
    import icalendar

    calendar = icalendar.Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODID), ("calscale", "GREGORIAN"), ("method", method)):
        calendar.add(name, value)
    return calendar


def _identity(event: "icalendar.Event", visit: Visit, at: datetime) -> None:
    event.add("uid", visit.uid)
    event.add("sequence", visit.sequence)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))


def _times(event: "icalendar.Event", visit: Visit, zone: str) -> None:
    for name, at in (("dtstart", visit.starts_at), ("dtend", visit.ends_at)):
        if at is not None:
            event.add(name, at.astimezone(UTC if _is_utc(zone) else ZoneInfo(zone)).replace(microsecond=0))


def _is_utc(zone: str) -> bool:
    """Its times are written with `Z`: `TZID` may not name it (RFC 5545, 3.2.19)."""
    return zone in ("UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")


def _add_zone(calendar: "icalendar.Calendar", key: str, years: set[int]) -> None:
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


def _party(address: str, name: str | None) -> "icalendar.vCalAddress":
    """An organizer or attendee; what an address may not hold in a URI is percent-encoded (RFC 6068)."""
    import icalendar

    party = icalendar.vCalAddress("mailto:" + quote(address.strip(), safe=_IN_ADDRESSES))
    known = name_of(name)
    if known:
        party.params["CN"] = icalendar.vText(known)
    return party


def _attendee(job: RenderJob, visit: Visit, standing: Standing | None, told: Told) -> "icalendar.vCalAddress":
    """The customer, by the address that the mail goes to: Google shows its buttons to nobody else."""
    party = _party(job.notice.to, told.person)
    party.params["CUTYPE"] = "INDIVIDUAL"
    party.params["ROLE"] = "REQ-PARTICIPANT"
    if standing is not None:
        answer = "TENTATIVE" if visit.answer == "tentative" else standing.answer
        party.params["PARTSTAT"] = answer
        party.params["RSVP"] = "TRUE" if standing.asks else "FALSE"
    return party


def _tell(event: "icalendar.Event", told: Told) -> None:
    for name, text in (("summary", told.summary), ("description", told.text), ("comment", told.comment)):
        if text:
            event.add(name, text)


def _place(event: "icalendar.Event", site: SiteCard) -> None:
    event.add("location", ", ".join(filter(None, (plain(site.name, 120), plain(site.address or "", 200)))))
    if site.geo is not None:
        event.add("geo", site.geo)


def _alarm(event: "icalendar.Event", visit: Visit, job: RenderJob, summary: str) -> None:
    """One alarm, as Outlook takes one only; as many days before as he wants to be reminded, where that is ahead."""
    import icalendar

    days = job.site.reminder if visit.reminder is None else visit.reminder
    if visit.starts_at is None or days == 0:
        return
    left = visit.starts_at - job.notice.at
    before = (*(timedelta(days=n) for n in range(days, 0, -1)), timedelta(hours=2))
    trigger = next((one for one in before if one < left), None)
    if trigger is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", -trigger)
        event.add_component(alarm)


def _written(calendar: "icalendar.Calendar") -> str:
    content: bytes = calendar.to_ical()
    return content.decode("utf-8")
