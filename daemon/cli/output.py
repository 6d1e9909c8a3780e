"""What all commands share on the way out: lines of JSON, tables, messages, exit codes."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

OK, FINDINGS, USAGE, TRY_AGAIN, BAD_CONFIGURATION, INTERRUPTED = 0, 1, 2, 75, 78, 130
PIPE_WIDTH = 150
"""Columns where nobody's terminal sets them."""
OWN_KEYS = (
    "postroom.toml: without [desk] keys this daemon signs reply addresses with keys of its own: another daemon on the "
    "same database takes the answers to its notifications for new mails. One daemon alone is well."
)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """`--json`: one object a line."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")(command)


def json_line(value: object) -> None:
    """One object, one line, whatever it holds: what ends a line for some program or commands a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=_simple)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    click.echo(text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; cells are plain text, whatever a stranger wrote into them.

    Args:
        title: Stands above; empty for none.
        columns: Their names; all empty for none.
        rows: Their cells. Without any, that is said in a line.
    """
    from rich.table import Table
    from rich.text import Text

    shown = Table(header_style="bold", show_header=any(columns))
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(words(cell)) for cell in row))
    if not shown.row_count:
        line(f"{title}: none")
        return
    if title:
        line(title, style="italic")
    console().print(shown)


def heading(text: str) -> None:
    """The name of a part."""
    from rich.text import Text

    console().print(Text(words(text), style="bold"))


def line(text: str = "", *, style: str = "") -> None:
    """A line of plain text, without any markup in it taking effect."""
    from rich.text import Text

    console().print(Text(words(text, lines=True), style=style), soft_wrap=True)


def complain(text: str) -> None:
    """A message to stderr."""
    click.echo(words(text, lines=True), err=True)


def fail(code: int, text: str) -> NoReturn:
    """End with a message."""
    complain(f"postroom: {text}")
    raise click.exceptions.Exit(code)


def finish(code: int) -> NoReturn:
    """End."""
    raise click.exceptions.Exit(code)


def words(value: object, *, lines: bool = False) -> str:
    """A value as people read it; control characters and bidirectional overrides cannot reach the terminal."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(
        c if c.isprintable() or c in kept else " " if c in "\r\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def moment(at: datetime) -> str:
    """A time with its offset, to the second."""
    return at.isoformat(sep=" ", timespec="seconds")


def counted(number: int, name: str) -> str:
    """`1 mail`, `3 mails`, `no mails`."""
    return f"{number or 'no'} {name}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def size(number: int) -> str:
    """Bytes as one says them: `1.4 GiB`."""
    power = min(max(number.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    return f"{number / 1024**power:.1f} {_UNITS[power]}"


def console(*, stderr: bool = False) -> "Console":
    """The terminal; NO_COLOR counts."""
    from rich.console import Console

    on = sys.stderr if stderr else sys.stdout
    return Console(highlight=False, stderr=stderr, width=None if on.isatty() else PIPE_WIDTH)


def _simple(value: object) -> object:
    """What JSON does not know: times, and the shapes of rules and parsers."""
    import msgspec

    return value.isoformat() if isinstance(value, datetime) else msgspec.to_builtins(value)
