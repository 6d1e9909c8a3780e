"""Mails of our own to the addresses of sources: made, and come the whole way."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from daemon.store.source_tables import probe

_PROBES = select(
    probe.c.token, probe.c.source, probe.c.made_at, probe.c.came_at, probe.c.message, probe.c.channel, probe.c.verified
)


class Probe(msgspec.Struct, frozen=True):
    """One of them."""

    token: str
    source: str
    made_at: datetime
    came_at: datetime | None = None
    message: int | None = None
    channel: str | None = None
    verified: str | None = None
    """How the mail was known to be the source's own: by its address, by the border server; None where it was not."""


def keep(connection: Connection, token: str, source: str, at: datetime) -> None:
    """One is sent."""
    connection.execute(insert(probe).values(token=token, source=source, made_at=at))


def find(connection: Connection, tokens: Sequence[str]) -> Probe | None:
    """The one whose token is among these."""
    if not tokens:
        return None
    row = connection.execute(_PROBES.where(probe.c.token.in_(list(tokens)))).first()
    return Probe(*row) if row else None


def came(connection: Connection, those: Sequence[Probe]) -> None:
    """They came; the first time counts."""
    for one in those:
        values = {"came_at": one.came_at, "message": one.message, "channel": one.channel, "verified": one.verified}
        this = probe.c.token == one.token, probe.c.came_at.is_(None)
        connection.execute(update(probe).where(*this).values(values))


def latest(connection: Connection) -> dict[str, Probe]:
    """The last one of each source that came the whole way."""
    rows = connection.execute(_PROBES.where(probe.c.came_at.is_not(None)).order_by(probe.c.came_at))
    return {row.source: Probe(*row) for row in rows}
