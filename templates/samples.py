"""Records to try templates on: one that says everything, one that says next to nothing. All of it is invented."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from parsers import records as r
from rules.escalation import ESCALATE, OVERDUE, WARN
from rules.kpi import Figure
from rules.model import Actor, Deadline, Done, Held, Notice, Passed, Record, Second
from rules.visit_mails import VISIT_MAILS
from templates import sample_visits
from templates.model import MailCard, RenderItem, RenderJob, SiteCard
from templates.purposes import purpose_of
from templates.sample_visit_mails import TEAM_WORDS, visiting
from templates.sample_visits import with_visit, with_visits

RECEIVED_AT = datetime(2026, 11, 20, 13, 42, 7, tzinfo=UTC)
SITE = SiteCard(
    id="berlin",
    name="Autohaus Muster Berlin",
    desk="desk@muster.example",
    timezone="Europe/Berlin",
    language="de",
    phone="+49301234567",
    address="Musterallee 1, 10115 Berlin",
    geo=(52.5321, 13.385),
)
FULL = r.Reading(
    kind="lead",
    source="mobile.de",
    language="de",
    requested_at="2026-11-20T14:41:30+01:00",
    interest="buy",
    comments=(
        "Guten Tag,\nist der Golf noch da? Ich würde ihn am Samstag gern ansehen "
        "und Probe fahren.\n\nViele Grüße\nKarin Beispiel"
    ),
    external_ids=(r.ExternalId(source="mobile.de", value="4711-0815"),),
    customer=r.Customer(
        name="Karin Beispiel",
        first_name="Karin",
        last_name="Beispiel",
        company="Beispiel Haustechnik GmbH",
        emails=("karin@beispiel.example",),
        phones=("+4915112345678", "+49309876543"),
        address=r.PostalAddress(
            street="Lindenweg 3", postal_code="10999", city="Berlin", region="Berlin", country="DE"
        ),
    ),
    vehicles=(
        r.Vehicle(
            role="wanted",
            make="Volkswagen",
            model="Golf",
            trim="2.0 TDI Style",
            year="2021",
            condition="used",
            vin="WVWZZZCDZMW000001",
            stock_number="GW-20417",
            listing_id="398001122",
            listing_url="https://suchen.mobile.example/fahrzeuge/details.html?id=398001122&ref=lead",
            odometer=r.Distance(value=48500, unit="km"),
            price=r.Money(amount="24490.00", currency="EUR"),
        ),
        r.Vehicle(
            role="trade-in",
            make="Opel",
            model="Corsa",
            year="2014",
            plate="B-KB 1414",
            odometer=r.Distance(value=121000, unit="km"),
        ),
    ),
    dealer=r.Dealer(name="Autohaus Muster", id="8812"),
    provider=r.Provider(name="mobile.de"),
    consent={"Werbung per E-Mail": "nein"},
    extra={"Finanzierung gewünscht": "ja", "Anzahlung": "5.000 €"},
    booking=r.Booking(
        starts_at="2026-11-28T10:00:00+01:00",
        ends_at="2026-11-28T11:00",
        services=("Probefahrt",),
        remarks="Bitte bestätigen",
    ),
    review=r.Review(platform="Beispielportal", author="K. B.", rating="4", best_rating="5", area="Verkauf"),
    complaint=r.Complaint(category="Wartezeit"),
    alert=r.Alert(id="a-1", score="5", threshold="7"),
    call=r.Call(number="+4915112345678", started_at="2026-11-20T09:12:00+01:00", accepted=False),
    alternatives={"customer.phones": ("+49 30 5550100",)},
)
LEAD = r.Reading(
    kind="lead",
    source=FULL.source,
    interest=FULL.interest,
    comments=FULL.comments,
    external_ids=FULL.external_ids,
    customer=FULL.customer,
    vehicles=FULL.vehicles,
    provider=FULL.provider,
    consent=FULL.consent,
    extra=FULL.extra,
    requested_at=FULL.requested_at,
    alternatives=FULL.alternatives,
)
"""What an exchange sends: no appointment, review or call."""
AGAIN = r.Reading(
    kind="lead",
    source="autoscout24",
    language="de",
    comments="Hallo, ist der Golf noch zu haben?",
    customer=FULL.customer,
    vehicles=FULL.vehicles[:1],
    provider=r.Provider(name="AutoScout24"),
)
"""The same person asks for the same car through another exchange."""
OTHER = r.Reading(
    kind="lead",
    language="de",
    interest="test-drive",
    comments="Kann ich den Octavia am Freitag Probe fahren?",
    customer=r.Customer(name="Jens Muster", emails=("jens@muster.example",), phones=("+4930555010",)),
    vehicles=(r.Vehicle(role="wanted", make="Škoda", model="Octavia", trim="Combi", year="2022"),),
)
"""Another person's, for mails of several records."""
EMPTY = r.Reading()


