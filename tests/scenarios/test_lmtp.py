"""LMTP: one answer for each recipient, in order, each stored by itself; the server in front is not the public."""

import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.client import Talk, lead, new_key, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.faults import unable_to_store
from tests.support.fixtures import Houses
from tests.support.waiting import wait_until

OTHER = "mobile.berlin.x7k2@leads.muster.example"
THIRD = "website.odense.b8n4@leads.muster.example"
UNKNOWN = "nobody@leads.muster.example"
SENDER = "MAIL FROM:<a@kunde.example>"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A daemon behind a mail server, with next to no room for the public; nothing of it needs the worker."""
    directory = tmp_path_factory.mktemp("l")
    house = Installation(
        directory / "house",
        "smtp://127.0.0.1:9",
        smtp=f'lmtp = ["127.0.0.1:0", "unix:{directory}/lmtp.sock"]\nbare_newline = "reject"',
        limits={"connections": 10, "connections_per_address": 1, "recipients": 4, "size": "100KiB", "errors": 2},
        roles=("smtp",),
    )
    house.start()
    yield house
    house.close()


def port_of(house: Installation) -> int:
    return int(house.status()["lmtp"][0].rpartition(":")[2])


def socket_of(house: Installation) -> str:
    place: str = next(place for place in house.status()["lmtp"] if place.startswith("unix:"))
    return place.removeprefix("unix:")


@contextmanager
def lmtp(house: Installation, place: int | str | None = None) -> Iterator[Talk]:
    """A session by hand; by the port unless said otherwise."""
    session = Talk(place or port_of(house), greeting="LHLO")
    try:
        yield session
    finally:
        session.close()


def kept(house: Installation, key: str) -> list[tuple[str, str, str]]:
    """Recipient, channel and client of what was stored from a sender."""
    return house.query(
        "SELECT recipient, channel, client FROM message WHERE sender = ? ORDER BY id", f"{key}@kunde.example"
    )


@pytest.mark.parametrize("by", ["port", "socket"])
def test_an_answer_for_each_recipient(behind: Installation, by: str) -> None:
    key = new_key()
    with lmtp(behind, socket_of(behind) if by == "socket" else None) as session:
        assert session.read() == (220, "220 postroom.muster.example Postroom")
        offered = session.ask("LHLO mail.example").text.split("\n")
        assert {"250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME"} <= set(offered)
        assert not any("AUTH" in line or "STARTTLS" in line for line in offered)
        for _ in range(2):  # and the session goes on
            assert session.ask(f"MAIL FROM:<{key}@kunde.example>").code == 250
            assert [session.ask(f"RCPT TO:<{to}>").code for to in (WEBSITE, UNKNOWN, OTHER)] == [250, 550, 250]
            assert session.ask("DATA").code == 354
            session.raw(lead(key) + b".\r\n")
            assert [session.read().text for _ in range(2)] == ["250 2.0.0 OK"] * 2
        assert session.ask("QUIT").text == "221 2.0.0 Bye"
    client = "local" if by == "socket" else "127.0.0.1"
    assert kept(behind, key) == [(WEBSITE, "lmtp", client), (OTHER, "lmtp", client)] * 2
    assert behind.postroom("ledger").returncode == 0


def test_a_recipient_that_cannot_be_stored_takes_no_other_with_it(behind: Installation) -> None:
    key = new_key()
    with unable_to_store(behind, OTHER), lmtp(behind) as session:
        session.read()
        session.ask("LHLO mail.example")
        session.ask(f"MAIL FROM:<{key}@kunde.example>")
        for to in (WEBSITE, OTHER, THIRD):
            assert session.ask(f"RCPT TO:<{to}>").code == 250
        session.ask("DATA")
        session.raw(lead(key) + b".\r\n")
        assert [session.read().text[:9] for _ in range(3)] == ["250 2.0.0", "451 4.3.0", "250 2.0.0"]
    assert [recipient for recipient, _, _ in kept(behind, key)] == [WEBSITE, THIRD]
    assert behind.postroom("ledger").returncode == 0
    with talk(behind) as session:  # and the chain goes on
        session.begin(OTHER)
        session.raw(lead(new_key()) + b".\r\n")
        assert session.read().code == 250
    assert behind.postroom("ledger").returncode == 0


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 2000, "552 5.3.4"),
        (b"Subject: long\r\n\r\n" + b"x" * 65_537 + b"\r\n", "500 5.5.2"),
        (b"Subject: bare\r\n\r\na\nb\r\n", "550 5.5.2"),
    ],
    ids=["size", "line", "bare line end"],
)
def test_a_refused_mail_is_answered_for_each_recipient_too(behind: Installation, content: bytes, answer: str) -> None:
    with lmtp(behind) as session:
        session.begin(WEBSITE, OTHER, THIRD)
        session.raw(content + b".\r\n")
        assert [session.read().text[:9] for _ in range(3)] == [answer] * 3
        assert session.ask("NOOP").text == "250 2.0.0 OK"


def test_commands_may_come_together(behind: Installation) -> None:
    """PIPELINING (RFC 2920), which LMTP servers must offer."""
    key = new_key()
    with lmtp(behind) as session:
        session.read()
        session.ask("LHLO mail.example")
        session.raw(
            f"MAIL FROM:<{key}@kunde.example>\r\nRCPT TO:<{UNKNOWN}>\r\nRCPT TO:<{WEBSITE}>\r\nDATA\r\n".encode()
        )
        assert [session.read().code for _ in range(4)] == [250, 550, 250, 354]
        session.raw(lead(key) + b".\r\n" + f"{SENDER}\r\nRCPT TO:<{UNKNOWN}>\r\nDATA\r\n".encode())
        assert [session.read().text[:9] for _ in range(4)] == ["250 2.0.0", "250 2.1.0", "550 5.1.1", "503 5.5.1"]
    assert len(kept(behind, key)) == 1


@pytest.mark.parametrize("greeting", ["EHLO", "HELO"])
def test_it_is_not_smtp(behind: Installation, greeting: str) -> None:
    with lmtp(behind) as session:
        session.read()
        assert session.ask(f"{greeting} mail.example").code == 500
        assert session.ask(SENDER).code == 503
        assert session.ask("LHLO").code == 501
    with talk(behind) as session:
        session.read()
        assert session.ask("LHLO mail.example").code == 500


def test_the_server_in_front_is_not_counted_with_the_public(behind: Installation) -> None:
    wait_until(lambda: behind.status()["lmtp_connections"] == behind.status()["connections"] == 0)
    sessions = [Talk(port_of(behind) if n % 2 else socket_of(behind), greeting="LHLO") for n in range(10)]
    try:
        assert [session.begin(WEBSITE).code for session in sessions] == [354] * 10
        assert behind.status()["lmtp_connections"] == 10
        assert behind.status()["connections"] == 0
        assert "\npostroom_lmtp_connections 10.0\n" in behind.get("/metrics")[1]
        assert "LMTP 127.0.0.1:" in behind.postroom("status").stdout
        with talk(behind) as session:
            assert session.read().code == 220
        with lmtp(behind) as surplus:
            assert surplus.read().code == 421
    finally:
        for session in sessions:
            session.close()


def test_the_server_in_front_is_not_sent_away_for_errors(behind: Installation) -> None:
    with lmtp(behind) as session:
        session.read()
        session.ask("LHLO mail.example")
        for _ in range(20):
            session.ask(SENDER)
            assert session.ask(f"RCPT TO:<{UNKNOWN}>").code == 550
            assert session.ask("RSET").code == 250


def test_the_socket_is_for_its_group_and_comes_and_goes_with_the_daemon(new_house: Houses, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    house = new_house(smtp=f'lmtp = ["unix:{path}"]', roles=("smtp",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    second = new_house(started=False, smtp=f'lmtp = ["unix:{path}"]', roles=("smtp",))
    process = second.launch()
    assert process.wait(60) == 75
    assert f"cannot listen: {path} is in use by another process" in second.log()
    with lmtp(house, str(path)) as session:
        assert session.begin(WEBSITE).code == 354
    house.kill_all()
    assert path.exists()
    house.start()
    with lmtp(house, str(path)) as session:
        assert session.begin(WEBSITE).code == 354
    house.stop()
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(new_house: Houses, tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    house = new_house(started=False, smtp=f'lmtp = ["unix:{path}"]', roles=("smtp",))
    assert house.launch().wait(60) == 75
    assert "is not a socket" in house.log()
    assert path.read_text() == "precious"
