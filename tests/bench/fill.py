"""Fills a database with as many mails as years of work leave, in minutes: clones of some that went the whole way.

Each clone is a mail of a person of its own with its link in the chain, its bytes, record, revision, deadlines, notice
and letter, all sealed by the functions that the daemon seals with: the ledger finds nothing. Bytes and letters are
short, as what is measured does not look into old ones.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, select

from daemon.store import Store, seals, tally
from daemon.store.chains import Link, first_hash, message_id_of, recipient_mac
from daemon.store.schema import metadata
from tests.bench import mails, servers
from tests.bench.room import Room

Row = dict[str, Any]
Sample = dict[str, list[Row]]
"""All rows of one mail, by table."""

TABLES = (
    "message", "raw", "record", "revision", "message_record", "contact", "record_contact", "deadline", "outbox",
    "rendered", "notice",
)  # fmt: skip
OF_THE_RECORD = ("revision", "message_record", "record_contact", "deadline", "notice")
SAMPLES = 8
OVERDUE = 2_000
"""Mails whose steps are due, however many others there are."""
OLD = timedelta(days=100)
"""Before now all was taken: nothing of it counts for a cap or a rhythm of today."""
AHEAD = 30
"""Days over which the steps that are not due are spread."""
AT_ONCE = 2_000
KEY = b"fill" * 8


def samples(room: Room, first: int) -> list[Sample]:
    """Mails that go the whole way in a room whose clock stands `OLD` back."""
    known = set(_numbers(room.shift.store))
    room.accept([_mail(mails.Lead(first + n)) for n in range(SAMPLES)])
    room.settle()
    while room.send():
        pass
    with room.shift.store.read() as connection:
        return [_sample(connection, key) for key in _numbers(room.shift.store) if key not in known]


def _mail(lead: mails.Lead) -> bytes:
    """A short form: the rows of a lead, and nothing beside."""
    head = (
        f"From: anfragen@boerse.example\nReply-To: {lead.email}\nTo: {servers.RECIPIENT}\n"
        f"Subject: Anfrage {lead.make} {lead.model}\nDate: Mon, 02 Nov 2026 10:00:00 +0100\n"
        f"Message-ID: <fill-{lead.n}@boerse.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    )
    return f"{head}{mails.form_text(lead)}".replace("\n", "\r\n").encode()


def _numbers(store: Store) -> list[int]:
    message = metadata.tables["message"]
    with store.read() as connection:
        return list(connection.execute(select(message.c.id).order_by(message.c.id)).scalars())


def _sample(connection: Connection, message: int) -> Sample:
    found: Sample = {}

    def take(table: str, column: str, value: object) -> list[Row]:
        one = metadata.tables[table]
        rows = connection.execute(select(one).where(one.c[column] == value)).mappings()
        found[table] = [dict(row) for row in rows]
        return found[table]

    take("message", "id", message)
    take("raw", "message", message)
    (link,) = take("message_record", "message", message)
    take("record", "id", link["record"])
    for table in OF_THE_RECORD:
        take(table, "record", link["record"])
    contacts = [row["contact"] for row in found["record_contact"]]
    found["contact"] = [row for key in contacts for row in take("contact", "id", key)]
    (letter,) = take("outbox", "record", link["record"])
    take("rendered", "outbox", letter["id"])
    return found


def _later(sample: Sample, by: timedelta) -> Sample:
    """The same with its steps due so much later, also in its trace."""
    moved = {table: [dict(row) for row in rows] for table, rows in sample.items()}
    trace = json.loads(moved["message"][0]["trace"])
    for one in trace["deadlines"]:
        for name in ("due_at", "deliver_at"):
            one[name] = (datetime.fromisoformat(one[name]) + by).isoformat()
    moved["message"][0]["trace"] = json.dumps(trace, ensure_ascii=False, separators=(",", ":"))
    for row in moved["deadline"]:
        row["due_at"], row["deliver_at"] = row["due_at"] + by, row["deliver_at"] + by
    moved["record"][0]["due_at"] = moved["record"][0]["due_at"] + by
    return moved


class Filling:
    """Clones in the order of their chain."""

    def __init__(self, models: Sequence[Sample], chain: int, first: Mapping[str, int], process: str) -> None:
        self._due = [_later(one, timedelta()) for one in models]
        self._ahead = [[_later(one, OLD + timedelta(days=1 + day)) for one in models] for day in range(AHEAD)]
        self._first = first
        self._at = models[0]["message"][0]["accepted_at"]
        self.chain: Row = {
            "id": chain, "key": KEY, "process": process, "started_at": self._at, "n": 0,
            "hash": first_hash(KEY, process, self._at),
        }  # fmt: skip
        self._next = dict(first)

    def clones(self, start: int, count: int) -> dict[str, list[Row]]:
        """The next so many, by table."""
        found: dict[str, list[Row]] = {table: [] for table in TABLES}
        for i in range(start, start + count):
            models = self._due if i < OVERDUE else self._ahead[i % AHEAD]
            self._clone(models[i % len(models)], i, found)
        return found

    def _number(self, table: str) -> int:
        self._next[table] += 1
        return self._next[table]

    def _clone(self, model: Sample, i: int, found: dict[str, list[Row]]) -> None:
        ref = f"L-{i:07d}-F"
        words = [(model["record"][0]["ref"], ref)]
        words += [(row["value"], _own(row["type"], i)) for row in model["contact"]]

        def own(text: str) -> str:
            for before, after in words:
                text = text.replace(before, after)
            return text

        message = self._message(model["message"][0], own, i)
        content = f"fill {i}".encode()
        found["message"].append(message)
        found["raw"].append(
            {"message": message["id"], "site": message["site"], "packed": True, "bytes": zlib.compress(content, 1)}
        )
        record = {**model["record"][0], "id": self._number("record"), "ref": ref}
        record["data"] = own(record["data"])
        found["record"].append(record)
        found["message_record"] += [
            {**row, "message": message["id"], "record": record["id"]} for row in model["message_record"]
        ]
        for row in model["contact"]:
            key = self._number("contact")
            found["contact"].append({**row, "id": key, "value": own(row["value"])})
            found["record_contact"].append({"contact": key, "record": record["id"]})
        self._effects(model, record, own, i, found)

    def _message(self, model: Row, own: Any, i: int) -> Row:
        content = f"fill {i}".encode()
        n = self.chain["n"] + 1
        link = Link(
            chain=self.chain["id"], n=n, accepted_at=model["accepted_at"], channel=model["channel"],
            raw_sha256=hashlib.sha256(content).hexdigest(), recipient_mac=recipient_mac(KEY, model["recipient"]),
        )  # fmt: skip
        hashed = link.hash_after(self.chain["hash"])
        self.chain["n"], self.chain["hash"] = n, hashed
        row = {
            **model, "id": message_id_of(link.chain, n), "chain": link.chain, "n": n, "raw_sha256": link.raw_sha256,
            "recipient_mac": link.recipient_mac, "hash": hashed, "size": len(content),
            "digest": hashlib.sha256(b"digest" + content).hexdigest(), "trace": own(model["trace"]),
        }  # fmt: skip
        row["seal"], row["fate_seal"] = seals.accepted(row), seals.fate(row)
        return row

    def _effects(self, model: Sample, record: Row, own: Any, i: int, found: dict[str, list[Row]]) -> None:
        """Revision, steps, notice and letter."""
        this = {"record": record["id"]}
        steps = [{**row, **this, "id": self._number("deadline")} for row in model["deadline"]]
        sent = model["outbox"][0]
        letter = {
            **sent,
            **this,
            "id": self._number("outbox"),
            "subject": own(sent["subject"]),
        }
        letter |= {"dedupe": f"fill:{i}:{letter['recipient']}", "message_id": f"<fill-{i}@mail.muster.example>"}
        content = f"Message-ID: {letter['message_id']}\r\n\r\nletter\r\n".encode()
        letter["seal"] = seals.letter({**letter, "rendered": content})
        told = [
            {**row, **this, "id": self._number("notice"), "outbox": letter["id"], "data": own(row["data"])}
            for row in model["notice"]
        ]
        for row in model["revision"]:
            sealed = {**row, **this, "data": own(row["data"])}
            sealed |= {"deadlines_seal": seals.deadlines(steps), "notices_seal": seals.notices(told)}
            found["revision"].append({**sealed, "seal": seals.revision(sealed, None)})
        found["deadline"] += steps
        found["outbox"].append(letter)
        found["rendered"].append({"outbox": letter["id"], "bytes": content})
        found["notice"] += told


def person(i: int) -> str:
    """Mail address of whom a clone is of."""
    return _own("mail", i)


def reference(i: int) -> str:
    """Of a clone's record."""
    return f"L-{i:07d}-F"


