"""The bounds of the SMTP port: sizes, numbers, time-outs. Abuse of it is in tests/security."""

from collections.abc import Iterator

import pytest

from tests.support.client import Talk, lead, new_key, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Databases
from tests.support.sink import Sink
from tests.support.waiting import wait_until

pytestmark = ON_SQLITE

DOT = b"\r\n.\r\n"
FROM = "MAIL FROM:<a@kunde.example>"


@pytest.fixture(scope="module")
def strict(
    tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink, new_database: Databases
) -> Iterator[Installation]:
    """A daemon that is quick to lose patience."""
    house = Installation(
        tmp_path_factory.mktemp("strict") / "house",
        shared_sink.url,
        database=new_database(),
        limits={"connections": 6, "connections_per_address": 4, "idle_seconds": 1, "errors": 3},
        seams=False,
    )
    house.start()
    yield house
    house.close()


def stored(house: Installation) -> int:
    found: int = house.value("SELECT count(*) FROM message")
    return found


def test_size(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        assert "SIZE 1048576" in session.ask("EHLO client.example").text
        assert session.ask(f"{FROM} SIZE=2000000").code == 552
    before = stored(house)
    with talk(house) as session:  # one that does not say so beforehand
        assert session.begin(WEBSITE).code == 354
        session.raw(b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 20_000 + DOT)
        assert session.read().code == 552
        assert session.ask("NOOP").code == 250
    assert stored(house) == before


def test_recipients(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.ask(FROM)
        answers = [session.ask(f"RCPT TO:<desk.berlin+{n}@leads.muster.example>").code for n in range(7)]
    assert answers == [250] * 5 + [452] * 2


@pytest.mark.parametrize(("length", "code"), [(998, 250), (10_000, 250), (65_530, 250), (65_540, 500), (300_000, 500)])
def test_line_length(house: Installation, length: int, code: int) -> None:
    key = new_key()
    with talk(house) as session:
        assert session.begin(WEBSITE).code == 354
        session.raw(lead(key, text="x" * (length - 11)) + b".\r\n")
        assert session.read().code == code
    subject = f"Anfrage {key}"
    if code == 250:
        wait_until(lambda: house.query("SELECT 1 FROM message WHERE subject = ? AND fate = 'opened'", subject))


def test_long_commands_and_bad_addresses(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        assert 500 <= session.ask("MAIL FROM:<" + "a" * 3000 + "@kunde.example>").code < 600
        for address in (
            b"<a\0b@kunde.example>",
            b"<a\rb@kunde.example>",
            b"<" + b"a" * 65 + b"@kunde.example>",
            b"<a@k",
        ):
            assert 500 <= session.ask(b"MAIL FROM:" + address).code < 600, address
        assert session.ask("MAIL FROM:<>").code == 250


def test_too_many_errors(strict: Installation) -> None:
    with talk(strict) as session:
        session.read()
        codes = [session.ask("NONSENSE").code for _ in range(4)]
        assert codes == [500, 500, 500, 421]
        assert session.read().code == 0


def test_too_many_connections(strict: Installation) -> None:
    wait_until(lambda: strict.status()["connections"] == 0)
    assert strict.port
    sessions = [Talk(strict.port) for _ in range(5)]
    try:
        assert [session.read().code for session in sessions] == [220] * 4 + [421]
    finally:
        for session in sessions:
            session.close()
    wait_until(lambda: strict.status()["connections"] == 0)
    with talk(strict) as session:
        assert session.read().code == 220
    assert strict.status()["counters"]["connections_refused"] == 1


def test_idle_clients_are_sent_away(strict: Installation) -> None:
    with talk(strict) as session:
        assert session.read().code == 220
        assert session.read() == (421, "421 4.4.2 Timeout")
        assert session.read().code == 0
