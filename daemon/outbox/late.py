"""The one mail by which a team learns of all records that a run of `reparse` made of its mails."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import make_msgid
from zoneinfo import ZoneInfo

from config.lookup import team_address
from config.models import Settings
from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.store.outgoing import Letter
from rules.model import Record
from rules.sites import site_named
from templates.forms import one_line
from templates.words import languages, load_words

_MOST = 200
"""Records that are named; the others are counted."""


def late_letter(settings: Settings, site_id: str, team: str, records: Sequence[Record], now: datetime) -> Letter:
    """Name each record with its kind, who asks and when the mail came.

    Args:
        settings: The settings in force.
        site_id: Site of the records.
        team: Their team.
        records: As they are now.
        now: UTC; the time of the run, so that the run tells each team once.
    """
    site = site_named(settings, site_id)
    to, _ = team_address(settings, site, team)
    language = site.language if site.language in languages() else "en"
    words = load_words(language, {})  # shipped ones only, as in the fallback: this runs outside the reader
    zone, kinds = ZoneInfo(site.timezone), words["kinds"]
    lines = [
        f"- {one.ref}  {one.received_at.astimezone(zone):%Y-%m-%d %H:%M}  {kinds.get(one.kind, one.kind)}  {_who(one)}"
        for one in records[:_MOST]
    ]
    lines += [f"- … {len(records) - _MOST} {words['late']['more']}"] if len(records) > _MOST else []
    own_id = make_msgid(domain=settings.postroom.hostname)
    mail = OutgoingMail(
        sender=site.desk,
        sender_name=site.name,
        to=to,
        subject=f"{words['late']['subject']} ({len(records)})",
        text=f"{words['late']['intro']}\n\n" + "\n".join(map(str.rstrip, lines)) + "\n",
        message_id=own_id,
        date=now,
        category="action",
    )
    return Letter(
        dedupe=f"late:{now.isoformat()}:{site_id}:{team}:{to}",
        purpose="late",
        site=site_id,
        recipient=to,
        sender=site.desk,
        subject=mail.subject,
        message_id=own_id,
        content=signed(settings, site.desk, compose(mail)),
    )


def _who(record: Record) -> str:
    customer = record.reading.customer
    reach = (customer.name, *customer.emails, *customer.phones) if customer else ()
    return one_line(next(filter(None, reach), ""), 80)