AT = RECEIVED_AT + timedelta(hours=3)
REPLY_TO = "desk+l-7kq2m4-2.tabcdefghijklmnop@muster.example"
SAID = (
    "Guten Tag,\nam Samstag um 10 Uhr passt es mir gut. Gibt es den Wagen auch in Blau?\n\nViele Grüße\nKarin Beispiel"
)
ANSWER = (
    "Guten Tag Frau Beispiel,\n\nder Golf ist noch da. Kommen Sie gern am Samstag um 10 Uhr vorbei.\n\n"
    "Viele Grüße\nJonas Verkäufer"
)
_REASONS = {
    "new": "rule 'Used cars of Berlin'",
    "assigned": "assigned to you by verkauf2@muster.example",
    "moved": "moved to sales by werkstatt@muster.example: will einen Wagen kaufen",
    "attached": "a further mail for L-7KQ2M4-2",
    "again": "the same person asks again through autoscout-berlin",
    "taken": "answered by verkauf1@muster.example",
    "held": "something is written below or inside the quotation",
    "kept": "what stands below a command is kept as a note",
    "refused": "'!verkaufft' is no command",
    "status": "you asked for it: status",
    "help": "you asked for it: help",
    "returned": "our mail to karin@beispiel.example came back: 5.1.1",
    "visit-answer": sample_visits.REASON,
}
_TEXTS = {
    "attached": SAID,
    "held": ANSWER,
    "kept": ANSWER,
    "reply": ANSWER,
    "receipt": "2026-11-23T10:00:00+01:00",
    "returned": "550 5.1.1 <karin@beispiel.example>: user unknown",
    **TEAM_WORDS,
    "visit-answer": sample_visits.TEXT,
}
"""A receipt's text is the time until which the site answers."""


def sample_job(language: str, purpose: str = "new", reading: r.Reading = FULL) -> RenderJob:
    """A mail about a sample record, in a language, for a purpose."""
    bare = reading == EMPTY
    record = Record(
        ref="U-3F8ZK2-J" if bare else "L-7KQ2M4-2",
        kind=reading.kind,
        site=SITE.id,
        source=None if bare else "mobile-berlin",
        team="sales",
        assignee=None if bare else "verkauf1@muster.example",
        state="new",
        language=language,
        received_at=RECEIVED_AT,
        reading=reading,
    )
    mail = MailCard(
        subject="Anfrage zu Ihrem Fahrzeug VW Golf",
        sender="noreply@mobile.example",
        received_at=RECEIVED_AT,
        attached=True,
        attachments=(r.Attachment(name="golf.jpg", type="image/jpeg", size=482_113),),
    )
    if purpose in VISIT_MAILS:
        record = visiting(record, purpose, bare=bare)
    job = RenderJob(
        notice=_notice(language, purpose, bare=bare),
        record=record if bare else _with_past(record, purpose),
        site=SITE,
        mail=None if bare else mail,
        reply_to=REPLY_TO,
    )
    if purpose == "visit-answer" and not bare:
        return with_visit(job)
    return job if bare else _with_more(job)


_TO_CONTROLLERS = ("escalated", "untouched", "escalations")
_READERS = {
    "team": "verkauf@muster.example",
    "controller": "controlling@muster.example",
    "customer": "karin@beispiel.example",
}


def _notice(language: str, purpose: str, *, bare: bool = False) -> Notice:
    role: Literal["team", "controller", "customer"] = "controller" if purpose in _TO_CONTROLLERS else "team"
    if purpose_of(purpose, "team").layout == "customer":
        role = "customer"
    return Notice(
        purpose=purpose,
        to=_READERS[role],
        team="sales",
        role=role,
        template=purpose,
        language=language,
        at=AT,
        because="" if bare else _REASONS.get(purpose, ""),
        text=None if bare else _TEXTS.get(purpose),
    )


