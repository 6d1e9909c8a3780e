"""Every row and every settled column: altered or deleted by hand, the ledger names it."""

import sqlite3
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, create_engine

from daemon.seams import wall_now
from daemon.store import evidence
from daemon.store.schema import metadata

LATER = {
    "deadline": {"fired_at", "late", "lease", "lease_until", "ended_at", "ended_by"},
    "mailbox": {"owner", "lease_until", "last_success", "told_at", "compared_at"},
    "mailbox_mail": {"done_at", "next_try"},
    "notice": {"outbox", "withdrawn_at", "withdrawn_because", "held_until"},
    "outbox": {
        "state", "attempts", "reached_data", "revision", "next_try_at", "sent_at", "lease", "lease_until", "last_error",
        "returned_at",
    },
}  # fmt: skip
"""Columns that say how far a row came, and go on changing."""
COMPUTED = {"source_mail", "source_hour", "contact", "record_contact", "tally"}
"""Tables that could be computed anew from the others: nothing is proved by them."""
REMEMBERED = {"watched", "silent_source", "silence", "probe", "alarm"}
"""Tables of the watch over sources and ourselves: who changes them tells somebody too much or too little, and loses no
mail."""
TABLES = [table for table in metadata.sorted_tables if table.name not in COMPUTED | REMEMBERED]

COLUMNS = [
    (table.name, column.name)
    for table in TABLES
    for column in table.columns
    if column.name not in LATER.get(table.name, ())
]


@pytest.fixture(scope="module")
def books(worked_in: Any) -> Iterator[Connection]:
    """The whole post room in memory, as a hand with the sqlite3 command sees it: without foreign keys."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with sqlite3.connect(worked_in.database) as source:
        source.backup(memory)
    source.close()
    memory.execute("UPDATE raw SET packed = 1, bytes = ? WHERE rowid = ?", _packed(memory))
    memory.execute("DROP INDEX uq_message_digest")  # else it refuses some changes before anybody has to notice
    with create_engine("sqlite://", creator=lambda: memory).connect() as connection:
        assert list(evidence.check(connection, wall_now())) == []
        yield connection


def _packed(memory: sqlite3.Connection) -> tuple[bytes, int]:
    key, content = memory.execute("SELECT rowid, bytes FROM raw ORDER BY rowid LIMIT 1").fetchone()
    return zlib.compress(content), key


def names_of(books: Connection, table: str, row: dict[str, Any]) -> set[str]:
    """How a finding may name a row: itself, or what it is a part of."""
    key = row.get("id") if table == "record" else row.get("record")
    ref = books.exec_driver_sql("SELECT ref FROM record WHERE id = ?", (key,)).scalar()
    record = {f"record {ref}", f"record number {key}"}
    return {
        "chain": lambda: {f"chain {row['id']}"},
        "message": lambda: {f"message {row['id']}", f"raw {row['id']}", f"mail {row['n']} is missing"},
        "raw": lambda: {f"message {row['message']}"},
        "imported": lambda: {f"message {row['message']}"},
        "mailbox": lambda: {f"mailbox {row['account']}"},
        "mailbox_folder": lambda: {f"mailbox {row['account']}", f"in folder number {row['id']}"},
        "mailbox_mail": lambda: {f"in folder number {row['folder']}", f"folder {_folder(books, row['folder'])}"},
        "message_record": lambda: {f"message {row['message']}", *record},
        "outbox": lambda: {f"outgoing mail {row['id']}"},
        "rendered": lambda: {f"outgoing mail {row['outbox']}"},
        "settings_version": lambda: {f"settings {row['digest'][:12]}"},
    }.get(table, lambda: record)()


def _folder(books: Connection, key: int) -> str | None:
    return books.exec_driver_sql("SELECT name FROM mailbox_folder WHERE id = ?", (key,)).scalar()


def others(value: Any, column: Column[Any]) -> list[Any]:
    """Other values that the column could well hold."""
    nothing = [None] if column.nullable and value is not None else []
    kind = str(column.type)
    if kind == "DATETIME":
        at = datetime.fromisoformat(value) if value else datetime(2026, 11, 20, 9)  # noqa: DTZ001 - as it is stored
        return [str(at + timedelta(seconds=1)), *nothing]
    if kind == "BOOLEAN":
        return [1 - value]
    if isinstance(value, bytes):
        return [value + b"\0", value[:-1]]
    return [value + 1000 if isinstance(value, int) else 1000 if "INT" in kind else f"{value or ''}x", *nothing]


def rows_of(books: Connection, table: str) -> list[dict[str, Any]]:
    found = books.exec_driver_sql(f"SELECT rowid AS at_row, * FROM {table} ORDER BY rowid")  # noqa: S608 - our schema
    return [dict(row) for row in found.mappings()]


def said_after(books: Connection, change: str, *values: object) -> list[str]:
    """What the check says after a change, which is undone."""
    books.exec_driver_sql("SAVEPOINT tampering")
    try:
        assert books.exec_driver_sql(change, values).rowcount == 1
        return [f"{one.where}: {one.what}" for one in evidence.check(books, wall_now())]
    finally:
        books.exec_driver_sql("ROLLBACK TO tampering")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_altered_value_is_named(books: Connection, table: str, column: str) -> None:
    change = f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?'  # noqa: S608 - our schema
    for row in rows_of(books, table):
        for value in others(row[column], metadata.tables[table].c[column]):
            names = names_of(books, table, row)
            said = said_after(books, change, value, row["at_row"])
            assert any(name in one for name in names for one in said), (row, value, said)


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_a_deleted_row_is_named(books: Connection, table: str) -> None:
    for row in rows_of(books, table):
        said = said_after(books, f"DELETE FROM {table} WHERE rowid = ?", row["at_row"])  # noqa: S608 - our schema
        assert any(name in one for name in names_of(books, table, row) for one in said), (row, said)