def _own(sort: str, i: int) -> str:
    """What a clone's person or car is known by."""
    match sort:
        case "mail":
            return f"fuellung{i}@kunde.example"
        case "phone":
            return f"+4930{i:09d}"
        case "vin":
            return f"WVWZZZ{i:011d}"
        case _:
            return f"BPP{i}"


def fill(room: Room, count: int) -> None:
    """Add so many mails, behind those that are there."""
    store = room.shift.store
    models = samples(room, 5_000_000)
    with store.read() as connection:
        first = {name: _last(connection, metadata.tables[name]) for name in TABLES if "id" in metadata.tables[name].c}
        chain = _last(connection, metadata.tables["chain"]) + 1
    filling = Filling(models, chain, first, "fill")
    write = _into_sqlite if store.url.startswith("sqlite") else _into_postgresql
    write(store.url, filling, count)
    (source,) = {one["message"][0]["source"] for one in models}
    done = {tally.What(tally.MAIL, "opened", source): count, tally.What(tally.LETTER, "sent"): count}
    store.write(lambda c: tally.count(c, done)).result()


def _last(connection: Connection, table: Table) -> int:
    return max(connection.execute(select(table.c.id)).scalars(), default=0)


def _batches(filling: Filling, count: int) -> Iterator[dict[str, list[Row]]]:
    for start in range(0, count, AT_ONCE):
        yield filling.clones(start, min(AT_ONCE, count - start))


