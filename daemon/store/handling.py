"""What `handled in time` is counted from: when requests came, by when they were due, and who did what to them."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, case, select

from daemon.store.schema import deadline, record, revision
from daemon.store.streams import Stream, stream
from rules.kpi import CURRENT, Act, Case, Due, handled_at, limit

UNDO = "undo"
_ROWS = 2_000


class _Past(msgspec.Struct):
    """Of a record after an undo: which of its revisions were taken back until then."""

    undone: tuple[int, ...] = ()


_past = msgspec.json.Decoder(_Past).decode


def cases(connection: Connection, sites: Collection[str], first: datetime, last: datetime) -> Iterator[Case]:
    """Requests that came to these sites from one moment (UTC) to before another, in the order in which they were kept.

    Args:
        connection: A snapshot.
        sites: Their ids; without any there are no requests.
        first: From when.
        last: Until when.
    """
    wanted = (
        record.c.site.in_(tuple(sites)),
        record.c.received_at >= first,
        record.c.received_at < last,
        record.c.state.not_in(tuple(CURRENT.no_request)),
    )
    acts = Stream(stream(connection, _acts().where(*wanted), _ROWS), "record")
    for _, rows in groupby(stream(connection, _dues().where(*wanted), _ROWS), lambda row: row.id):
        steps = list(rows)
        head = steps[0]
        for _ in acts.below(head.id):
            pass  # of a request without deadlines
        done = acts.at(head.id)
        due_at = limit(Due(row.step, row.effect, row.due_at) for row in steps)
        if due_at is None or any(row.action == CURRENT.became for row in done):
            continue
        yield Case(
            site=head.site,
            team=head.team or "-",
            kind=head.kind,
            received_at=head.received_at,
            due_at=due_at,
            handled_at=handled_at(
                (Act(row.n, row.action, row.actor_role, row.at) for row in done),
                next((_past(row.undid).undone for row in reversed(done) if row.undid), ()),
            ),
        )


def _dues() -> Select[Any]:
    """Steps of first cycles, as they were planned when their records were opened."""
    columns = (record.c.id, record.c.site, record.c.team, record.c.kind, record.c.received_at)
    return (
        select(*columns, deadline.c.step, deadline.c.effect, deadline.c.due_at)
        .join(deadline, deadline.c.record == record.c.id)
        .where(deadline.c.cycle == 0)
        .order_by(record.c.id)
    )


def _acts() -> Select[Any]:
    """Revisions that can count, and those that take back."""
    names = (*CURRENT.handling, CURRENT.became, UNDO)
    undid = case((revision.c.action == UNDO, revision.c.data)).label("undid")
    return (
        select(revision.c.record, revision.c.n, revision.c.action, revision.c.actor_role, revision.c.at, undid)
        .join(record, record.c.id == revision.c.record)
        .where(revision.c.action.in_(names))
        .order_by(revision.c.record, revision.c.n)
    )
