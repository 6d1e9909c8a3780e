"""A due notice becomes a letter: what a template needs is gathered, and the rendered words are composed."""

from collections.abc import Sequence
from email.utils import parseaddr

import msgspec
from sqlalchemy import Connection

from config.models import Settings, Site
from daemon.outbox.compose import MAX_ORIGINAL, OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.shift import Shift
from daemon.store.notices import DueNotice, FirstMail, originals
from daemon.store.outgoing import Letter
from rules.lifecycle import CLOSED_STATES, LINKED, SPAM
from rules.reference import TokenRole, token
from rules.sites import site_named
from templates.model import MailCard, Rendered, RenderJob, SiteCard


class Draft(msgspec.Struct, frozen=True):
    """A notice with all that its letter needs."""

    due: DueNotice
    job: RenderJob
    original: bytes | None
    also: tuple[int, ...] = ()
    """Further notices that its letter carries."""


def still_holds(due: DueNotice) -> bool:
    """Whether what a notice says is still true of its record."""
    notice, record = due.notice, due.record
    if due.revision in record.undone or notice.way == "off":
        return False
    match notice.purpose:
        case "new" if notice.category == "audit":
            return record.state not in (SPAM, LINKED)  # for the files, whatever became of it
        case "new" | "moved":
            return record.state not in CLOSED_STATES
        case "assigned":
            return record.assignee == notice.to and record.state not in CLOSED_STATES
        case _:
            return True


def drafts(connection: Connection, shift: Shift, due: Sequence[DueNotice]) -> list[Draft]:
    """Gather what the templates know; originals over the limit stay behind."""
    wanted = {one.mail.id for one in due if one.mail and one.mail.size <= MAX_ORIGINAL}
    found = originals(connection, wanted) if wanted else {}
    return [_draft(shift, one, found.get(one.mail.id) if one.mail else None) for one in due]


def _draft(shift: Shift, due: DueNotice, original: bytes | None) -> Draft:
    site = site_named(shift.settings, due.record.site)
    job = RenderJob(
        notice=due.notice,
        record=due.record,
        site=site_card(site),
        mail=card_of_mail(due.mail, attached=original is not None) if due.mail else None,
        reply_to=reply_to(shift, site, due),
    )
    return Draft(due, job, original)


def letter(shift: Shift, one: Draft, rendered: Rendered, message_id: str | None = None) -> Letter:
    """Compose the mail; its Message-ID is fixed from here on."""
    notice, record = one.due.notice, one.due.record
    site = site_named(shift.settings, record.site)
    own_id = message_id or shift.new_message_id()
    content = compose(
        OutgoingMail(
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
            original=one.original,
        )
    )
    return Letter(
        dedupe=f"notice:{one.due.id}:{notice.to}",
        purpose=notice.purpose,
        category=notice.category,
        record_id=one.due.record_id,
        revision=record.revision,
        site=record.site,
        recipient=notice.to,
        sender=site.desk,
        subject=rendered.subject,
        message_id=own_id,
        content=signed(shift.settings, site.desk, content),
    )


def thread_id(settings: Settings, ref: str) -> str:
    """What all mails about a record refer to, so that mail programs show them together."""
    return f"<{ref.lower()}.record@{settings.postroom.hostname}>"


def reply_to(shift: Shift, site: Site, due: DueNotice) -> str | None:
    """The desk address with the record's token."""
    if site.id not in shift.settings.sites or due.notice.role not in ("team", "controller", "customer"):
        return None
    return own_address(shift, site, due.record.ref, due.notice.role)


def own_address(shift: Shift, site: Site, ref: str, role: TokenRole) -> str:
    """The desk address that a role answers about a record to."""
    local, _, domain = site.desk.partition("@")
    signed = token(ref, role, shift.keys[0])
    return f"{local}{shift.settings.postroom.desk.separator}{signed}@{domain}"


def site_card(site: Site) -> SiteCard:
    """What a template knows of a site."""
    return SiteCard(
        id=site.id,
        name=site.name,
        desk=site.desk,
        timezone=site.timezone,
        language=site.language,
        country=site.country,
        phone=site.phone,
        address=site.address,
        reply=site.reply,
    )


def card_of_mail(mail: FirstMail, *, attached: bool) -> MailCard:
    """What a template knows of the mail that opened the record."""
    return MailCard(
        subject=mail.subject,
        sender=parseaddr(mail.sender)[1] or None,
        received_at=mail.received_at,
        attached=attached,
        attachments=mail.attachments,
    )
