"""The PROXY protocol of balancers, versions 1 and 2: the first bytes of a connection say who is at its other end.

https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt. The header comes before all else, TLS too, and nothing but
the header is read here: what follows is left in the socket for the session, or for its handshake.
"""

import asyncio
import ipaddress
import struct
from collections.abc import Callable, Sequence
from typing import cast

from daemon.intake.address import Network, plain
from daemon.intake.connection import Connection

HEADER_SECONDS = 10
LONGEST_LINE = 107
"""Bytes of a header of version 1, its line end included."""
LONGEST_BODY = 2048
"""Bytes that may follow the first 16 of version 2: addresses, and what else a balancer tells."""
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_LINE = b"PROXY "
_FIRST = 16
_IPV4, _IPV6 = 0x11, 0x21
"""TCP over IPv4 and over IPv6."""
_REFUSED = b"554 5.7.1 Only by way of our balancer\r\n"


class BadHeader(Exception):  # noqa: N818
    """What came is no header."""


def missing(header: bytes) -> int:
    """How many more bytes surely belong to a header of which so much has come; 0 when it is whole.

    Raises:
        BadHeader: It is none.
    """
    if header.startswith(SIGNATURE):
        if len(header) < _FIRST:
            return _FIRST - len(header)
        body = int.from_bytes(header[14:16], "big")
        if body > LONGEST_BODY:
            raise BadHeader
        return _FIRST + body - len(header)
    if len(header) < len(SIGNATURE):
        if not (SIGNATURE.startswith(header) or _LINE.startswith(header[: len(_LINE)])):
            raise BadHeader
        return len(SIGNATURE) - len(header)
    if not header.startswith(_LINE) or b"\n" in header.removesuffix(b"\r\n") or len(header) > LONGEST_LINE:
        raise BadHeader
    # The end of a line is found by reading up to it: the shortest are hardly longer than what has come already.
    return 0 if header.endswith(b"\r\n") else 1


def source_of(header: bytes) -> str | None:
    """The address that a whole header names; None where the balancer speaks for itself (its own checks).

    Raises:
        BadHeader: It cannot be read, or names no TCP connection.
    """
    try:
        return _in_binary(header) if header.startswith(SIGNATURE) else _in_words(header)
    except (ValueError, struct.error) as error:
        raise BadHeader from error


def _in_words(header: bytes) -> str | None:
    words = header.decode("ascii").removesuffix("\r\n").split(" ")
    if words[1:2] == ["UNKNOWN"]:
        return None
    _, family, source, destination, *ports = words
    wanted = {"TCP4": 4, "TCP6": 6}[family] if family in ("TCP4", "TCP6") else 0
    if len(ports) != 2 or not all(port.isascii() and port.isdigit() and int(port) < 1 << 16 for port in ports):
        raise BadHeader
    addresses = [ipaddress.ip_address(source), ipaddress.ip_address(destination)]
    if any(address.version != wanted for address in addresses):
        raise BadHeader
    return plain(str(addresses[0]))


def _in_binary(header: bytes) -> str | None:
    kind, family = header[12], header[13]
    if kind == 0x20:
        return None
    if kind != 0x21 or family not in (_IPV4, _IPV6):
        raise BadHeader
    size = 4 if family == _IPV4 else 16
    source, _ = struct.unpack_from(f"!{size}s{size}s4x", header, _FIRST)
    return plain(str(ipaddress.ip_address(source)))


class Door(asyncio.BufferedProtocol):
    """Reads the header of one connection and lets the session begin, as if its client had come by itself.

    A buffered protocol, as it says itself how many bytes are read.
    """

    def __init__(
        self, trusted: Sequence[Network], hall: "Hall", begin: Callable[[], Connection], *, talks: bool
    ) -> None:
        """Wait for a connection.

        Args:
            trusted: Networks of balancers.
            hall: Where connections wait whose header is not there yet.
            begin: Makes the session.
            talks: Whether a refusal can be said; not where TLS comes first.
        """
        self._trusted = trusted
        self._hall = hall
        self._begin = begin
        self._talks = talks
        self._header = bytearray()
        self._piece = bytearray(len(SIGNATURE))
        self._own_only = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nobody but balancers comes in here, and who is on this machine may speak for itself."""
        self._transport = cast(asyncio.Transport, transport)
        peer = ipaddress.ip_address(plain(str(transport.get_extra_info("peername")[0]).partition("%")[0]))
        known = any(peer in network for network in self._trusted)
        self._own_only = not known
        if not (known or peer.is_loopback) or not self._hall.enter():
            self._refuse()
            return
        self._timer = asyncio.get_running_loop().call_later(HEADER_SECONDS, self._transport.abort)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Room for what surely belongs to the header."""
        del sizehint
        return self._piece

    def buffer_updated(self, nbytes: int) -> None:
        """More of the header."""
        self._header += self._piece[:nbytes]
        try:
            more = missing(bytes(self._header))
            if more:
                self._piece = bytearray(more)
                return
            source = self._believed(source_of(bytes(self._header)))
        except BadHeader:
            self._leave()
            self._refuse()
            return
        self._leave()
        session = self._begin()
        session.came_from(source)
        self._transport.set_protocol(session)
        session.connection_made(self._transport)

    def _believed(self, source: str | None) -> str | None:
        if source is not None and self._own_only:
            raise BadHeader
        return source

    def eof_received(self) -> None:
        """It changed its mind; the connection is closed."""

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone."""
        del error
        self._leave()

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._hall.leave()

    def _refuse(self) -> None:
        self._hall.refused()
        if self._talks:
            self._transport.write(_REFUSED)
        self._transport.close()


class Hall:
    """Counts the connections whose header is not there yet, so that they are bounded, too."""

    def __init__(self, most: Callable[[], int], refused: Callable[[], None]) -> None:
        self._most = most
        self.refused = refused
        self._waiting = 0

    def enter(self) -> bool:
        """Whether one more may wait; counts it if so."""
        if self._waiting >= self._most():
            return False
        self._waiting += 1
        return True

    def leave(self) -> None:
        """One waits no more."""
        self._waiting -= 1
