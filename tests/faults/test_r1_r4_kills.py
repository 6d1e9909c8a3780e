"""Rows R1 and R4: `kill -9` at random moments under load, on both databases.

Nothing accepted is lost, nothing is opened twice, everything is told; what is told twice is the same mail. Deaths of
the acceptor (which takes the others with it) and of all processes count for R1, those of the worker and of all for R4:
each has the 200 of its row by `make faults`, on each database; a tenth of them is shared by the two otherwise. Those of
the reader, which has nothing of its own to lose, come beside.
"""

import os
import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.accounts import draw_up
from tests.support.client import Clients
from tests.support.daemon import Installation
from tests.support.fixtures import ENGINES, Houses, Tell
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

IS_FULL = at_length(200) >= 200
KILLS = at_length(200) if IS_FULL else max(2, at_length(200) // len(ENGINES))
MAILS = at_length(20_000) if IS_FULL else at_length(20_000) // len(ENGINES)
LATEST = 0.6
"""Seconds from when a process is at work to its death, at most."""
RELAY_CONNECTIONS = 2
CLIENTS = 4
PATIENCE_SECONDS = 120


def _deaths(draw: random.Random) -> list[str]:
    """Who dies, in turn."""
    each = KILLS // 4
    deaths = ["all"] * (KILLS - each) + ["acceptor"] * each + ["worker"] * each + ["reader"] * (each // 2)
    draw.shuffle(deaths)
    return deaths


def _kill(house: Installation, who: str, sink: Sink, moment: float) -> None:
    """Kill one while it works, and let it come back.

    An acceptor works as soon as it takes mail. A worker works when mail goes out that it has sent.
    """
    if who in ("worker", "reader", "all"):
        told = len(sink.mails)
        wait_until(lambda: len(sink.mails) > told, PATIENCE_SECONDS, "mail goes out")
    pause(moment)
    match who:
        case "worker" | "reader":
            house.kill(who)
        case "acceptor":
            house.kill("acceptor")
            house.begin()
        case _:
            house.kill_all()
            house.begin()


@pytest.mark.parametrize("engine", ENGINES)
def test_kills(engine: str, database_of: Callable[[str], str], new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, drawn = new_house(database=database_of(engine)), seed()
    draw = random.Random(f"{engine} {drawn}")  # noqa: S311 - moments
    clients = Clients(house, CLIENTS)
    deaths = _deaths(draw)
    for number, who in enumerate(deaths, 1):
        _kill(house, who, sink, draw.uniform(0, LATEST))
        share = number * MAILS // len(deaths)
        wait_until(lambda share=share: len(clients.accepted) >= share, PATIENCE_SECONDS, "mail is taken")  # type: ignore[misc]
    clients.stop()
    house.settle_all(PATIENCE_SECONDS)  # where it is killed again and again, more is taken than read
    killed = Counter(deaths)
    senders = len(deaths) - killed["reader"]
    books = draw_up(house, sink, clients, doubles_allowed=senders * RELAY_CONNECTIONS)
    tell(
        f"R1, R4 on {engine}: {killed['all'] + killed['acceptor']} kills of who takes mail, "
        f"{killed['all'] + killed['worker']} of who sends it, {killed['reader']} of the reader: {books.accepted} "
        f"accepted in {books.tries} tries, {books.lost} of them not stored, {books.records} records, {books.told} "
        f"told, {books.doubled} told twice; problems: {books.problems or 'none'}; seed {drawn}, {os.cpu_count()} cores"
    )
    assert not books.problems
    assert books.accepted >= MAILS