def _into_sqlite(url: str, filling: Filling, count: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        with connection:
            _insert(connection, "chain", [filling.chain])
        for rows in _batches(filling, count):
            with connection:
                for table in TABLES:
                    _insert(connection, table, rows[table])
        with connection:
            ended = {name: filling.chain[name] for name in ("n", "hash", "id")}
            connection.execute("UPDATE chain SET n = :n, hash = :hash WHERE id = :id", ended)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    values = ([_plain(row[name]) for name in names] for row in rows)
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608 - our names


def _plain(value: Any) -> Any:
    return _written(value) if isinstance(value, datetime) else value


@lru_cache
def _written(at: datetime) -> str:
    """As SQLAlchemy writes times there."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _into_postgresql(url: str, filling: Filling, count: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET session_replication_role = replica")  # what refers to what is right by its making
        _copy(connection, "chain", [filling.chain])
        for rows in _batches(filling, count):
            for table in TABLES:
                _copy(connection, table, rows[table])
            connection.commit()
        ended = {name: filling.chain[name] for name in ("n", "hash", "id")}
        connection.execute("UPDATE chain SET n = %(n)s, hash = %(hash)s WHERE id = %(id)s", ended)
        for table in ("chain", "record", "contact", "deadline", "outbox", "notice"):
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # as autovacuum has done long before there are so many


def _copy(connection: "psycopg.Connection[Any]", table: str, rows: Sequence[Row]) -> None:
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
