"""Behind a balancer: whose connection it is stands in front of it, and only the balancer is believed."""

import smtplib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from ipaddress import ip_address

import pytest

from daemon.intake.proxy import SIGNATURE
from tests.security.conftest import Certificate
from tests.support.client import Reply, lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

BALANCER, STRANGER, FAR = "127.8.8.8", "127.7.7.7", "203.0.113.7"
FEW: dict[str, int | str] = {"connections": 5}


def v1(address: str) -> bytes:
    family, there = ("TCP6", "2001:db8::25") if ":" in address else ("TCP4", "192.0.2.25")
    return f"PROXY {family} {address} {there} 4711 25\r\n".encode()


def v2(address: str, more: bytes = b"") -> bytes:
    source = ip_address(address)
    there = ip_address("192.0.2.25" if source.version == 4 else "2001:db8::25")
    body = source.packed + there.packed + struct.pack("!HH", 4711, 25) + more
    return SIGNATURE + bytes((0x21, 0x11 if source.version == 4 else 0x21)) + struct.pack("!H", len(body)) + body


LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


class ByWay(smtplib.SMTP):
    """A client by way of a balancer."""

    def __init__(self, port: int, header: bytes, balancer: str = BALANCER) -> None:
        self._header = header
        super().__init__("127.0.0.1", port, "client.example", 20, source_address=(balancer, 0))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        opened.sendall(self._header)
        return opened


def behind(new_house: Houses, smtp: str = "", **options: object) -> Installation:
    house: Installation = new_house(smtp=f'proxy = ["{BALANCER}/32", "10.1.0.0/16"]\n{smtp}', **options)
    return house


def first_words(port: int, sent: bytes, source: str) -> Reply:
    """What is said to whoever begins like this."""
    with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as opened:
        opened.sendall(sent)
        with opened.makefile("rb") as file:
            line = file.readline().decode()
    return Reply(int(line[:3] or 0), line.strip())


def test_the_client_is_kept_and_not_the_balancer(new_house: Houses) -> None:
    house = behind(new_house)
    assert house.port
    sent = {}
    for header, shown in (
        (v1(FAR), FAR), (v2("198.51.100.9", b"\x04\x00\x03abc"), "198.51.100.9"), (v1("2001:db8::7"), "2001:db8::7"),
        (v2("2001:db8:1::7"), "2001:db8:1::7"), (b"PROXY UNKNOWN\r\n", BALANCER), (LOCAL, BALANCER),
    ):  # fmt: skip
        key = new_key()
        with ByWay(house.port, header) as client:
            client.sendmail("wordpress@muster.example", WEBSITE, lead(key))
        sent[f"Anfrage {key}"] = shown
    house.settle()
    assert dict(house.query("SELECT subject, client FROM message")) == sent
    file = house.directory / "lead.eml"
    file.write_bytes(lead(key := new_key()))
    done = house.postroom("send", str(file), "--to", WEBSITE)
    assert (done.returncode, "250 2.0.0 OK" in done.stdout) == (0, True), "who is on this machine speaks for itself"
    house.settle()
    assert house.value("SELECT client FROM message WHERE subject = ?", f"Anfrage {key}") == "127.0.0.1"


def test_limits_count_the_client(new_house: Houses) -> None:
    house = behind(new_house, limits={"connections_per_address": 2, "mails_per_client": 3})
    port = house.port
    assert port
    held = [ByWay(port, v1(FAR)) for _ in range(2)]
    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        ByWay(port, v1(FAR))
    held += [ByWay(port, v2("198.51.100.9")) for _ in range(2)]
    assert house.status()["connections"] == 4
    for client in held:
        client.close()
    wait_until(lambda: house.status()["connections"] == 0)
    with ByWay(port, v1(FAR)) as client, ByWay(port, v2(FAR)) as again, ByWay(port, v1("198.51.100.9")) as other:
        for one in (client, again, other):
            one.ehlo()
            one.mail("a@kunde.example")
        assert [one.rcpt(WEBSITE)[0] for one in (client, again, client, again, other)] == [250, 250, 250, 450, 250]


