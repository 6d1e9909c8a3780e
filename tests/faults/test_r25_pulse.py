"""R25: a loop that stands still is told to the admin within twice its interval, shows in status and metrics, and heals.

Limits are a tenth of what they are in production (`daemon.pulse.TEST_HASTE`), so that a test need not wait for minutes.
"""

import os
import signal
import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from daemon.pulse import TEST_HASTE
from daemon.supervisor import START_SECONDS
from tests.peers.postgres import Postgres
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

MAILBOX = """
[[imap]]
id = "post"
host = "127.0.0.1"
port = 1
tls = "off"
username = "post"
password = { file = "post.password" }
source = "website-berlin"
"""
"""Of a server that is not there: its reader tries again and again."""


class Loop(NamedTuple):
    """One that is made to stand still.

    Attributes:
        process: Of which process.
        name: As `status` shows it.
        limit: Seconds of a round, in production.
        wait: The longest that it waits between two rounds, seconds.
        freeze: What it does then, where that is not its name.
    """

    process: str
    name: str
    limit: float
    wait: float = 0.0
    freeze: str = ""

    @property
    def interval(self) -> float:
        """Seconds by which it is heard while all is well."""
        return self.limit / TEST_HASTE + self.wait


ROUNDS = tuple(
    Loop("worker", "rounds", 60, 5, doing)
    for doing in ("desk", "deadlines", "calendar", "lists", "silence", "letters", "upkeep")
)
TOGETHER = (ROUNDS[0], Loop("worker", "leases", 60, 2), Loop("acceptor", "mailbox:post", 60, 20))
BY_ITSELF = (
    Loop("worker", "sender-1", 60, 30),
    Loop("worker", "sender-2", 60, 30),
    Loop("worker", "writer", 60),
    Loop("worker", "bells", 60, 20),
    *ROUNDS[1:],
)
SESSIONS = Loop("acceptor", "sessions", 30, 1)
MAILBOXES = Loop("acceptor", "mailboxes", 60, 5)
LAST = (
    Loop("acceptor", "commits", 30, 1),
    Loop("acceptor", "room", 60, 0.5),
    Loop("acceptor", "writer", 60),
    Loop("acceptor", "caretaker", 60, 1),
)
SLEEPS, SLEEP_SECONDS = at_length(10), 8
"""Longer than most loops have here, and than what a busy machine is forgiven."""
RENEWED_SECONDS = START_SECONDS + 60
"""Where the one that stands still has only just begun: it is given the time of a start."""
BUSY_SECONDS = 5
"""What a busy machine takes to write a mail and to look."""


class Frozen:
    """The file that names loops which stand still."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "frozen"
        self.path.write_text("")

    def be(self, *loops: Loop) -> None:
        """These from now on; written whole."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(" ".join(f"{one.process}.{one.freeze or one.name}" for one in loops))
        fresh.rename(self.path)


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Frozen]:
    """None at first; none at the end, so that the daemon can."""
    one = Frozen(tmp_path)
    yield one
    one.be()


def _house(new_houses: Houses, frozen: Frozen, env: dict[str, str]) -> Installation:
    house = new_houses(started=False)
    house.append("postroom.toml", MAILBOX)
    house.write("postroom.toml", (house.directory / "postroom.toml").read_text().replace('"work"]', '"work", "imap"]'))
    house.write("post.password", "secret")
    house.start({"POSTROOM_TEST_FREEZE": str(frozen.path), **env})
    return house


def _subjects(sink: Sink) -> list[str]:
    return [str(mail.parsed()["Subject"]) for mail in sink.to(ADMIN)]


def _still(house: Installation) -> set[str]:
    return {f"{one['process']}.{one['loop']}" for one in house.status()["standing_still"]}


def _is_down(house: Installation, loop: str) -> bool:
    process, _, name = loop.partition(".")
    return f'postroom_loop_up{{loop="{name}",process="{process}"}} 0.0' in house.get("/metrics")[1]


def _about_it(house: Installation, loop: str) -> bool:
    """Whether the admin is told: his mail is written."""
    return bool(house.value("SELECT count(*) FROM outbox WHERE subject LIKE ?", f"%{loop} of%stands still%"))


