"""Evidence of outgoing mails, and of the settings that decisions name."""

import hashlib
import zlib
from collections.abc import Iterator

from sqlalchemy import Connection, select

from daemon.store import seals
from daemon.store.schema import notice, outbox, record, rendered, settings_version
from daemon.store.streams import Finding, stream

TOGETHER = ("bundle", "digest")
"""Purposes of mails that tell of several records: they carry their notices and name no record."""
_LETTERS = 4
"""Outgoing mails held at once: each may carry an original of some MiB."""


def check_settings(connection: Connection, known: set[str]) -> Iterator[Finding]:
    """Settings that decisions name are there as they were; their digests are put into `known`."""
    for row in stream(connection, select(settings_version), _LETTERS):
        known.add(row.digest)
        where = f"settings {row.digest[:12]}"
        if row.seal != seals.settings(row._mapping):
            yield Finding("they were altered: they are not as they were kept", where)
        try:
            content = zlib.decompress(row.packed)
        except (zlib.error, TypeError):
            yield Finding("they were altered: they cannot be read", where)
            continue
        if hashlib.sha256(content).hexdigest() != row.digest:
            yield Finding("they were altered: they do not match their digest", where)


def check_letters(connection: Connection) -> Iterator[Finding]:
    """Outgoing mails: they are as they were written, what they tell of is there, and they were sent if they say so."""
    told = select(notice.c.id).where(notice.c.outbox == outbox.c.id).exists()
    about = select(record.c.id).where(record.c.id == outbox.c.record).exists()
    query = (
        select(outbox, rendered.c.bytes.label("rendered"), told.label("told"), about.label("about"))
        .join(rendered, isouter=True)
        .order_by(outbox.c.id)
    )
    for row in stream(connection, query, _LETTERS):
        where = f"outgoing mail {row.id}"
        if row.record is not None and not row.about:
            yield Finding(f"it is about record number {row.record}, which is not there", where)
        if (row.record is not None or row.purpose in TOGETHER) and not row.told:
            yield Finding("the notice that it tells of is missing", where)
        if (row.state == "sent") != (row.sent_at is not None):
            yield Finding(f"its state '{row.state}' and the time of sending do not fit", where)
        if not isinstance(row.rendered, bytes) or row.message_id.encode() not in row.rendered:
            yield Finding("its Message-ID or its bytes were altered", where)
        if not row.dedupe.endswith(f":{row.recipient}") and (row.record is not None or row.purpose in TOGETHER):
            yield Finding("its recipient was altered", where)
        if row.seal != seals.letter(row._mapping):
            yield Finding("it was altered: it is not as it was written", where)
