"""One and three daemons on one PostgreSQL: what a mail costs, what is done twice, how much faster it goes."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg

from tests.bench import load, mails, servers, sink
from tests.bench.figures import Figures, Goal, Section
from tests.bench.processes import cpu_seconds
from tests.bench.servers import Running
from tests.peers.postgres import Postgres, programs

NUMBERS = {"one daemon": 1, "three daemons": 3}
ALONE, THREE = NUMBERS
RATE, CPU, DATABASE_CPU, AGAIN = "rate, mails/s", "CPU s per 1,000", "CPU s per 1,000, PostgreSQL", "written again, %"
CORES_TO_JUDGE = 8
"""Daemons, database, senders and relay share the machine: with fewer cores three daemons only take turns."""
WARM_UP = 300
_WRITTEN = """
    SELECT (SELECT sum(n_tup_ins) FROM pg_stat_user_tables WHERE relname IN ('record', 'outbox'))
    - (SELECT count(*) FROM record) - (SELECT count(*) FROM outbox) FROM pg_sleep(12)
"""
"""Rows that were written and undone; sessions of the server that have nothing to do tell their numbers after 10 s."""


class Group:
    """Daemons on one database with one relay between them."""

    def __init__(self, daemons: Sequence[Running], relay: Running, server: Postgres, database: str) -> None:
        self._daemons, self._relay, self._database = daemons, relay, database
        self._server = int((server.directory / "data" / "postmaster.pid").read_text().split()[0])
        self._next = 0

    def send(self, number: int) -> load.Outcome:
        """So many mails, as fast as they are taken, to each daemon in turn."""
        numbered = mails.stream(self._next, number, servers.RECIPIENT)
        self._next += number
        return load.run([one.port for one in self._daemons], self._relay.port, servers.RECIPIENT, numbered)

    def cpu(self) -> tuple[float, float]:
        """Seconds of the daemons, and of the database."""
        return sum(cpu_seconds(one.pid) for one in self._daemons), cpu_seconds(self._server)

    def written_again(self) -> float:
        """Records and letters that were written in vain, as somebody else was faster; percent of all mails so far."""
        with psycopg.connect(self._database, autocommit=True) as connection:
            (number,) = connection.execute(_WRITTEN).fetchone() or (0,)
            return float(number) * 100 / self._next


def _measure(figures: Figures, who: str, group: Group, count: int) -> None:
    ours, theirs = group.cpu()
    outcome = group.send(count)
    ours_after, theirs_after = group.cpu()
    figures.add(who, RATE, outcome.rate)
    figures.add(who, CPU, (ours_after - ours) * 1000 / count)
    figures.add(who, DATABASE_CPU, (theirs_after - theirs) * 1000 / count)


def run(rounds: int, count: int) -> Section:
    """One and three in turn, several rounds, on databases of their own.

    Args:
        rounds: How often.
        count: Mails of each.
    """
    found = programs()
    if found is None:
        sys.exit("initdb is missing: install Debian's package postgresql")
    figures = Figures("one and three daemons on PostgreSQL")
    with ExitStack() as stack:
        server = Postgres(found)
        stack.callback(server.close)
        groups = {}
        for who, number in NUMBERS.items():
            database, relay = server.new_database(), stack.enter_context(sink.running())
            daemons = [stack.enter_context(servers.postroom(relay.port, database=database)) for _ in range(number)]
            groups[who] = Group(daemons, relay, server, database)
            groups[who].send(WARM_UP)
        for _ in range(rounds):
            for who, group in groups.items():
                _measure(figures, who, group, count)
        for who, group in groups.items():
            figures.add(who, AGAIN, group.written_again())
    return Section(figures, _goals(figures))


def _goals(figures: Figures) -> list[Goal]:
    found = [
        Goal("three daemons: CPU per mail / one", lambda: figures.ratio(CPU, THREE, ALONE), "<=", 1.25, 1.1),
        Goal("three daemons: written again, %", lambda: figures.of(THREE, AGAIN), "<=", 1.0, 0.1),
    ]
    if (os.cpu_count() or 1) >= CORES_TO_JUDGE:
        found.append(Goal("three daemons: rate / one", lambda: figures.ratio(RATE, THREE, ALONE), ">=", 1.8, 2.5))
    return found
