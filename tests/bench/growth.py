"""What kept mails cost the next one: each step of its way, and what people look at, with few kept and with many."""

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest

from daemon.cli.portrait import portrait
from daemon.health import Health
from daemon.seams import wall_now
from daemon.store import brakes, deadlines, evidence, mailed, messages, notices, outgoing, records
from daemon.store.acquaintances import records_with
from daemon.store.silence_report import silence_standing
from tests.bench import mails, servers
from tests.bench.figures import Figures, Goal, Section
from tests.bench.fill import OLD, fill, person, reference
from tests.bench.room import Room, room
from tests.peers.postgres import Postgres, programs

BUILD = Path(__file__).resolve().parent.parent.parent / "build"
BATCH = 50
NEW = 9_000_000
"""Mails that are measured are numbered from here: nobody of these has written before."""

Look = Callable[[Room, int], object]
"""What is measured, once for each turn."""


def _status(one: Room, _: int) -> None:
    with one.shift.store.read() as connection:
        messages.by_fate(connection), mailed.by_state(connection)
        messages.oldest_pending(connection), mailed.oldest_unsent(connection)
        silence_standing(connection, one.shift.settings.silences, one.shift.clock.now())


def _metrics(one: Room, _: int) -> None:
    shift, nothing, up = one.shift, (lambda: 0), (lambda: True)
    health = Health(shift.store, shift.clock.now, dict, nothing, up, list, nothing, list, up)
    generate_latest(health._registry)


def _accept(one: Room, turn: int) -> None:
    one.accept([mails.make("adf", NEW + turn, servers.RECIPIENT)])


def _claim(one: Room, turn: int) -> None:
    lease, now = f"bench/{turn}", one.shift.clock.now()
    claimed = one.shift.store.write(lambda c: messages.claim(c, now=now, lease=lease, limit=BATCH)).result()
    assert claimed
    one.shift.store.write(lambda c: messages.release(c, [mail.id for mail in claimed], lease), sync=False)


def _claim_deadlines(one: Room, turn: int) -> None:
    lease, now = f"bench/{turn}", one.shift.clock.now()
    claimed = one.shift.store.write(lambda c: deadlines.claim(c, now=now, lease=lease, limit=BATCH)).result()
    assert len(claimed) == BATCH

    def release(connection: Any) -> None:
        for each in claimed:
            deadlines.release(connection, each)

    one.shift.store.write(release, sync=False)


def _next(one: Room, _: int) -> None:
    """What a worker asks when it has nothing to do."""
    now = one.shift.clock.now()
    with one.shift.store.read() as connection:
        messages.next_due(connection), deadlines.next_due(connection), notices.next_due(connection)
        outgoing.next_due(connection), deadlines.is_due(connection, now)


def _renew(one: Room, turn: int) -> None:
    leases = [f"bench/{turn}"]

    def write(connection: Any) -> None:
        messages.renew(connection, leases)
        outgoing.renew(connection, leases)
        deadlines.renew(connection, leases)

    one.shift.store.write(write, sync=False).result()


def _upkeep(one: Room, _: int) -> None:
    now, store = one.shift.clock.now(), one.shift.store
    store.write(lambda c: outgoing.recover(c, now, expired=True), sync=False).result()
    store.write(lambda c: messages.pack(c, now - OLD, 200), sync=False).result()


def _start(one: Room, _: int) -> None:
    """What a worker clears at its start."""
    now, store = one.shift.clock.now(), one.shift.store
    store.write(lambda c: messages.clear_leases(c, "bench"), sync=False).result()
    store.write(lambda c: deadlines.clear_leases(c, "bench"), sync=False).result()
    store.write(lambda c: outgoing.recover(c, now, holder="bench"), sync=False).result()


def _listed(one: Room, _: int, **wanted: Any) -> None:
    with one.shift.store.read() as connection:
        records.listing(connection, **wanted)


def _person(one: Room, turn: int) -> None:
    with one.shift.store.read() as connection:
        assert records_with(connection, "berlin", [f"mail:{person(turn * 7)}"])


def _why(one: Room, turn: int) -> None:
    with one.shift.store.read() as connection:
        ref = reference(turn * 7)
        row = messages.of_record(connection, ref)[0]
        assert row["trace"]
        assert mailed.of_record(connection, ref)


def _show(one: Room, turn: int) -> None:
    with one.shift.store.read() as connection:
        assert portrait(connection, one.shift.settings, reference(turn * 7), None)


def _quarantine(one: Room, _: int) -> None:
    with one.shift.store.read() as connection:
        messages.listing(connection, "quarantined")


def _queue(one: Room, _: int) -> None:
    with one.shift.store.read() as connection:
        mailed.listing(connection, ("waiting", "sending", "unknown", "held", "failed"))


def _brakes(one: Room, turn: int) -> None:
    with one.shift.store.read() as connection:
        brakes.sent(connection, [person(turn)], one.shift.clock.now(), ["verkauf@muster.example"])


