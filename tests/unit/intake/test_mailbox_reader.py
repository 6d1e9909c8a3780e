"""A mailbox whose server, mails or database make trouble: all that can be read is read, and nothing is lost."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from config.load import load
from config.machine import Imap
from config.models import Settings
from daemon.intake import mailboxes as all_mailboxes
from daemon.intake.imap_fetch import TELL_AFTER_TRIES
from daemon.intake.imap_house import House
from daemon.intake.mailbox import MailboxReader, Pace
from daemon.intake.mailboxes import Mailboxes
from daemon.intake.room import Room
from daemon.seams import CLOCK, Clock
from daemon.store import Store, open_store
from daemon.store.chains import Chain
from daemon.store.outgoing import Letter
from daemon.store.upgrade import prepare
from tests.faults.mailboxes import numbers
from tests.peers.script_imap import DROP, HANG, Command, ScriptedImap, ok, script_imap
from tests.support.daemon import EXAMPLE
from tests.support.waiting import wait_until
from tests.unit.test_oauth import Provider

SOURCE = "website-berlin"
QUICK = Pace(poll=0.2, first_wait=0.01, longest_wait=0.02, tick=0.1)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Place:
    """A daemon's store and settings, with mailboxes at one scripted server."""

    def __init__(self, directory: Path, server: ScriptedImap) -> None:
        settings, problems = load(EXAMPLE)
        assert settings is not None, problems
        self.settings: Settings = settings
        self.server = server
        self.letters: list[str] = []
        self.clock_file = directory / "clock"
        self.go_to(MONDAY)
        url = f"sqlite:///{directory / 'postroom.db'}"
        prepare(url, directory)
        self.store: Store = open_store(url)
        self.house = House(
            self.store, Chain("test"), Clock(), "daemon", lambda: self.settings, lambda: None, self._letter,
            Room(directory, lambda: 0),
        )  # fmt: skip
        self.readers: list[MailboxReader] = []

    def go_to(self, at: datetime) -> None:
        self.clock_file.write_text(at.isoformat())

    def mailbox(self, **keys: Any) -> Imap:
        given = {"id": "main", "host": "127.0.0.1", "port": self.server.port, "tls": "off", "username": "leads",
                 "since": "2001-01-01", "done": "flag"}  # fmt: skip
        given |= {} if "site" in keys or "source" in keys else {"source": SOURCE}
        return Imap.model_validate(given | keys)

    def read(self, **keys: Any) -> MailboxReader:
        """Begin to read it."""
        reader = MailboxReader(self.house, self.mailbox(**keys), QUICK)
        self.readers.append(reader)
        reader.start()
        return reader

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.read() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def states(self) -> dict[int, str]:
        """By UID, over all folders."""
        return dict(self.rows("SELECT uid, state FROM mailbox_mail"))

    def wait_states(self, **states: int) -> None:
        """Until so many mails are in these states, and none in others."""

        def count() -> dict[str, int]:
            return dict(self.rows("SELECT state, count(*) FROM mailbox_mail GROUP BY state"))

        wait_until(lambda: count() == states, 15, f"{states}; {[reader.error for reader in self.readers]}")

    def close(self) -> None:
        for reader in self.readers:
            reader.end()
        for reader in self.readers:
            reader.join(10)
        self.store.close()

    def _letter(self, key: str, subject: str, content: str) -> Letter:
        self.letters.append(subject)
        return Letter(dedupe=key, purpose="alarm", recipient="admin@muster.example", sender="postroom@muster.example",
                      subject=subject, message_id=f"<{key}@muster.example>", content=content.encode())  # fmt: skip


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with script_imap() as one:
        yield one


