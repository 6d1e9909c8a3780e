"""One letter for several notices: a row for each record, as the records are when it is written."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.draft import Draft, mail_card, reply_address, site_card
from daemon.outbox.signing import signed
from daemon.shift import Shift
from daemon.store.notices import DueNotice, made_at
from daemon.store.outgoing import Letter
from parsers.records import Reading
from rules.bundling import rows_of
from rules.model import Notice, Record
from rules.sites import site_named
from templates.model import Rendered, RenderItem, RenderJob
from templates.standing import MOST_RECORDS


def joint_draft(connection: Connection, shift: Shift, mail: Sequence[DueNotice]) -> Draft:
    """What the letter needs; originals do not go along, they are with their records.

    Args:
        connection: For reading.
        shift: The worker's state.
        mail: Notices of one reader, category and language, oldest first; those of a controller may be of
            several sites.
    """
    first, now = mail[0], shift.clock.now()
    site = site_named(shift.settings, first.record.site)
    purpose = "digest" if first.notice.way == "digest" else "bundle"
    happened = made_at(connection, (one.id for one in mail))
    items = tuple(
        RenderItem(
            record=one.record if n < MOST_RECORDS else counted_only(one.record),
            notice=msgspec.structs.replace(told, at=happened.get(one.id, told.at)),
            due_at=one.due_at,
            overdue=one.due_at is not None and one.due_at <= now,
            reply_to=reply_address(shift, place, one),
            site=None if place.id == site.id else site_card(shift.settings, place),
        )
        for n, (one, told) in enumerate(rows_of(mail))
        for place in (site_named(shift.settings, one.record.site),)
    )
    job = RenderJob(
        notice=msgspec.structs.replace(first.notice, purpose=purpose, template=purpose),
        record=first.record,
        site=site_card(shift.settings, site),
        mail=mail_card(first.mail, attached=False) if first.mail else None,
        others=items,
    )
    return Draft(first, job, None, also=tuple(one.id for one in mail[1:]))


def counted_only(record: Record) -> Record:
    """A record that a mail counts and does not name: what strangers wrote need not go to the reader for that."""
    return msgspec.structs.replace(record, reading=Reading(kind=record.kind), requests=(), thread=None, held=None)


def joint_letter(
    shift: Shift, one: Draft, rendered: Rendered, carried: Sequence[DueNotice], message_id: str | None = None
) -> Letter:
    """Compose it.

    Args:
        shift: The worker's state.
        one: The draft.
        rendered: Its words.
        carried: All notices that it carries, those included that no longer hold.
        message_id: Of a letter that is written again.
    """
    notice = one.job.notice
    own_id = message_id or shift.new_message_id()
    return Letter(
        dedupe=f"notice:{carried[0].id}:{notice.to}",
        purpose=notice.purpose,
        category=notice.category,
        revision=sum({each.record_id: each.record.revision for each in carried}.values()),
        site=one.due.record.site,
        recipient=notice.to,
        sender=one.job.site.desk,
        subject=rendered.subject,
        message_id=own_id,
        content=content(shift, one.due.record.site, notice, rendered, own_id),
    )


def content(shift: Shift, site_id: str, notice: Notice, rendered: Rendered, own_id: str) -> bytes:
    """The bytes of a mail that is about no single record: it has no thread and no address for a plain reply."""
    site = site_named(shift.settings, site_id)
    mail = OutgoingMail(
        sender=site.desk,
        sender_name=site.name,
        to=notice.to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=rendered.calendar,
        message_id=own_id,
        date=shift.clock.now(),
        list_id=f"{notice.team or notice.role}.{site_id}.{shift.settings.postroom.hostname}",
        category=notice.category,
    )
    return signed(shift.settings, site.desk, compose(mail))
