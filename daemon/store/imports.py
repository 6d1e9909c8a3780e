"""Mails from files: taken once, however often they are offered, and counted by what became of them."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select

from daemon.store.chains import Accepted, Chain
from daemon.store.schema import PENDING, imported, message, message_record, record
from rules.model import IMPORTED

LIVE = "file"
"""Channel of mails from files that are handled like any that comes in now."""
CHANNELS = (IMPORTED, LIVE)

_KNOWN = select(imported.c.key).where(imported.c.key.in_(bindparam("keys", expanding=True)))
_MARK = insert(imported)


def key_of(raw_sha256: str, recipient: str) -> str:
    """What makes a mail from a file the same one as before: its bytes, and for whom it is."""
    return hashlib.sha256(f"{raw_sha256}\n{recipient.lower()}".encode()).hexdigest()


def key_of_mail(mail: Accepted) -> str:
    """The same, of a mail that is about to be taken."""
    return key_of(hashlib.sha256(mail.content).hexdigest(), mail.recipient)


def known(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Those that were taken before."""
    return set(connection.execute(_KNOWN, {"keys": list(keys)}).scalars())


def take(connection: Connection, chain: Chain, mails: Sequence[tuple[str, Accepted]]) -> dict[str, int]:
    """Accept what was not taken before; message ids by key.

    Args:
        connection: A writing transaction, in the store's writer thread.
        chain: The chain of this import.
        mails: With their keys, each of which may come once only.
    """
    before = known(connection, (key for key, _ in mails))
    new = [(key, mail) for key, mail in mails if key not in before]
    if not new:
        return {}
    ids = chain.append(connection, [mail for _, mail in new])
    taken = dict(zip((key for key, _ in new), ids, strict=True))
    connection.execute(_MARK, [{"message": number, "key": key} for key, number in taken.items()])
    return taken


def waiting(connection: Connection, chain_id: int) -> int:
    """Mails of an import that nobody has read yet."""
    query = select(func.count()).select_from(message).where(PENDING, message.c.chain == chain_id)
    return connection.execute(query).scalar_one()


def by_fate(connection: Connection, chain_id: int) -> dict[str, int]:
    """Number of mails of an import by fate."""
    query = select(message.c.fate, func.count()).where(message.c.chain == chain_id).group_by(message.c.fate)
    return {row[0]: row[1] for row in connection.execute(query.order_by(message.c.fate))}


def by_kind(connection: Connection, chain_id: int) -> dict[str, int]:
    """Number of records that mails of an import opened, by kind."""
    query = (
        select(record.c.kind, func.count())
        .join(message_record, message_record.c.record == record.c.id)
        .join(message, message.c.id == message_record.c.message)
        .where(message.c.chain == chain_id, message_record.c.how == "opened")
        .group_by(record.c.kind)
        .order_by(record.c.kind)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def set_aside(connection: Connection, chain_id: int, limit: int = 20) -> list[RowMapping]:
    """Mails of an import that could not be read by the daemon: number, file, reason."""
    query = (
        select(message.c.id, message.c.client, message.c.reason)
        .where(message.c.chain == chain_id, message.c.fate == "quarantined")
        .order_by(message.c.n)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())
