"""From DATA to the relay's sink: rate, latency, CPU and memory of the daemon as users run it, beside a naive shape."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from statistics import quantiles

from tests.bench import load, mails, servers, sink
from tests.bench.figures import Figures, Goal, Section
from tests.bench.processes import cpu_seconds, pss_mib
from tests.bench.servers import Running

OURS, NAIVE = "Postroom", "naive shape"
RATES = (20, 100)
TOP, CPU, AT_TOP, IDLE = "highest rate, mails/s", "CPU s per 1,000", "acceptance p99 ms at top rate", "PSS MiB idle"
FULL_AT = 10_000


def percentile(values: list[float], percent: int) -> float:
    """With interpolation between the neighbours."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


class Subject:
    """One server under test with its own sink and its own count of mails."""

    def __init__(self, figures: Figures, who: str, server: Running, relay: Running) -> None:
        self.figures, self.who, self.server, self.relay = figures, who, server, relay
        self.next = 0

    def send(self, count: int, rate: float | None = None) -> load.Outcome:
        """The next so many mails."""
        numbered = mails.stream(self.next, count, servers.RECIPIENT)
        self.next += count
        return load.run(self.server.port, self.relay.port, servers.RECIPIENT, numbered, rate)

    def flat_out(self, count: int) -> None:
        """As fast as they are taken; all notifications must be out."""
        before = cpu_seconds(self.server.pid)
        outcome = self.send(count)
        self.figures.add(self.who, TOP, outcome.rate)
        self.figures.add(self.who, CPU, (cpu_seconds(self.server.pid) - before) * 1000 / count)

    def at_top_rate(self, seconds: int) -> None:
        """How long senders wait when it is fully loaded."""
        rate = self.figures.of(self.who, TOP)
        outcome = self.send(int(rate * seconds), rate)
        self.figures.add(self.who, AT_TOP, percentile(outcome.acceptance, 99))

    def paced(self, rate: int, seconds: int) -> None:
        """How long a lead takes from its sender to its team."""
        outcome = self.send(rate * seconds, rate)
        for percent in (50, 99):
            self.figures.add(self.who, way_at(rate, percent), percentile(outcome.way, percent))

    def memory(self) -> None:
        """After so many mails, whatever has been measured before."""
        if self.next < FULL_AT:
            self.send(FULL_AT - self.next)
        self.figures.add(self.who, memory_at(FULL_AT), pss_mib(self.server.pid))


def way_at(rate: int, percent: int) -> str:
    """Name of a latency."""
    return f"DATA to relay p{percent} ms at {rate}/s"


def memory_at(count: int) -> str:
    """Name of a memory figure."""
    return f"PSS MiB after {count:,}"


def run(rounds: int, count: int, seconds: int) -> Section:
    """Both in turn: several rounds flat out, then paced.

    Args:
        rounds: How often flat out.
        count: Mails of each.
        seconds: Length of each paced run.
    """
    figures = Figures("end to end")
    shapes: dict[str, Callable[[int], AbstractContextManager[Running]]] = {
        OURS: servers.postroom,
        NAIVE: servers.naive,
    }
    with ExitStack() as stack:
        subjects = []
        for who, shape in shapes.items():
            relay = stack.enter_context(sink.running())
            subjects.append(Subject(figures, who, stack.enter_context(shape(relay.port)), relay))
        for subject in subjects:
            figures.add(subject.who, IDLE, pss_mib(subject.server.pid))
            subject.send(200)
        for _ in range(rounds):
            for subject in subjects:
                subject.flat_out(count)
        for _ in range(max(1, rounds // 2)):
            for subject in subjects:
                for rate in RATES:
                    subject.paced(rate, seconds)
                subject.at_top_rate(seconds)
        subjects[0].memory()
    return Section(figures, goals(figures))


def goals(figures: Figures) -> list[Goal]:
    """What must be reached."""
    return [
        Goal("end to end: highest rate / naive shape", lambda: figures.ratio(TOP, OURS, NAIVE), ">=", 1.5, 3),
        Goal("end to end: CPU per mail / naive shape", lambda: figures.ratio(CPU, OURS, NAIVE), "<=", 1),
        Goal("acceptance p99 at own top rate / naive shape", lambda: figures.ratio(AT_TOP, OURS, NAIVE), "<=", 0.25),
        Goal("DATA to relay, p99 ms at 100 mails/s", lambda: figures.of(OURS, way_at(100, 99)), "<=", 100, 20),
        Goal("PSS of all processes after 10,000, MiB", lambda: figures.of(OURS, memory_at(FULL_AT)), "<=", 160, 80),
    ]
