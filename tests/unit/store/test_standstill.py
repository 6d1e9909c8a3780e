"""A standstill ends, and what may have gone out before does not go out by itself."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from daemon.seams import wall_now
from daemon.store import open_store, standstill
from daemon.store.schema import outbox


def test_what_a_backup_made_at_a_standstill_holds_is_in_doubt_too(books: Any) -> None:
    """The standstill in it is older than its letters, which went out when that one ended."""
    room = open_store(books.url)
    now = wall_now()
    room.write(lambda c: standstill.begin(c, "the first", "anna", now - timedelta(days=3650))).result()
    in_doubt = room.write(standstill.doubt_letters).result()
    assert in_doubt > 0
    assert not room.write(lambda c: standstill.begin(c, "the second", "anna", now)).result()
    assert room.write(lambda c: standstill.end(c, "anna", now, hold=True)).result() == in_doubt
    with room.read() as connection:
        states = connection.execute(select(outbox.c.state)).scalars().all()
    room.close()
    assert {"waiting", "unknown", "sending"}.isdisjoint(states)
