"""The open bookings of a site, and since when each stands as it does."""

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select

from daemon.store.open_records import IMPORTED_ONES
from daemon.store.schema import record, revision
from rules.model import Record
from rules.openlist import BOOKING
from rules.transition import NEW, OPEN_STATES, REQUESTED
from rules.visit_lists import MOVES, OpenVisit

_decode = msgspec.json.Decoder(Record).decode
_SINCE = (
    select(func.max(revision.c.at))
    .where(revision.c.record == record.c.id, revision.c.action.in_(sorted(MOVES)))
    .scalar_subquery()
)
_AT_SITE = (
    select(record.c.data, _SINCE.label("since"))
    .where(
        record.c.site == bindparam("the_site"),
        record.c.kind == BOOKING,
        record.c.state.in_(OPEN_STATES),
        # what is for the files only, or was put in later, is nobody's until somebody took it up
        or_(record.c.state.not_in(REQUESTED), record.c.category == "action"),
        or_(record.c.state != NEW, ~IMPORTED_ONES),
    )
    .order_by(record.c.id)
    .limit(bindparam("most"))
)


def at_site(connection: Connection, site: str, most: int) -> list[OpenVisit]:
    """Bookings that are not closed, the oldest first."""
    rows = connection.execute(_AT_SITE, {"the_site": site, "most": most})
    return [OpenVisit(record=_decode(row.data), since=row.since) for row in rows]
