"""A due notice becomes a letter: its words are composed for the house or the customer; what may not go is held."""

from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.customers import to_customer
from daemon.outbox.draft import Draft, thread_id
from daemon.outbox.guard import NOTHING, leak
from daemon.outbox.signing import signed
from daemon.shift import Shift
from daemon.store.outgoing import Letter
from parsers.enclosures import Enclosure
from rules.brakes import correspondent_of
from rules.house import Internal, internal
from rules.reference import token
from rules.sites import site_named
from templates.model import Rendered


def letter(
    shift: Shift,
    one: Draft,
    rendered: Rendered,
    files: tuple[Enclosure, ...] = (),
    message_id: str | None = None,
) -> Letter:
    """Compose the mail; its Message-ID is fixed from here on.

    Raises:
        ComposeError: It cannot be composed, as its recipient is no address.
    """
    notice, record = one.due.notice, one.due.record
    own_id = message_id or shift.new_message_id()
    if notice.role == "customer":
        mail = to_customer(shift, one, rendered, files, own_id)
        own = token(record.ref, "customer", shift.keys[0])
        held = leak(mail, own, notice.text, one.notes, _inside(shift, one))
    else:
        mail, held = _to_house(shift, one, rendered, files, own_id), None
    return Letter(
        dedupe=f"notice:{one.due.id}:{notice.to}",
        purpose=notice.purpose,
        category=notice.category,
        record_id=one.due.record_id,
        revision=record.revision,
        site=record.site,
        recipient=notice.to,
        sender=mail.sender,
        subject=mail.subject,
        message_id=own_id,
        content=signed(shift.settings, mail.sender, compose(mail)),
        held=held,
        correspondent=correspondent_of(notice.correspondent) if notice.correspondent else None,
        customer=notice.role == "customer",
    )


def _inside(shift: Shift, one: Draft) -> Internal:
    """What stays in the house; of an answer that its writer was asked about and sends all the same, only tokens do."""
    site = site_named(shift.settings, one.due.record.site)
    return NOTHING if one.due.notice.as_is else internal(site, shift.settings)


def _to_house(shift: Shift, one: Draft, rendered: Rendered, files: tuple[Enclosure, ...], own_id: str) -> OutgoingMail:
    """A mail to a team, a controller or another system."""
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
        references=(thread_id(shift.settings, record.ref),),
        list_id=f"{notice.team or notice.role}.{record.site}.{shift.settings.postroom.hostname}",
        category=notice.category,
        reference=record.ref,
        attachments=files,
        original=one.original,
    )