def _all_are_known(house: Installation) -> bool:
    """Whether what `/metrics` shows is what this file has limits for."""
    known = {f"{one.process}.{one.name}" for one in (*TOGETHER, *BY_ITSELF, *LAST)}
    known |= {"acceptor.sessions", "acceptor.mailboxes", "acceptor.worker"}
    lines = [line for line in house.get("/metrics")[1].splitlines() if line.startswith("postroom_loop_up{")]
    pairs = [line.split('"')[1::2] for line in lines]
    return {f"{process}.{loop}" for loop, process in pairs} == known


def _stand_still(house: Installation, frozen: Frozen, loops: tuple[Loop, ...]) -> float:
    """Let them stand still, the admin is told of each, in time; how many of its intervals the slowest took."""
    began, share = time.monotonic(), 0.0
    frozen.be(*loops)
    send(house, lead(new_key()))  # whoever waits for work gets some
    for loop in sorted(loops, key=lambda one: one.interval):
        key = f"{loop.process}.{loop.name}"
        wait_until(lambda: _about_it(house, key), 4 * loop.interval + 30, f"the admin is told of {key}")  # noqa: B023
        took = time.monotonic() - began
        assert took <= 2 * loop.interval + BUSY_SECONDS, key
        share = max(share, took / loop.interval)
    return share


def _is_renewed(house: Installation, frozen: Frozen, worker: int | None) -> None:
    """Another worker; one that went on at once after all would be left alone."""
    wait_until(lambda: house.pid("worker") not in (None, worker), RENEWED_SECONDS, "another worker")
    frozen.be()


def _goes_on(house: Installation, sink: Sink, loops: tuple[Loop, ...]) -> None:
    """Mail comes and goes again, nothing stands still, and of each the admin was told once."""
    send(house, lead(last := new_key()))
    wait_until(lambda: sink.about(f"kunde-{last}@"), 60, "mail goes on")
    wait_until(lambda: not _still(house), 60, "nothing stands still")
    for loop in loops:
        told = f"{loop.process}.{loop.name} of"
        wait_until(lambda: any(told in subject for subject in _subjects(sink)), 60, "the mail goes out")  # noqa: B023
        assert len([subject for subject in _subjects(sink) if told in subject]) == 1, "told once"


def test_what_stands_still_is_renewed(new_house: Houses, frozen: Frozen, sink: Sink, tell: Tell) -> None:
    house = _house(new_house, frozen, {})
    wait_until(lambda: _all_are_known(house), 20, "all loops are known here")
    assert _still(house) == set()
    worker = house.pid("worker")
    share = _stand_still(house, frozen, TOGETHER)
    tell(f"R25: {len(TOGETHER)} loops stood still at once, told after {share:.1f} intervals at the latest")
    _is_renewed(house, frozen, worker)
    _goes_on(house, sink, TOGETHER)
    counters = house.status()["counters"]
    assert (counters["worker_deaths"], counters["mailbox_renewals"]) == (0, 1)
    assert counters["worker_renewals"] >= 1

    worker = house.pid("worker")
    assert worker
    os.kill(worker, signal.SIGSTOP)
    send(house, lead(key := new_key()))
    wait_until(lambda: house.pid("worker") not in (None, worker), RENEWED_SECONDS, "another worker")
    wait_until(lambda: sink.about(f"kunde-{key}@"), 60, "mail goes on")
    wait_until(lambda: any("acceptor.worker of" in subject for subject in _subjects(sink)), 60, "the admin is told")


def test_a_house_that_slept_is_well(new_house: Houses, frozen: Frozen, tell: Tell) -> None:
    """As a machine that is moved or suspended: whoever of us looks first afterwards must not take it for a fault."""
    house = _house(new_house, frozen, {})
    acceptor, worker = house.pid("acceptor"), house.pid("worker")
    assert acceptor
    assert worker
    for _ in range(SLEEPS):
        for pid in (worker, acceptor):
            os.kill(pid, signal.SIGSTOP)
        pause(SLEEP_SECONDS)
        for pid in (acceptor, worker):
            os.kill(pid, signal.SIGCONT)
        pause(2)  # both look each second
    tell(f"R25: {SLEEPS} times the whole house slept for {SLEEP_SECONDS} s: no loop was told, none renewed")
    assert "loop-stands-still" not in house.log()
    assert house.pid("worker") == worker


@pytest.mark.long
@pytest.mark.parametrize("loop", BY_ITSELF, ids=lambda one: one.freeze or one.name)
def test_each_loop_is_renewed(loop: Loop, new_house: Houses, frozen: Frozen, sink: Sink, tell: Tell) -> None:
    house = _house(new_house, frozen, {})
    worker = house.pid("worker")
    share = _stand_still(house, frozen, (loop,))
    tell(f"R25: {loop.freeze or loop.name} stood still, told after {share:.1f} intervals of {loop.interval:.0f} s")
    _is_renewed(house, frozen, worker)
    _goes_on(house, sink, (loop,))