LOOKS: Mapping[str, Look] = {
    "accept": _accept,
    "claim mails": _claim,
    "next due": _next,
    "claim deadlines": _claim_deadlines,
    "renew leases": _renew,
    "upkeep": _upkeep,
    "start": _start,
    "caps and brakes": _brakes,
    "status": _status,
    "metrics": _metrics,
    "records": _listed,
    "records --site": partial(_listed, site="potsdam"),
    "records --kind": partial(_listed, kind="booking"),
    "records --state": partial(_listed, states=("waiting",)),
    "records --site --state": partial(_listed, site="berlin", states=("new",)),
    "person": _person,
    "why": _why,
    "show": _show,
    "quarantine list": _quarantine,
    "queue list": _queue,
}
READ, TELL, SEND, LEDGER = "read, decide, write a mail", "tell of a mail", "send a mail", "ledger, a mail"
MOST = 2.0
"""How many times as much a figure may be with many as with few."""


class Measured:
    """One database of the bench."""

    def __init__(self, one: Room) -> None:
        self.room = one
        self._next = NEW + 1_000_000

    def turn(self, number: int) -> Iterator[tuple[str, float]]:
        """Milliseconds of everything but the ledger, once."""
        for what, look in LOOKS.items():
            yield what, _took(partial(look, self.room, number))
        yield from self._mails()

    def _mails(self) -> Iterator[tuple[str, float]]:
        """A batch all the way, each part by itself and for one mail."""
        one = self.room
        one.accept([mails.make("adf", self._next + n, servers.RECIPIENT) for n in range(BATCH)])
        self._next += BATCH

        def read() -> None:
            while taken := one.desk.take():
                one.desk.keep(taken)

        def tell() -> None:
            while gathered := one.bundler.gather():
                one.bundler.keep(gathered)
            one.shift.store.write(lambda _: None).result()

        def send() -> None:
            while one.send():
                pass

        for what, step in ((READ, read), (TELL, tell), (SEND, send)):
            yield what, _took(step) / BATCH

    def ledger(self) -> float:
        """Milliseconds a mail."""
        with self.room.shift.store.read() as connection:
            began = time.perf_counter()
            found = list(evidence.check(connection, wall_now()))
            took = time.perf_counter() - began
            assert not found, found[:5]
            return took * 1000 / sum(number for _, _, number in messages.by_fate(connection))


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def filled(stack: ExitStack, count: int, database: str = "sqlite") -> Room:
    """A room with so many mails in its books."""
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-", dir=servers.SPOOL)))
    with room(directory, database, wall_now() - OLD) as before:
        fill(before, count)
    return stack.enter_context(room(directory, database))


def run(rounds: int, few: int, many: int, databases: Mapping[str, Callable[[], str]]) -> Section:
    """Measure both in turn, round by round, on each engine.

    Args:
        rounds: How often.
        few: Kept mails to compare with, each with its record, steps and letter.
        many: Kept mails.
        databases: By name of the engine: makes a database.
    """
    figures = Figures("growth", best=min)  # what else the machine does makes a round slower, never faster
    goals = []
    for engine, new in databases.items():
        small, large = _names(engine, few, many)
        with ExitStack() as stack:
            books = {name: Measured(filled(stack, count, new())) for name, count in ((small, few), (large, many))}
            gc.collect()
            for turn in range(rounds):
                for name, one in books.items():
                    for what, took in one.turn(turn):
                        figures.add(name, f"{what}, ms", took)
            for name, one in books.items():
                figures.add(name, f"{LEDGER}, ms", one.ledger())
        goals += _goals(figures, small, large)
    return Section(figures, goals)


def _names(engine: str, few: int, many: int) -> tuple[str, str]:
    return f"{engine}, {few:,} mails", f"{engine}, {many:,} mails"


def keep(section: Section, name: str, engine: str, few: int, many: int) -> None:
    """Write build/NAME.json for docs/reliability.md: each figure with few mails and with many, in milliseconds."""
    figures, (small, large) = section.figures, _names(engine, few, many)
    rows = [
        {
            "what is done": what.removesuffix(", ms"),
            f"{few:,} mails, ms": figures.of(small, what),
            f"{many:,} mails, ms": figures.of(large, what),
            "ratio": figures.ratio(what, large, small),
        }
        for who, what in figures.values
        if who == large
    ]
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"{name}.json").write_text(json.dumps({"rows": rows}), "utf-8")


def sqlite() -> str:
    """A database, as in postroom.toml."""
    return "sqlite"


def on_both(rounds: int, few: int, many: int) -> Section:
    """The same on SQLite and on a PostgreSQL of the bench's own."""
    found = programs()
    if found is None:
        sys.exit("initdb is missing: install Debian's package postgresql")
    with ExitStack() as stack:
        server = Postgres(found)
        stack.callback(server.close)
        return run(rounds, few, many, {"SQLite": sqlite, "PostgreSQL": server.new_database})


def _goals(figures: Figures, small: str, large: str) -> list[Goal]:
    whats = [what for who, what in figures.values if who == large]
    return [
        Goal(f"{what.removesuffix(', ms')}: {large} / few", partial(figures.ratio, what, large, small), "<=", MOST, 1.3)
        for what in whats
    ]
