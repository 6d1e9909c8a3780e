"""How many connections to PostgreSQL a daemon opens at most, whatever it is asked at once."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from daemon.store import Store, StoreError, open_store
from daemon.store.engine import READERS
from tests.peers.postgres import Postgres
from tests.support.client import Clients
from tests.support.daemon import ROOT, Installation
from tests.support.fixtures import Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.peer, pytest.mark.slow]

ACCEPTOR = READERS + 1
"""Readers, and the one that writes."""
WORKER = READERS + 3
"""And the one that hears hints, and the one that holds notices."""
RELAY_CONNECTIONS = 20
ASKING = 24
MAILS = 40


@pytest.fixture
def store(postgres: Postgres) -> Iterator[Store]:
    store = open_store(postgres.new_database())
    yield store
    store.close()


def _ask(house: Installation, over: threading.Event) -> None:
    while not over.is_set():
        house.status()
        house.get("/metrics")


def test_a_daemon_under_load_keeps_to_its_budget(tmp_path: Path, sink: Sink, postgres: Postgres, tell: Tell) -> None:
    house = Installation(tmp_path / "house", sink.url, database=postgres.new_database())
    main = (house.directory / "postroom.toml").read_text("utf-8")
    house.write("postroom.toml", main.replace("connections = 2\n", f"connections = {RELAY_CONNECTIONS}\n"))
    over = threading.Event()
    asking = [threading.Thread(target=_ask, args=(house, over)) for _ in range(ASKING)]
    most = 0
    try:
        house.start()
        clients = Clients(house, 6)
        for one in asking:
            one.start()

        def looked() -> bool:
            nonlocal most
            most = max(most, _connections(postgres, house))
            return len(clients.accepted) >= MAILS and len(sink.mails) >= MAILS

        wait_until(looked, 90, "mails are taken and told")
        clients.stop()
    finally:
        over.set()
        for one in asking:
            one.join(60)
        house.close()
    tell(f"{most} connections at most, {ACCEPTOR + WORKER} are allowed")
    assert 4 <= most <= ACCEPTOR + WORKER
    assert str(ACCEPTOR + WORKER) in (ROOT / "docs" / "postgresql.md").read_text("utf-8")


def _connections(postgres: Postgres, house: Installation) -> int:
    name = house.database.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres")) as server:
        (number,) = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'postroom%%'", [name]
        ).fetchone() or (0,)
    return int(number)


def test_who_finds_no_connection_free_is_told_to_come_again(store: Store) -> None:
    store._reads.pool._timeout = 0.05  # type: ignore[attr-defined]
    with ExitStack() as busy:
        for _ in range(READERS):
            busy.enter_context(store.read())
        with pytest.raises(StoreError), store.read():
            pass
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
