"""The relay refuses for three hours while 2,000 mails wait: then all go out, oldest first, at its pace, none twice."""

from datetime import timedelta
from itertools import accumulate
from pathlib import Path

import pytest

from config.load import load
from daemon.seams import CLOCK
from daemon.shift import data_directory, database_url
from daemon.store import open_store, outgoing
from daemon.store.outgoing import Letter
from daemon.store.upgrade import prepare
from tests.support.daemon import ADMIN, Installation
from tests.support.outgoing import BEGIN, letter_to
from tests.support.sink import Sink
from tests.support.waiting import wait_until

LETTERS = 2000
PER_MINUTE = 12_000
CONNECTIONS = 2
BATCH = 5


def _letter(number: int) -> Letter:
    return letter_to("team@muster.example", number=number)


def _fill(house: Installation) -> None:
    settings, problems = load(house.directory)
    assert settings is not None, problems
    prepare(database_url(settings), data_directory(settings))
    store = open_store(database_url(settings))
    try:
        put = [
            store.write(lambda c, n=n: outgoing.put(c, _letter(n), BEGIN + timedelta(milliseconds=n)))  # type: ignore[misc]
            for n in range(LETTERS)
        ]
        assert all(future.result() for future in put)
    finally:
        store.close()


@pytest.mark.slow
@pytest.mark.alone
def test_three_hours_without_a_relay(tmp_path: Path, sink: Sink) -> None:
    house = Installation(tmp_path / "house", sink.url)
    main = (house.directory / "postroom.toml").read_text("utf-8")
    limits = f"connections = {CONNECTIONS}\nmails_per_minute = {PER_MINUTE}"
    house.write("postroom.toml", main.replace("connections = 2", limits))
    _fill(house)
    clock = tmp_path / "clock"
    clock.write_text((BEGIN + timedelta(minutes=1)).isoformat())
    sink.script = lambda attempt: "421 4.3.2 closing" if attempt.command == "CONNECT" else None
    house.start({CLOCK: str(clock)})
    try:
        for minutes in (1, 90, 181):
            asked = sink.attempts["CONNECT"]
            clock.write_text((BEGIN + timedelta(minutes=minutes)).isoformat())
            wait_until(lambda asked=asked: sink.attempts["CONNECT"] > asked, 20, "the relay is asked again")  # type: ignore[misc]
        assert sink.attempts["CONNECT"] < 40, "asked now and then, not for each mail"
        assert house.value("SELECT max(attempts) FROM outbox") <= 1
        sink.script = lambda attempt: None
        wait_until(lambda: len(sink.mails) >= LETTERS, 120, "all are delivered")
        house.settle()
    finally:
        house.close()
    mails = [mail for mail in sink.mails if mail.recipient != ADMIN]
    numbers = [int(str(mail.parsed()["Subject"]).removeprefix("Number ")) for mail in mails]
    assert sorted(numbers) == list(range(LETTERS)), "all, none twice"
    newest = accumulate(numbers, max)
    passed_over = max(highest + 1 - count for count, highest in enumerate(newest, start=1))
    assert passed_over <= CONNECTIONS * BATCH, "oldest first, but for those that a sender has in hand"
    assert house.query("SELECT DISTINCT state, attempts FROM outbox") == [("sent", 1)]
    assert len(sink.to(ADMIN)) == 1, "the admin is told once"
    at = sorted(mail.at for mail in sink.mails)
    for seconds in (1, 2, 5):
        first = 0
        for last, time in enumerate(at):
            while at[first] < time - seconds:
                first += 1
            allowed = PER_MINUTE / 60 * (seconds + 1)
            assert last - first + 1 <= allowed * 1.05, f"{last - first + 1} mails in {seconds} s"
