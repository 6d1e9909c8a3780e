"""Mails to customers about a workshop visit: what is offered, agreed, changed or cancelled, and what they can do.

Which parts a mail has stands in tables; `rules.visit_mails` says when each is sent.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from parsers.records import Customer
from rules.transition import (
    ACCEPTED,
    ARRIVED,
    ASKED,
    CANCELLED,
    COUNTERED,
    DECLINED,
    DONE,
    LINKED,
    MOVING,
    NEW,
    OFFERED,
    POSTPONED,
    PREBOOKED,
    SCHEDULED,
    SPAM,
    TAKEN,
    WAITING,
)
from rules.visit import Visit
from rules.visit_mails import days_before
from templates.forms import call_link, lines, one_line, phone, write_link
from templates.model import RenderJob
from templates.rows import Row, Section, Speech
from templates.visit_facts import Facts, way_to
from templates.words import counted, filled

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’·-]|\.(?=[ -]|$)){0,59}")
"""What a person may be called: nothing that a mail program makes a link of, as anybody may have typed it."""


class VisitWords(NamedTuple):
    """What a customer reads about a visit, in reading order."""

    subject: str
    greeting: str
    opening: str
    said_by: str
    said: tuple[str, ...]
    """What the team wrote."""
    sections: tuple[Section, ...]
    actions: tuple[Row, ...]
    """Links: an answer as a mail to us, or the way to the workshop."""
    notes: tuple[str, ...]
    """What he can do, in words."""
    close: str
    foot: tuple[str, ...]
    """Below the site's signature: the booking's number and whose time it is."""


class _Told(NamedTuple):
    """What one sort of mail shows: the title above its rows, the rows, links and notes."""

    title: str
    rows: tuple[str, ...]
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_THERE = ("time", "services", "price", "vehicle", "adviser", "courtesy-car", "remarks", "place")
_ALL = (*_THERE, "directions")
_SHORT = ("when", "services", "vehicle")
_WISH = ("wanted", "services", "vehicle")

_OFFER = _Told("offer", _ALL, ("yes", "no", "other"), ("answer", "status"))
_AGREED = _Told("agreed", _ALL, ("other", "cancel"), ("change", "reminder", "status"))
_REMINDED = _Told("agreed", _ALL, ("other", "cancel"), ("change", "reminder"))
_SET_ASIDE = _Told("pre-booked", _ALL, ("other", "cancel"), ("change", "status"))
_WANTED = _Told("wanted", _WISH, (), ("reply",))
_PROPOSED = _Told("wanted", ("proposed", "services", "vehicle"), (), ("reply",))
_COUNTERED = _Told("offer", (*_ALL, "proposed"), (), ("reply", "status"))
_MOVING = _Told("agreed", (*_ALL, "proposed"), (), ("reply", "status"))
_REFUSED = _Told("wanted", _WISH, (), ("anew",))
_GONE = _Told("cancelled", _SHORT, (), ("anew",))
_TODAY = _Told("agreed", _THERE, ("directions", "call"), ("today",))
_HERE = _Told("agreed", _ALL, (), ("questions",))
_PAST = _Told("past", _SHORT, (), ("questions",))
_NOTHING = _Told("past", (), (), ("questions",))

_BY_STATE: Mapping[str, _Told] = {
    **dict.fromkeys((NEW, TAKEN, WAITING, ASKED, DECLINED, POSTPONED), _WANTED),
    OFFERED: _OFFER,
    ACCEPTED: _SET_ASIDE,
    COUNTERED: _COUNTERED,
    MOVING: _MOVING,
    PREBOOKED: _SET_ASIDE,
    SCHEDULED: _AGREED,
    ARRIVED: _HERE,
    DONE: _PAST,
    CANCELLED: _GONE,
    **dict.fromkeys((SPAM, LINKED), _NOTHING),
}
_BY_PURPOSE: Mapping[str, _Told] = {
    "visit-offer": _OFFER,
    "visit-scheduled": _AGREED,
    "visit-changed": _AGREED,
    "visit-prebooked": _SET_ASIDE,
    "visit-agreed": _SET_ASIDE,
    "visit-ask": _WANTED,
    "visit-declined": _REFUSED,
    "visit-cancelled": _GONE,
    "visit-reminder": _REMINDED,
    "visit-today": _TODAY,
    "visit-thanks": _PAST,
}
"""`visit-kept` and `visit-current` go by the state."""
_DATED = frozenset(("time", "when"))
"""Rows that tell the time of the visit: it then stands in the subject, too."""
_STANDS: Mapping[str, str] = {TAKEN: NEW, WAITING: NEW, LINKED: SPAM}
"""States that are one to the customer."""


def visit_letter(job: RenderJob, speech: Speech) -> VisitWords:
    """Write a mail about the visit of a job's record.

    Args:
        job: Its purpose is one of `rules.visit_mails.VISIT_MAILS`; `text` is what the team wrote to the customer.
        speech: The customer's language, in the site's time.
    """
    words, visit = speech.words, job.record.visit
    if visit is not None:
        speech = Speech(words, visit.zone)
    told = _told(job)
    said = lines(job.notice.text)
    return VisitWords(
        subject=_subject(job, told, speech),
        greeting=_greeting(job, speech),
        opening=_opening(job, speech),
        said_by=words["visit"]["said"] if said else "",
        said=said,
        sections=_sections(job, told, speech),
        actions=_links(job, told, speech),
        notes=_notes(job, told, speech),
        close=words["receipt"]["close"],
        foot=_foot(job, visit, speech),
    )


def _told(job: RenderJob) -> _Told:
    """What the mail shows; who proposed a time before any was offered sees his own alone."""
    visit, state = job.record.visit, job.record.state
    if state == COUNTERED and visit is not None and visit.starts_at is None:
        return _PROPOSED
    return _BY_PURPOSE.get(job.notice.purpose) or _BY_STATE.get(state, _NOTHING)


def _subject(job: RenderJob, told: _Told, speech: Speech) -> str:
    """What it is about, and when the visit is where the mail shows that."""
    begun, visit = speech.words["subjects"][job.notice.purpose], job.record.visit
    dated = visit is not None and visit.starts_at is not None and not _DATED.isdisjoint(told.rows)
    if not dated or visit is None:
        return str(begun)
    return speech.named_as(begun, speech.forms.moment(visit.starts_at))


def _greeting(job: RenderJob, speech: Speech) -> str:
    name, words = _name(job.record.reading.customer), speech.words["visit"]
    return filled(words["hello"], name=name) if name else str(words["hello_you"])


def _name(customer: Customer | None) -> str:
    """The person's name; nothing where it does not look like one."""
    if customer is None:
        return ""
    full = customer.name or " ".join(filter(None, (customer.first_name, customer.last_name)))
    name = one_line(full, 80)
    return name if _NAME.fullmatch(name) else ""