@pytest.fixture
def place(tmp_path: Path, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv(CLOCK, str(tmp_path / "clock"))
    one = Place(tmp_path, server)
    yield one
    one.close()


def deliver(server: ScriptedImap, number: int, head: bytes = b"") -> None:
    for _ in range(number):
        uid = max(server.mails, default=0) + 1
        server.deliver(head + b"From: anna@kunde.example\r\nSubject: mail %d\r\n\r\nHallo\r\n" % uid)


def bodies_asked(server: ScriptedImap) -> list[set[int]]:
    return [set(numbers(one.rest.partition(" ")[0])) for one in server.said("UID FETCH") if "BODY" in one.rest]


def refusing(server: ScriptedImap, uid: int, folder: str) -> Callable[[Command], bytes | None]:
    """The connection is gone whenever the text of this mail in this folder is asked for."""
    selected: dict[int, str] = {}

    def script(command: Command) -> bytes | None:
        if command.name in ("SELECT", "EXAMINE"):
            selected[command.session] = command.rest.split()[0].strip('"')
        asked = command.name == "UID FETCH" and "BODY" in command.rest and selected[command.session] == folder
        return DROP if asked and uid in numbers(command.rest.partition(" ")[0]) else None

    return script


def is_about(command: Command, uid: int, last: int) -> bool:
    """Whether a mail is among those that a command names; `*` is the last one, wherever a range begins."""
    named = re.search(r"(?:UID )?([\d:,*]+)", command.rest)
    for part in named[1].split(",") if named else ():
        begin, _, end = part.replace("*", str(last)).partition(":")
        low, high = sorted((int(begin), int(end or begin)))
        if low <= uid <= high:
            return True
    return False


def broken(server: ScriptedImap, uid: int, name: str, part: str = "") -> Callable[[Command], bytes | None]:
    """The connection is gone whenever a command with some argument is about this mail."""

    def script(command: Command) -> bytes | None:
        asked = command.name == name and part in command.rest and uid in server.mails
        return DROP if asked and is_about(command, uid, max(server.mails)) else None

    return script


# The mails.


@pytest.mark.parametrize("whose", [{"source": SOURCE}, {"source": None}], ids=["source", "header"])
def test_no_header_keeps_a_mail_from_being_taken(place: Place, server: ScriptedImap, whose: dict[str, Any]) -> None:
    deep, groups = b"(" * 3000, b"a:" * 3000
    for head in (b"Return-Path: " + deep, b"Return-Path: " + groups, b"To: " + deep, b"Cc: " + groups,
                 b"Return-Path: <a\0b@kunde.example>", b"X: y"):  # fmt: skip
        deliver(server, 1, head + b"\r\n")
    place.read(**whose)
    place.wait_states(taken=6)
    assert place.rows("SELECT DISTINCT sender FROM message") == [("",)]


def test_a_mail_is_taken_though_its_source_is_gone_meanwhile(place: Place, server: ScriptedImap) -> None:
    place.settings = place.settings.model_copy(update={"sources": {}})
    deliver(server, 2)
    place.read()
    place.wait_states(taken=2)
    assert place.rows("SELECT DISTINCT recipient FROM message") == [("imap:main",)]


def test_a_mail_that_the_database_refuses_keeps_no_other_from_it(place: Place, server: ScriptedImap) -> None:
    refuse = "CREATE TRIGGER refuse BEFORE INSERT ON message WHEN NEW.sender = 'poison@kunde.example' BEGIN "
    place.store.write(lambda c: c.execute(text(refuse + "SELECT RAISE(ABORT, 'no'); END"))).result()
    deliver(server, 3)
    deliver(server, 1, b"Return-Path: <poison@kunde.example>\r\n")
    deliver(server, 3)
    place.read()
    place.wait_states(taken=6, waiting=1)
    assert place.states()[4] == "waiting"
    wait_until(lambda: place.letters == ["a mail in main cannot be stored"], 10, "the admin is told")


# The server.


def test_a_mail_that_the_server_cannot_give_starves_nothing(place: Place, server: ScriptedImap) -> None:
    deliver(server, 5)
    server.script = refusing(server, 2, "A")
    reader = place.read(folders=["A", "B"])
    place.wait_states(taken=9, waiting=1)
    wait_until(lambda: bool(server.said("IDLE")) and reader.error is None, 10, "the mailbox is well")
    wait_until(lambda: all("\\Seen" in flags for flags in server.flags.values()), 10, "all are flagged")
    assert place.letters == ["a mail in main cannot be fetched"]
    tried = [uids for uids in bodies_asked(server) if uids == {2}]
    assert len(tried) == TELL_AFTER_TRIES, "alone; then no more today"
    place.go_to(MONDAY + timedelta(days=1, hours=1))
    server.script = lambda command: None
    place.wait_states(taken=10)


@pytest.mark.parametrize(
    ("name", "part"), [("UID SEARCH", "LARGER"), ("UID FETCH", "RFC822.SIZE")], ids=["which are large", "how large"]
)
def test_a_mail_whose_size_ends_the_connection_is_set_aside(
    place: Place, server: ScriptedImap, name: str, part: str
) -> None:
    deliver(server, 40)
    server.mails = {uid: raw + b"x" * 200_000 for uid, raw in server.mails.items()}
    server.script = broken(server, 17, name, part)
    reader = place.read()
    place.wait_states(taken=39, waiting=1)
    assert place.states()[17] == "waiting"
    wait_until(lambda: bool(server.said("IDLE")) and reader.error is None, 10, "the mailbox is well")
    assert place.letters == ["a mail in main cannot be fetched"]
    deliver(server, 1)
    place.wait_states(taken=40, waiting=1)
    server.script = lambda command: None
    place.go_to(MONDAY + timedelta(days=1, hours=1))
    place.wait_states(taken=41)


@pytest.mark.parametrize("uid", [1, 30, 60])
@pytest.mark.parametrize("since", ["2001-01-01", None], ids=["all", "new ones"])
def test_a_mail_that_no_search_may_find_is_set_aside(
    place: Place, server: ScriptedImap, uid: int, since: str | None
) -> None:
    server.script = broken(server, uid, "UID SEARCH")
    if since:
        deliver(server, 60)
    reader = place.read(since=since)
    if not since:
        wait_until(lambda: bool(place.rows("SELECT 1 FROM mailbox_folder")), 10, "it begins empty")
        deliver(server, 60)
    place.wait_states(taken=59, waiting=1)
    assert place.states()[uid] == "waiting"
    wait_until(lambda: bool(server.said("IDLE")) and reader.error is None, 10, "the mailbox is well")
    assert place.letters == ["a mail in main cannot be fetched"]
    deliver(server, 2)
    place.wait_states(taken=61, waiting=1)


def test_a_folder_begins_though_its_server_cannot_tell_of_one_mail(place: Place, server: ScriptedImap) -> None:
    deliver(server, 60)
    server.script = broken(server, 60, "UID FETCH", "INTERNALDATE")
    reader = place.read(since=None)
    wait_until(lambda: reader.error is None and bool(server.said("IDLE")), 10, "the mailbox is well")
    deliver(server, 2)
    place.wait_states(taken=2)


def test_one_search_that_fails_leaves_nothing_out(place: Place, server: ScriptedImap) -> None:
    deliver(server, 20)
    failed = iter([DROP])
    server.script = lambda command: next(failed, None) if command.name == "UID SEARCH" else None
    place.read()
    place.wait_states(taken=20)
    assert place.letters == []


def test_what_was_taken_is_flagged_though_fetching_fails(place: Place, server: ScriptedImap) -> None:
    deliver(server, 3)
    server.script = refusing(server, 1, "INBOX")
    place.read()
    wait_until(lambda: len(bodies_asked(server)) > 3, 10, "it failed")
    wait_until(lambda: all("\\Seen" in server.flags[uid] for uid in (2, 3)), 10, "its neighbours are flagged")


def test_a_flag_that_the_server_cannot_set_starves_nothing(place: Place, server: ScriptedImap) -> None:
    deliver(server, 3)
    server.script = lambda command: DROP if command.name == "UID STORE" else None
    place.read()
    place.wait_states(taken=3)
    deliver(server, 3)
    place.wait_states(taken=6)


def test_what_was_gone_for_a_moment_is_found_again(place: Place, server: ScriptedImap) -> None:
    def forgetful(command: Command) -> bytes | None:
        if command.name == "UID FETCH" and "BODY" in command.rest:
            return ok(command)
        is_asked = (
            command.name == "UID SEARCH" and command.rest.startswith("UID 1,2,3") and "LARGER" not in command.rest
        )
        return ok(command, "* SEARCH") if is_asked else None

    server.script = forgetful
    deliver(server, 3)
    place.read(idle=False)
    place.wait_states(gone=3)
    server.script = lambda command: None
    place.go_to(MONDAY + timedelta(days=1, hours=1))
    place.wait_states(taken=3)
    assert place.letters == ["mails in main overlooked"]


@pytest.mark.parametrize("step", ["GREETING", "LOGIN", "UID FETCH"])
def test_it_ends_at_once_whatever_it_waits_for(place: Place, server: ScriptedImap, step: str) -> None:
    deliver(server, 1)
    server.script = lambda command: HANG if command.name == step else None
    reader = place.read()
    wait_until(lambda: server.hanging == 1, 10, "it waits")
    reader.end()
    reader.join(2)
    assert not reader.is_alive()


# The lease.


def lease(place: Place) -> tuple[str, datetime]:
    ((owner, until),) = place.rows("SELECT owner, lease_until FROM mailbox")
    return owner, until


def test_the_lease_is_kept_while_the_server_takes_its_time(place: Place, server: ScriptedImap) -> None:
    deliver(server, 1)
    server.script = lambda command: HANG if "BODY" in command.rest else None
    every = Mailboxes(place.house, QUICK)
    place.settings = place.settings.model_copy(
        update={"postroom": place.settings.postroom.model_copy(update={"imap": (place.mailbox(),)})}
    )
    every.use(place.settings)
    try:
        wait_until(lambda: server.hanging == 1, 10, "it waits for a mail")
        first = lease(place)
        wait_until(lambda: lease(place)[1] > first[1], 10, "the lease is kept")
    finally:
        every.close()


def test_who_lost_the_lease_in_a_fetch_asks_for_less(place: Place, server: ScriptedImap) -> None:
    def lose(command: Command) -> bytes | None:
        if "BODY" in command.rest and len(bodies_asked(server)) == 1:
            place.store.write(lambda c: c.execute(text("UPDATE mailbox SET owner = 'they'"))).result()
        return None

    deliver(server, 3)
    server.script = lose
    reader = place.read()
    wait_until(lambda: reader.state == "elsewhere", 10, "it noticed")
    place.store.write(lambda c: c.execute(text("UPDATE mailbox SET owner = NULL"))).result()
    place.wait_states(taken=3)
    assert bodies_asked(server)[:2] == [{1, 2, 3}, {1}]


def test_a_reader_that_ends_late_leaves_its_successor_the_lease(
    place: Place, server: ScriptedImap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    class Slow(Provider):
        def token(self) -> dict[str, Any]:
            if len(self.asked) == 1:
                gate.wait(20)
            return super().token()

    def use(**keys: Any) -> None:
        box = place.mailbox(oauth=oauth, **keys)
        place.settings = place.settings.model_copy(
            update={"directory": tmp_path,
                    "postroom": place.settings.postroom.model_copy(update={"imap": (box,)})}
        )  # fmt: skip
        every.use(place.settings)

    monkeypatch.setattr(all_mailboxes, "END_SECONDS", 0.05)
    (tmp_path / "secret").write_text("x")
    provider, every = Slow(), Mailboxes(place.house, QUICK)
    oauth = {"provider": "microsoft", "client_id": "app", "tenant": "muster", "client_secret": {"file": "secret"},
             "token_url": provider.url}  # fmt: skip
    server.script = lambda command: ok(command) if command.name == "AUTHENTICATE" else None
    try:
        use()
        wait_until(lambda: len(provider.asked) == 1, 10, "the first waits for its token")
        (old,) = [one for one in threading.enumerate() if one.name == "mailbox main"]
        use(folders=["INBOX", "B"])
        wait_until(lambda: bool(server.said("IDLE")), 10, "the second reads")
        gate.set()
        old.join(10)
        assert lease(place)[0] == "daemon"
    finally:
        gate.set()
        every.close()
        provider.close()
