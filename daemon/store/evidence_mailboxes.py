"""Evidence of mailboxes: what was seen in them has its row, as it was written, and what was taken is in the ledger."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from daemon.store import seals
from daemon.store.mailbox_tables import mailbox, mailbox_folder, mailbox_mail
from daemon.store.schema import message
from daemon.store.streams import Finding, stream

_STATES = ("waiting", "taken", "too-large", "gone")


def check_mailboxes(connection: Connection) -> Iterator[Finding]:
    """Look for rows that are missing or altered, and for mails taken without a place in the ledger."""
    folders = select(func.count()).where(mailbox_folder.c.account == mailbox.c.account).scalar_subquery()
    for row in stream(connection, select(mailbox, folders.label("there"))):
        if row.folders != row.there:
            yield Finding(f"it has {row.there} folders, {row.folders} were read", f"mailbox {row.account}")
    known = select(mailbox.c.account).where(mailbox.c.account == mailbox_folder.c.account).exists()
    mails = select(func.count()).where(mailbox_mail.c.folder == mailbox_folder.c.id).scalar_subquery()
    for row in stream(connection, select(mailbox_folder, mails.label("there"), known.label("known"))):
        where = f"mailbox {row.account}, folder {row.name}"
        if not row.known:
            yield Finding("there is no such mailbox", where)
        if row.seal != seals.folder(row._mapping):
            yield Finding("it was altered: it is not as it was written", where)
        if row.mails != row.there:
            yield Finding(f"it has rows for {row.there} mails, {row.mails} were seen", where)
    yield from _check_mails(connection)


def _check_mails(connection: Connection) -> Iterator[Finding]:
    query = (
        select(mailbox_mail, message.c.raw_sha256, mailbox_folder.c.id.label("known"))
        .join(mailbox_folder, isouter=True)
        .join(message, message.c.id == mailbox_mail.c.message, isouter=True)
    )
    for row in stream(connection, query):
        where = f"mail {row.uid} of generation {row.generation} in folder number {row.folder}"
        if row.known is None:
            yield Finding("there is no such folder", where)
        if row.seal != seals.fetched(row._mapping) or row.state not in _STATES:
            yield Finding("it was altered: it is not as it was written", where)
        if row.state == "taken" and (row.digest is None or row.digest != row.raw_sha256):
            yield Finding("it was taken, but its message is not in the ledger", where)