def _with_past(record: Record, purpose: str) -> Record:
    """The record as it is when a mail of that purpose is written."""
    match purpose:
        case "attached" | "taken" | "status" | "returned":
            return msgspec.structs.replace(record, state="taken")
        case "kept":
            return msgspec.structs.replace(record, state="done", result="won")
        case "held":
            return msgspec.structs.replace(record, held=(Held(text=ANSWER, by="verkauf1@muster.example", message=12),))
        case "again":
            second = Second(message=13, source="autoscout-berlin", received_at=AT, reading=AGAIN)
            return msgspec.structs.replace(record, sources=("autoscout-berlin",), requests=(second,))
        case "overdue" | "reminder":
            return msgspec.structs.replace(record, assignee=None, passed=_PASSED[:1])
        case "escalated" | "flagged" | "untouched" | "escalations":
            return msgspec.structs.replace(record, assignee=None, passed=_PASSED)
        case "warning":
            warned = Passed(step="W1", effect=WARN, due_at=AT)
            return msgspec.structs.replace(record, assignee=None, passed=(warned,))
        case _:
            return record


_LATER = AT + timedelta(days=1)
_PASSED = (
    Passed(step="E1", effect=OVERDUE, due_at=AT),
    Passed(step="E2.1", effect=ESCALATE, due_at=AT + timedelta(hours=16)),
)


def _with_more(job: RenderJob) -> RenderJob:
    """What mails of several records, and those about a record's state, know beside."""
    purpose, record = job.notice.purpose, job.record
    if purpose == "visits":
        return with_visits(job)
    tells = purpose_of(purpose, "team")
    if tells.status:
        return msgspec.structs.replace(job, deadlines=(_due("overdue", AT),), course=_COURSE)
    if tells.late:
        coming = _due("mail" if purpose == "escalated" else "escalate", _LATER)
        over = purpose in ("flagged", "untouched")
        course = (_COURSE[0], *_CLOCK) if tells.course else ()
        return msgspec.structs.replace(job, deadlines=() if over else (coming,), course=course)
    if tells.layout != "several":
        return job
    first, second = (_notice(job.notice.language, name) if name else None for name in _TOLD.get(purpose, (None, None)))
    other = msgspec.structs.replace(record, ref="L-5T0QW8-H", state="taken", reading=OTHER)
    if purpose == "escalations":
        return _escalations(job, msgspec.structs.replace(other, state="done", result="sold"))
    others = (
        RenderItem(record=other, notice=second, due_at=AT + timedelta(days=3), reply_to=REPLY_TO),
        RenderItem(record=record, notice=first, due_at=AT, overdue=True, reply_to=REPLY_TO),
    )
    return msgspec.structs.replace(job, others=others, reply_to=None)


_TOLD: Mapping[str, tuple[str, str]] = {"bundle": ("new", "attached"), "digest": ("new", "taken")}
_COURSE = (
    Done(name="open", actor=Actor("source", "mobile-berlin"), at=RECEIVED_AT),
    Done(name="take", actor=Actor("team", "verkauf1@muster.example"), at=AT),
)
_CLOCK = (
    Done(name=OVERDUE, actor=Actor("clock"), at=AT),
    Done(name=ESCALATE, actor=Actor("clock"), at=AT + timedelta(hours=16)),
)


def _due(effect: str, at: datetime) -> Deadline:
    return Deadline(step="E", due_at=at, deliver_at=at, effect=effect, to="team", because="2h of receipt")


def _escalations(job: RenderJob, cleared: Record) -> RenderJob:
    """One that is open, and one that somebody has seen to."""
    others = (
        RenderItem(record=cleared, cleared_at=AT + timedelta(hours=20), cleared_by="verkauf1@muster.example"),
        RenderItem(record=job.record, due_at=_LATER, overdue=True, reply_to=REPLY_TO),
    )
    figures = (
        Figure(site=job.site.name, received=42, in_time=35, late=5, open=2),
        Figure(site=job.site.name, team="sales", received=3, open=3),
    )
    return msgspec.structs.replace(job, others=others, figures=figures, reply_to=None)
