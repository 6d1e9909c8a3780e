"""Mails to customers: an answer in the words of its writer, and the receipt. Nothing of the house's own stands here."""

import re

from templates.forms import lines, one_line, phone
from templates.model import RenderJob, SiteCard
from templates.rows import Speech
from templates.sections import car_of
from templates.words import Words, filled

_ANSWERS = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|antw|antwort|svar|wg|fwd?|回复|答复|回覆)(?:\[\d{1,3}\])?\s?[:：]\s*)+", re.IGNORECASE
)
"""What mail programs put before a subject; it is answered once."""


def customer_letter(job: RenderJob, speech: Speech) -> tuple[str, tuple[str, ...]]:
    """Subject and text of a mail to a customer."""
    if job.notice.purpose == "receipt":
        return _receipt(job, speech)
    return _subject(job, speech.words), lines(job.notice.text)


def signature(site: SiteCard, words: Words) -> tuple[str, ...]:
    """The site as it stands below a mail."""
    number = f"{words['labels']['phone']}{words['forms']['colon']}{phone(site.phone)}" if site.phone else ""
    return tuple(filter(None, (one_line(site.name, 120), one_line(site.address or "", 200), number)))


def _subject(job: RenderJob, words: Words) -> str:
    """The customer's own subject where he wrote himself, else his request and its car."""
    thread, request = job.record.thread, words["phrases"]["mail_subject"]
    own = _ANSWERS.sub("", thread.subject, count=1).strip() if thread and thread.subject else None
    told = own or ": ".join(filter(None, (request, car_of(job.record.reading))))
    return filled(words["subjects"]["reply"], subject=one_line(told, 180))


def _receipt(job: RenderJob, speech: Speech) -> tuple[str, tuple[str, ...]]:
    """That his mail is here and when it is answered; nothing of what he wrote, as anybody may have put it in."""
    words = speech.words
    told, yours = words["receipt"], speech.word("yours", job.record.kind)
    when = speech.forms.moment(job.notice.text)
    said = (
        told["greeting"],
        "",
        filled(told["thanks"], yours=yours),
        filled(told["when"], when=when) if when else told["soon"],
        "",
        told["close"],
    )
    return filled(words["subjects"]["receipt"], yours=yours), said
