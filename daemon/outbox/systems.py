"""What goes to other programs: a request by mail, as ADF or as it came, or a record as JSON for a web server.

None of it carries words of ours or a way to act: another program reads it.
"""

import msgspec

from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.shift import Shift
from daemon.store.notices import DueNotice
from daemon.store.outgoing import Letter
from rules.sites import site_named
from templates.adf import write_adf

WEBHOOK = "webhook"
FORMS = {"adf": "ADF", "original": "Original"}


def system_letter(shift: Shift, due: DueNotice, original: bytes | None, message_id: str | None = None) -> Letter:
    """Write what a `forward` or `webhook` of a rule asks for; its Message-ID is fixed from here on.

    Args:
        shift: Settings, clock, keys.
        due: The notice, with its record as it is now.
        original: The mail that the record came from, where it may go along.
        message_id: Of a letter that is written again.

    Raises:
        ComposeError: An address is none that a relay would take.
    """
    notice, record = due.notice, due.record
    site = site_named(shift.settings, record.site)
    own_id = message_id or shift.new_message_id()
    subject = f"{FORMS.get(notice.template, 'JSON')} {record.kind} {record.ref}"
    if notice.purpose == WEBHOOK:
        content = msgspec.json.encode({"id": own_id, "event": "opened", "record": record})
    else:
        mail = OutgoingMail(
            sender=site.desk,
            sender_name=site.name,
            to=notice.to,
            subject=subject,
            text=write_adf(record) if notice.template == "adf" else f"{record.ref}: the mail as it came is attached.\n",
            message_id=own_id,
            date=shift.clock.now(),
            category=notice.category,
            reference=record.ref,
            original=original if notice.template == "original" else None,
        )
        content = signed(shift.settings, site.desk, compose(mail))
    return Letter(
        dedupe=f"notice:{due.id}:{notice.to}",
        purpose=notice.purpose,
        category=notice.category,
        record_id=due.record_id,
        revision=record.revision,
        site=record.site,
        recipient=notice.to,
        sender=site.desk,
        subject=subject,
        message_id=own_id,
        content=content,
    )