def _opening(job: RenderJob, speech: Speech) -> str:
    if job.notice.purpose != "visit-current":
        return str(speech.words["visit_openings"][job.notice.purpose])
    state = _STANDS.get(job.record.state, job.record.state)
    return str(speech.words["visit_states"].get(state, speech.words["visit_states"][SPAM]))


def _sections(job: RenderJob, told: _Told, speech: Speech) -> tuple[Section, ...]:
    if job.record.visit is None:
        return ()
    hidden = job.site.hide.get(job.notice.purpose, ())
    rows = Facts(job.record, job.record.visit, job.site, speech).rows(told.rows, hidden)
    title = "kept" if job.notice.purpose == "visit-kept" else told.title
    return (Section(speech.words["visit_titles"][title], rows),) if rows else ()


def _links(job: RenderJob, told: _Told, speech: Speech) -> tuple[Row, ...]:
    """Buttons; one that would lead nowhere is left out."""
    return tuple(row for row in (_link(job, name, speech) for name in told.links) if row.href)


def _link(job: RenderJob, name: str, speech: Speech) -> Row:
    words = speech.words
    if name == "directions":
        way = way_to(job.site)
        return Row(words["visit_values"]["directions"], way or "", way)
    if name == "call":
        number = job.site.phone or ""
        return Row(speech.named("call", phone(number)), number, call_link(number))
    return _answer(job, name, speech)


def _answer(job: RenderJob, name: str, speech: Speech) -> Row:
    """A link that writes a mail to us, of the words that are read as that answer."""
    words, answers = speech.words, speech.words["visit_answers"]
    written = speech.named_as(answers[name], "") if name == "other" else answers[name]
    topic = filled(words["visit"]["topic"], ref=one_line(job.record.ref, 40))
    href = write_link(job.reply_to, speech.named_as(answers[name], topic), written) if job.reply_to else None
    return Row(words["visit_buttons"][name], written, href)


def _notes(job: RenderJob, told: _Told, speech: Speech) -> tuple[str, ...]:
    """What he can do; where the site has a telephone, also by that."""
    notes, answers = speech.words["visit_notes"], speech.words["visit_answers"]
    days = days_before(job.record.visit, job.prefers, job.site.reminder) if job.record.visit else 0
    places = {
        **answers,
        "other": speech.named_as(answers["other"], "").rstrip(),
        "remind": filled(answers["remind"], n=2 if days == 3 else 3),  # an example of something else
        "phone": phone(job.site.phone or ""),
        "days": counted(speech.words["units"]["day"], days, n=days) if days else "",
    }
    named = [("reminder_days" if days else "reminder_never") if name == "reminder" else name for name in told.notes]
    if job.site.phone:
        named = [f"{name}_call" if f"{name}_call" in notes else name for name in named]
    return tuple(filled(notes[name], **places) for name in named)


def _foot(job: RenderJob, visit: Visit | None, speech: Speech) -> tuple[str, ...]:
    number = speech.named_as(speech.words["visit"]["number"], one_line(job.record.ref, 40))
    if visit is None:
        return (number,)
    zone = speech.forms.zone(visit.starts_at or job.notice.at)
    return number, speech.named_as(speech.words["visit"]["zone"], zone)
