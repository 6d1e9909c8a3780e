"""The ledger's second half: does everything that was accepted have its place, its bytes and the proof of its fate?

Streams through the tables in step with each other, in constant memory; nothing is summed that could hide what is not
there. Each finding names one thing that a person can look at.
"""

import hashlib
import hmac
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Row, func, select
from sqlalchemy.exc import DBAPIError

from daemon.store import seals
from daemon.store.chains import Link, first_hash, message_id_of, recipient_mac
from daemon.store.evidence_letters import check_letters, check_settings
from daemon.store.evidence_mailboxes import check_mailboxes
from daemon.store.evidence_records import check_records
from daemon.store.imports import CHANNELS, key_of
from daemon.store.schema import chain, erased, imported, message, message_record, metadata, raw
from daemon.store.streams import Finding, Stream, stream, unreadable

LATE = timedelta(minutes=10)
"""Nothing is unread for longer, while a daemon runs."""
_RAW_ROWS = 4
"""Mails held at once: each may be 25 MiB."""
_TO_A_RECORD = ("attached", "command")
_READ = ("opened", "attached", "command", "repeat", "automatic", "bounce", "ignored")
"""Fates of mails that were read, so that a trace says why."""
_WITH_FATE = ("reason", "site", "source", "verified", "class", "digest", "subject", "trace", "settings", "fate_at")
_NEEDS_REASON = ("ignored", "automatic", "bounce", "quarantined")


class _Context(msgspec.Struct):
    repeat_of: int | None = None


class _Decision(msgspec.Struct):
    reading: int
    ignored: str | None = None
    again: str | None = None


class _Trace(msgspec.Struct):
    fate: str
    reason: str
    site: str
    settings: str
    mail_class: str = msgspec.field(name="class")
    context: _Context
    decisions: list[_Decision]
    source: str | None = None
    verified: str | None = None


_decode_trace = msgspec.json.Decoder(_Trace).decode


