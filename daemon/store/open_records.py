"""What is open at a site, as its teams are told every day."""

import msgspec
from sqlalchemy import Connection, bindparam, or_, select

from daemon.store.schema import message, message_record, record
from rules.escalation import overdue_since
from rules.model import IMPORTED, Record
from rules.openlist import Open
from rules.transition import NEW, OPEN_STATES

_decode = msgspec.json.Decoder(Record).decode
IMPORTED_ONES = (
    select(message_record.c.record)
    .join(message, message.c.id == message_record.c.message)
    .where(message_record.c.record == record.c.id, message_record.c.how == "opened", message.c.channel == IMPORTED)
    .exists()
)
"""Records that were put in later."""
_AT_SITE = (
    select(record.c.data, record.c.due_at)
    .where(
        record.c.site == bindparam("the_site"),
        record.c.state.in_(OPEN_STATES),
        record.c.category == "action",
        # put in later, for the books: nobody is asked about it unless somebody took it up
        or_(record.c.state != NEW, ~IMPORTED_ONES),
    )
    .order_by(record.c.due_at.is_(None), record.c.due_at, record.c.id)
    .limit(bindparam("most"))
)


def at_site(connection: Connection, site: str, most: int) -> list[Open]:
    """Records that ask for action and are not closed: first those with a due time, the earliest first."""
    rows = connection.execute(_AT_SITE, {"the_site": site, "most": most})
    found = [(_decode(row.data), row.due_at) for row in rows]
    return [Open(record=each, due_at=overdue_since(each) or due_at) for each, due_at in found]
