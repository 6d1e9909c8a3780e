"""How PostgreSQL keeps the tables that are queues: by their settings, and by what comes of them."""

import psycopg
import pytest

from daemon.store.columns import QUEUE
from daemon.store.schema import metadata
from tests.peers.postgres import Postgres

pytestmark = pytest.mark.peer
QUEUES = {"message", "outbox", "notice", "deadline"}
ROWS = 2000


@pytest.fixture
def server(postgres: Postgres) -> str:
    return postgres.new_database()


def test_queues_are_tidied_by_their_newest_rows(server: str) -> None:
    with psycopg.connect(server) as connection:
        rows = connection.execute(
            "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL"
        ).fetchall()
    wanted = {f"{name}={value}" for name, value in QUEUE["postgresql_with"].items()}
    assert {name: set(options) for name, options in rows} == dict.fromkeys(QUEUES, wanted)


def test_every_table_with_a_lease_is_a_queue() -> None:
    leased = {name for name, table in metadata.tables.items() if "lease" in table.c and "next_try_at" in table.c}
    leased |= {name for name, table in metadata.tables.items() if "lease" in table.c and "due_at" in table.c}
    assert leased <= QUEUES


def test_a_claim_leaves_the_indexes_alone(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("INSERT INTO chain (id, key, process, started_at, n, hash) VALUES (1, '', '', now(), 0, '')")
        connection.execute(
            "INSERT INTO message (id, chain, n, accepted_at, channel, raw_sha256, recipient_mac, hash, sender,"
            " recipient, client, size, due_at, seal) SELECT n, 1, n, now(), 'smtp', repeat('a', 64), repeat('b', 64),"
            " repeat('c', 64), 'a@kunde.example', 'b@muster.example', '192.0.2.1', 1000, now(), repeat('d', 64)"
            " FROM generate_series(1, %s) AS n",
            [ROWS],
        )
        for first in range(0, ROWS, 50):
            connection.execute(
                "UPDATE message SET lease = 'a', lease_until = now() WHERE id > %s AND id <= %s", [first, first + 50]
            )
        connection.execute("SELECT pg_stat_force_next_flush()")
        (changed, in_place) = connection.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'message'"
        ).fetchone() or (0, 0)
    assert changed == ROWS
    assert in_place >= 0.95 * ROWS
