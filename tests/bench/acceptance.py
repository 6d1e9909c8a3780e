"""Durable acceptance: how many mails a second are answered with 250, by Postfix's own load generator."""

import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from tests.bench import servers, sink
from tests.bench.figures import Figures, Goal, Section
from tests.bench.processes import cpu_seconds, pss_mib
from tests.bench.servers import Running

POSTFIX, DROP, OURS, WHOLE = "Postfix, durable queue", "aiosmtpd, drops", "Postroom, acceptor", "Postroom, with worker"
WARM_UP = 300


class Load(NamedTuple):
    """One way that mails arrive."""

    name: str
    size: int
    options: tuple[str, ...]
    share: float
    """Part of the run's number of mails: large ones take longer."""


LOADS = (
    Load("4 KB each its connection, mails/s", 4096, ("-s", "10"), 1),
    Load("4 KB kept open, mails/s", 4096, ("-s", "10", "-d"), 1),
    Load("1 MB kept open, mails/s", 1 << 20, ("-s", "4", "-d"), 0.05),
)
CPU, MEMORY = "CPU s per 1,000 (4 KB each)", "PSS MiB"


def send(running: Running, count: int, size: int, options: tuple[str, ...]) -> float:
    """Have smtp-source send so many mails; seconds until the last was answered.

    Raises:
        subprocess.CalledProcessError: A mail was not accepted.
    """
    program = servers.find("smtp-source", "postfix")
    envelope = ("-f", "src@boerse.example", "-t", servers.RECIPIENT)
    amount = ("-m", str(count), "-l", str(size))
    start = time.perf_counter()
    subprocess.run([program, *options, *amount, *envelope, f"inet:127.0.0.1:{running.port}"], check=True)
    return time.perf_counter() - start


def measure(figures: Figures, who: str, server: Callable[[], AbstractContextManager[Running]], count: int) -> None:
    """One server, freshly started, under every load."""
    with server() as running:
        send(running, WARM_UP, 4096, ("-s", "10"))
        for load in LOADS:
            mails = max(20, int(count * load.share))
            before = cpu_seconds(running.pid)
            seconds = send(running, mails, load.size, load.options)
            figures.add(who, load.name, mails / seconds)
            if load is LOADS[0]:
                figures.add(who, CPU, (cpu_seconds(running.pid) - before) * 1000 / mails)
        figures.add(who, MEMORY, pss_mib(running.pid))


def run(rounds: int, count: int) -> Section:
    """All servers in turn, several rounds."""
    figures = Figures("acceptance")
    with sink.running() as relay:
        peers: dict[str, servers.Server] = {
            POSTFIX: servers.postfix,
            DROP: servers.dropper,
            OURS: servers.acceptor,
            WHOLE: lambda: servers.postroom(relay.port),
        }
        for _ in range(rounds):
            for who, server in peers.items():
                measure(figures, who, server, count)
    each, kept, large = (load.name for load in LOADS)
    return Section(
        figures,
        [
            Goal(
                "acceptance, 4 KB each its connection / Postfix",
                lambda: figures.ratio(each, OURS, POSTFIX),
                ">=",
                1.5,
                2,
            ),
            Goal("acceptance, 4 KB kept open / Postfix", lambda: figures.ratio(kept, OURS, POSTFIX), ">=", 2.5, 3.5),
            Goal("acceptance, 1 MB / Postfix", lambda: figures.ratio(large, OURS, POSTFIX), ">=", 0.7, 1),
        ],
    )
