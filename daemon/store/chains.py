"""The ledger's first half: accepted mails are written as links of a chain without gaps.

Each process start that accepts mail is a chain. A link's hash covers the hash before it and the columns that never
change, so that a row that is altered, removed or put in shows. `daemon.store.evidence` checks it.
"""

import hashlib
import os
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from daemon.store import seals
from daemon.store.schema import chain, message, raw

_LINKS_PER_CHAIN = 1 << 32

# Built once: SQLAlchemy keeps what it compiled by the statement object.
_INSERT_MESSAGE = insert(message)
_INSERT_RAW = insert(raw)
_OURS = (chain.c.id == bindparam("the_chain"), chain.c.key == bindparam("the_key"), chain.c.n == bindparam("from_n"))
_ADVANCE = update(chain).where(*_OURS).values(n=bindparam("n"), hash=bindparam("hash"))


class Accepted(msgspec.Struct, frozen=True):
    """One mail for one recipient, as it came over the wire."""

    content: bytes
    recipient: str
    sender: str
    channel: str
    client: str
    at: datetime
    received_at: datetime | None = None
    """Of an imported mail: when it came in first."""


class Link(msgspec.Struct, frozen=True):
    """What a link's hash is made of, beside the hash before it."""

    chain: int
    n: int
    accepted_at: datetime
    channel: str
    raw_sha256: str
    recipient_mac: str

    def hash_after(self, previous: str) -> str:
        """Lower-case hex SHA-256 over the previous hash and all fields, one a line."""
        at = self.accepted_at.isoformat(timespec="microseconds")
        lines = (previous, self.chain, self.n, at, self.channel, self.raw_sha256, self.recipient_mac)
        return hashlib.sha256("\n".join(map(str, lines)).encode()).hexdigest()


def first_hash(key: bytes, process: str, started_at: datetime) -> str:
    """The hash before a chain's first link: over what is settled when the chain begins."""
    begun = f"postroom chain\n{process}\n{started_at.isoformat(timespec='microseconds')}\n"
    return hashlib.sha256(begun.encode() + key).hexdigest()


def recipient_mac(key: bytes, recipient: str) -> str:
    """Keyed hash of the recipient: evidence that can stay when the address is erased."""
    return hashlib.blake2b(recipient.lower().encode(), key=key, digest_size=32).hexdigest()


def message_id_of(chain_id: int, n: int) -> int:
    """Key of a message: its place in its chain, so that no number has to be asked of the database."""
    return chain_id * _LINKS_PER_CHAIN + n


def chain_after(message_id: int) -> int:
    """The lowest key that a message of any later chain can have."""
    return (message_id // _LINKS_PER_CHAIN + 1) * _LINKS_PER_CHAIN


class Chain:
    """The chain that this process writes to; call only from the store's writer thread."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._id: int | None = None
        self._key = b""
        self._n = 0
        self._hash = ""

    @property
    def id(self) -> int | None:
        """Number of the chain; None while nothing was written to it."""
        return self._id

    def append(self, connection: Connection, mails: list[Accepted]) -> list[int]:
        """Write the mails as the next links; their message ids."""
        if self._id is None:
            self._begin(connection, mails[0].at)
        links = self._links(mails)
        if not self._advance(connection, len(links)):
            # A transaction of ours failed after it had counted here: take up what is committed.
            self._take_up(connection, mails[0].at)
            links = self._links(mails)
            self._advance(connection, len(links))
        rows = [self._row(link, hashed, mail) for (link, hashed), mail in zip(links, mails, strict=True)]
        connection.execute(_INSERT_MESSAGE, rows)
        connection.execute(
            _INSERT_RAW, [{"message": row["id"], "bytes": m.content} for row, m in zip(rows, mails, strict=True)]
        )
        return [message_id_of(link.chain, link.n) for link, _ in links]

    def _advance(self, connection: Connection, by: int) -> bool:
        """Move the chain's row to our new end; False if it does not stand where we began, or is another's.

        SQLite gives a number again whose transaction was rolled back.
        """
        ours = {"the_chain": self._id, "the_key": self._key, "from_n": self._n - by, "n": self._n, "hash": self._hash}
        return connection.execute(_ADVANCE, ours).rowcount == 1

    def _begin(self, connection: Connection, at: datetime) -> None:
        self._key = os.urandom(32)
        start = first_hash(self._key, self._process, at)
        row = {"key": self._key, "process": self._process, "started_at": at, "n": 0, "hash": start}
        self._id = connection.execute(insert(chain).values(row).returning(chain.c.id)).scalar_one()
        self._n, self._hash = 0, start

    def _take_up(self, connection: Connection, at: datetime) -> None:
        query = select(chain.c.n, chain.c.hash, chain.c.key).where(chain.c.id == self._id)
        row = connection.execute(query).first()
        if row is None or row.key != self._key:  # even the chain's first row went with the failed transaction
            self._begin(connection, at)
        else:
            self._n, self._hash = row.n, row.hash

    def _links(self, mails: list[Accepted]) -> list[tuple[Link, str]]:
        """The next links with their hashes."""
        links = []
        for mail in mails:
            link = self._link(mail)
            self._n, self._hash = link.n, link.hash_after(self._hash)
            links.append((link, self._hash))
        return links

    def _link(self, mail: Accepted) -> Link:
        assert self._id is not None  # noqa: S101 - set by append
        return Link(
            chain=self._id,
            n=self._n + 1,
            accepted_at=mail.at,
            channel=mail.channel,
            raw_sha256=hashlib.sha256(mail.content).hexdigest(),
            recipient_mac=recipient_mac(self._key, mail.recipient),
        )

    def _row(self, link: Link, hashed: str, mail: Accepted) -> dict[str, object]:
        row: dict[str, object] = {
            "id": message_id_of(link.chain, link.n),
            **msgspec.structs.asdict(link),
            "hash": hashed,
            "sender": mail.sender,
            "recipient": mail.recipient,
            "client": mail.client,
            "size": len(mail.content),
            "due_at": mail.at,
            "received_at": mail.received_at,
        }
        row["seal"] = seals.accepted(row)
        return row
