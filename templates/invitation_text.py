"""What a calendar entry of a workshop visit says to the customer and to the team; every text may be a stranger's."""

from collections.abc import Iterable
from typing import NamedTuple

from parsers.records import Reading, Vehicle
from rules.model import Record, Visit
from rules.transition import OFFERED, PREBOOKED
from rules.visit_mails import CalendarMethod
from templates.forms import lines, one_line, phone
from templates.model import RenderJob, SiteCard
from templates.rows import Speech
from templates.sections import car_of, person_name
from templates.words import filled

SERVICES = 20
LINES = 60
"""Of remarks, and of a reason."""
_ELSE = str.maketrans({"\\": "/", "\t": " "})
"""Calendar programs, and the library, read a backslash before an `n` in different ways."""
_NAME = str.maketrans({'"': "'", "^": " ", "\\": "/"})
"""A name stands in a parameter: there is no quotation mark (RFC 5545, 3.2), and not all know RFC 6868."""


class Told(NamedTuple):
    """The texts of an entry; empty ones are left out."""

    summary: str
    text: str = ""
    comment: str = ""
    """What is added to this very message (RFC 5546, 3.2.5): why a visit is cancelled, or stays as it is."""
    person: str = ""


def plain(text: object, limit: int) -> str:
    """A text of one line that all calendar programs read alike."""
    return one_line(text, limit).translate(_ELSE)


def name_of(text: str | None) -> str:
    """The name of a person or a site, as it can stand in a parameter."""
    return " ".join(one_line(text or "", 100).translate(_NAME).split())


def told_to_customer(job: RenderJob, visit: Visit, method: CalendarMethod, speech: Speech) -> Told:
    """What the customer's calendar shows, without what the site hides there."""
    words, reading, site = speech.words["calendar"], job.record.reading, job.site
    visited = filled(words["visit"], site=plain(site.name, 120))
    named = " – ".join(filter(None, (visited, plain(car_of(reading), 120))))
    tentative = method == "REQUEST" and job.record.state == OFFERED
    hidden = site.hide.get("calendar", ())
    rows = {
        "vehicle": _car(reading),
        "services": _services(visit),
        "price": plain(speech.forms.money(visit.price), 60),
        "courtesy-car": _courtesy(visit, speech),
        "adviser": plain(visit.adviser or "", 120),
        "remarks": _prose(visit.remarks),
        "phone": phone(site.phone) if site.phone else "",
        "directions": plain(site.directions or "", 1_000),
        "reference": plain(job.record.ref, 40),
    }
    asks = {OFFERED: words["asks"], PREBOOKED: words["later"]}.get(job.record.state, "") if method == "REQUEST" else ""
    told = _rows({name: value for name, value in rows.items() if name not in hidden}, speech)
    return Told(
        summary=filled(words["offered"], visit=named) if tentative else named,
        text="\n".join(filter(None, (asks, *told))),
        comment=_prose(job.notice.text) if method != "REQUEST" else "",
        person=person_name(reading.customer) if reading.customer else "",
    )


def told_to_team(record: Record, visit: Visit, site: SiteCard, speech: Speech) -> Told:
    """What a team's calendar shows: who comes with which car, and what for."""
    reading, customer = record.reading, record.reading.customer
    who = plain(person_name(customer), 120) if customer else ""
    named = ", ".join(filter(None, (who, _car(reading))))
    rows = {
        "services": _services(visit),
        "price": plain(speech.forms.money(visit.price), 60),
        "courtesy-car": _courtesy(visit, speech),
        "adviser": plain(visit.adviser or "", 120),
        "remarks": _prose(visit.remarks),
        "phone": ", ".join(plain(phone(one), 60) for one in customer.phones[:3]) if customer else "",
        "reference": plain(record.ref, 40),
    }
    bare = filled(speech.words["calendar"]["visit"], site=plain(site.name, 120))
    return Told(summary=named or bare, text="\n".join(_rows(rows, speech)))


def _rows(rows: dict[str, str], speech: Speech) -> Iterable[str]:
    words, colon = speech.words["calendar"], speech.words["forms"]["colon"]
    return [f"{words[name]}{colon}{value}" for name, value in rows.items() if value]


def _services(visit: Visit) -> str:
    return "; ".join(plain(one, 200) for one in visit.services[:SERVICES])


def _courtesy(visit: Visit, speech: Speech) -> str:
    """Whether there is one, or which; a request that is answered with no is worth a line, too."""
    said = plain(visit.courtesy_car or "", 120)
    words = speech.words["calendar"]
    return str({"yes": words["yes"], "no": words["no"]}.get(said.casefold(), said))


def _car(reading: Reading) -> str:
    found = [car_of(reading), *(one.plate or "" for one in _visiting(reading))]
    return ", ".join(filter(None, (plain(one, 120) for one in found)))


def _visiting(reading: Reading) -> tuple[Vehicle, ...]:
    return tuple(one for one in reading.vehicles if one.role != "trade-in")[:1]


def _prose(text: str | None) -> str:
    return "\n".join(line.translate(_ELSE) for line in lines((text or "")[:4_000])[:LINES])
