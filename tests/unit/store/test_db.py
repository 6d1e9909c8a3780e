"""Group commit: who waits together is committed together, and one's fault is nobody else's."""

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import IntegrityError

from daemon.store import Store, StoreError, open_store
from daemon.store.chains import Accepted, Chain
from daemon.store.schema import chain, message
from tests.support.fixtures import ON_POSTGRESQL_ONLY

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def store(store: Store) -> Store:
    store.write(lambda c: c.execute(text("CREATE TABLE kept (name TEXT PRIMARY KEY)"))).result(10)
    return store


class Held:
    """Holds the writer in a transaction of its own, so that what is put meanwhile is committed together."""

    def __init__(self, store: Store) -> None:
        begun, self._let_go = threading.Event(), threading.Event()

        def hold(connection: Connection) -> None:
            del connection
            begun.set()
            assert self._let_go.wait(10)

        self._done = store.write(hold)
        assert begun.wait(10)

    def let_go(self) -> None:
        self._let_go.set()
        self._done.result(10)


def keep(name: str) -> Any:
    """Work that writes one row."""

    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO kept VALUES (:name)"), {"name": name})
        return name

    return work


def kept(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(text("SELECT name FROM kept")).scalars())


def accept(store: Store, to: Chain, name: str) -> "Future[Any]":
    """Have a mail written with all others that wait."""
    future: Future[Any] = Future()

    def answer(result: Any) -> None:
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)

    mail = Accepted(name.encode(), f"{name}@leads.example", "", "smtp", "::1", NOW)
    store.write_together(to.append, [(mail, answer)])
    return future


def test_r2_a_commit_is_synced(store: Store, engine: str) -> None:
    if engine == "postgresql":
        assert store.write(lambda c: c.execute(text("SHOW synchronous_commit")).scalar()).result(10) == "on"
        return

    def pragma(connection: Connection, name: str) -> Any:
        return connection.execute(text(f"PRAGMA {name}")).scalar()

    found = store.write(lambda c: {n: pragma(c, n) for n in ("synchronous", "journal_mode", "foreign_keys")}).result(10)
    assert found == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}


def test_all_that_waits_is_one_commit(store: Store) -> None:
    commits: list[int] = []
    event.listen(store._writes, "commit", lambda _: commits.append(1))
    held = Held(store)
    waiting = [store.write(keep(f"d{n}")) for n in range(50)]
    held.let_go()
    assert [one.result(10) for one in waiting] == [f"d{n}" for n in range(50)]
    assert len(commits) == 2


def test_a_fault_undoes_only_its_own_work(store: Store) -> None:
    def broken(connection: Connection) -> None:
        keep("half")(connection)
        raise KeyError("of its own")

    held = Held(store)
    first, fault, twice, last = (store.write(w) for w in (keep("a"), broken, keep("a"), keep("b")))
    held.let_go()
    assert (first.result(10), last.result(10)) == ("a", "b")
    with pytest.raises(KeyError, match="of its own"):
        fault.result(10)
    with pytest.raises(IntegrityError):
        twice.result(10)
    assert kept(store) == {"a", "b"}


def test_if_the_commit_fails_all_fail_and_the_next_works(store: Store) -> None:
    to = Chain("test")
    held = Held(store)
    waiting = [store.write(keep("a")), accept(store, to, "first")]
    refused: list[int] = []

    def refuse(_: Connection) -> None:
        if len(refused) < 2:  # of the two transactions under way, only the second has anything to lose
            refused.append(1)
            if len(refused) == 2:
                raise OSError(28, "No space left on device")

    event.listen(store._writes, "commit", refuse)
    held.let_go()
    for one in waiting:
        with pytest.raises(StoreError, match="No space left"):
            one.result(10)
    assert kept(store) == set()
    assert store.write(keep("b")).result(10) == "b"
    assert kept(store) == {"b"}


