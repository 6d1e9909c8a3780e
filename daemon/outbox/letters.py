"""A due notice becomes a letter: what a template needs is gathered, and the rendered words are composed."""

from email.utils import parseaddr

from sqlalchemy import Connection

from config.models import Settings, Site
from daemon.outbox.compose import MAX_ORIGINAL, OutgoingMail, compose
from daemon.shift import Shift
from daemon.store import messages, records
from daemon.store.outgoing import Letter
from daemon.store.records import DueNotice
from rules.lifecycle import CLOSED_STATES
from rules.model import Notice, Record
from rules.reference import token
from rules.sites import site_named
from templates.model import MailCard, Rendered, RenderJob, SiteCard


class Draft:
    """A notice with all that its letter needs."""

    def __init__(self, due: DueNotice, job: RenderJob, original: bytes | None) -> None:
        self.due = due
        self.job = job
        self.original = original


def still_holds(notice: Notice, record: Record) -> bool:
    """Whether what a notice says is still true of its record."""
    match notice.purpose:
        case "new" | "moved":
            return record.state not in CLOSED_STATES
        case "assigned":
            return record.assignee == notice.to and record.state not in CLOSED_STATES
        case _:
            return True


def draft(connection: Connection, shift: Shift, due: DueNotice) -> Draft:
    """Gather what the template knows."""
    site = site_named(shift.settings, due.record.site)
    first = records.first_message(connection, due.record_id)
    mail, original = _mail_card(connection, first) if first is not None else (None, None)
    job = RenderJob(
        notice=due.notice,
        record=due.record,
        site=_site_card(site),
        mail=mail,
        reply_to=_reply_to(shift, site, due),
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
        record_id=one.due.record_id,
        revision=record.revision,
        site=record.site,
        recipient=notice.to,
        sender=site.desk,
        subject=rendered.subject,
        message_id=own_id,
        content=content,
    )


def thread_id(settings: Settings, ref: str) -> str:
    """What all mails about a record refer to, so that mail programs show them together."""
    return f"<{ref.lower()}.record@{settings.postroom.hostname}>"


def _reply_to(shift: Shift, site: Site, due: DueNotice) -> str | None:
    if site.id not in shift.settings.sites or due.notice.role not in ("team", "controller", "customer"):
        return None
    local, _, domain = site.desk.partition("@")
    signed = token(due.record.ref, due.notice.role, shift.keys[0])
    return f"{local}{shift.settings.postroom.desk.separator}{signed}@{domain}"


def _site_card(site: Site) -> SiteCard:
    return SiteCard(
        id=site.id,
        name=site.name,
        desk=site.desk,
        timezone=site.timezone,
        language=site.language,
        country=site.country,
        phone=site.phone,
        address=site.address,
    )


def _mail_card(connection: Connection, message_id: int) -> tuple[MailCard | None, bytes | None]:
    row = messages.one(connection, message_id)
    if row is None:
        return None, None
    original = messages.original(connection, message_id)
    attached = original is not None and len(original) <= MAX_ORIGINAL
    card = MailCard(
        subject=row["subject"],
        sender=parseaddr(row["sender"])[1] or None,
        received_at=row["accepted_at"],
        attached=attached,
    )
    return card, original if attached else None
