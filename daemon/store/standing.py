"""Deadlines as rows, and how they stand."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select

from daemon.store.records import Kept, kept
from daemon.store.schema import deadline, record
from daemon.store.terms import read
from rules.model import Deadline, Standing

_OF_RECORD = (
    select(deadline).where(deadline.c.record == bindparam("the_record")).order_by(deadline.c.due_at, deadline.c.id)
)
_PAGE = 500


def deadline_of(row: RowMapping) -> Deadline:
    """A deadline from its row."""
    return Deadline(
        step=row["step"],
        due_at=row["due_at"],
        deliver_at=row["deliver_at"],
        effect=row["effect"],
        to=row["target"],
        cycle=row["cycle"],
        because=row["because"],
        until=tuple((row["until"] or "").split()),
        **msgspec.structs.asdict(read(row["terms"])),
    )


def of(connection: Connection, key: int) -> tuple[Standing, ...]:
    """All deadlines of a record, in order of time."""
    return tuple(
        Standing(
            deadline=deadline_of(row),
            is_open=row["fired_at"] is None and row["ended_at"] is None,
            has_passed=row["fired_at"] is not None,
        )
        for row in connection.execute(_OF_RECORD, {"the_record": key}).mappings()
    )


def with_open(connection: Connection, site: str | None) -> Iterator[Kept]:
    """Records that have open deadlines, the oldest first; pages, as there may be very many."""
    open_ones = (
        select(deadline.c.record)
        .where(deadline.c.record == record.c.id, deadline.c.fired_at.is_(None), deadline.c.ended_at.is_(None))
        .exists()
    )
    query = select(record.c.id, record.c.data).where(open_ones, record.c.id > bindparam("after"))
    if site is not None:
        query = query.where(record.c.site == site)
    after = 0
    while rows := connection.execute(query.order_by(record.c.id).limit(_PAGE), {"after": after}).all():
        yield from (kept(row.id, row.data) for row in rows)
        after = rows[-1].id
