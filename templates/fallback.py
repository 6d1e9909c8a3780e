"""The mail that is sent when a template fails: the same contents in plain lines, without Jinja and without HTML."""

from templates.forms import one_line
from templates.letter import Letter, write_letter
from templates.model import Rendered, RenderJob
from templates.words import languages, load_words


def fallback(job: RenderJob) -> Rendered:
    """Say who wants what, which car, how to answer and what was asked; never raises.

    Only shipped words are used: an admin's files may be what failed.
    """
    try:
        language = job.notice.language if job.notice.language in languages() else "en"
        letter = write_letter(job, load_words(language, {}))
        return Rendered(subject=_subject(letter), text="\n".join(_told(letter)) + "\n")
    except Exception:  # the lead must reach the team, whatever is wrong with its record
        return _bare(job)


def _subject(letter: Letter) -> str:
    return one_line(f"{': '.join(filter(None, (letter.kind, letter.topic)))} [{letter.ref}]", 200)


def _told(letter: Letter) -> list[str]:
    told = [letter.reply, "", *letter.warnings, f"{letter.kind}: {letter.person}", letter.car, letter.interest, ""]
    told += [f"{row.label}: {row.value}" for row in letter.actions]
    told += ["", *(f"> {line}".rstrip() for line in letter.message)]
    for section in letter.sections:
        told += ["", section.title, *(f"{row.label}: {row.value}" for row in section.rows)]
    return [*told, "", "-- ", f"{letter.because} / {letter.ref}"]


def _bare(job: RenderJob) -> Rendered:
    """What needs no more than attributes that every record has."""
    customer = job.record.reading.customer
    reach = (*customer.phones, *customer.emails) if customer else ()
    said = [str(job.record.reading.comments or ""), "", *map(one_line, reach)]
    ref = one_line(job.record.ref)
    return Rendered(
        subject=f"{one_line(job.record.kind)} [{ref}]",
        text=f"{ref}: a reply to this mail is kept with the record; it does NOT go to the customer.\n\n"
        + "\n".join(f"> {line}" for text in said for line in text.splitlines())
        + "\n",
    )
