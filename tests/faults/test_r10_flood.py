"""Row R10: 2,000 connections at once, and no more open files: the surplus hears 421, an honest client is served."""

import resource
import smtplib
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.processes import resident
from tests.support.waiting import pause, wait_until

CONNECTIONS = 2000
PER_ADDRESS = 20
HONEST = "127.9.9.9"
MAILS = 40
TRY_AGAIN_SECONDS = 0.1
P95_SECONDS = 5.0
RSS_MB = 200


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Enough descriptors for the flood itself."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < CONNECTIONS + 500:
        pytest.skip(f"this user may open {before[1]} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Flood:
    """Connections from so many addresses, all held open to the end; how each was greeted."""

    def __init__(self, house: Installation, addresses: int) -> None:
        assert house.port
        self.greeted: Counter[bytes] = Counter()
        self._port = house.port
        self._addresses = addresses
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Flood":
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        for one in self._held:
            one.close()

    def wait(self) -> None:
        """Until all have come."""
        self._thread.join(120)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for number in range(CONNECTIONS):
            source = (f"127.1.0.{number % self._addresses + 1}", 0)
            try:
                one = socket.create_connection(("127.0.0.1", self._port), 10, source)
                self._held.append(one)
                self.greeted[one.recv(3)] += 1
            except OSError:
                self.greeted[b""] += 1


def taken_after(house: Installation) -> float:
    """Seconds from the first try of an honest client to its 250; it tries again as long as it is told to."""
    assert house.port
    content, began = lead(new_key()), time.monotonic()
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", house.port, "client.example", 30, source_address=(HONEST, 0)) as smtp:
                smtp.sendmail("wordpress@muster.example", WEBSITE, content)
                return time.monotonic() - began
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500:
                raise
        except (OSError, smtplib.SMTPServerDisconnected):
            pass
        pause(TRY_AGAIN_SECONDS)


def serve_honest(house: Installation, what: str, flood: Flood, tell: Tell) -> None:
    """Mails of an honest client beside a flood, and the figures of the row."""
    pid = house.pid("acceptor")
    assert pid
    took = [taken_after(house) for _ in range(MAILS)]
    p95, memory = statistics.quantiles(took, n=20)[-1], resident(pid)
    flood.wait()
    told = ", ".join(f"{number} {greeting.decode() or 'closed'}" for greeting, number in sorted(flood.greeted.items()))
    tell(f"R10: {what}: {told}; an honest client p95 {p95:.2f} s, longest {max(took):.2f} s; {memory:.0f} MB")
    assert p95 <= P95_SECONDS
    assert memory <= RSS_MB


def all_is_well(house: Installation, pid: int | None) -> None:
    wait_until(lambda: house.status()["connections"] == 0, 30)
    house.settle()
    assert house.value("SELECT count(*) FROM message WHERE fate = 'opened'") == MAILS
    assert house.pid("acceptor") == pid
    assert house.postroom("ledger").returncode == 0


@pytest.mark.alone
def test_a_flood(new_house: Houses, tell: Tell) -> None:
    house = new_house(limits={"connections": 500, "connections_per_address": PER_ADDRESS})
    pid = house.pid("acceptor")
    with Flood(house, addresses=10) as flood:
        flood.wait()
        assert flood.greeted == {b"220": 10 * PER_ADDRESS, b"421": CONNECTIONS - 10 * PER_ADDRESS}
        serve_honest(house, f"{CONNECTIONS} connections", flood, tell)
    all_is_well(house, pid)


@pytest.mark.alone
def test_two_thousand_that_say_nothing(new_house: Houses, tell: Tell) -> None:
    """All are taken, and none is sent away: an honest client is served beside them."""
    house = new_house(limits={"connections": CONNECTIONS + 100, "connections_per_address": PER_ADDRESS})
    pid = house.pid("acceptor")
    with Flood(house, addresses=CONNECTIONS // PER_ADDRESS) as flood:
        flood.wait()
        assert flood.greeted == {b"220": CONNECTIONS}
        serve_honest(house, f"{CONNECTIONS} idle connections", flood, tell)
    all_is_well(house, pid)


@pytest.mark.alone
def test_no_more_open_files(new_house: Houses, tell: Tell) -> None:
    """From so many addresses that only the files are the limit; who says nothing is sent away after two seconds."""
    house = new_house(started=False, limits={"connections_per_address": PER_ADDRESS, "idle_seconds": 2})
    house.start(wrapper=("/bin/sh", "-c", 'ulimit -n 256; exec "$@"', "sh"))
    pid = house.pid("acceptor")
    assert "connections-limited" in house.log()
    with Flood(house, addresses=200) as flood:
        wait_until(lambda: flood.greeted[b"421"], 30, "there is room for no more")
        serve_honest(house, f"256 files, {CONNECTIONS} connections", flood, tell)
        assert flood.greeted[b"421"] > CONNECTIONS / 2
    all_is_well(house, pid)
