"""Silences planned by the command."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from daemon.store.source_tables import silence
from rules.silence import Planned


def add(connection: Connection, one: Planned, by: str, at: datetime) -> bool:
    """Plan one; False where the same days are planned already, for whatever reason."""
    if any(_days(each) == _days(one) for each in listing(connection)):
        return False
    connection.execute(
        insert(silence).values(
            site=one.site,
            source=one.source,
            first=one.first.isoformat(),
            until=one.until.isoformat(),
            reason=one.reason,
            by=by,
            at=at,
        )
    )
    return True


def listing(connection: Connection) -> list[Planned]:
    """All of them, the past ones too: they are no silence of the source for ever; oldest first."""
    query = select(silence).order_by(silence.c.first, silence.c.id)
    return [
        Planned(
            site=row["site"],
            source=row["source"],
            first=date.fromisoformat(row["first"]),
            until=date.fromisoformat(row["until"]),
            reason=row["reason"],
            number=row["id"],
        )
        for row in connection.execute(query).mappings()
    ]


def end(connection: Connection, name: str, today: date) -> Sequence[int]:
    """End those of a source or site that are on or to come; their numbers.

    The days that have passed stay planned; one that has not begun is gone.
    """
    this = or_(silence.c.site == name, silence.c.source == name), silence.c.until >= today.isoformat()
    found = list(connection.execute(select(silence.c.id).where(*this)).scalars())
    begun = silence.c.id.in_(found), silence.c.first < today.isoformat()
    yesterday = (today - timedelta(days=1)).isoformat()
    connection.execute(update(silence).where(*begun).values(until=yesterday))
    connection.execute(delete(silence).where(silence.c.id.in_(found), silence.c.first >= today.isoformat()))
    return found


def _days(one: Planned) -> tuple[str | None, str | None, date, date]:
    return one.site, one.source, one.first, one.until
