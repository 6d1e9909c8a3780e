"""HAProxy in front of daemons, as docs/smtp.md shows it."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port

BALANCER = "127.8.8.8"
"""It calls the daemons from there."""
CONFIGURATION = """\
defaults
    mode tcp
    retries 3
    option redispatch
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend mail
    bind 127.0.0.1:{port}
    default_backend postroom

backend postroom
    balance roundrobin
    source {balancer}
"""
SERVER = "    server s{number} 127.0.0.1:{port} {header} check-send-proxy check inter 200 fall 1 rise 1\n"
STOP_SECONDS = 10


class Balancer(NamedTuple):
    """A running HAProxy; where it takes mail."""

    port: int


@contextmanager
def haproxy(program: str, directory: Path, servers: Sequence[int], header: str = "send-proxy-v2") -> Iterator[Balancer]:
    """Run one.

    Args:
        program: The executable.
        directory: For its configuration.
        servers: Ports of daemons, each of which believes `BALANCER`.
        header: What it says of its clients: `send-proxy` (version 1) or `send-proxy-v2`.
    """
    port = free_port()
    file = directory / "haproxy.cfg"
    lines = [SERVER.format(number=number, port=one, header=header) for number, one in enumerate(servers)]
    file.write_text(CONFIGURATION.format(port=port, balancer=BALANCER) + "".join(lines))
    process = subprocess.Popen([program, "-q", "-db", "-f", str(file)])  # in the foreground
    try:
        yield Balancer(port)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
