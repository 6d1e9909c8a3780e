"""Rows that change by right are sealed anew; what is not ours is neither changed nor sealed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, select

from daemon.seams import wall_now
from daemon.store import Store, evidence, mailed, messages, open_store, outgoing, seals
from daemon.store.messages import Claimed, Fated, LostLease
from daemon.store.schema import message, outbox

NOW = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
"""Minutes after the mails came in: none is late."""


@pytest.fixture
def store(books: Any) -> Iterator[Store]:
    one = open_store(books.url)
    yield one
    one.close()


def sealed(store: Store) -> bool:
    with store.read() as connection:
        return list(evidence.check(connection, NOW)) == []


def of_fate(store: Store, fate: str) -> int:
    with store.read() as connection:
        found: int = connection.execute(select(message.c.id).where(message.c.fate == fate)).scalar_one()
    return found


def claimed(connection: Connection) -> Claimed:
    now = wall_now()
    return messages.claim(connection, now=now, lease="mine", limit=1)[0]


def fated(mail: Claimed, lease: str) -> Fated:
    return Fated(
        id=mail.id, lease=lease, tries=mail.tries, alone=mail.alone, fate="bounce", reason="x", site="berlin",
        source=None, verified=None, mail_class="bounce", digest=f"d{mail.id}", subject=None, trace=b"{}", settings="",
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda c, key: messages.retry(c, key),
        lambda c, key: messages.drop(c, key, "an attack", NOW),
        lambda c, key: messages.retry(c, key) and messages.drop(c, key, "too late", NOW) is False,
    ],
    ids=["retry", "drop", "drop what is pending again"],
)
def test_what_a_person_does_with_a_quarantined_mail(store: Store, change: Callable[[Connection, int], bool]) -> None:
    key = of_fate(store, "quarantined")
    assert store.write(lambda c: change(c, key)).result()
    assert sealed(store)


@pytest.mark.parametrize("proven", [True, False])
def test_a_mail_that_the_reader_died_of(store: Store, *, proven: bool) -> None:
    def write(connection: Connection) -> None:
        assert messages.suspect(connection, claimed(connection), proven=proven, why="it ended", at=NOW) == "pending"

    store.write(write).result()
    assert sealed(store)


def test_a_mail_that_could_not_be_read(store: Store) -> None:
    store.write(lambda c: messages.quarantine(c, claimed(c).id, "mine", "it is nothing", NOW)).result()
    assert sealed(store)


def test_one_lost_lease_is_the_whole_batch(store: Store) -> None:
    key = of_fate(store, "quarantined")
    store.write(lambda c: messages.retry(c, key)).result()

    def write(connection: Connection) -> None:
        now = wall_now()
        ours = messages.claim(connection, now=now, lease="mine", limit=1)[0]
        theirs = messages.claim(connection, now=now, lease="theirs", limit=1)[0]
        assert ours.id != theirs.id
        messages.finish(connection, [fated(ours, "mine"), fated(theirs, "mine")], NOW)

    with pytest.raises(LostLease):
        store.write(write).result()
    assert sealed(store)


def test_a_letter_that_is_written_again(store: Store) -> None:
    with store.read() as connection:
        key = connection.execute(select(outbox.c.id).where(outbox.c.state == "waiting").limit(1)).scalar_one()
        row = mailed.one(connection, key)
    assert row is not None
    letter = outgoing.Letter(
        dedupe="of another:x", purpose=row["purpose"], recipient=row["recipient"], sender=row["sender"],
        revision=row["revision"],
        subject="New words", message_id=row["message_id"], content=row["rendered"] + b"More.\r\n",
    )  # fmt: skip
    assert store.write(lambda c: outgoing.rewrite(c, key, letter)).result()
    assert sealed(store)
    with store.read() as connection:
        assert connection.execute(select(outbox.c.subject).where(outbox.c.id == key)).scalar() == "New words"


def test_a_letter_that_was_sent_stays(store: Store) -> None:
    with store.read() as connection:
        row = connection.execute(select(outbox).where(outbox.c.state == "sent").limit(1)).one()
    letter = outgoing.Letter(
        dedupe=row.dedupe, purpose="x", recipient="x", sender="x", subject="x", message_id="x", content=b""
    )
    assert not store.write(lambda c: outgoing.rewrite(c, row.id, letter)).result()
    assert sealed(store)


def test_a_seal_knows_kinds_and_instants() -> None:
    row = {"digest": "d", "at": NOW, "versions": "1", "packed": b"1"}
    elsewhere = {**row, "at": NOW.astimezone(timezone(timedelta(hours=8)))}
    assert seals.settings(row) == seals.settings(elsewhere)
    others = [{**row, "versions": 1}, {**row, "versions": None}, {**row, "packed": "1"}, {**row, "versions": ""}]
    assert len({seals.settings(one) for one in (row, *others)}) == 5


def test_values_do_not_run_into_each_other() -> None:
    row = {"digest": "ab", "at": NOW, "versions": "c", "packed": b""}
    assert seals.settings(row) != seals.settings({**row, "digest": "a", "versions": "bc"})
    assert seals.deadlines([]) is None
