"""Sorted streams of rows, read in step: joins of whole tables in constant memory."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, select
from sqlalchemy.exc import DBAPIError

ROWS = 200


class Finding(msgspec.Struct, frozen=True):
    """Something missing, altered or late: what, and where."""

    what: str
    where: str


def stream(connection: Connection, query: Select[Any], rows: int = ROWS) -> Iterator[Row[Any]]:
    """The rows of a query, at most `rows` of them in memory."""
    return iter(connection.execute(query.execution_options(yield_per=rows)))


def unreadable(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """Keys of rows that cannot be loaded: SQLite lets a hand write anything into a column of times."""
    keys = list(table.primary_key)
    for key in list(connection.execute(select(*keys))):
        this = (column == value for column, value in zip(keys, key, strict=True))
        try:
            connection.execute(select(table).where(*this)).all()
        except (ValueError, TypeError, DBAPIError):
            yield tuple(key)


class Stream:
    """Rows sorted by a key, taken in step with another stream that is sorted by the same key."""

    def __init__(self, rows: Iterator[Row[Any]], key: str) -> None:
        self._rows = rows
        self._key = key
        self._next = next(rows, None)

    def below(self, key: int) -> Iterator[Row[Any]]:
        """The rows that come before a key: nothing they could belong to."""
        while self._next is not None and getattr(self._next, self._key) < key:
            yield self._take()

    def at(self, key: int) -> list[Row[Any]]:
        """The rows of a key."""
        found = []
        while self._next is not None and getattr(self._next, self._key) == key:
            found.append(self._take())
        return found

    def rest(self) -> Iterator[Row[Any]]:
        """All that is left."""
        while self._next is not None:
            yield self._take()

    def _take(self) -> Row[Any]:
        row = self._next
        assert row is not None  # noqa: S101 - the callers have looked
        self._next = next(self._rows, None)
        return row
