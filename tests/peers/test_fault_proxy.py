"""The fault proxy does what it says, so that what is tested behind it is tested."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.peers.fault_proxy import FaultProxy, fault_proxy
from tests.support.waiting import wait_until


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A proxy in front of an echo."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with fault_proxy(server.getsockname()[1]) as proxy:
        yield proxy
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), 5)


def read(client: socket.socket, number: int) -> bytes:
    """So many bytes, or fewer at the end."""
    found = b""
    while len(found) < number and (data := client.recv(number - len(found))):
        found += data
    return found


def echoed(client: socket.socket, letter: bytes, within: float = 5) -> bytes:
    """What comes back of a byte, within so many seconds.

    Raises:
        TimeoutError: Nothing, not even an end.
    """
    client.settimeout(within)
    client.sendall(letter)
    return client.recv(1)


def test_passes(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"x" * 300_000)
        assert read(client, 300_000) == b"x" * 300_000
        assert (proxy.connections, proxy.open, proxy.up.passed) == (1, 1, 300_000)
    wait_until(lambda: proxy.open == 0, 5, "the connection ended")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_cuts_after_bytes_once(proxy: FaultProxy, how: str) -> None:
    proxy.how, proxy.down.cut_in = "reset" if how == "reset" else "close", 7
    with connect(proxy) as client:
        client.sendall(b"0123456789")
        assert read(client, 7) == b"0123456"
        if how == "reset":
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        else:
            assert client.recv(1) == b""
    with connect(proxy) as client:
        client.sendall(b"0123456789")
        assert read(client, 10) == b"0123456789"
    assert proxy.cuts == 1


def test_delays_without_slowing(proxy: FaultProxy) -> None:
    proxy.delay(0.05)
    with connect(proxy) as client:
        began = time.monotonic()
        for _ in range(20):
            client.sendall(b"x" * 1000)
        assert len(read(client, 20_000)) == 20_000
        took = time.monotonic() - began
    assert 0.1 <= took < 1


def test_black_hole_tells_nobody(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert echoed(client, b"a") == b"a"
        proxy.black_hole()
        with pytest.raises(TimeoutError):
            echoed(client, b"b", within=0.3)
    with connect(proxy) as client:
        with pytest.raises(TimeoutError):
            echoed(client, b"c", within=0.3)
        proxy.black_hole(False)
        assert echoed(client, b"d") == b"d"


def test_forgets_what_is_open(proxy: FaultProxy) -> None:
    with connect(proxy) as old:
        assert echoed(old, b"a") == b"a"
        proxy.forget()
        with pytest.raises(TimeoutError):
            echoed(old, b"b", within=0.3)
        with connect(proxy) as new:
            assert echoed(new, b"c") == b"c"


def test_cut_and_refuse_on_demand(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert echoed(client, b"a") == b"a"
        assert proxy.cut() == 1
        assert client.recv(1) == b""
    proxy.refusing = True
    with connect(proxy) as client:
        assert client.recv(1) == b""
