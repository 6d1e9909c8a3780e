"""Find a mail or a letter by what a person has in hand: a Message-ID."""

from collections.abc import Iterator
from email.parser import BytesHeaderParser

from sqlalchemy import Connection, select

from daemon.store.messages import unpack
from daemon.store.schema import message, outbox, raw, record

HEADER_BYTES = 64 << 10


def mail_with_id(connection: Connection, message_id: str) -> int | None:
    """The newest accepted mail with this Message-ID.

    The ledger has no column of what strangers write into headers, so the kept mails are looked through, newest first:
    thousands a second, in constant memory.
    """
    wanted = message_id.strip().strip("<>").encode()
    for key, content in _kept(connection):
        header = content[:HEADER_BYTES]
        if wanted in header and _message_id(header) == wanted:
            return key
    return None


def record_of_letter(connection: Connection, message_id: str) -> str | None:
    """Reference of the record that a mail of ours with this Message-ID is about."""
    written = f"<{message_id.strip().strip('<>')}>"
    query = select(record.c.ref).join(outbox, outbox.c.record == record.c.id).where(outbox.c.message_id == written)
    return connection.execute(query).scalar()


def _kept(connection: Connection) -> Iterator[tuple[int, bytes]]:
    query = (
        select(raw.c.message, raw.c.packed, raw.c.bytes)
        .join(message)
        .order_by(message.c.accepted_at.desc(), message.c.id.desc())
        .execution_options(yield_per=50)
    )
    for row in connection.execute(query):
        yield row.message, unpack(row.packed, row.bytes)


def _message_id(header: bytes) -> bytes:
    try:
        return str(BytesHeaderParser().parsebytes(header)["Message-ID"] or "").strip().strip("<>").encode()
    except (ValueError, IndexError):  # a header that the standard library cannot take apart
        return b""