@pytest.mark.parametrize(
    ("sent", "source"),
    [
        (v1(FAR), STRANGER),
        (v2(FAR), STRANGER),
        (b"EHLO client.example\r\n", STRANGER),
        (b"EHLO client.example\r\n", BALANCER),
        (b"PROXY TCP4 nonsense\r\n", BALANCER),
        (SIGNATURE + b"\x21\x11\xff\xff", BALANCER),
        (v1(FAR) + b"EHLO client.example\r\n", STRANGER),
    ],
)
def test_nobody_else_is_believed(sent: bytes, source: str, shared_behind: Installation) -> None:
    assert shared_behind.port
    assert first_words(shared_behind.port, sent, source) in (
        Reply(554, "554 5.7.1 Only by way of our balancer"), Reply(0, ""),
    )  # fmt: skip


@pytest.fixture(scope="module")
def shared_behind(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """A daemon that nothing is sent to."""
    directory = tmp_path_factory.mktemp("behind") / "house"
    house = Installation(
        directory, shared_sink.url, smtp=f'proxy = "{BALANCER}"', roles=("smtp",), limits={"connections": 5}
    )
    house.start()
    yield house
    house.close()


def test_a_header_comes_before_tls(new_house: Houses, certificate: Certificate) -> None:
    """Also in one piece with the first bytes of the handshake."""
    smtp = certificate.settings + 'listen_tls = ["127.0.0.1:0"]'
    house = behind(new_house, smtp)
    port = int(house.status()["smtp_tls"][0].rpartition(":")[2])
    for number, header in enumerate((v1(FAR), v2(FAR, b"\x04\x00\x03abc"))):
        for apart in (True, False):
            inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
            talk = certificate.trusting().wrap_bio(inside, outside, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                talk.do_handshake()
            with socket.create_connection(("127.0.0.1", port), 20, (BALANCER, 0)) as opened:
                for piece in (header, outside.read()) if apart else (header + outside.read(),):
                    opened.sendall(piece)
                assert greeted(opened, talk, inside, outside).startswith(b"220 "), (number, apart)
    assert first_words(port, v1(FAR), STRANGER).code == 0


def greeted(opened: socket.socket, talk: ssl.SSLObject, inside: ssl.MemoryBIO, outside: ssl.MemoryBIO) -> bytes:
    """What is said first inside TLS."""
    step: Callable[[], object] = talk.do_handshake
    while True:
        try:
            found = step()
        except ssl.SSLWantReadError:
            opened.sendall(outside.read())
            inside.write(opened.recv(1 << 16))
            continue
        if isinstance(found, bytes):
            return found
        opened.sendall(outside.read())
        step = partial(talk.read, 1000)


@pytest.mark.slow
def test_whoever_keeps_its_header_for_itself_is_not_waited_for(shared_behind: Installation) -> None:
    """Nor counted among the clients; and so many may wait, no more."""
    house = shared_behind
    port = house.port
    assert port
    silent = [socket.create_connection(("127.0.0.1", port), 30, (BALANCER, 0)) for _ in range(5)]
    wait_until(lambda: first_words(port, b"", BALANCER).code == 554, 20, "the hall is full")
    assert house.status()["connections"] == 0
    for one in silent:
        with one, suppress(ConnectionResetError):
            assert one.recv(1) == b""
    assert first_words(port, v1(FAR), BALANCER).code == 220


def test_a_reload_changes_who_is_believed(shared_behind: Installation) -> None:
    """The last one here: it leaves the daemon without a balancer."""
    house = shared_behind
    assert house.port
    text = (house.directory / "postroom.toml").read_text("utf-8")
    house.write("postroom.toml", text.replace(f'"{BALANCER}"', f'"{STRANGER}"'))
    assert house.reload()["ok"]
    assert first_words(house.port, v1(FAR), BALANCER).code == 554
    assert first_words(house.port, v1(FAR), STRANGER).code == 220
    house.write("postroom.toml", text.replace("proxy =", "# proxy ="))
    assert house.reload()["ok"]
    assert first_words(house.port, b"", BALANCER).code == 220, "without a balancer nobody is waited for"
