"""How a long run over mails shows where it is: a bar on a terminal, else lines now and then; or one object per mail."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from daemon.cli.output import complain, console, counted, duration, json_line, words

if TYPE_CHECKING:
    from rich.console import Console

    from daemon.intake.importer import Outcome

LINE_EVERY_SECONDS = 5.0

Counts = Mapping[Literal["taken", "known", "refused"], int]


class Display(Protocol):
    """Where it goes."""

    def outcome(self, one: "Outcome") -> None:
        """What became of a mail."""

    def reached(self, done: int, counts: Counts) -> None:
        """So many bytes of the files are read."""

    def note(self, text: str) -> None:
        """Something to know by the way."""


@contextmanager
def display(total: int, *, as_json: bool, name: str = "Import") -> Iterator[Display]:
    """The display that suits who looks.

    Args:
        total: What is 100 %: bytes of all files, or mails.
        as_json: For a program.
        name: Stands before the bar.
    """
    if as_json:
        yield Objects()
    elif not sys.stderr.isatty():
        yield Lines(total)
    else:
        with Bar(total, console(stderr=True), name) as bar:
            yield bar


class Objects:
    """One JSON object for each mail."""

    def outcome(self, one: "Outcome") -> None:
        """All that is known of it."""
        json_line({key: value for key, value in one._asdict().items() if value is not None})

    def reached(self, done: int, counts: Counts) -> None:
        """Not told."""

    def note(self, text: str) -> None:
        """To stderr."""
        complain(text)


class Lines:
    """For logs: what went wrong at once, where it is every few seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._began = self._last = time.monotonic()

    def outcome(self, one: "Outcome") -> None:
        """Only what was not taken."""
        if one.why:
            complain(f"{one.name}: {one.why}")

    def reached(self, done: int, counts: Counts) -> None:
        """How many, how fast, how long still."""
        now = time.monotonic()
        if now - self._last < LINE_EVERY_SECONDS:
            return
        self._last = now
        took, number = now - self._began, sum(counts.values())
        left = took * (self._total - done) / done if done else 0
        share = f"{100 * done / self._total:.0f} %" if self._total else ""
        complain(f"{share}, {counted(number, 'mail')}, {number / took:.0f} a second, {duration(left)} left")

    def note(self, text: str) -> None:
        """A line."""
        complain(text)


class Bar:
    """For people at a terminal."""

    def __init__(self, total: int, on: "Console", name: str = "Import") -> None:
        from rich import progress

        self._bar = progress.Progress(
            progress.TextColumn(name),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[told]}"),
            progress.TimeRemainingColumn(),
            console=on,
        )
        self._task = self._bar.add_task("", total=total, told="")
        self._began = time.monotonic()

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def outcome(self, one: "Outcome") -> None:
        """Only what was not taken, above the bar."""
        if one.why:
            self.note(f"{one.name}: {one.why}")

    def reached(self, done: int, counts: Counts) -> None:
        """The bar grows."""
        number, took = sum(counts.values()), max(0.001, time.monotonic() - self._began)
        self._bar.update(self._task, completed=done, told=f"{counted(number, 'mail')}, {number / took:.0f} a second")

    def note(self, text: str) -> None:
        """A line above the bar."""
        from rich.text import Text

        self._bar.console.print(Text(words(text)), soft_wrap=True)
