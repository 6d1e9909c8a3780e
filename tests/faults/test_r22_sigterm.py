"""R22: SIGTERM under load: the daemon takes no more, finishes or gives back what it has in hand, and ends in time."""

import statistics
import threading

import pytest

from tests.faults.accounts import draw_up
from tests.support.client import Clients, lead, new_key, send
from tests.support.daemon import STOP_SECONDS
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import HANG, Sink
from tests.support.waiting import pause, wait_until

IN_HAND = (
    "SELECT count(*) FROM message WHERE fate = 'pending' AND lease IS NOT NULL",
    "SELECT count(*) FROM outbox WHERE state = 'sending' OR lease IS NOT NULL",
    "SELECT count(*) FROM deadline WHERE lease IS NOT NULL AND fired_at IS NULL AND ended_at IS NULL",
    "SELECT count(*) FROM mailbox WHERE owner IS NOT NULL",
)


TIMES = {"sqlite": at_length(30), "postgresql": at_length(20)}


@pytest.mark.parametrize("engine", ["sqlite", ON_POSTGRESQL_ONLY])
def test_sigterm_under_load_loses_nothing(
    engine: str, new_house: Houses, sink: Sink, tell: Tell, request: pytest.FixtureRequest
) -> None:
    of_its_own = {"database": request.getfixturevalue("postgres").new_database()} if engine == "postgresql" else {}
    house = new_house(**of_its_own)
    clients, took = Clients(house), []
    for _ in range(TIMES[engine]):
        known = len(clients.accepted)
        wait_until(lambda known=known: len(clients.accepted) > known + 10, 60, "it takes mail")  # type: ignore[misc]
        took.append(house.stop())
        left = [house.value(query) for query in IN_HAND]
        assert left == [0, 0, 0, 0], "what it had in hand is given back"
        house.start()
    clients.stop()
    house.settle(120)
    books = draw_up(house, sink, clients, doubles_allowed=0)
    middle, longest = statistics.median(took), max(took)
    tell(
        f"R22, {engine}: {len(took)} SIGTERMs, {books.accepted} mails: stopped after {middle:.1f} s (median),"
        f" {longest:.1f} s (longest), lost 0, told twice {books.doubled}, leases left 0"
    )
    assert not books.problems
    assert longest <= STOP_SECONDS
    assert house.postroom("ledger").returncode == 0


def test_a_relay_that_says_nothing_holds_up_no_end(new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, keys = new_house(), [new_key() for _ in range(3)]
    sink.script = lambda attempt: HANG if attempt.command == "MAIL" else None
    for key in keys:
        send(house, lead(key))
    wait_until(lambda: sink.attempts["MAIL"], 30, "a letter is on its way")
    wait_until(lambda: house.value("SELECT count(*) FROM outbox WHERE state = 'sending'"), 30, "and in hand")
    took = house.stop()
    tell(f"R22: stopped after {took:.1f} s while the relay said nothing")
    assert took <= STOP_SECONDS
    sink.script = lambda attempt: None
    house.start()
    for key in keys:
        wait_until(lambda key=key: sink.about(f"kunde-{key}@"), 60, "told after the next start")  # type: ignore[misc]
    assert sink.doubled() == {}


def test_a_reload_that_takes_long_holds_up_no_end(new_house: Houses, tell: Tell) -> None:
    house = new_house()
    sources = house.directory / "sources.toml"
    text, ended = sources.read_text("utf-8"), threading.Event()

    def write_all_the_time() -> None:
        number = 0
        while not ended.wait(0.1):
            number += 1
            house.write("sources.toml", f"{text}# {number}\n")

    writing = threading.Thread(target=write_all_the_time)
    writing.start()
    try:
        house.hang_up()
        pause(1)
        took = house.stop()
    finally:
        ended.set()
        writing.join()
    tell(f"R22: stopped after {took:.1f} s in the middle of a reload")
    assert took <= STOP_SECONDS
