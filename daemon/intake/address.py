"""Addresses of clients, as they are counted and kept."""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = "::ffff:"
_THIS_MACHINE = ("127.0.0.1", "::1")


def plain(peer: str) -> str:
    """An IPv4 address as such: a socket that listens for both families shows it as `::ffff:192.0.2.1`."""
    if not peer.lower().startswith(_MAPPED):
        return peer
    try:
        mapped = ipaddress.IPv6Address(peer).ipv4_mapped
    except ValueError:
        return peer
    return str(mapped) if mapped else peer


def network_of(peer: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 address."""
    if ":" not in peer:
        return peer
    try:
        return str(ipaddress.IPv6Network((peer.partition("%")[0], 64), strict=False))
    except ValueError:
        return peer


def brings_many(peer: str | None) -> bool:
    """Whether mail from here is that of many clients: of a server in front (None), or of one on this machine.

    What such a one has kept while we were away comes at once; postponed, much of it would come an hour later.
    """
    return peer is None or plain(peer) in _THIS_MACHINE
