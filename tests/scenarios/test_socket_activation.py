"""systemd opens the port and keeps it: Postroom starts anew, and no connection is refused."""

import socket
import sys
import threading
from collections import Counter

from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.waiting import pause, wait_until

pytestmark = ON_SQLITE
RESTARTS = 1
# As systemd does it (sd_listen_fds(3)): the socket is descriptor 3, and the process that has it is named.
HAND_OVER = """
import os, sys
number, name, *command = sys.argv[1:]
os.dup2(int(number), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES=name)
os.execv(command[0], command)
"""


class Senders:
    """Clients that send mail after mail, each by a connection of its own; what became of them."""

    def __init__(self, port: int, number: int = 3) -> None:
        self.accepted: list[str] = []
        self.met: Counter[str] = Counter()
        self._port = port
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(number)]

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self) -> None:
        while not self._ending.is_set():
            key = new_key()
            try:
                self._send(key)
                self.met["taken"] += 1
            except ConnectionRefusedError:
                self.met["refused"] += 1
            except (OSError, AssertionError):
                self.met["cut"] += 1
            pause(0.02)

    def _send(self, key: str) -> None:
        with socket.create_connection(("127.0.0.1", self._port), 60) as opened, opened.makefile("rb") as file:
            asked = (b"", b"EHLO client.example", b"MAIL FROM:<a@kunde.example>", f"RCPT TO:<{WEBSITE}>".encode())
            for line in (*asked, b"DATA"):
                if line:
                    opened.sendall(line + b"\r\n")
                while (answer := file.readline())[3:4] == b"-":
                    pass
                assert answer.startswith((b"2", b"3")), answer
            opened.sendall(lead(key) + b"\r\n.\r\n")
            assert file.readline().startswith(b"250")
            self.accepted.append(key)


def by_systemd(listening: socket.socket, name: str = "smtp") -> tuple[str, ...]:
    """What starts a daemon as systemd does."""
    return sys.executable, "-c", HAND_OVER, str(listening.fileno()), name


def start(house: Installation, listening: socket.socket) -> None:
    house.start(wrapper=by_systemd(listening), files=(listening.fileno(),))


def test_no_connection_is_refused_while_it_starts_anew(new_house: Houses) -> None:
    house = new_house(started=False)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        port = listening.getsockname()[1]
        start(house, listening)
        assert house.status()["smtp"] == [f"127.0.0.1:{port}"], "it listens nowhere else"
        with Senders(port) as senders:
            for restart in range(RESTARTS):
                wait_until(lambda least=20 * (restart + 1): senders.met["taken"] >= least, 60)  # type: ignore[misc]
                house.stop()
                start(house, listening)
            wait_until(lambda: senders.met["taken"] >= 20 * (RESTARTS + 1), 60)
        house.settle(120)
        assert senders.met["refused"] == 0
        kept = {subject for (subject,) in house.query("SELECT subject FROM message")}
        assert {f"Anfrage {key}" for key in senders.accepted} <= kept
        assert house.postroom("ledger").returncode == 0


def test_a_socket_with_another_name_is_refused(new_house: Houses) -> None:
    house = new_house(started=False)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        started = house.launch(wrapper=by_systemd(listening, "postroom.socket"), files=(listening.fileno(),))
        assert started.wait(60) == 78
    assert "FileDescriptorName" in house.log()
