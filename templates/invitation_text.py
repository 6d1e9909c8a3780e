"""What a calendar entry of a workshop visit says to the customer and to the team; every text may be a stranger's."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rules.model import Record
from rules.transition import COUNTERED, OFFERED, PREBOOKED
from rules.visit import Visit
from rules.visit_mails import CalendarMethod
from templates.forms import lines, one_line, phone
from templates.model import RenderJob, SiteCard
from templates.rows import Row, Speech
from templates.sections import person_name
from templates.visit_facts import Facts, vehicle_name
from templates.visit_rows import VisitRows
from templates.words import filled

LINES = 60
"""Of remarks, and of a reason."""
_SAID = ("vehicle", "services", "price", "adviser", "courtesy-car")
_OFFERS = (OFFERED, COUNTERED)
_SENTENCES: Mapping[str, str] = {OFFERED: "asks", PREBOOKED: "later"}
"""State -> what he can do or has to know, above all else."""
_NAME = str.maketrans({'"': "'", "^": " ", "\\": "/"})
"""A name stands in a parameter: it knows no quotation mark and no escapes (RFC 5545, 3.2), and few know RFC 6868."""


class Told(NamedTuple):
    """The texts of an entry; empty ones are left out."""

    summary: str
    text: str = ""
    comment: str = ""
    """What is added to this very message (RFC 5546, 3.2.5): why a visit is cancelled, or stays as it is."""
    person: str = ""


def plain(text: object, limit: int) -> str:
    """A text of one line that all calendar programs read alike."""
    return _faithful(one_line(text, limit))


def name_of(text: str | None) -> str:
    """The name of a person or a site, as it can stand in a parameter."""
    return " ".join(one_line(text or "", 100).translate(_NAME).split())


def told_to_customer(job: RenderJob, visit: Visit, method: CalendarMethod, speech: Speech) -> Told:
    """What the customer's calendar shows: what his mails say, without what the site hides there."""
    words, reading, state = speech.words["calendar"], job.record.reading, job.record.state
    visited = filled(words["visit"], site=plain(job.site.name, 120))
    named = " – ".join(filter(None, (visited, plain(vehicle_name(reading), 120))))
    asked = method == "REQUEST"
    sentence = words[_SENTENCES[state]] if asked and state in _SENTENCES else ""
    return Told(
        summary=filled(words["offered"], visit=named) if asked and state in _OFFERS else named,
        text="\n".join(filter(None, (sentence, *_facts(job, visit, speech)))),
        comment="" if asked else _prose(job.notice.text),
        person=person_name(reading.customer),
    )


def told_to_team(record: Record, visit: Visit, site: SiteCard, speech: Speech) -> Told:
    """What a team's calendar shows: who comes with which car, and what for."""
    customer = record.reading.customer
    named = ", ".join(filter(None, (plain(person_name(customer), 120), plain(vehicle_name(record.reading), 120))))
    phones = ", ".join(phone(one) for one in customer.phones[:3]) if customer else ""
    rows = (
        *VisitRows(record, visit, speech).work(),
        *_remarks(visit, speech.label("remarks")),
        *_ends(phones, record, speech),
    )
    return Told(
        summary=named or filled(speech.words["calendar"]["visit"], site=plain(site.name, 120)),
        text="\n".join(_lines(rows, speech)),
    )


def _facts(job: RenderJob, visit: Visit, speech: Speech) -> Iterator[str]:
    hidden = job.site.hide.get("calendar", ())
    facts = Facts(job.record, visit, job.site, speech)
    rows = (
        *facts.rows(_SAID, hidden),
        *(() if "remarks" in hidden else _remarks(visit, speech.words["visit_labels"]["remarks"])),
        *facts.rows(("directions",)),
        *_ends(phone(job.site.phone or ""), job.record, speech),
    )
    return _lines(rows, speech)


def _remarks(visit: Visit, label: str) -> Iterator[Row]:
    """In lines as they were written: a calendar shows these, where a mail's table has one."""
    if text := _prose(visit.remarks):
        yield Row(label, text)


def _ends(phones: str, record: Record, speech: Speech) -> Iterator[Row]:
    """Whom to call, and what to name there."""
    if phones:
        yield Row(speech.label("phone"), phones)
    yield Row(speech.words["visit"]["number"], one_line(record.ref, 40))


def _lines(rows: Iterable[Row], speech: Speech) -> Iterator[str]:
    """A line each; a link is written out."""
    return (_faithful(speech.named_as(row.label, row.href or row.value)) for row in rows)


def _prose(text: str | None) -> str:
    return "\n".join(map(_faithful, lines((text or "")[:4_000])[:LINES]))


def _faithful(line: str) -> str:
    """As the library writes it without changing it: it makes a line end of a backslash before an N."""
    return line.replace("\\N", "/N").replace("\t", " ")
