"""The mail that is sent when a template fails: the same contents in plain lines, without Jinja and without HTML."""

import msgspec

from parsers.ours import DELIMITER, DELIMITER_END
from templates.forms import lines, one_line
from templates.invitation import bare_calendar, method_of
from templates.late import behind, sign_of
from templates.letter import Letter, write_letter
from templates.model import Calendar, Rendered, RenderJob
from templates.report_letter import MOST_SOURCES, report_lines, write_report
from templates.reports import ReportJob
from templates.standing import Item
from templates.words import DEFAULT_LANGUAGE, Words, languages, load_words

_BARE = f"{DELIMITER} A reply to this mail may go to the customer. {DELIMITER_END}"
_BARE_REPORT = f"{DELIMITER} A reply to this mail goes to NO customer. {DELIMITER_END}"


def fallback(job: RenderJob) -> Rendered:
    """Say who wants what, which car, how to answer and what was asked; never raises.

    Only shipped words are used: an admin's files may be what failed.
    """
    try:
        letter = write_letter(job, _words(job.notice.language))
        told = _told_customer(letter) if letter.signature else _told(letter)
        mail = Rendered(subject=_subject(letter), text="\n".join(told) + "\n")
    except Exception:  # the lead must reach the team, whatever is wrong with its record
        mail = _bare(job)
    return msgspec.structs.replace(mail, calendar=_calendar(job))


def _calendar(job: RenderJob) -> Calendar | None:
    """An offer without its calendar could not be accepted there, and a visit that is cancelled would stay in it."""
    try:
        return bare_calendar(job, _words(job.notice.language)) if method_of(job) else None
    except Exception:  # the words alone still say when it is
        return None


def report_fallback(job: ReportJob) -> Rendered:
    """A report without its template; never raises."""
    try:
        letter = write_report(job, _words(job.language))
        subject, told = letter.heading, report_lines(letter)
    except Exception:  # a controller must hear of a silent source, whatever is wrong with the words
        subject = f"{job.report}: {one_line(job.site.name, 80)}"
        told = [_BARE_REPORT, "", *(one_line(one.id, 80) for one in job.sources[:MOST_SOURCES])]
    return Rendered(subject=one_line(subject, 200), text="\n".join(told) + "\n")


def _words(language: str) -> Words:
    return load_words(language if language in languages() else DEFAULT_LANGUAGE, {})


def _subject(letter: Letter) -> str:
    begun = ": ".join(filter(None, (letter.heading, letter.topic)))
    return one_line(behind(letter.sign, f"{begun} [{letter.ref}]" if letter.ref else begun), 200)


def _told(letter: Letter) -> list[str]:
    told = [letter.delimiter, *letter.warnings, letter.answer, "", behind(letter.sign, letter.opening)]
    told += filter(None, (letter.person, letter.car, letter.interest))
    told += (f"{row.label}: {row.value}" for row in letter.late)
    told += filter(None, (letter.why, letter.asks))
    told += ["", *(f"{row.label}: {row.value}" for row in letter.actions)]
    for text in (letter.said, letter.message):
        told += ["", *(f"> {line}".rstrip() for line in text)] if text else []
    for title, rows in (*letter.sections, ("", letter.help)):
        told += ["", title, *(f"{row.label}: {row.value}" for row in rows)] if rows else []
    for item in (*letter.items, *letter.cleared):
        told += _item(item)
    told += ["", *(command.written for command in letter.commands)] if letter.commands else []
    return [*told, "", "-- ", " / ".join(filter(None, (letter.because, letter.zone, letter.ref)))]


def _told_customer(letter: Letter) -> list[str]:
    rows = [f"{row.label}: {row.href or row.value}" for section in letter.sections for row in section.rows]
    ways = [f"{row.label}: {row.value}" for row in letter.actions if row.value == row.href]  # others answer by mail
    parts = ((letter.greeting,), (letter.opening,), letter.said, rows, ways, *((note,) for note in letter.notes))
    told = [line for part in (*parts, (letter.close,)) if any(part) for line in (*part, "")]
    return [*(told or [""]), "-- ", *letter.signature]


def _item(item: Item) -> list[str]:
    named = behind(item.sign, ": ".join(filter(None, (item.opening, item.title))))
    calls = (f"{row.label}: {row.value}" for row in item.actions)
    told = ["", f"{named} [{item.ref}]", *item.warnings, *item.facts, *calls]
    return [*told, *(f"> {line}".rstrip() for line in item.said)]


def _bare(job: RenderJob) -> Rendered:
    """What needs no more than attributes that every record has."""
    site = one_line(job.site.name)
    if job.notice.role == "customer":
        return Rendered(subject=site, text="\n".join((*lines(job.notice.text), *_when(job), "", site)) + "\n")
    customer = job.record.reading.customer
    reach = (*customer.phones, *customer.emails) if customer else ()
    told = [job.notice.text or "", str(job.record.reading.comments or ""), "", *map(one_line, reach)]
    ref = one_line(job.record.ref)
    return Rendered(
        subject=behind(sign_of(job.record, job.notice.role), f"{one_line(job.record.kind)} [{ref}]"),
        text=f"{_BARE}\n\n{ref}\n\n" + "\n".join(f"> {line}" for text in told for line in text.splitlines()) + "\n",
    )


def _when(job: RenderJob) -> list[str]:
    """The time of a workshop visit, in the form that all languages read: what its customer must know."""
    visit = job.record.visit
    at = visit.starts_at if visit else None
    return [f"{at:%Y-%m-%d %H:%M} UTC"] if at else []
