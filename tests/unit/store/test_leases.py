"""Who has something in hand keeps it, who does not come back loses it: by the database's time, on both databases."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from daemon import leases
from daemon.leases import Leases
from daemon.seams import wall_now
from daemon.store import Store, messages, open_store, outgoing, runs
from daemon.store.engine import DatabaseTime, end_stopped, open_engine
from daemon.store.messages import Claimed
from daemon.store.outgoing import InHand
from daemon.store.schema import message, outbox
from tests.support.fixtures import ON_POSTGRESQL_ONLY
from tests.support.waiting import wait_until

AGO = timedelta(seconds=-1)


@pytest.fixture
def store(books: Any) -> Iterator[Store]:
    """With one pending mail and several waiting letters."""
    one = open_store(books.url)
    yield one
    one.close()


def mails(store: Store, lease: str) -> list[Claimed]:
    return store.write(lambda c: messages.claim(c, now=wall_now(), lease=lease, limit=10)).result()


def letters(store: Store, lease: str) -> list[InHand]:
    return store.write(lambda c: outgoing.claim(c, now=wall_now(), lease=lease, limit=10)).result()


def run_out(store: Store) -> None:
    """As if half a minute went by."""

    def write(connection: Connection) -> None:
        for table in (message, outbox):
            connection.execute(update(table).where(table.c.lease.is_not(None)).values(lease_until=DatabaseTime(AGO)))

    store.write(write).result()


def seconds_left(store: Store) -> list[float]:
    """Of all leases of letters, by the machine's clock: here the database's, too."""
    with store.read() as connection:
        until = connection.execute(select(outbox.c.lease_until).where(outbox.c.lease.is_not(None))).scalars().all()
    return [(at - wall_now()).total_seconds() for at in until]


def test_a_lease_is_kept_until_it_runs_out(store: Store) -> None:
    assert len(mails(store, "one/1")) == 1
    assert mails(store, "two/1") == []
    run_out(store)
    assert len(mails(store, "two/1")) == 1
    assert store.write(lambda c: messages.clear_leases(c, "one")).result() == 0, "it is another's now"


def test_a_lease_is_of_the_database_time(store: Store) -> None:
    assert letters(store, "one/1")
    assert all(25 < left <= 30.5 for left in seconds_left(store))


def test_what_is_in_hand_is_renewed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    ours = Leases(store, "one")
    kept, let_go = ours.new(), ours.new()
    assert letters(store, kept)
    assert mails(store, let_go)
    ours.let_go(let_go)
    run_out(store)
    ours.start()
    try:
        wait_until(lambda: min(seconds_left(store)) > 20, 10, "the letters' lease is renewed")
    finally:
        ours.end()
    assert letters(store, "two/1") == []
    assert mails(store, "two/1"), "what was let go is free when its time is up"


def test_a_daemon_that_comes_back_frees_its_own(store: Store) -> None:
    first = letters(store, "one/1")
    assert store.write(lambda c: outgoing.recover(c, wall_now(), holder="on")).result() == 0
    assert store.write(lambda c: outgoing.recover(c, wall_now(), holder="two")).result() == 0
    assert store.write(lambda c: outgoing.recover(c, wall_now(), holder="one")).result() == 1, (
        "the first of the batch alone may have gone out"
    )
    again = letters(store, "two/1")
    assert {one.message_id for one in again} == {one.message_id for one in first}


def test_letters_of_the_dead_are_sent_again_with_their_message_id(store: Store) -> None:
    first = letters(store, "one/1")
    assert store.write(lambda c: outgoing.recover(c, wall_now(), expired=True)).result() == 0
    run_out(store)
    spared = ["one/1"]
    assert store.write(lambda c: outgoing.recover(c, wall_now(), expired=True, spared=spared)).result() == 0
    assert store.write(lambda c: outgoing.recover(c, wall_now(), expired=True)).result() == 1
    again = letters(store, "two/1")
    assert {one.message_id for one in again} == {one.message_id for one in first}
    assert not store.write(lambda c: outgoing.mark(c, first[0], "sent", at=wall_now())).result(), "too late"
    assert store.write(lambda c: outgoing.mark(c, again[0], "sent", at=wall_now())).result()


def test_a_claim_in_doubt_is_undone(store: Store) -> None:
    first = letters(store, "one/1")
    store.write(lambda c: outgoing.undo_claims(c, ["one/1", "never/kept"])).result()
    again = letters(store, "two/1")
    assert [one.attempts for one in again] == [one.attempts for one in first]


@pytest.mark.parametrize("engine", [ON_POSTGRESQL_ONLY], indirect=True)
def test_a_writer_that_was_stopped_in_the_middle_holds_nobody_up(store: Store) -> None:
    """The server's own limit does not see what was stopped among statements that are sent in a row."""
    run = runs.Run("list", "berlin", "2026-11-20")
    store.write(lambda c: runs.begin(c, [run], wall_now())).result()
    stopped = open_engine(store.url, write=True).connect()
    driver: Any = stopped.connection.dbapi_connection

    def ended() -> bool:
        with store.read() as connection:
            return end_stopped(connection, 0) == 1

    with suppress(psycopg.Error), driver.pipeline():
        driver.execute("UPDATE run SET done_at = now()")
        driver.pgconn.send_flush_request()
        driver.pgconn.flush()
        wait_until(ended, 20, "it is found")
    with suppress(SQLAlchemyError):
        stopped.close()
    assert not ended(), "nobody else is touched"
    assert store.write(lambda c: runs.finish(c, run, wall_now())).result()
