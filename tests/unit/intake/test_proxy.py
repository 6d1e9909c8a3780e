"""The header of a balancer: what it names, and that not one byte behind it is read."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.intake.address import network_of, plain
from daemon.intake.proxy import LONGEST_BODY, LONGEST_LINE, SIGNATURE, BadHeader, missing, source_of


def v2(source: str, kind: int = 0x21, family: int | None = None, more: bytes = b"") -> bytes:
    """A header of version 2."""
    address = ipaddress.ip_address(source)
    there = ipaddress.ip_address("192.0.2.99" if address.version == 4 else "2001:db8::99")
    body = address.packed + there.packed + struct.pack("!HH", 4711, 25) + more
    wanted = family if family is not None else 0x11 if address.version == 4 else 0x21
    return SIGNATURE + bytes((kind, wanted)) + struct.pack("!H", len(body)) + body


GOOD = {
    "v1 IPv4": (b"PROXY TCP4 203.0.113.7 192.0.2.99 4711 25\r\n", "203.0.113.7"),
    "v1 IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::99 4711 25\r\n", "2001:db8::7"),
    "v1 mapped": (b"PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.99 4711 25\r\n", "203.0.113.7"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", None),
    "v1 unknown and more": (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
    "v1 shortest": (b"PROXY TCP4 1.1.1.1 1.1.1.1 0 0\r\n", "1.1.1.1"),
    "v2 IPv4": (v2("203.0.113.7"), "203.0.113.7"),
    "v2 IPv6": (v2("2001:db8::7"), "2001:db8::7"),
    "v2 mapped": (v2("::ffff:203.0.113.7"), "203.0.113.7"),
    "v2 and more": (v2("203.0.113.7", more=b"\x03\x00\x04\xa9\xb8\x7e\x8f" * 9), "203.0.113.7"),
    "v2 local": (SIGNATURE + b"\x20\x00\x00\x00", None),
    "v2 local with addresses": (v2("203.0.113.7", kind=0x20), None),
}
BAD = {
    "a greeting": b"EHLO client.example\r\n",
    "a short greeting": b"EHLO x\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(80),
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "lower case": b"proxy TCP4 203.0.113.7 192.0.2.99 4711 25\r\n",
    "no family": b"PROXY 203.0.113.7 192.0.2.99 4711 25\r\n",
    "another family": b"PROXY UDP4 203.0.113.7 192.0.2.99 4711 25\r\n",
    "family of the other": b"PROXY TCP4 2001:db8::7 2001:db8::99 4711 25\r\n",
    "two families": b"PROXY TCP6 2001:db8::7 192.0.2.99 4711 25\r\n",
    "no address": b"PROXY TCP4 localhost 192.0.2.99 4711 25\r\n",
    "leading zeros": b"PROXY TCP4 203.000.113.007 192.0.2.99 4711 25\r\n",
    "one port": b"PROXY TCP4 203.0.113.7 192.0.2.99 4711\r\n",
    "a port too high": b"PROXY TCP4 203.0.113.7 192.0.2.99 70000 25\r\n",
    "a port below zero": b"PROXY TCP4 203.0.113.7 192.0.2.99 -1 25\r\n",
    "two blanks": b"PROXY  TCP4 203.0.113.7 192.0.2.99 4711 25\r\n",
    "a zone": b"PROXY TCP6 fe80::1%eth0\n 2001:db8::99 4711 25\r\n",
    "no CR": b"PROXY TCP4 203.0.113.7 192.0.2.99 4711 25\n",
    "too long": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
    "not ASCII": b"PROXY TCP4 203.0.113.\xb2 192.0.2.99 4711 25\r\n",
    "v2 of another version": v2("203.0.113.7", kind=0x11),
    "v2 of another command": v2("203.0.113.7", kind=0x22),
    "v2 datagrams": v2("203.0.113.7", family=0x12),
    "v2 of a socket in the file system": SIGNATURE + b"\x21\x31" + struct.pack("!H", 216) + bytes(216),
    "v2 without family": v2("203.0.113.7", family=0),
    "v2 too short": SIGNATURE + b"\x21\x11\x00\x04" + bytes(4),
    "v2 too long": SIGNATURE + b"\x21\x11" + struct.pack("!H", LONGEST_BODY + 1) + bytes(LONGEST_BODY + 1),
}


def read(sent: bytes) -> tuple[str | None, int]:
    """Take a header as the door does: the address it names, and how many bytes were read for it."""
    header = b""
    while more := missing(header):
        piece = sent[len(header) : len(header) + more]
        assert piece, "it waits for more"
        header += piece
    return source_of(header), len(header)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("behind", [b"", b"EHLO x\r\n", b"\x16\x03\x01", b"\r\n" * 60])
def test_a_header_is_read_and_nothing_behind_it(name: str, behind: bytes) -> None:
    header, source = GOOD[name]
    assert read(header + behind) == (source, len(header))


@pytest.mark.parametrize("name", BAD)
def test_what_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadHeader):
        read(BAD[name])


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: SIGNATURE + b) | st.text().map(
    lambda text: b"PROXY " + text.encode("utf-8", "replace") + b"\r\n"))  # fmt: skip
def test_any_bytes_are_a_header_or_none(sent: bytes) -> None:
    """And whatever comes, it is decided within bounds."""
    header = b""
    try:
        while more := missing(header):
            piece = sent[len(header) : len(header) + more]
            if not piece:
                return
            header += piece
            assert len(header) <= max(LONGEST_LINE + 1, LONGEST_BODY + 16)
        source = source_of(header)
    except BadHeader:
        return
    assert source is None or str(ipaddress.ip_address(source)) == source


@pytest.mark.parametrize(
    ("peer", "shown", "network"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:201", "192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8::1:2:3:4", "2001:db8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1%eth0", "fe80::/64"),
        ("local", "local", "local"),
        ("::ffff:nothing", "::ffff:nothing", "::ffff:nothing"),
    ],
)
def test_an_address_is_counted_as_what_it_is(peer: str, shown: str, network: str) -> None:
    assert plain(peer) == shown
    assert network_of(plain(peer)) == network
