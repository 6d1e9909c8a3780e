"""Whole databases: what stands in each table, copied from one engine to another, and the proof that it is the same.

A digest is over the values of all rows, whatever engine keeps them and in whatever order: the SHA-256 of each row as
MessagePack, added up. It shows what a copy lost or altered; what a hand altered on purpose the seals show.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from daemon.store.schema import metadata

LARGE = 4
"""Rows at once of tables that hold mails: each may be 25 MiB."""
MANY = 500

Told = Callable[[str, int], object]
"""Is told a table's name and how many of its rows are done, now and then."""

_encode = msgspec.msgpack.Encoder().encode


class Content(msgspec.Struct, frozen=True):
    """What stands in a table."""

    rows: int
    digest: str


class _Sum:
    """The digest of the rows that went by."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """One more."""
        self._rows += 1
        self._sum += int.from_bytes(hashlib.sha256(_encode(tuple(row))).digest(), "big")

    def content(self) -> Content:
        """Of all that were added."""
        return Content(self._rows, f"{self._sum % (1 << 256):064x}")


def contents(connection: Connection, told: Told = lambda *_: None) -> dict[str, Content]:
    """What stands in every table, as one snapshot shows it."""
    found = {}
    for table in metadata.sorted_tables:
        seen = _Sum()
        with closing(_rows(connection, table)) as rows:
            for _ in _seen(rows, seen, table.name, told):
                pass
        found[table.name] = seen.content()
    return found


def is_empty(connection: Connection) -> bool:
    """Whether no table has a row."""
    return not any(connection.execute(select(table).limit(1)).first() for table in metadata.sorted_tables)


def copy(source: Connection, target: Connection, told: Told = lambda *_: None) -> dict[str, Content]:
    """Copy all rows into empty tables of the same schema; what was read of each table.

    Args:
        source: A snapshot.
        target: A writing transaction; whoever ends it decides whether anything was copied.
        told: As it says.
    """
    found = {}
    for table in metadata.sorted_tables:
        seen = _Sum()
        with closing(_rows(source, table)) as rows:
            _write(target, table, _seen(rows, seen, table.name, told))
        found[table.name] = seen.content()
    _set_sequences(target)
    return found


def differing(one: Mapping[str, Content], other: Mapping[str, Content]) -> list[str]:
    """Names of the tables that are not the same in both."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def lagging_sequences(connection: Connection) -> list[str]:
    """Tables whose next number is taken already. SQLite counts from what is there."""
    if connection.dialect.name != "postgresql":
        return []
    return [table.name for table, column, sequence in _sequences(connection) if _lags(connection, column, sequence)]


def _lags(connection: Connection, column: Any, sequence: str) -> bool:
    newest = connection.execute(select(func.max(column))).scalar()
    last = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608 - its own word
    return newest is not None and last.last_value + last.is_called <= newest


def _rows(connection: Connection, table: Table) -> Generator[Any, None, None]:
    """Its rows, in the order of the columns here: that in a database may be another after an upgrade."""
    query = select(*table.c).execution_options(yield_per=_at_once(table))
    with connection.execute(query) as found:
        yield from found


def _at_once(table: Table) -> int:
    return LARGE if table.name in ("raw", "rendered") else MANY


def _seen(rows: Iterable[Any], seen: _Sum, name: str, told: Told) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        seen.add(row)
        if number % MANY == 0:
            told(name, number)
        yield row


def _write(target: Connection, table: Table, rows: Iterator[Any]) -> None:
    if target.dialect.name == "postgresql":
        _stream_in(target, table, rows)
        return
    names = [column.key for column in table.c]
    while some := [dict(zip(names, row, strict=True)) for row in islice(rows, _at_once(table))]:
        target.execute(insert(table), some)


def _stream_in(target: Connection, table: Table, rows: Iterator[Any]) -> None:
    """By COPY, which takes a tenth of the time of INSERT; what goes wrong is told as by any other statement."""
    quote = target.dialect.identifier_preparer
    columns = ", ".join(quote.quote(column.name) for column in table.c)
    driver: Any = target.connection.driver_connection
    refusal: Any = target.dialect.loaded_dbapi.Error
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quote.format_table(table)} ({columns}) FROM STDIN") as lines,
        ):
            for row in rows:
                lines.write_row(row)
    except refusal as error:
        raise SQLAlchemyError(f"{table.name}: {error}") from error


def _sequences(connection: Connection) -> Iterator[tuple[Table, Any, str]]:
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        named = text("SELECT pg_get_serial_sequence(:t, :c)")
        sequence = connection.execute(named, {"t": table.name, "c": column.name}).scalar()
        if sequence is not None:
            yield table, column, sequence


def _set_sequences(target: Connection) -> None:
    """The next row of each table gets a number that is free."""
    if target.dialect.name != "postgresql":
        return
    for _, column, sequence in _sequences(target):
        newest = target.execute(select(func.max(column))).scalar()
        if newest is not None:
            target.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": newest})
