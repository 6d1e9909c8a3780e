"""A person is erased by a command while the worker writes what is to be told of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.load import canonical
from daemon.act import act
from daemon.outbox.bundle import Bundler
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, database_url, desk_keys
from daemon.store import evidence, messages, open_store, records
from daemon.store.schema import outbox, rendered
from rules.erasing import ON_REQUEST
from rules.model import Action, Actor
from tests.unit.conftest import finish_pending

ADMIN = Actor("command", "anna")


@pytest.fixture
def shift(post_room: Any) -> Iterator[Shift]:
    """A worker's state in a room that was worked in, with a mail that waits to be read."""
    settings = post_room.settings
    found = Shift(settings, open_store(database_url(settings)), Clock(), Reader({}), desk_keys(settings))
    written, at = canonical(settings).encode(), wall_now()
    found.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", written, at)).result()
    yield found
    found.reader.close()
    found.store.close()


def test_nothing_is_told_of_who_was_erased_since_it_was_gathered(shift: Shift) -> None:
    with shift.store.read() as connection:
        before = {one.record.ref for one in records.listing(connection)}
    finish_pending(shift)
    with shift.store.read() as connection:
        (fresh,) = [one for one in records.listing(connection) if one.record.ref not in before]
    bundler = Bundler(shift, lambda: None)
    gathered = bundler.gather()
    assert gathered is not None
    assert {one.record_id for one in gathered.due} == {fresh.id}
    command = open_store(database_url(shift.settings))
    for name, args in (("done", {}), ("erase", {"why": ON_REQUEST})):
        act(command, shift.settings, fresh.record.ref, Action(name=name, actor=ADMIN, args=args), wall_now())
    command.close()
    bundler.keep(gathered)
    bundler.close()
    with shift.store.read() as connection:
        told = connection.execute(select(rendered.c.bytes).join(outbox).where(outbox.c.record == fresh.id)).all()
        found = list(evidence.check(connection, wall_now() + timedelta(minutes=1)))
    assert told == []
    assert found == []
