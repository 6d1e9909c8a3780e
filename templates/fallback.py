"""The mail that is sent when a template fails: the same contents in plain lines, without Jinja and without HTML."""

from parsers.ours import DELIMITER, DELIMITER_END
from templates.forms import lines, one_line
from templates.letter import Letter, write_letter
from templates.model import Rendered, RenderJob
from templates.standing import Item
from templates.words import languages, load_words

_BARE = f"{DELIMITER} A reply to this mail may go to the customer. {DELIMITER_END}"


def fallback(job: RenderJob) -> Rendered:
    """Say who wants what, which car, how to answer and what was asked; never raises.

    Only shipped words are used: an admin's files may be what failed.
    """
    try:
        language = job.notice.language if job.notice.language in languages() else "en"
        letter = write_letter(job, load_words(language, {}))
        told = [*letter.said, "", "-- ", *letter.signature] if letter.signature else _told(letter)
        return Rendered(subject=_subject(letter), text="\n".join(told) + "\n")
    except Exception:  # the lead must reach the team, whatever is wrong with its record
        return _bare(job)


def _subject(letter: Letter) -> str:
    begun = ": ".join(filter(None, (letter.heading, letter.topic)))
    return one_line(f"{begun} [{letter.ref}]" if letter.ref else begun, 200)


def _told(letter: Letter) -> list[str]:
    told = [letter.delimiter, *letter.warnings, letter.answer, "", letter.opening]
    told += filter(None, (letter.person, letter.car, letter.interest, letter.why, letter.asks))
    told += ["", *(f"{row.label}: {row.value}" for row in letter.actions)]
    for text in (letter.said, letter.message):
        told += ["", *(f"> {line}".rstrip() for line in text)] if text else []
    for title, rows in (*letter.sections, ("", letter.help)):
        told += ["", title, *(f"{row.label}: {row.value}" for row in rows)] if rows else []
    for item in letter.items:
        told += _item(item)
    told += ["", *(command.written for command in letter.commands)] if letter.commands else []
    return [*told, "", "-- ", " / ".join(filter(None, (letter.because, letter.ref)))]


def _item(item: Item) -> list[str]:
    named = ": ".join(filter(None, (item.opening, item.title)))
    calls = (f"{row.label}: {row.value}" for row in item.actions)
    told = ["", f"{named} [{item.ref}]", *item.warnings, *item.facts, *calls]
    return [*told, *(f"> {line}".rstrip() for line in item.said)]


def _bare(job: RenderJob) -> Rendered:
    """What needs no more than attributes that every record has."""
    site = one_line(job.site.name)
    if job.notice.role == "customer":
        return Rendered(subject=site, text="\n".join((*lines(job.notice.text), "", site)) + "\n")
    customer = job.record.reading.customer
    reach = (*customer.phones, *customer.emails) if customer else ()
    told = [job.notice.text or "", str(job.record.reading.comments or ""), "", *map(one_line, reach)]
    ref = one_line(job.record.ref)
    return Rendered(
        subject=f"{one_line(job.record.kind)} [{ref}]",
        text=f"{_BARE}\n\n{ref}\n\n" + "\n".join(f"> {line}" for text in told for line in text.splitlines()) + "\n",
    )
