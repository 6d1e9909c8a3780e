"""The calendar that goes out with a mail about a workshop visit: iCalendar (RFC 5545) with the methods of RFC 5546.

One UID for life, a SEQUENCE that only rises, and an organizer whose address brings the answer back to the record.
What mail and calendar programs make of it, and why it is written so, stands in docs/calendar-entries.md.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from rules.model import Record
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
from rules.visit import Visit
from rules.visit_mails import VISIT_MAILS, CalendarMethod, days_before
from templates.calendar_pieces import add_times, add_zone, begun, identify, party, tell, written
from templates.invitation_text import Told, plain, told_to_customer, told_to_team
from templates.model import Calendar, RenderJob, SiteCard
from templates.rows import Speech
from templates.visit_facts import place_of
from templates.words import Words, filled

if TYPE_CHECKING:
    import icalendar

MOST_VISITS = 500
"""Of a team's day."""


class Standing(NamedTuple):
    """How an entry stands in one state of a booking (RFC 5545, 3.8.1.11 and 3.2.12)."""

    status: str
    answer: str
    asks: bool = False


STANDINGS: Mapping[str, Standing] = {
    OFFERED: Standing("TENTATIVE", "NEEDS-ACTION", asks=True),
    COUNTERED: Standing("TENTATIVE", "TENTATIVE"),
    ACCEPTED: Standing("TENTATIVE", "ACCEPTED"),
    PREBOOKED: Standing("TENTATIVE", "NEEDS-ACTION"),
    SCHEDULED: Standing("CONFIRMED", "ACCEPTED"),
    MOVING: Standing("CONFIRMED", "ACCEPTED"),
    ARRIVED: Standing("CONFIRMED", "ACCEPTED"),
}
"""States in which a time is offered or agreed; while the customer wants another, what was offered or agreed stands, and
it is the workshop that is asked."""


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
    return _entry(job, visit, method, told_to_customer(job, visit, method, Speech(words, visit.zone)))


def bare_calendar(job: RenderJob, words: Words) -> Calendar | None:
    """The same without anything that a stranger wrote, for a mail whose template failed: when and where it is."""
    method, visit = method_of(job), job.record.visit
    if method is None or visit is None:
        return None
    return _entry(job, visit, method, Told(filled(words["calendar"]["visit"], site=plain(job.site.name, 120))))


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
    calendar = begun("PUBLISH")
    years = {at.astimezone(ZoneInfo(site.timezone)).year for at, *_ in found} or {now.year}
    add_zone(calendar, site.timezone, years)
    for _, _, record, visit in found:
        event = icalendar.Event()
        identify(event, visit, now)
        add_times(event, visit, site.timezone)
        event.add("organizer", party(site.desk, site.name))
        event.add("status", STANDINGS[record.state].status if record.state in PLANNED else "TENTATIVE")
        event.add("class", "PUBLIC")
        tell(event, told_to_team(record, visit, site, Speech(words, site.timezone)))
        calendar.add_component(event)
    return Calendar(method="PUBLISH", content=written(calendar), name="visits.ics")


def _entry(job: RenderJob, visit: Visit, method: CalendarMethod, told: Told) -> Calendar:
    import icalendar  # 60 ms: only for who writes a calendar

    calendar, event = begun(method), icalendar.Event()
    identify(event, visit, job.notice.at)
    event.add("organizer", party(job.reply_to or job.site.desk, job.site.name))
    if method == "DECLINECOUNTER":  # names what is refused, and says no more (RFC 5546, 3.2.8)
        tell(event, Told("", comment=told.comment))
    else:
        _add_visit(calendar, event, job, visit, told, cancelled=method == "CANCEL")
    calendar.add_component(event)
    return Calendar(method=method, content=written(calendar))


def _add_visit(
    calendar: "icalendar.Calendar",
    event: "icalendar.Event",
    job: RenderJob,
    visit: Visit,
    told: Told,
    *,
    cancelled: bool,
) -> None:
    """When and where it is or would have been, for whom, and how it stands."""
    standing = None if cancelled else STANDINGS[job.record.state]
    if visit.starts_at is not None:
        add_zone(calendar, visit.zone, {visit.starts_at.astimezone(ZoneInfo(visit.zone)).year})
    add_times(event, visit, visit.zone)
    event.add("attendee", _attendee(job, visit, standing, told))
    event.add("status", standing.status if standing else "CANCELLED")
    event.add("transp", "OPAQUE" if standing else "TRANSPARENT")
    event.add("class", "PUBLIC")
    tell(event, told)
    _place(event, job.site)
    if standing is not None and standing.status == "CONFIRMED" and told.text:
        _alarm(event, visit, job, told.summary)


def _attendee(job: RenderJob, visit: Visit, standing: Standing | None, told: Told) -> "icalendar.vCalAddress":
    """The customer, by the address that the mail goes to: by it his calendar knows that he is meant."""
    customer = party(job.notice.to, told.person)
    customer.params["CUTYPE"] = "INDIVIDUAL"
    customer.params["ROLE"] = "REQ-PARTICIPANT"
    if standing is not None:
        customer.params["PARTSTAT"] = "TENTATIVE" if visit.answer == "tentative" else standing.answer
        customer.params["RSVP"] = "TRUE" if standing.asks else "FALSE"
    return customer


def _place(event: "icalendar.Event", site: SiteCard) -> None:
    event.add("location", plain(place_of(site), 320))
    if site.geo is not None:
        event.add("geo", site.geo)


def _alarm(event: "icalendar.Event", visit: Visit, job: RenderJob, summary: str) -> None:
    """One alarm, as Outlook takes one only; as many days before as he wants to be reminded, where that is ahead."""
    import icalendar

    days = days_before(visit, job.prefers, job.site.reminder)
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
