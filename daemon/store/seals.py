"""Seals: what a row said when it was settled, so that an alteration of any of its settled columns shows.

A seal is a lower-case hex SHA-256 over values in a fixed order, written as MessagePack: that keeps text, bytes, numbers
and nothing apart, and a time is the same instant in whatever zone. `daemon.store.evidence` compares. Who changes a
settled column, by whatever right, seals the row anew in the same transaction; so will erasing personal values.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import RowMapping

Columns = Mapping[str, Any] | RowMapping

_encode = msgspec.msgpack.Encoder().encode


def _over(*columns: str) -> Callable[[Columns], str]:
    """A function that seals these columns of a row."""
    values = itemgetter(*columns)
    return lambda row: hashlib.sha256(_encode(values(row))).hexdigest()


accepted = _over("id", "hash", "recipient", "sender", "client", "size", "due_at", "received_at")
"""A message as it was accepted; the other columns of then are in its link's hash."""
fate = _over(
    "id",
    "fate",
    "reason",
    "site",
    "source",
    "verified",
    "class",
    "digest",
    "subject",
    "trace",
    "settings",
    "fate_at",
    "tries",
    "alone",
)
"""What a message became, and after how many tries."""
letter = _over(
    "dedupe",
    "purpose",
    "category",
    "record",
    "site",
    "recipient",
    "sender",
    "subject",
    "message_id",
    "rendered",
    "created_at",
    "correspondent",
    "customer",
)
"""An outgoing mail; how far it came is not sealed."""
erased = _over("message", "at", "actor_role", "actor", "why")
"""That a mail was erased."""
settings = _over("digest", "at", "versions", "packed")
"""A version of the settings."""
folder = _over("account", "name", "generation", "uidvalidity", "last_uid", "skipped_to", "cutoff", "mails")
"""A folder of a mailbox, and how far it was read."""
fetched = _over("folder", "generation", "uid", "uidvalidity", "state", "tries", "digest", "message", "received_at")
"""A mail that was seen in a folder, and what became of it; what is done with its original, and when, is not sealed."""

_deadline = itemgetter(
    "id", "record", "revision", "step", "cycle", "due_at", "deliver_at", "effect", "target", "because", "until", "terms"
)
_notice = itemgetter("id", "record", "revision", "purpose", "recipient", "at", "way", "data")
_revision = itemgetter(
    "record",
    "n",
    "at",
    "action",
    "actor_role",
    "actor",
    "args",
    "data",
    "settings",
    "deadlines_seal",
    "notices_seal",
)


def deadlines(rows: Iterable[Columns]) -> str | None:
    """All deadlines that a revision set, in their order; None if it set none."""
    return _all(_deadline(row) for row in rows)


def notices(rows: Iterable[Columns]) -> str | None:
    """All notices that a revision led to, in their order; None if there are none."""
    return _all(_notice(row) for row in rows)


def revision(row: Columns, before: str | None) -> str:
    """A revision with its deadlines' and notices' seals, after that of the revision before it."""
    return hashlib.sha256(_encode((before, *_revision(row)))).hexdigest()


def _all(values: Iterable[tuple[Any, ...]]) -> str | None:
    found = list(values)
    return hashlib.sha256(_encode(found)).hexdigest() if found else None