@contextmanager
def _service_manager(directory: Path) -> Iterator[socket.socket]:
    """What systemd listens at; `WATCHDOG=1` is expected every second."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(directory / "notify"))
        sock.settimeout(0.05)
        yield sock


def _heard(sock: socket.socket, seconds: float) -> int:
    """How often the watchdog was answered meanwhile."""
    until, heard = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        try:
            heard += b"WATCHDOG=1" in sock.recv(4096)
        except TimeoutError:
            continue
    return heard


def _stops_being_heard(sock: socket.socket, seconds: float) -> float:
    """Seconds until the watchdog was answered for the last time."""
    began = last = time.monotonic()
    while time.monotonic() - began < seconds and time.monotonic() - last < 5:
        last = time.monotonic() if _heard(sock, 0.5) else last
    assert time.monotonic() - last >= 5, "the watchdog is answered all the time"
    return last - began


def test_systemd_starts_the_acceptor_anew(new_house: Houses, frozen: Frozen, tmp_path: Path, tell: Tell) -> None:
    with _service_manager(tmp_path) as sock:
        house = _house(new_house, frozen, {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"})
        wait_until(lambda: _heard(sock, 1), 30, "the watchdog is answered")
        worker = house.pid("worker")
        frozen.be(SESSIONS, MAILBOXES)
        silent_after = _stops_being_heard(sock, 2 * SESSIONS.interval + 30)
        for loop in (SESSIONS, MAILBOXES):
            name = f"acceptor.{loop.name}"
            wait_until(lambda: _about_it(house, name), 30, f"the admin is told of {name}")  # noqa: B023
        frozen.be(MAILBOXES)
        wait_until(lambda: _still(house) == {"acceptor.mailboxes"}, 30, "it shows in status")
        assert _is_down(house, "acceptor.mailboxes")
        frozen.be()
        tell(f"R25: acceptor's event loop: watchdog unanswered after {silent_after:.1f} s of {SESSIONS.interval:.1f} s")
        assert silent_after <= 2 * SESSIONS.interval + BUSY_SECONDS
        wait_until(lambda: not _still(house), 30, "all go on")
        wait_until(lambda: _heard(sock, 1), 30, "the watchdog is answered again")
        assert house.pid("worker") == worker, "it was not the worker that was silent"


@pytest.mark.peer
def test_a_database_that_is_away_is_no_reason_to_start_anew(
    new_house: Houses, own_postgres: Postgres, tmp_path: Path, sink: Sink
) -> None:
    house = new_house(database=own_postgres.new_database(), started=False)
    with _service_manager(tmp_path) as sock:
        house.start({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"})
        wait_until(lambda: _heard(sock, 1), 30, "the watchdog is answered")
        own_postgres.stop()
        house.kill("worker")
        wait_until(lambda: house.log().count("worker-died") > 1, 60, "no other can begin")
        _heard(sock, 0.2)
        assert _heard(sock, 5) >= 3, "the acceptor goes on, and says 451"
        own_postgres.start()
    wait_until(lambda: house.pid("reader"), 60, "a worker that works")
    send(house, lead(key := new_key()))
    wait_until(lambda: sink.about(f"kunde-{key}@"), 60, "mail goes on")


@pytest.mark.long
@pytest.mark.parametrize("loop", LAST, ids=lambda one: one.name)
def test_each_of_the_acceptor(loop: Loop, new_house: Houses, frozen: Frozen, tmp_path: Path, tell: Tell) -> None:
    with _service_manager(tmp_path) as sock:
        house = _house(new_house, frozen, {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"})
        wait_until(lambda: _heard(sock, 1), 30, "the watchdog is answered")
        frozen.be(loop)
        with suppress(OSError, smtplib.SMTPException):
            send(house, lead(new_key()))
        silent_after = _stops_being_heard(sock, 2 * loop.interval + 30)
        frozen.be()
        tell(f"R25: acceptor.{loop.name}: watchdog unanswered after {silent_after:.1f} s of {loop.interval:.1f} s")
        assert silent_after <= 2 * loop.interval + BUSY_SECONDS
        wait_until(lambda: _heard(sock, 1), 60, "the watchdog is answered again")
