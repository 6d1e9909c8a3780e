"""Addresses of clients, as they are counted and kept."""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = "::ffff:"


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
