"""A standstill ends, and what may have gone out before does not go out by itself."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from daemon.seams import wall_now
from daemon.store import open_store, outgoing, standstill
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


def test_that_nothing_goes_out_is_not_told_once_it_is_over(books: Any) -> None:
    room = open_store(books.url)
    now = wall_now()
    room.write(lambda c: standstill.begin(c, "by hand", "anna", now)).result()
    letter = outgoing.Letter(
        dedupe=f"{outgoing.STANDSTILL}1:2026-11-23",
        purpose="alarm",
        recipient="admin@haus.example",
        sender="postroom@haus.example",
        subject="nothing goes out until you say so",
        message_id="<standstill-1@haus.example>",
        content=b"",
    )
    room.write(lambda c: outgoing.put(c, letter, now)).result()
    room.write(lambda c: standstill.end(c, "anna", now, hold=False)).result()
    with room.read() as connection:
        states = connection.execute(select(outbox.c.state).where(outbox.c.dedupe == letter.dedupe)).scalars().all()
    room.close()
    assert states == ["withdrawn"]
