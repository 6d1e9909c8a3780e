"""The simulator beside its pure calls: what its own keeping of records, deadlines and mails costs."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.draft import read
from config.init import initialise
from config.load import load
from config.models import Settings
from daemon.dryrun import DryRun
from daemon.simulating import Sample, keep_all, span, spread
from rules import cases, post, simulated_calendar, simulated_mail, simulation
from rules.behaviour import habits_of
from rules.cases import Arrival
from rules.simulation import Behaviour, simulate
from tests.bench.figures import Figures, Goal, Section

FIRST = date(2026, 3, 2)
A_DAY = 350
BEHAVIOUR = Behaviour(habits_of("70%/90m,30%/3wd/done"))
"""Everything is seen to at last: what is open for ever would make the lists of later days longer than those of the
first ones."""
PURE = {
    simulation: (
        *("decide_mail", "apply", "opening_of", "thread_of", "make", "daybook_of", "habit_for", "answered_at"),
        *("answers", "falls_due"),
    ),
    simulated_mail: ("rows_of",),
    simulated_calendar: (
        *("due_by_day", "open_lists", "visit_lists", "appointments", "overview", "overseen_in", "standing"),
    ),
    cases: ("contacts_at", "contacts_of_record", "known"),
    post: ("still_holds", "judged", "mails_of"),
}
"""What the simulator asks of the rules, by the module that asks."""
PER_RECORD, OF_PURE = "µs a record", "µs of it in pure calls"


class Spent:
    """Seconds in pure calls."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its time taken."""
        clock = time.perf_counter

        def call(*args: Any, **more: Any) -> Any:
            began = clock()
            try:
                return function(*args, **more)
            finally:
                self.seconds += clock() - began
                self.calls += 1

        return call


def _counted_for_nothing() -> float:
    """Seconds that are counted for a call of what does nothing: the clock's own."""
    spent, number = Spent(), 100_000
    nothing = spent.timed(lambda one: one)
    for _ in range(number):
        nothing(None)
    return spent.seconds / number


@contextmanager
def _taken() -> Iterator[Spent]:
    """Take the time of each pure call where it is made."""
    spent = Spent()
    before = [(module, name, getattr(module, name)) for module, names in PURE.items() for name in names]
    for module, name, function in before:
        setattr(module, name, spent.timed(function))
    try:
        yield spent
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def _arrivals(settings: Settings, samples: list[Sample], number: int) -> list[Arrival]:
    last = FIRST + timedelta(days=number // A_DAY)
    return list(spread(settings, samples, FIRST, last, A_DAY, 1))[:number]


def _run(settings: Settings, arrivals: list[Arrival]) -> float:
    """Microseconds a record; the span ends three days after the last mail."""
    begin, _ = span(settings, FIRST, FIRST)
    end: datetime = arrivals[-1].at + timedelta(days=3)
    keep_all()  # as the command does
    began = time.perf_counter()
    mails = sum(1 for _ in simulate(settings, arrivals, begin, end, BEHAVIOUR))
    took = time.perf_counter() - began
    assert mails > len(arrivals)
    return took * 1e6 / len(arrivals)


def run(rounds: int, few: int, many: int) -> Section:
    """Simulate both sizes in turn; mails a day stay the same, so that ten times as many take ten times as many days.

    Args:
        rounds: Of both, each once with the time of its pure calls taken.
        few: Records to compare with.
        many: Records.
    """
    figures = Figures("simulator", best=min)
    settings, samples = _example()
    sizes = {number: _arrivals(settings, samples, number) for number in (few, many)}
    for _ in range(rounds):
        clock = _counted_for_nothing()
        for number, arrivals in sizes.items():
            with _taken() as spent:
                _run(settings, arrivals)
            pure = (spent.seconds - spent.calls * clock) * 1e6 / number
            # As it is: taking 20 times a record slows down what stands between. Two runs are compared, so the best of
            # each counts: a moment in which the machine is slow would else count for one of them.
            figures.add(f"{number:,} records", PER_RECORD, _run(settings, arrivals))
            figures.add(f"{number:,} records", OF_PURE, pure)
    goals = [
        *(
            Goal(
                f"simulating {number:,} records against the sum of the pure calls",
                lambda who=f"{number:,} records": figures.of(who, PER_RECORD) / figures.of(who, OF_PURE),  # type: ignore[misc]
                "<=",
                1.2,
            )
            for number in sizes
        ),
        Goal(
            f"a record among {many:,} against one among {few:,}",
            lambda: figures.ratio(PER_RECORD, f"{many:,} records", f"{few:,} records"),
            "<=",
            1.2,
            1.05,
        ),
    ]
    return Section(figures, goals)


def _example() -> tuple[Settings, list[Sample]]:
    """The configuration that `init` makes, and its sample mails, read."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "etc"
        initialise(directory)
        settings, problems = load(directory)
        assert settings is not None, problems
        with DryRun(settings) as dry:
            tests = [one.model for one in read(directory).tests]
            samples = [Sample(one.to, dry.read_for((directory / one.mail).read_bytes(), one.to)) for one in tests]
    return settings, [one for one in samples if one.parsed.readings]
