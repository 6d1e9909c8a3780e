"""What a letter needs is gathered: the record, the site, the mail that came in, and where a plain reply goes."""

from collections.abc import Sequence
from email.utils import parseaddr

import msgspec
from sqlalchemy import Connection

from config.models import Settings, Site
from daemon.outbox.compose import MAX_ORIGINAL
from daemon.outbox.standing import with_standing
from daemon.shift import Shift
from daemon.store.notices import DueNotice, FirstMail, internal_notes, originals
from rules.reference import TokenRole, token
from rules.sites import site_named
from templates.model import MailCard, RenderJob, SiteCard
from templates.purposes import stays_inside

WITH_ORIGINAL = frozenset({"new", "assigned", "moved", "forward"})
"""Purposes whose mail brings the one that opened the record; whoever gets another has had it, or is not to."""


class Draft(msgspec.Struct, frozen=True):
    """A notice with all that its letter needs."""

    due: DueNotice
    job: RenderJob
    original: bytes | None
    enclosing: bytes | None = None
    """The mail whose attachments go along."""
    notes: tuple[str, ...] = ()
    """Of a letter to the customer: what was noted on the record for the house alone."""
    also: tuple[int, ...] = ()
    """Further notices that its letter carries."""

    @property
    def is_for_a_program(self) -> bool:
        """Whether another system gets it."""
        return self.due.notice.role == "system"


def drafts(connection: Connection, shift: Shift, due: Sequence[DueNotice]) -> list[Draft]:
    """Gather what the templates know; originals over the limit stay behind."""
    wanted = {mail.id for one in due for mail in (_opening(one), one.further) if mail}
    found = originals(connection, wanted) if wanted else {}
    return [_draft(connection, shift, one, found) for one in due]


def _opening(due: DueNotice) -> FirstMail | None:
    """The mail that opened the record, where it goes along."""
    goes = due.notice.purpose in WITH_ORIGINAL and due.notice.role != "customer"
    return due.mail if goes and due.mail and due.mail.size <= MAX_ORIGINAL else None


def _draft(connection: Connection, shift: Shift, due: DueNotice, found: dict[int, bytes]) -> Draft:
    site = site_named(shift.settings, due.record.site)
    opening = _opening(due)
    original = found.get(opening.id) if opening else None
    shown = due.further or due.mail
    to_customer = due.notice.role == "customer"
    job = RenderJob(
        notice=due.notice,
        record=due.record,
        site=site_card(shift.settings, site),
        mail=mail_card(shown, attached=original is not None) if shown and not to_customer else None,
        reply_to=reply_address(shift, site, due),
    )
    return Draft(
        due,
        with_standing(connection, job),
        original,
        found.get(due.further.id) if due.further else None,
        tuple(internal_notes(connection, due.record_id)) if to_customer and not due.notice.as_is else (),
    )


def reply_address(shift: Shift, site: Site, due: DueNotice) -> str | None:
    """The desk's address with the token of whoever gets the mail; it says whether a plain answer is the customer's."""
    role = due.notice.role
    if site.id not in shift.settings.sites or role not in ("team", "controller", "customer"):
        return None
    to_house = role == "team" and stays_inside(due.notice, due.record)
    return own_address(shift, site, due.record.ref, "house" if to_house else role)


def own_address(shift: Shift, site: Site, ref: str, role: TokenRole) -> str:
    """The desk address that a role answers about a record to."""
    local, _, domain = site.desk.partition("@")
    signed = token(ref, role, shift.keys[0])
    return f"{local}{shift.settings.postroom.desk.separator}{signed}@{domain}"


def thread_id(settings: Settings, ref: str) -> str:
    """What all mails about a record refer to, so that mail programs show them together."""
    return f"<{ref.lower()}.record@{settings.postroom.hostname}>"


def site_card(settings: Settings, site: Site) -> SiteCard:
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
        preconditions=tuple(site.booking.preconditions),
        reply=site.reply,
        heeds=site.trust == "token" or bool(settings.postroom.smtp.authserv_id),
        geo=site.geo,
        directions=site.booking.directions,
        hide={str(name): fields for name, fields in site.booking.hide.items()},
        reminder=site.booking.reminder,
    )


def mail_card(mail: FirstMail, *, attached: bool) -> MailCard:
    """What a template knows of a mail."""
    return MailCard(
        subject=mail.subject,
        sender=parseaddr(mail.sender)[1] or None,
        received_at=mail.received_at,
        attached=attached,
        attachments=mail.attachments,
    )
