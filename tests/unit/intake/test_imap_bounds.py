"""One connection to a server that says too much, too slowly, or not what was asked: every answer has its bounds."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.machine import Imap
from daemon.intake import imap, imap_wire
from daemon.intake.folder_mails import FolderMails
from daemon.intake.imap import GONE, TROUBLE, WINDOW, WINDOWS, Connection
from tests.peers.dripping import dripping
from tests.peers.script_imap import CAPABILITIES, HANG, Command, ScriptedImap, ok, script_imap

LARGEST = 1 << 20
MIB = 1 << 20
LATE = r"took too long|timed out"
MAIL = b"From: anna@kunde.example\r\nSubject: x\r\n\r\nHallo\r\n"


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with script_imap() as one:
        yield one


@pytest.fixture
def connect(server: ScriptedImap, tmp_path: Path) -> Callable[..., Connection]:
    def make(secret: str = "geheim", **keys: Any) -> Connection:  # noqa: S107 - the default is the point
        (tmp_path / "password").write_text(secret)
        given = {"id": "main", "host": "127.0.0.1", "port": server.port, "tls": "off", "username": "leads",
                 "password": {"file": "password"}}  # fmt: skip
        return Connection(Imap.model_validate(given | keys), tmp_path, LARGEST)

    return make


Connect = Callable[..., Connection]


def answering(name: str, answer: Callable[[Command], bytes]) -> Callable[[Command], bytes | None]:
    return lambda command: answer(command) if command.name == name else None


# Too much.


@pytest.mark.parametrize(
    "flood",
    [b"* OK " + b"x" * 900_000 + b"\r\n", b"* OK x\r\n" * 100_000, b"* 1 FETCH (FLAGS ())\r\n" * 50_000],
    ids=["long lines", "short lines", "unasked facts"],
)
def test_a_flood_of_lines_is_not_kept(connect: Connect, server: ScriptedImap, flood: bytes) -> None:
    times = 3 * MIB // len(flood)
    server.script = answering("EXAMINE", lambda command: flood * times + ok(command, "* OK [UIDVALIDITY 1] valid"))
    with closing(connect()) as connection, pytest.raises(GONE, match=str(imap_wire.LINE_BYTES)):
        connection.select("INBOX", readonly=True)


def test_what_came_unasked_is_not_gathered_over_commands(connect: Connect, server: ScriptedImap) -> None:
    server.deliver(MAIL)
    server.script = answering(
        "UID SEARCH", lambda command: b"* 1 EXISTS\r\n* X y\r\n" * 1000 + ok(command, "* SEARCH 1")
    )
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        for _ in range(5):
            assert connection.highest() == 1
        assert sum(map(len, connection._client._imap.untagged_responses.values())) <= 2010
        assert connection.has_news()


def test_a_line_without_end_ends_the_connection(connect: Connect, server: ScriptedImap) -> None:
    server.script = answering("EXAMINE", lambda command: b"* OK " + b"x" * (2 * MIB))
    with closing(connect()) as connection, pytest.raises(GONE):
        connection.select("INBOX", readonly=True)


def test_a_literal_is_refused_where_no_mail_was_asked_for(connect: Connect, server: ScriptedImap) -> None:
    server.script = answering("EXAMINE", lambda command: b"* LIST () {2000000}\r\n")
    with closing(connect()) as connection, pytest.raises(GONE, match="announced 2000000"):
        connection.select("INBOX", readonly=True)


def test_a_uidnext_that_is_far_away_is_not_walked_to(connect: Connect, server: ScriptedImap) -> None:
    server.deliver(MAIL)
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.uids(1, 1 << 63) == [1]
    assert len(server.said("UID SEARCH")) == WINDOWS + 1


def test_a_search_gives_nothing_beside_the_question(connect: Connect, server: ScriptedImap) -> None:
    server.script = answering("UID SEARCH", lambda command: ok(command, f"* SEARCH 1 7 9 {1 << 32} {1 << 70}"))
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.uids(7, None) == [7, 9]
        assert connection.highest() == 9


def test_mails_that_were_not_asked_for_are_left_out(connect: Connect, server: ScriptedImap) -> None:
    for _ in range(3):
        server.deliver(MAIL)
    server.script = answering(
        "UID FETCH", lambda command: b"".join(server.fetched(uid, command.rest) for uid in (1, 2, 3)) + ok(command)
    )
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.bodies([1, 2]).keys() == {1, 2}


def test_mails_since_a_day_are_asked_for_in_windows(connect: Connect, server: ScriptedImap) -> None:
    """150,000 of them are more than a line may hold."""
    last = 150_000

    def search(command: Command) -> bytes:
        first, _, end = command.rest.split()[1].partition(":")
        there = range(int(first), min(last, last if end == "*" else int(end)) + 1)
        return ok(command, "* SEARCH " + " ".join(map(str, there)))

    server.script = answering("UID SEARCH", search)
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.uids_since(date(2020, 1, 1), last) == list(range(1, last + 1))
    assert [one.rest for one in server.said("UID SEARCH")] == [
        f"UID 1:{WINDOW} SINCE 01-Jan-2020",
        f"UID {WINDOW + 1}:{2 * WINDOW} SINCE 01-Jan-2020",
        f"UID {2 * WINDOW + 1}:* SINCE 01-Jan-2020",
    ]


def test_a_date_beyond_all_calendars_is_none(connect: Connect, server: ScriptedImap) -> None:
    said = "31-Dec-9999 23:59:59 -1200"
    server.script = answering("UID FETCH", lambda command: ok(command, f'* 1 FETCH (UID 1 INTERNALDATE "{said}")'))
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        assert connection.received([1]) == {}


# Too slowly.


@pytest.mark.parametrize("greeting", [b"", b"* OK [CAPABILITY IMAP4rev1] hello\r\n"], ids=["greeting", "command"])
def test_an_answer_that_drips_has_its_time(connect: Connect, monkeypatch: pytest.MonkeyPatch, greeting: bytes) -> None:
    monkeypatch.setattr(imap_wire, "COMMAND_SECONDS", 0.3)
    with dripping(greeting) as port:
        began = time.monotonic()
        with pytest.raises(TROUBLE, match=LATE):
            connect(port=port)
        assert time.monotonic() - began < 5


def test_a_mail_that_does_not_come_has_its_time(
    connect: Connect, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "ANSWER_BYTES_SECONDS", 0.2)
    server.script = answering("UID FETCH", lambda command: HANG)
    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        with pytest.raises(TROUBLE, match=LATE):
            connection.bodies([1])


def test_talk_during_idle_ticks_no_oftener(connect: Connect, server: ScriptedImap) -> None:
    """Each tick writes to the database."""
    pause, ticks = threading.Event(), []

    def talk(command: Command) -> bytes | None:
        if command.name != "EXISTS":
            return None
        pause.wait(0.002)
        return b"* OK still here\r\n"

    with closing(connect()) as connection:
        connection.select("INBOX", readonly=True)
        server.script = talk
        server.deliver(MAIL)
        connection.wait_for_news(0.5, tick=lambda: ticks.append(time.monotonic()), every=0.2, last=True)
    assert 1 <= len(ticks) <= 2


# Log-in.


@pytest.mark.parametrize(
    ("offered", "username", "secret", "said"),
    [
        ("", "leads", "geheim", 'LOGIN "leads" "geheim"'),
        ("", "Firma Muster", 'a"b\\c', r'LOGIN "Firma Muster" "a\"b\\c"'),
        ("", 'A"B\\C', "x", r'LOGIN "A\"B\\C" "x"'),
        (" AUTH=PLAIN", "leads", "geheim", 'LOGIN "leads" "geheim"'),
        (" LOGINDISABLED AUTH=PLAIN", "leads", "geheim", "AUTHENTICATE PLAIN"),
        (" AUTH=PLAIN", "leads", "Gehäim-Ü9", "AUTHENTICATE PLAIN"),
        (" AUTH=PLAIN", "Firma Müller", "x y", "AUTHENTICATE PLAIN"),
    ],
)
def test_any_name_and_password_can_be_told(
    connect: Connect, server: ScriptedImap, offered: str, username: str, secret: str, said: str
) -> None:
    tags: list[str] = []

    def script(command: Command) -> bytes | None:
        if command.name == "CAPABILITY":
            return ok(command, f"* CAPABILITY {CAPABILITIES}{offered}")
        if command.name == "AUTHENTICATE":
            tags.append(command.tag)
            return b"+ \r\n"
        return f"{tags.pop()} OK in\r\n".encode() if tags else None

    server.script = script
    connect(secret, username=username).close()
    assert said in [f"{one.name} {one.rest}" for one in server.commands]


def test_a_password_that_cannot_be_told_is_not_told_to_the_log(connect: Connect) -> None:
    with pytest.raises(ValueError, match="AUTH=PLAIN") as raised:
        connect("Gehäim-Ü9")
    assert "ä" not in f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"


# An import.


def test_a_mail_whose_size_is_not_told_is_imported_all_the_same(connect: Connect, server: ScriptedImap) -> None:
    mails = [MAIL, MAIL + b"2", MAIL + b"x" * LARGEST, MAIL + b"4"]
    for mail in mails:
        server.deliver(mail)

    def script(command: Command) -> bytes | None:
        if command.name == "UID FETCH" and "SIZE" in command.rest:
            return b"".join(server.fetched(uid, command.rest) for uid in (1, 4)) + ok(command)
        return None

    server.script = script
    with closing(connect()) as connection:
        found = list(FolderMails(connection, "main", "INBOX", LARGEST))
    assert [one.name.rpartition(":")[2] for one in found] == ["1", "2", "3", "4"]
    assert [one.content for one in found if not one.wrong] == [mails[0], mails[1], mails[3]]
    assert "larger" in (found[2].wrong or "")