def test_what_nobody_expected_does_not_end_the_writer(store: Store) -> None:
    def unexpected(connection: Connection, items: list[Any]) -> list[Any]:
        raise UnicodeError(f"{connection} {items}")

    answers: list[Any] = []
    answered = threading.Event()

    def answer(result: Any) -> None:
        answers.append(result)
        answered.set()

    store.write_together(unexpected, [("x", answer)])
    assert answered.wait(10)
    assert isinstance(answers[0], StoreError)
    assert store.write(keep("a")).result(10) == "a"


@pytest.mark.parametrize("engine", [ON_POSTGRESQL_ONLY])
@pytest.mark.parametrize("beside", [0, 1], ids=["alone", "together"])
def test_a_server_that_turned_read_only_is_away(beside: int, store: Store) -> None:
    """Its disk is full, or it is the primary no longer: not the work's fault, and no reason to stay connected to it."""
    servers: set[Any] = set()
    read_only = True

    def begun(connection: Connection) -> None:
        servers.add(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
        if read_only:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(store._writes, "begin", begun)
    held = Held(store)
    writes = [store.write(keep(f"row {n}")) for n in range(1 + beside)]
    held.let_go()
    for write in writes:
        with pytest.raises(StoreError, match="read-only"):
            write.result(10)
    read_only = False
    assert store.write(keep("after")).result(10) == "after"
    assert kept(store) == {"after"}
    assert len(servers) == 2


@contextmanager
def unable_to_commit(store: Store) -> Iterator[None]:
    """As on a broken disk."""

    def refuse(_: Connection) -> None:
        raise OSError(5, "Input/output error")

    event.listen(store._writes, "commit", refuse)
    yield
    event.remove(store._writes, "commit", refuse)


def test_a_chain_goes_on_without_gap_after_a_failure(store: Store) -> None:
    to = Chain("test")
    assert accept(store, to, "one").result(10) > 0
    with unable_to_commit(store), pytest.raises(StoreError):
        accept(store, to, "lost").result(10)
    for name in ("two", "three"):
        accept(store, to, name).result(10)
    with store.read() as connection:
        head = connection.execute(select(chain)).one()
        links = connection.execute(select(message).order_by(message.c.n)).all()
    assert [link.n for link in links] == [1, 2, 3]
    assert [link.recipient for link in links] == [f"{name}@leads.example" for name in ("one", "two", "three")]
    assert (head.n, head.hash) == (3, links[-1].hash)


def test_a_chain_whose_first_commit_failed_begins_anew(store: Store) -> None:
    to = Chain("test")
    with unable_to_commit(store), pytest.raises(StoreError):
        accept(store, to, "lost").result(10)
    accept(store, to, "one").result(10)
    with store.read() as connection:
        assert connection.execute(select(message.c.n, chain.c.n).join(chain)).all() == [(1, 1)]


def _write_many(url: str, name: str, number: int) -> None:
    store = open_store(url)
    to = Chain(name)
    for future in [accept(store, to, f"{name}-{n}") for n in range(number)]:
        future.result(60)
    store.close()


def test_processes_write_side_by_side(url: str, store: Store) -> None:
    """Readers that write later, and writers, of several processes: no one is told that the database is locked."""
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_write_many, args=(url, f"p{n}", 60)) for n in range(3)]
    for other in others:
        other.start()
    for n in range(60):
        with store.read() as connection:
            before = connection.execute(select(func.count()).select_from(message)).scalar_one()
        assert store.write(keep(f"{n}-{before}")).result(60)
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(message)).scalar_one() == 180
        assert connection.execute(select(chain.c.n).order_by(chain.c.id)).scalars().all() == [60, 60, 60]
    assert len(kept(store)) == 60


def test_closing_finishes_what_waits(store: Store) -> None:
    held = Held(store)
    waiting = [store.write(keep(f"d{n}")) for n in range(20)]
    held.let_go()
    store.close()
    assert {one.result(0) for one in waiting} == {f"d{n}" for n in range(20)}