def check(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Look for what is missing, altered or late, in the order of the ledger, then of records and outgoing mails.

    Args:
        connection: A snapshot.
        now: UTC; mails unread for ten minutes before are findings.
    """
    known = set[str]()
    yield from _readable(connection, check_settings(connection, known))
    yield from _readable(connection, _check_chains(connection, now, known))
    yield from _readable(connection, check_records(connection, known))
    yield from _readable(connection, check_letters(connection))
    yield from _readable(connection, check_mailboxes(connection))


def summary(connection: Connection) -> list[tuple[str, str | None, int]]:
    """Number of accepted mails by fate and source."""
    number = func.count()
    query = select(message.c.fate, message.c.source, number).group_by(message.c.fate, message.c.source)
    found = [(row[0], row[1], row[2]) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one[0], one[1] or ""))


def _readable(connection: Connection, found: Iterator[Finding]) -> Iterator[Finding]:
    """Findings, up to a row whose values are of another kind than the column: that row is named instead."""
    try:
        yield from found
    except (ValueError, TypeError, DBAPIError) as error:
        yield Finding(f"the check stopped at a value of the wrong kind: {error}", "database")
        for table in metadata.sorted_tables:
            for key in unreadable(connection, table):
                yield Finding("it holds a value of the wrong kind", f"{table.name} {', '.join(map(str, key))}")


class _ChainWalk:
    """How far a chain was followed."""

    def __init__(self, row: Row[tuple[object, ...]]) -> None:
        self.id, self.key, self.n, self.hash = row.id, row.key, row.n, row.hash
        self.at = 0
        self.before = {first_hash(row.key, row.process, row.started_at)}
        """What the hash before the next link may be; the stored and the computed one, if a link did not fit."""

    def follow(self, row: Row[tuple[object, ...]]) -> Iterator[Finding]:
        """Take the next link."""
        where = f"message {row.id}"
        if row.n != self.at + 1:
            yield Finding(f"{_mails(self.at + 1, row.n - 1)} missing before it", f"chain {self.id}, {where}")
            self.before = set()
        link = Link(row.chain, row.n, row.accepted_at, row.channel, row.raw_sha256, row.recipient_mac)
        computed = {link.hash_after(before) for before in self.before}
        if self.before and row.hash not in computed:
            before = "the one before" if self.at else f"the beginning of chain {self.id}"
            yield Finding(f"its link in the chain is broken: it, or {before}, was altered", where)
        self.before = {row.hash, *computed}
        self.at = row.n
        if not hmac.compare_digest(recipient_mac(self.key, row.recipient), row.recipient_mac):
            yield Finding("its recipient was altered", where)

    def end(self) -> Iterator[Finding]:
        """Nothing may be missing at the end."""
        if self.at < self.n:
            yield Finding(f"{_mails(self.at + 1, self.n)} missing at its end", f"chain {self.id}")
        elif self.at > self.n:
            yield Finding(f"its end was altered: it says {self.n} mails and has {self.at}", f"chain {self.id}")
        elif self.hash not in self.before:
            yield Finding("its last hash was altered", f"chain {self.id}")


def _mails(first: int, last: int) -> str:
    return f"mail {first} is" if first == last else f"mails {first} to {last} are"


def _check_chains(connection: Connection, now: datetime, settings: set[str]) -> Iterator[Finding]:
    chains = {row.id: _ChainWalk(row) for row in connection.execute(select(chain))}
    contents = Stream(stream(connection, select(raw).order_by(raw.c.message), _RAW_ROWS), "message")
    links = Stream(stream(connection, select(message_record).order_by(message_record.c.message)), "message")
    marks = Stream(stream(connection, select(imported).order_by(imported.c.message)), "message")
    blanks = Stream(stream(connection, select(erased).order_by(erased.c.message)), "message")
    missing = set[int]()
    for row in stream(connection, select(message).order_by(message.c.id)):
        where = f"message {row.id}"
        yield from (
            Finding("bytes without a message in the ledger", f"raw {r.message}") for r in contents.below(row.id)
        )
        yield from (_stray_link(r) for r in links.below(row.id))
        yield from (_stray_mark(r) for r in marks.below(row.id))
        yield from (_stray_erasure(r) for r in blanks.below(row.id))
        walk = chains.get(row.chain)
        if walk is not None:
            yield from walk.follow(row)
        elif row.chain not in missing:
            missing.add(row.chain)
            yield Finding("there is no such chain", f"chain {row.chain}, {where}")
        if row.id != message_id_of(row.chain, row.n):
            yield Finding("its number does not fit its place in the chain", where)
        yield from (Finding(what, where) for what in _wrong_bytes(row, contents.at(row.id), blanks.at(row.id)))
        yield from (Finding(what, where) for what in _wrong_seals(row))
        yield from (Finding(what, where) for what in _wrong_mark(row, marks.at(row.id)))
        yield from (Finding(what, where) for what in _wrong_fate(connection, row, links.at(row.id), now, settings))
    yield from (Finding("bytes without a message in the ledger", f"raw {r.message}") for r in contents.rest())
    yield from (_stray_link(r) for r in links.rest())
    yield from (_stray_mark(r) for r in marks.rest())
    yield from (_stray_erasure(r) for r in blanks.rest())
    for walk in chains.values():
        yield from walk.end()


def _stray_link(row: Row[tuple[object, ...]]) -> Finding:
    return Finding(
        "is linked to a message that is not in the ledger", f"record number {row.record}, message {row.message}"
    )


def _stray_mark(row: Row[tuple[object, ...]]) -> Finding:
    return Finding("a mark of import without a message in the ledger", f"message {row.message}")


def _stray_erasure(row: Row[tuple[object, ...]]) -> Finding:
    return Finding("an erasure without a message in the ledger", f"message {row.message}")


def _wrong_mark(row: Row[tuple[object, ...]], marks: list[Row[tuple[object, ...]]]) -> Iterator[str]:
    """What came from a file, and only that, is marked so that it is not taken again."""
    wanted = [key_of(row.raw_sha256, row.recipient)] if row.channel in CHANNELS else []
    if [mark.key for mark in marks] != wanted:
        yield "its mark of import is missing or was altered"


def _received(row: Row[tuple[object, ...]]) -> bytes:
    """The bytes as they were received; nothing may stand behind what is packed."""
    if not row.packed:
        content: bytes = row.bytes
        return content
    packed = zlib.decompressobj()
    content = packed.decompress(row.bytes)
    if packed.unused_data or not packed.eof:
        raise zlib.error
    return content


def _wrong_bytes(
    row: Row[tuple[object, ...]], kept: list[Row[tuple[object, ...]]], blanks: list[Row[tuple[object, ...]]]
) -> Iterator[str]:
    if not kept:
        yield "its bytes are missing"
        return
    try:
        content = memoryview(_received(kept[0]))
    except (zlib.error, TypeError):
        yield "its bytes were altered: they cannot be unpacked"
        return
    if blanks and blanks[0].seal != seals.erased(blanks[0]._mapping):
        yield "its erasure was altered: it is not as it was written"
    if blanks and content:
        yield "its bytes are there, although it was erased"
    elif not blanks and hashlib.sha256(content).hexdigest() != row.raw_sha256:
        yield "its bytes were altered: they do not match their SHA-256"
    elif not blanks and len(content) != row.size:
        yield f"its size was altered: it says {row.size}, its bytes are {len(content)}"
    if kept[0].site != row.site:
        yield f"its bytes are kept for site {kept[0].site}, it belongs to {row.site}"


def _wrong_seals(row: Row[tuple[object, ...]]) -> Iterator[str]:
    """What was written at acceptance, and with the fate; a mail without one has nothing to seal yet."""
    columns = row._mapping
    if row.seal != seals.accepted(columns):
        yield "it was altered: it is not as it was accepted"
    blank = all(columns[name] is None for name in _WITH_FATE) and row.tries == 0 and not row.alone
    if not (row.fate == "pending" and blank if row.fate_seal is None else row.fate_seal == seals.fate(columns)):
        yield "it was altered: it is not as it was when it got its fate"
    if (row.lease is None) != (row.lease_until is None) or (row.lease is not None and row.fate != "pending"):
        yield "its lease was altered: nobody can have it in hand so"


def _wrong_fate(
    connection: Connection,
    row: Row[tuple[object, ...]],
    links: list[Row[tuple[object, ...]]],
    now: datetime,
    settings: set[str],
) -> Iterator[str]:
    """The proof of a fate."""
    if (row.fate == "pending") != (row.fate_at is None):
        yield f"its fate '{row.fate}' and the time of it do not fit"
    if row.fate == "pending" and max(row.accepted_at, row.due_at) < now - LATE:
        yield f"it is unread since {row.accepted_at:%Y-%m-%d %H:%M} UTC"
    if row.fate not in (*_READ, "pending", "quarantined"):
        yield f"it has no fate that there is: '{row.fate}'"
    if row.fate in _NEEDS_REASON and not row.reason:
        yield f"it is {row.fate} without a reason"
    if links and row.fate not in ("opened", "bounce", *_TO_A_RECORD):
        yield f"it is {row.fate}, and yet linked to a record"
    trace = None
    if row.trace is not None:
        try:
            trace = _decode_trace(row.trace)
        except msgspec.DecodeError:
            yield "its trace was altered: it cannot be read"
            return
    elif row.fate in _READ and not (row.fate == "ignored" and row._mapping["class"] is None):
        yield f"it is {row.fate} without a trace"
    if trace is not None:
        yield from _unlike_trace(row, trace, settings)
        yield from _wrong_links(row, trace, links)
        if row.fate == "repeat":
            yield from _wrong_repeat(connection, row, trace)


def _unlike_trace(row: Row[tuple[object, ...]], trace: _Trace, settings: set[str]) -> Iterator[str]:
    columns = row._mapping
    for name, told in (
        ("fate", trace.fate),
        ("reason", trace.reason),
        ("site", trace.site),
        ("source", trace.source),
        ("verified", trace.verified),
        ("class", trace.mail_class),
        ("settings", trace.settings),
    ):
        if columns[name] != told:
            yield f"its {name} was altered: it is '{columns[name]}', its trace says '{told}'"
    if trace.settings not in settings:
        yield f"the settings {trace.settings[:12]} that decided it are not kept"


def _wrong_links(row: Row[tuple[object, ...]], trace: _Trace, links: list[Row[tuple[object, ...]]]) -> Iterator[str]:
    """Each reading that was not ignored opened one record, or is attached to one; an answer names one at least."""
    found = {link.reading: link.how for link in links}
    if row.fate in _TO_A_RECORD and "attached" not in found.values():
        yield f"it is {row.fate}, but linked to no record"
    if row.fate in _TO_A_RECORD and not trace.decisions and sorted(found) != list(range(len(found))):
        yield f"it is {row.fate} by a reading that it does not have"
    if row.fate != "opened" and not trace.decisions:
        return
    wanted = {one.reading: "attached" if one.again else "opened" for one in trace.decisions if one.ignored is None}
    for reading, how in sorted(wanted.items()):
        if found.get(reading) != how:
            done = "opened a record" if how == "opened" else "is a second request"
            yield f"its reading {reading} {done}, but is linked to none"
    for reading in sorted(reading for reading, how in found.items() if wanted.get(reading) != how):
        yield f"its reading {reading} is linked to a record that it did not open"


def _wrong_repeat(connection: Connection, row: Row[tuple[object, ...]], trace: _Trace) -> Iterator[str]:
    query = select(message.c.id).where(
        message.c.id == trace.context.repeat_of, message.c.site == row.site, message.c.digest == row.digest
    )
    if connection.execute(query).first() is None:
        yield f"it repeats message {trace.context.repeat_of}, but that is not there with the same digest and site"
