"""Ports for servers that are told their port before they start, and that keep it when they start again."""

import random
import socket
from contextlib import ExitStack, suppress

# Below what the kernel gives to connections and to servers that ask for any port (from 32768 on): between the choice
# and the start of a server, or while it is stopped, nothing else of the tests comes to sit on it.
RANGE = range(10_000, 32_000)
_choose = random.SystemRandom()  # not seeded with the tests: two that run side by side would choose the same


def free_ports(number: int) -> list[int]:
    """Loopback ports that nobody uses now."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < number:
            port = _choose.choice(RANGE)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
    return found


def free_port() -> int:
    """A loopback port that nobody uses now."""
    return free_ports(1)[0]
