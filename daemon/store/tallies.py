"""How many mails went out, to whom, on which day, and what for."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from daemon.store.schema import outbox
from daemon.store.streams import stream

_CHUNK = 5_000


class Sent(NamedTuple):
    """What is counted together."""

    day: date
    """In the local time of the mail's site."""
    to: str
    """Recipient, in lower case."""
    category: str
    purpose: str


def sent_mails(
    connection: Connection, zones: Mapping[str, ZoneInfo], other: ZoneInfo, since: datetime | None
) -> Counter[Sent]:
    """Count mails that a relay took.

    Args:
        connection: For reading.
        zones: Time zone of each site.
        other: That of mails of no site, or of one that is no longer there.
        since: Only those sent from then on (UTC).
    """
    query = select(outbox.c.site, outbox.c.sent_at, outbox.c.recipient, outbox.c.category, outbox.c.purpose)
    query = query.where(outbox.c.state == "sent")
    if since is not None:
        query = query.where(outbox.c.sent_at >= since)
    found = Counter[Sent]()
    for row in stream(connection, query, _CHUNK):
        day = row.sent_at.astimezone(zones.get(row.site, other)).date()
        found[Sent(day, row.recipient.lower(), row.category or "-", row.purpose)] += 1
    return found
