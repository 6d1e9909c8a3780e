"""The ledger of mailboxes: one holder at a time, and each mail once whatever the server calls it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from daemon.store import Store, evidence, mailboxes
from daemon.store.chains import Accepted, Chain
from daemon.store.mailboxes import Fetched, Folder, Holder, LostLease

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OURS = Holder("main", "we", NOW)
THEIRS = Holder("main", "they", NOW)


@pytest.fixture
def chain() -> Chain:
    return Chain("test")


@pytest.fixture
def folder(store: Store) -> Folder:
    return begun(store, "INBOX")


def begun(store: Store, name: str) -> Folder:
    def write(connection: Connection) -> Folder:
        assert mailboxes.hold(connection, OURS, NOW)
        return mailboxes.begin(connection, OURS, Folder(0, "main", name, 1, 7, 3, 3, None, 0), [])

    return store.write(write).result()


def fetched(uid: int, content: bytes) -> Fetched:
    accepted = Accepted(content, "imap:main", "", "imap", "imap.example", NOW)
    return Fetched(uid, hashlib.sha256(content).hexdigest(), NOW, accepted)


def find(store: Store, folder: Folder, *uids: int) -> Folder:
    return store.write(lambda c: mailboxes.found(c, OURS, folder, uids)).result()


def take(store: Store, chain: Chain, folder: Folder, *mails: Fetched, holder: Holder = OURS) -> int:
    return store.write(lambda c: mailboxes.take(c, chain, holder, folder, mails, None)).result()


def number(store: Store, table: str) -> int:
    with store.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - our schema


def is_sound(store: Store) -> bool:
    with store.read() as connection:
        return list(evidence.check(connection, NOW)) == []


def test_one_holder_at_a_time(store: Store, folder: Folder) -> None:
    def holds(holder: Holder, later: timedelta = timedelta()) -> bool:
        at = Holder(holder.account, holder.owner, NOW + later)
        return store.write(lambda c: mailboxes.hold(c, at, NOW)).result()

    assert holds(OURS)
    assert not holds(THEIRS)
    assert not holds(THEIRS, mailboxes.LEASE)
    assert holds(OURS, mailboxes.LEASE), "kept"
    assert not holds(THEIRS, mailboxes.LEASE * 2)
    assert holds(THEIRS, mailboxes.LEASE * 2 + timedelta(seconds=1)), "it ran out"
    assert not holds(OURS)
    store.write(lambda c: mailboxes.release(c, OURS)).result()
    assert not holds(OURS), "only the holder leaves it"
    store.write(lambda c: mailboxes.release(c, THEIRS)).result()
    assert holds(OURS)


def test_who_lost_it_writes_nothing(store: Store, chain: Chain, folder: Folder) -> None:
    folder = find(store, folder, 4)
    for attempt in (
        lambda: take(store, chain, folder, fetched(4, b"a"), holder=THEIRS),
        lambda: store.write(lambda c: mailboxes.found(c, THEIRS, folder, [5])).result(),
        lambda: store.write(lambda c: mailboxes.settle(c, THEIRS, folder, [4], "gone")).result(),
        lambda: store.write(lambda c: mailboxes.missed(c, THEIRS, folder, {4: 1})).result(),
    ):
        with pytest.raises(LostLease):
            attempt()
    assert number(store, "message") == 0
    assert take(store, chain, folder, fetched(4, b"a")) == 1
    with pytest.raises(LostLease):
        take(store, chain, folder, fetched(4, b"a"))
    assert number(store, "message") == 1
    assert is_sound(store)


def test_a_mail_is_taken_once_by_its_bytes(store: Store, chain: Chain, folder: Folder) -> None:
    folder = find(store, folder, 4, 5, 6)
    assert take(store, chain, folder, fetched(4, b"a"), fetched(5, b"b"), fetched(6, b"a")) == 2
    other = find(store, begun(store, "Leads"), 4)
    assert take(store, chain, other, fetched(4, b"b")) == 0
    again = Folder(folder.id, "main", "INBOX", 2, 8, 2, 2, None, folder.mails)
    again = store.write(lambda c: mailboxes.begin(c, OURS, again, [1, 2])).result()
    assert take(store, chain, again, fetched(1, b"b"), fetched(2, b"c")) == 1
    assert number(store, "message") == 3
    assert number(store, "mailbox_mail WHERE state = 'taken' AND message IS NOT NULL") == 6
    assert is_sound(store)


def test_an_undone_commit_leaves_no_gap(store: Store, chain: Chain, folder: Folder) -> None:
    """The second of two mails was settled by somebody else: neither is taken, and the chain goes on."""
    folder = find(store, folder, 4)
    with pytest.raises(LostLease):
        take(store, chain, folder, fetched(4, b"a"), fetched(5, b"b"))
    assert number(store, "message") == 0
    assert take(store, chain, folder, fetched(4, b"a")) == 1
    assert is_sound(store)


def test_what_failed_waits_behind_the_others(store: Store, chain: Chain, folder: Folder) -> None:
    folder = find(store, folder, 4, 5, 6)
    store.write(lambda c: mailboxes.missed(c, OURS, folder, {4: 1})).result()
    with store.read() as connection:
        assert mailboxes.waiting(connection, folder, 10) == [(5, 0), (6, 0), (4, 1)]
    take(store, chain, folder, fetched(5, b"b"), fetched(4, b"a"))
    store.write(lambda c: mailboxes.settle(c, OURS, folder, [6], "gone")).result()
    with store.read() as connection:
        assert mailboxes.waiting(connection, folder, 10) == []
        assert mailboxes.unfinished(connection, folder, 10) == [4, 5]
    store.write(lambda c: mailboxes.finish(c, folder, [4], NOW)).result()
    with store.read() as connection:
        assert mailboxes.unfinished(connection, folder, 10) == [5]
        (row,) = mailboxes.standing(connection)
    assert (row["found"], row["waiting"]) == (3, 0)
    assert is_sound(store)
