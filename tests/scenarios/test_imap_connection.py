"""One connection to a real Dovecot: what the library gets wrong does not reach us."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.machine import Imap
from daemon.intake.imap import TROUBLE, Connection, DeadLink
from daemon.line import Line
from tests.peers.dovecot import Dovecot
from tests.peers.fixtures import mail_server
from tests.support.client import lead, new_key
from tests.support.waiting import wait_until

__all__ = ["mail_server"]

LARGEST = 1 << 20
Connect = Callable[..., Connection]


@pytest.fixture
def connect(mail_server: Dovecot, tmp_path: Path) -> Iterator[Connect]:
    """Make connections; they are closed at the end."""
    made: list[Connection] = []
    (tmp_path / "password").write_text(mail_server.password)

    def make(line: Line | None = None, **keys: object) -> Connection:
        given = {"id": "main", "host": "localhost", "port": mail_server.port, "tls": "off", **keys}
        mailbox = Imap.model_validate({"username": mail_server.user, "password": {"file": "password"}, **given})
        made.append(Connection(mailbox, tmp_path, LARGEST, line=line))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_certificates_are_verified(connect: Connect, mail_server: Dovecot) -> None:
    known = {"ca_file": mail_server.ca_file}
    for tls, port in (("starttls", mail_server.port), ("implicit", mail_server.tls_port)):
        assert connect(tls=tls, port=port, **known).select("INBOX", readonly=True).uidnext == 1
        with pytest.raises(TROUBLE, match="certificate"):
            connect(tls=tls, port=port)


def test_numbers_past_the_end_are_nothing(connect: Connect, mail_server: Dovecot) -> None:
    empty = connect()
    empty.select("INBOX", readonly=True)
    assert (empty.highest(), empty.uids(1, None)) == (0, [])
    for _ in range(3):
        mail_server.deliver(lead(new_key()))
    connection = connect()
    assert connection.select("INBOX", readonly=True).uidnext == 4
    assert connection.uids(1, 4) == connection.uids(1, None) == connection.uids(1, 180_000) == [1, 2, 3]
    assert connection.uids(3, 4) == [3]
    assert connection.highest() == 3
    assert connection.uids(4, 4) == []
    assert connection.uids(99, None) == []
    assert connection.there([2, 3, 99]) == {2, 3}
    assert connection.there([]) == set()


def test_bodies_are_whole_and_leave_no_trace(connect: Connect, mail_server: Dovecot) -> None:
    mails = [lead(new_key()), lead(new_key()) + b"x" * 300_000]
    for mail in mails:
        mail_server.deliver(mail)
    connection = connect()
    connection.select("INBOX", readonly=False)
    assert {uid: body.content for uid, body in connection.bodies([1, 2, 99]).items()} == {1: mails[0], 2: mails[1]}
    assert connection.larger([1, 2], 200_000) == [2]
    assert connection.sizes([1, 2, 99]) == {1: len(mails[0]), 2: len(mails[1])}
    assert connection.received([1, 2, 99]).keys() == {1, 2}
    assert not any(mail_server.flags())


@pytest.mark.parametrize("lacking", [(), ("MOVE",), ("MOVE", "UIDPLUS")], ids=["MOVE", "UIDPLUS", "neither"])
def test_mails_are_moved_with_what_the_server_has(
    lacking: tuple[str, ...], connect: Connect, mail_server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        mail_server.deliver(lead(new_key()))
    mail_server.doveadm("flags", "add", "\\Deleted", "mailbox", "INBOX", "uid", "4")
    connection = connect()
    has = connection._client.has_capability
    monkeypatch.setattr(connection._client, "has_capability", lambda name: name not in lacking and has(name))
    connection.select("INBOX", readonly=False)
    connection.move([1, 2], "Erledigt")
    connection.move([1, 2], "Erledigt")
    assert mail_server.count("Erledigt") == 2, "killed before it was noted, it is not done twice"
    left = mail_server.flags_by_uid()
    assert left.keys() == ({1, 2, 3, 4} if "UIDPLUS" in lacking else {3, 4}), "others' deleted mails are theirs"
    assert left[3] == ()


def test_mail_that_came_just_before_idle_is_told_of(connect: Connect, mail_server: Dovecot) -> None:
    connection = connect()
    connection.select("INBOX", readonly=True)
    for number in range(1, 6):
        mail_server.deliver(lead(new_key()))
        assert connection.wait_for_news(20, tick=lambda: None, every=5, last=False), number
        assert len(connection.uids(1, None)) == number
    assert not connection.wait_for_news(0.2, tick=lambda: None, every=5, last=False)
    assert len(connection.uids(1, None)) == 5


def test_what_came_during_other_commands_is_news(connect: Connect, mail_server: Dovecot) -> None:
    mail_server.deliver(lead(new_key()))
    connection = connect()
    connection.select("INBOX", readonly=True)
    assert not connection.has_news()
    mail_server.deliver(lead(new_key()))
    wait_until(lambda: connection.uids(1, None) == [1, 2] and connection.uids(1, None), 10, "both are there")
    assert connection.has_news()
    assert not connection.has_news()
    mail_server.deliver(lead(new_key()))
    connection.select("INBOX", readonly=True)
    assert not connection.has_news()


@pytest.mark.parametrize("tls", ["off", "implicit"])
def test_a_wait_is_ended_from_outside_at_once(tls: str, connect: Connect, mail_server: Dovecot) -> None:
    port = mail_server.port if tls == "off" else mail_server.tls_port
    line = Line()
    connection = connect(line, tls=tls, port=port, ca_file=mail_server.ca_file)
    connection.select("INBOX", readonly=True)
    began, timer = time.monotonic(), threading.Timer(0.2, line.cut)
    timer.start()
    with pytest.raises(DeadLink):
        connection.wait_for_news(60, tick=lambda: None, every=20, last=True)
    assert time.monotonic() - began < 2
    timer.join()


def test_more_than_was_asked_for_is_not_read(mail_server: Dovecot, connect: Connect, tmp_path: Path) -> None:
    mail_server.deliver(lead(new_key()) + b"x" * 100_000)
    mailbox = Imap.model_validate(
        {"id": "main", "host": "localhost", "port": mail_server.port, "tls": "off", "username": mail_server.user,
         "password": {"file": "password"}}
    )  # fmt: skip
    with closing(Connection(mailbox, tmp_path, -(64 << 20))) as connection:
        connection.select("INBOX", readonly=True)
        with pytest.raises(TROUBLE, match="announced 1"):
            connection.bodies([1])
