"""R7: PostgreSQL stops as if its machine had lost power, or the connection is cut at COMMIT, again and again."""

import statistics
import time

import pytest

from tests.faults.accounts import draw_up
from tests.peers.cutter import Cutter
from tests.peers.postgres import Postgres
from tests.support.client import Clients, lead, new_key, send
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

ROUNDS = max(5, at_length(20))
UP_SECONDS, DOWN_SECONDS = 1.0, 0.3
P95_SECONDS = 5.0
RELAY_CONNECTIONS = 2
EVERY_COMMITS = 40
CUTS = 4 * ROUNDS


@pytest.mark.alone
@pytest.mark.peer
def test_a_server_that_dies_loses_and_doubles_nothing(
    new_house: Houses, sink: Sink, own_postgres: Postgres, tell: Tell
) -> None:
    house = new_house(database=own_postgres.new_database())
    clients = Clients(house)
    back = []
    for _ in range(ROUNDS):
        pause(UP_SECONDS)
        own_postgres.stop()
        pause(DOWN_SECONDS)
        own_postgres.start()
        began, before = time.monotonic(), len(clients.accepted)
        wait_until(lambda before=before: len(clients.accepted) > before, 30, "mail is taken again")  # type: ignore[misc]
        back.append(time.monotonic() - began)
    clients.stop()
    house.settle(150)
    books = draw_up(house, sink, clients, doubles_allowed=ROUNDS * RELAY_CONNECTIONS)
    p95 = statistics.quantiles(back, n=20)[-1]
    tell(
        f"R7: {ROUNDS} restarts of PostgreSQL: {books.accepted} accepted in {books.tries} tries, {books.records} "
        f"records, {books.told} told, {books.doubled} told twice; taking mail again after {p95:.2f} s (p95); "
        f"problems: {books.problems or 'none'}"
    )
    assert not books.problems
    assert books.accepted >= ROUNDS
    assert p95 <= P95_SECONDS
    checked = house.postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
def test_a_commit_in_doubt_is_settled(new_house: Houses, sink: Sink, postgres: Postgres, tell: Tell) -> None:
    cutter = Cutter(postgres.port, EVERY_COMMITS)
    database = postgres.new_database()
    house = new_house(database=database.replace(f":{postgres.port}/", f":{cutter.port}/"))
    clients = Clients(house)
    wait_until(lambda: cutter.lost + cutter.unanswered >= CUTS, 120, "commits are cut")
    clients.stop()
    cutter.every = 0
    house.settle(150)
    books = draw_up(house, sink, clients, doubles_allowed=0)
    tell(
        f"R7: {cutter.lost} commits lost, {cutter.unanswered} kept and not answered: {books.accepted} accepted in "
        f"{books.tries} tries, {books.records} records, {books.told} told, {books.doubled} told twice; problems: "
        f"{books.problems or 'none'}"
    )
    assert not books.problems
    checked = house.postroom("ledger")
    house.close()
    cutter.close()
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
def test_settings_that_come_while_it_is_away_are_taken_when_it_is_back(
    new_house: Houses, sink: Sink, own_postgres: Postgres, tell: Tell
) -> None:
    house = new_house(database=own_postgres.new_database())
    worker, before = house.pid("worker"), house.status()["settings"]
    own_postgres.stop()
    house.append("postroom.toml", "\n[retention]\nlead = '400d'\n")
    assert house.reload()["ok"]
    wait_until(lambda: "worker-without-store" in house.log(), 60, "the worker misses the database")
    own_postgres.start()
    now = house.status()["settings"]
    query = "SELECT count(*) FROM settings_version WHERE digest = ?"
    wait_until(lambda: house.value(query, now) == 1, 60, "the settings are kept")
    send(house, lead(key := new_key()))
    wait_until(lambda: sink.about(f"kunde-{key}@"), 60, "a mail is worked on")
    deaths = house.status()["counters"]["worker_deaths"]
    tell(f"R7: settings reloaded without a database: {deaths} deaths of the worker, the next mail was told")
    assert (deaths, house.pid("worker"), now != before) == (0, worker, True)
