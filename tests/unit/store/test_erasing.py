"""Erased records and mails: nothing of their people is left in any row, and the books are as sound as before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.models import Settings
from daemon.act import act
from daemon.seams import wall_now
from daemon.store import Store, evidence, open_store, outgoing, records
from daemon.store.schema import metadata
from rules.erasing import BY_TIME, ON_REQUEST
from rules.model import Action, Actor, Record, Refused
from rules.transition import CLOSED_STATES
from tests.unit.store.conftest import Books

ADMIN = Actor("command", "anna")
PERSON = ("jonas", "probe", "kunde.example", "+4930", "0301234567", "VW Golf")


@pytest.fixture
def room(books: Books) -> Iterator[Store]:
    """A copy of the room that was worked in."""
    store = open_store(books.url)
    yield store
    store.close()


@pytest.fixture
def settings(worked_in: Any) -> Settings:
    found: Settings = worked_in.settings
    return found


def all_records(room: Store) -> list[Record]:
    with room.read() as connection:
        return [one.record for one in records.listing(connection)]


def close_all(room: Store, settings: Settings) -> list[str]:
    """Close what is open; all references."""
    for one in all_records(room):
        if one.state not in CLOSED_STATES:
            act(room, settings, one.ref, Action(name="done", actor=ADMIN), wall_now())
    settle_letters(room)
    return [one.ref for one in all_records(room)]


def settle_letters(room: Store) -> None:
    """Whatever waits is sent."""

    def write(connection: Any) -> None:
        now = wall_now() + timedelta(days=1)
        for letter in outgoing.claim(connection, now=now, lease="test", limit=100):
            outgoing.mark(connection, letter, "sent", at=now)

    room.write(write).result()


def erase(room: Store, settings: Settings, ref: str, why: str = ON_REQUEST) -> Record:
    return act(room, settings, ref, Action(name="erase", actor=ADMIN, args={"why": why}), wall_now())


def everything(room: Store) -> str:
    """All rows of all tables, in lower case; bytes as they are."""
    with room.read() as connection:
        found = []
        for table in metadata.sorted_tables:
            if table.name != "settings_version":
                found += [" ".join(map(str, row)) for row in connection.execute(select(table))]
    return "\n".join(found).casefold()


def findings(room: Store) -> list[str]:
    with room.read() as connection:
        return [f"{one.where}: {one.what}" for one in evidence.check(connection, wall_now() + timedelta(minutes=1))]


def test_the_books_hold_and_nobody_is_left_in_them(room: Store, settings: Settings) -> None:
    refs = close_all(room, settings)
    before = findings(room)
    for ref in refs:
        erase(room, settings, ref)
        assert findings(room) == before, ref
    assert refs
    assert [one.reading.customer for one in all_records(room)] == [None] * len(refs)


@pytest.mark.parametrize("why", [ON_REQUEST, BY_TIME])
def test_a_record_can_be_erased_again(room: Store, settings: Settings, why: str) -> None:
    refs = close_all(room, settings)
    before = findings(room)
    erase(room, settings, refs[0], why)
    erase(room, settings, refs[0], why)
    assert findings(room) == before


def test_what_is_open_is_not_erased(room: Store, settings: Settings) -> None:
    (first, *_) = [one for one in all_records(room) if one.state not in CLOSED_STATES]
    with pytest.raises(Refused, match="not possible for a record that is"):
        erase(room, settings, first.ref)
