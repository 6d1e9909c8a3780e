"""What real IMAP servers seldom do, done line by line by a scripted one: each mail becomes one record all the same.

One daemon reads a mailbox for each misbehaviour, all at the same time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from tests.faults.mailboxes import OFTEN, Mails, fresh_ones, numbers, read_mailbox
from tests.peers.script_imap import DROP, HANG, Command, Script, ScriptedImap, ok, script_imap
from tests.support.daemon import Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until

AT_START, LATER = 5, 3
PATIENCE_SECONDS = 150
"""Twice the time-out of a server that says nothing, and some polls."""
COMMANDS_AT_MOST, SESSIONS_AT_MOST = 300, 15
"""Of one mailbox, beside those of polling: more would be a loop that turns without waiting."""
COMMANDS_A_POLL = 15
SESSIONS_WITHOUT_TROUBLE = 2
BYE = b"* BYE going down\r\n" + DROP

Make = Callable[[ScriptedImap], Script]


def first(times: int, name: str, answer: Callable[[Command], bytes | None], part: str = "") -> Make:
    """Misbehave the first times that a command with some argument is given."""

    def make(server: ScriptedImap) -> Script:
        seen = 0

        def script(command: Command) -> bytes | None:
            nonlocal seen
            if command.name != name or part not in command.rest or seen >= times:
                return None
            seen += 1
            return answer(command)

        return script

    return make


def second(answer: bytes, times: int = 1) -> Make:
    """Fetch all as usual, but the second mail with this answer."""

    def make(server: ScriptedImap) -> Script:
        def fetch(command: Command) -> bytes:
            told = [answer if uid == 2 else server.fetched(uid, command.rest) for uid in _wanted(command)]
            return b"".join(told) + ok(command)

        return first(times, "UID FETCH", fetch, "BODY")(server)

    return make


def between(unasked: bytes) -> Make:
    """Say something unasked in the middle of every answer to a fetch."""

    def make(server: ScriptedImap) -> Script:
        def fetch(command: Command) -> bytes:
            told = [server.fetched(uid, command.rest) for uid in _wanted(command)]
            return unasked.join([b"", *told, b""]) + ok(command)

        return first(1000, "UID FETCH", fetch)(server)

    return make


def _wanted(command: Command) -> list[int]:
    return sorted(numbers(command.rest.partition(" ")[0]))


def recount(server: ScriptedImap) -> Script:
    """With the second connection the folder is another: UIDVALIDITY is new, the same mails have other UIDs."""

    def script(command: Command) -> bytes | None:
        if command.name in ("IDLE", "EXISTS") and command.session == 1:
            with server.changed:
                if server.uid_validity == 1:
                    server.uid_validity = 2
                    server.mails = {uid + 3: raw for uid, raw in server.mails.items()}
                    server.flags = {uid: set() for uid in server.mails}
            return BYE
        return None

    return script


NOTHING = "nothing amiss, n:* gives the last"
CASES: dict[str, Make] = {
    NOTHING: lambda server: lambda command: None,
    "no BODY[] at first": second(b"* 2 FETCH (UID 2 FLAGS ())\r\n"),
    "BODY[] NIL at first": second(b"* 2 FETCH (UID 2 BODY[] NIL)\r\n"),
    "BODY[] empty string at first": second(b'* 2 FETCH (UID 2 BODY[] "")\r\n'),
    "BODY[] empty literal at first": second(b"* 2 FETCH (UID 2 BODY[] {0}\r\n)\r\n"),
    "no FETCH for one at first": second(b""),
    "no FETCH at all, thrice": first(3, "UID FETCH", ok),
    "no sizes at first": first(2, "UID FETCH", ok, "RFC822.SIZE"),
    "NO to a fetch": first(2, "UID FETCH", lambda command: f"{command.tag} NO try later\r\n".encode(), "BODY"),
    "BAD to a search": first(1, "UID SEARCH", lambda command: f"{command.tag} BAD what\r\n".encode()),
    "huge literal, then gone": first(
        2, "UID FETCH", lambda _: b"* 1 FETCH (UID 1 BODY[] {4000000000}\r\nFrom: a" + DROP, "BODY"
    ),
    "huge literal, then silence": first(
        1, "UID FETCH", lambda _: b"* 1 FETCH (UID 1 BODY[] {900000}\r\nFrom: a" + HANG, "BODY"
    ),
    "half an answer": first(1, "UID FETCH", lambda _: b"* 1 FETCH (UID 1 BODY[" + DROP, "BODY"),
    "an answer that is none": first(1, "UID FETCH", lambda command: b"* 1 FETCH )))(\r\n" + ok(command), "BODY"),
    "a line without end": first(1, "UID FETCH", lambda _: b"* OK " + b"x" * 3_000_000 + DROP),
    "EXISTS in a fetch": between(b"* 9 EXISTS\r\n* 1 RECENT\r\n"),
    "EXPUNGE in a fetch": between(b"* 7 EXPUNGE\r\n"),
    "flags of others in a fetch": between(b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS (\\Flagged))\r\n"),
    "flags of unknown ones in a fetch": between(b"* 70 FETCH (UID 700 FLAGS (\\Seen))\r\n"),
    "body of another in a fetch": between(b"* 1 FETCH (UID 90 BODY[] {6}\r\nX: y\r\n)\r\n"),
    "alert in a fetch": between(b"* OK [ALERT] the disk is nearly full\r\n"),
    "BYE at the greeting": first(2, "GREETING", lambda _: BYE),
    "BYE at login": first(1, "LOGIN", lambda _: BYE),
    "login refused at first": first(1, "LOGIN", lambda command: f"{command.tag} NO [UNAVAILABLE] later\r\n".encode()),
    "BYE at select": first(1, "SELECT", lambda _: BYE),
    "BYE at search": first(1, "UID SEARCH", lambda _: BYE),
    "BYE at fetch": first(2, "UID FETCH", lambda _: BYE, "BODY"),
    "BYE at store": first(2, "UID STORE", lambda _: BYE),
    "BYE at idle": first(2, "IDLE", lambda _: BYE),
    "BYE at the end of idle": first(2, "DONE", lambda _: BYE),
    "BYE when mail comes": first(1, "EXISTS", lambda _: BYE),
    "IDLE never answered": first(1, "IDLE", lambda _: HANG),
    "IDLE never ended": first(1, "DONE", lambda _: HANG),
    "IDLE refused": first(1, "IDLE", lambda command: f"{command.tag} NO not now\r\n".encode()),
    "gone without a word": first(2, "UID FETCH", lambda _: DROP, "BODY"),
    "UIDs counted anew": recount,
}


class Outcome(NamedTuple):
    """The mailboxes once all is at rest."""

    house: Installation
    servers: dict[str, ScriptedImap]
    mails: dict[str, Mails]
    began: float


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """All mailboxes of the table read by one daemon, some mails before its start, some while it runs."""
    with ExitStack() as stack:
        sink = Sink()
        stack.callback(sink.close)
        house = Installation(tmp_path_factory.mktemp("script") / "house", sink.url, roles=("imap", "work"))
        servers = {name: stack.enter_context(script_imap()) for name in CASES}
        mails = {name: Mails(name) for name in CASES}
        for number, (name, server) in enumerate(servers.items()):
            server.script = CASES[name](server)
            read_mailbox(house, server.port, "any", id=f"box{number}", done="flag")
            _deliver(server, mails[name], AT_START)
        stack.callback(house.close)
        began = time.monotonic()
        house.start(OFTEN)
        wait_until(lambda: all(_is_idle(server) for server in servers.values()), 60, "all mailboxes are looked at")
        for name, server in servers.items():
            _deliver(server, mails[name], LATER)
        _wait_for_all(house, mails)
        house.settle(120)
        yield Outcome(house, servers, mails, began)


def _deliver(server: ScriptedImap, mails: Mails, count: int) -> None:
    for raw in mails.make(count):
        server.deliver(raw)


def _is_idle(server: ScriptedImap) -> bool:
    """Whether it was read and is waited at, or has misbehaved."""
    return bool(server.said("IDLE")) or server.sessions > 1 or server.hanging > 0


def _wait_for_all(house: Installation, mails: dict[str, Mails]) -> None:
    """Until all is there or patience is at its end; the cases say what is missing."""
    try:
        wait_until(lambda: all(one.is_stored(house) for one in mails.values()), PATIENCE_SECONDS)
    except AssertionError:
        return


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_mail_once(name: str, outcome: Outcome) -> None:
    server, mails = outcome.servers[name], outcome.mails[name]
    records = mails.records(outcome.house)
    said = [f"{command.session} {command.name} {command.rest}" for command in server.commands]
    assert len(mails.keys) == AT_START + LATER
    assert {key: records[key] for key in mails.keys.values() if records[key] != 1} == {}, said
    mails.assert_once(outcome.house)
    polls = fresh_ones(outcome.began)
    assert len(said) <= COMMANDS_AT_MOST + COMMANDS_A_POLL * polls, said[-20:]
    assert server.sessions <= (SESSIONS_WITHOUT_TROUBLE if name == NOTHING else SESSIONS_AT_MOST) + polls


@pytest.mark.slow
def test_originals_of_all_are_flagged(outcome: Outcome) -> None:
    def unflagged() -> dict[str, set[int]]:
        return {
            name: left
            for name, server in outcome.servers.items()
            if (left := {uid for uid, flags in server.flags.items() if "\\Seen" not in flags})
        }

    wait_until(lambda: not unflagged(), PATIENCE_SECONDS, f"flagged; not at first: {unflagged()}")


@pytest.mark.slow
def test_nothing_was_set_aside_and_the_ledger_is_whole(outcome: Outcome) -> None:
    assert outcome.house.query("SELECT fate, reason FROM message WHERE fate NOT IN ('opened', 'joined')") == []
    assert outcome.house.query("SELECT uid, state FROM mailbox_mail WHERE state <> 'taken'") == []
    checked = outcome.house.postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr
