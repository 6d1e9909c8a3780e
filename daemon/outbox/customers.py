"""Mail to a customer: the words of a person of the house, or a receipt, and nothing that only the house needs.

It goes on with the conversation that the customer's mail program shows, and his answer comes back to the record.
"""

from collections.abc import Iterable

from config.models import Settings
from daemon.outbox.compose import OutgoingMail, is_message_id
from daemon.outbox.draft import Draft, thread_id
from daemon.shift import Shift
from parsers.enclosures import Enclosure
from rules.model import Record
from rules.sites import site_named
from templates.model import Rendered

WRITTEN_BY = {
    "reply": None,
    "receipt": "auto-replied",
    "visit-ask": None,
    "visit-agreed": "auto-replied",
    "visit-current": "auto-replied",
}
"""Purpose -> Auto-Submitted (RFC 3834), else `auto-generated`; None where a person wrote the words.

That a person offers or cancels a visit makes the mail no less generated: its words are a template's, and the answer of
a program that somebody is on holiday must not look like one to the offer."""


def to_customer(
    shift: Shift, one: Draft, rendered: Rendered, files: tuple[Enclosure, ...], own_id: str
) -> OutgoingMail:
    """A mail from the site to its customer.

    Of our own marks it bears the reference alone: by it we know our mail when it comes back, and its number is in the
    Reply-To anyhow. List-Id and category are for the inbox rules of teams.
    """
    notice, record = one.due.notice, one.due.record
    site = site_named(shift.settings, record.site)
    return OutgoingMail(
        sender=site.desk,
        sender_name=site.name,
        to=notice.to,
        reply_to=one.job.reply_to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=own_id,
        date=shift.clock.now(),
        references=references(shift.settings, record),
        auto_submitted=WRITTEN_BY.get(notice.purpose, "auto-generated"),
        reference=record.ref,
        attachments=files,
        calendar=rendered.calendar,
    )


def references(settings: Settings, record: Record) -> tuple[str, ...]:
    """The conversation, our own thread first, so that the newest of the customer's mails is the one answered.

    What is no Message-ID is left out: strangers write them.
    """
    ids: Iterable[str] = record.thread.ids if record.thread else ()
    return (thread_id(settings, record.ref), *(each for each in ids if is_message_id(each)))
