"""The ledger of mailboxes: which mails were seen in which folder, and what became of each.

A UID names a mail only while the folder's UIDVALIDITY stays (RFC 3501 2.3.1.1); each time it does not, a new generation
of the folder begins and all is looked at again. What was taken before is known by the digest of its bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, insert, or_, select, update

from daemon.store import seals
from daemon.store.chains import Accepted, Chain
from daemon.store.mailbox_tables import TO_FETCH, TO_FINISH, mailbox, mailbox_folder, mailbox_mail

LEASE = timedelta(minutes=2)
"""Longer than the longest silence of a server that is waited for."""


class LostLease(Exception):  # noqa: N818 - not a fault: another daemon reads the mailbox now
    """The mailbox is no longer ours; nothing was written."""


class Holder(msgspec.Struct, frozen=True):
    """Who reads a mailbox, and until when it is to be theirs."""

    account: str
    owner: str
    wall: datetime
    """The machine's time: leases are measured by it."""


class Folder(msgspec.Struct, frozen=True):
    """A folder, and how far it was read.

    Attributes:
        skipped_to: Highest UID at the beginning of this generation; what has no row up to it was left alone.
        cutoff: Mails that the server received until then are left alone when all is looked at again.
        mails: Rows of all generations.
    """

    id: int
    account: str
    name: str
    generation: int
    uidvalidity: int
    last_uid: int
    skipped_to: int
    cutoff: datetime | None
    mails: int


class Fetched(msgspec.Struct, frozen=True):
    """A mail as it was fetched; digest: lower-case hex SHA-256 of its bytes."""

    uid: int
    digest: str
    received_at: datetime | None
    accepted: Accepted


_PLACE = (
    mailbox_mail.c.folder == bindparam("the_folder"),
    mailbox_mail.c.generation == bindparam("the_generation"),
)
_ONE = (*_PLACE, mailbox_mail.c.uid == bindparam("the_uid"))
# Built once: SQLAlchemy keeps what it compiled by the statement object.
_SETTLE = update(mailbox_mail).where(*_ONE, mailbox_mail.c.state == bindparam("the_state"))
_FINISH = update(mailbox_mail).where(*_ONE)
_KNOWN = (
    select(mailbox_mail.c.digest, mailbox_mail.c.message)
    .join(mailbox_folder)
    .where(
        mailbox_mail.c.digest.in_(bindparam("digests", expanding=True)),
        mailbox_mail.c.message.is_not(None),
        mailbox_folder.c.account == bindparam("the_account"),
    )
)


def hold(connection: Connection, holder: Holder, now: datetime) -> bool:
    """Take a mailbox, or keep it; False while somebody else has it."""
    this = mailbox.c.account == holder.account
    if connection.execute(select(mailbox.c.account).where(this)).first() is None:
        connection.execute(insert(mailbox), {"account": holder.account, "folders": 0, "compared_at": now})
    free = or_(mailbox.c.owner.is_(None), mailbox.c.owner == holder.owner, mailbox.c.lease_until < holder.wall)
    ours = {"owner": holder.owner, "lease_until": holder.wall + LEASE}
    return connection.execute(update(mailbox).where(this, free).values(ours)).rowcount == 1


def release(connection: Connection, holder: Holder) -> None:
    """Leave a mailbox to others."""
    ours = (mailbox.c.account == holder.account, mailbox.c.owner == holder.owner)
    connection.execute(update(mailbox).where(*ours).values(owner=None, lease_until=None))


def clear_leases(connection: Connection) -> None:
    """The only daemon of this database starts: nobody else can read a mailbox."""
    connection.execute(update(mailbox).where(mailbox.c.owner.is_not(None)).values(owner=None, lease_until=None))


def folder_of(connection: Connection, account: str, name: str) -> Folder | None:
    """What is known of a folder; None before its first reading."""
    query = select(mailbox_folder).where(mailbox_folder.c.account == account, mailbox_folder.c.name == name)
    row = connection.execute(query).mappings().first()
    return _folder(row) if row else None


def begin(connection: Connection, holder: Holder, folder: Folder, uids: Sequence[int]) -> Folder:
    """Begin a folder or, where it has an id, its next generation; these UIDs are to be fetched.

    Raises:
        LostLease: Somebody else reads the mailbox.
    """
    _still_ours(connection, holder)
    if folder.id == 0:
        row = _folder_row(folder)
        key = connection.execute(insert(mailbox_folder).values(row).returning(mailbox_folder.c.id)).scalar_one()
        folder = msgspec.structs.replace(folder, id=key)
        this = mailbox.c.account == folder.account
        connection.execute(update(mailbox).where(this).values(folders=mailbox.c.folders + 1))
    return _add(connection, folder, uids)


def found(connection: Connection, holder: Holder, folder: Folder, uids: Sequence[int]) -> Folder:
    """Remember mails that are to be fetched; the folder was read up to the highest of them.

    Raises:
        LostLease: Somebody else reads the mailbox.
    """
    _still_ours(connection, holder)
    return _add(connection, folder, uids)


def waiting(connection: Connection, folder: Folder, limit: int, now: datetime) -> list[tuple[int, int]]:
    """UIDs that are to be fetched now, with the number of tries; those that never failed first."""
    query = (
        select(mailbox_mail.c.uid, mailbox_mail.c.tries)
        .where(TO_FETCH, *_PLACE, or_(mailbox_mail.c.next_try.is_(None), mailbox_mail.c.next_try <= now))
        .order_by(mailbox_mail.c.tries, mailbox_mail.c.uid)
        .limit(limit)
    )
    return [(row.uid, row.tries) for row in connection.execute(query, _at(folder))]


def take(
    connection: Connection,
    chain: Chain,
    holder: Holder,
    folder: Folder,
    mails: Sequence[Fetched],
    done_at: datetime | None,
) -> int:
    """Accept fetched mails and settle their rows, at once or not at all; how many were new to this account.

    A mail whose bytes this account gave before, under whatever UID or folder, is not accepted again: its row names the
    message that there is.

    Args:
        connection: A writing transaction of the store's own thread.
        chain: The ledger's chain of this process.
        holder: Who fetched them.
        folder: Where.
        mails: What was fetched; their rows must be waiting.
        done_at: Set if nothing is to be done to the originals.

    Raises:
        LostLease: Somebody else reads the mailbox, or settled one of them.
    """
    _still_ours(connection, holder)
    digests = list({mail.digest for mail in mails})
    rows = connection.execute(_KNOWN, {"digests": digests, "the_account": folder.account})
    messages = {row.digest: row.message for row in rows}
    fresh = {mail.digest: mail.accepted for mail in mails if mail.digest not in messages}
    if fresh:
        messages |= zip(fresh, chain.append(connection, list(fresh.values())), strict=True)
    settled = [
        {
            **_blank(folder, mail.uid),
            "state": "taken",
            "digest": mail.digest,
            "message": messages[mail.digest],
            "received_at": mail.received_at,
        }
        for mail in mails
    ]
    _settle(connection, settled, done_at)
    return len(fresh)


def settle(connection: Connection, holder: Holder, folder: Folder, uids: Iterable[int], state: str) -> None:
    """Mails that will not be fetched: `gone` from the server, or `too-large`.

    Raises:
        LostLease: Somebody else reads the mailbox, or settled one of them.
    """
    _still_ours(connection, holder)
    _settle(connection, [{**_blank(folder, uid), "state": state} for uid in uids], None)


def missed(
    connection: Connection, holder: Holder, folder: Folder, tries: Mapping[int, int], next_try: datetime | None = None
) -> None:
    """Mails that could not be fetched, with the number of tries so far; they stay waiting, perhaps not to be tried now.

    Raises:
        LostLease: Somebody else reads the mailbox, or settled one of them.
    """
    _still_ours(connection, holder)
    rows = [{**_blank(folder, uid), "state": "waiting", "tries": number} for uid, number in tries.items()]
    _settle(connection, rows, None, next_try=next_try)


def back(connection: Connection, holder: Holder, folder: Folder, uids: Iterable[int]) -> None:
    """Mails that were gone, and are there all the same: they are to be fetched.

    Raises:
        LostLease: Somebody else reads the mailbox, or knows one of them as something else.
    """
    _still_ours(connection, holder)
    _settle(connection, [{**_blank(folder, uid), "state": "waiting"} for uid in uids], None, before="gone")


def unfinished(connection: Connection, folder: Folder, limit: int) -> list[int]:
    """UIDs of mails that were taken and whose originals are still to be flagged or moved."""
    query = select(mailbox_mail.c.uid).where(TO_FINISH, *_PLACE).order_by(mailbox_mail.c.uid).limit(limit)
    return list(connection.execute(query, _at(folder)).scalars())


def finish(connection: Connection, folder: Folder, uids: Iterable[int], at: datetime) -> None:
    """The originals were flagged or moved."""
    connection.execute(_FINISH, [{**_at(folder), "the_uid": uid, "done_at": at} for uid in uids])


def known_uids(connection: Connection, folder: Folder) -> tuple[set[int], set[int]]:
    """UIDs of this generation that have a row: all, and those of mails that were gone."""
    rows = connection.execute(select(mailbox_mail.c.uid, mailbox_mail.c.state).where(*_PLACE), _at(folder)).all()
    return {row.uid for row in rows}, {row.uid for row in rows if row.state == "gone"}


def newest_taken(connection: Connection, folder: Folder) -> tuple[int, datetime] | None:
    """UID of the newest mail that was taken, and when its server received it."""
    query = (
        select(mailbox_mail.c.uid, mailbox_mail.c.received_at)
        .where(*_PLACE, mailbox_mail.c.state == "taken", mailbox_mail.c.received_at.is_not(None))
        .order_by(mailbox_mail.c.uid.desc())
        .limit(1)
    )
    row = connection.execute(query, _at(folder)).first()
    return (row.uid, row.received_at) if row else None


def standing(connection: Connection) -> list[RowMapping]:
    """All mailboxes that were ever read, with the number of mails `found` in them and `waiting` to be fetched."""
    seen = select(func.coalesce(func.sum(mailbox_folder.c.mails), 0)).where(
        mailbox_folder.c.account == mailbox.c.account
    )
    open_ = (
        select(func.count())
        .select_from(mailbox_mail.join(mailbox_folder))
        .where(TO_FETCH, mailbox_folder.c.account == mailbox.c.account)
    )
    query = select(mailbox, seen.scalar_subquery().label("found"), open_.scalar_subquery().label("waiting"))
    return list(connection.execute(query.order_by(mailbox.c.account)).mappings())


def succeeded(connection: Connection, account: str, at: datetime) -> None:
    """All folders were looked at."""
    connection.execute(update(mailbox).where(mailbox.c.account == account).values(last_success=at))


def compared(connection: Connection, account: str, at: datetime) -> None:
    """Ledger and folders were compared."""
    connection.execute(update(mailbox).where(mailbox.c.account == account).values(compared_at=at))


def compared_at(connection: Connection, account: str) -> datetime | None:
    """When ledger and folders were compared last, or the mailbox was first read."""
    return connection.execute(select(mailbox.c.compared_at).where(mailbox.c.account == account)).scalar()


def tell(connection: Connection, account: str, before: datetime | None, at: datetime | None) -> bool:
    """Note that the admin was told of an outage, or with None that it is over; False if somebody else did so."""
    this = (
        mailbox.c.account == account,
        mailbox.c.told_at.is_(None) if before is None else mailbox.c.told_at == before,
    )
    return connection.execute(update(mailbox).where(*this).values(told_at=at)).rowcount == 1


def _still_ours(connection: Connection, holder: Holder) -> None:
    ours = (mailbox.c.account == holder.account, mailbox.c.owner == holder.owner)
    if connection.execute(update(mailbox).where(*ours).values(lease_until=holder.wall + LEASE)).rowcount != 1:
        raise LostLease(holder.account)


def _folder(row: RowMapping) -> Folder:
    return Folder(**{name: row[name] for name in Folder.__struct_fields__})


def _folder_row(folder: Folder) -> dict[str, object]:
    row = msgspec.structs.asdict(folder)
    del row["id"]
    return {**row, "seal": seals.folder(row)}


def _add(connection: Connection, folder: Folder, uids: Sequence[int]) -> Folder:
    last = max((folder.last_uid, *uids))
    folder = msgspec.structs.replace(folder, mails=folder.mails + len(uids), last_uid=last)
    this = mailbox_folder.c.id == folder.id
    connection.execute(update(mailbox_folder).where(this).values(_folder_row(folder)))
    if uids:
        rows = [{**_blank(folder, uid), "state": "waiting"} for uid in uids]
        connection.execute(insert(mailbox_mail), [{**row, "seal": seals.fetched(row)} for row in rows])
    return folder


def _blank(folder: Folder, uid: int) -> dict[str, object]:
    return {
        "folder": folder.id,
        "generation": folder.generation,
        "uid": uid,
        "uidvalidity": folder.uidvalidity,
        "tries": 0,
        "digest": None,
        "message": None,
        "received_at": None,
    }


def _settle(
    connection: Connection,
    rows: Sequence[dict[str, object]],
    done_at: datetime | None,
    *,
    before: str = "waiting",
    next_try: datetime | None = None,
) -> None:
    if not rows:
        return
    changes = [
        {
            **{name: row[name] for name in ("state", "tries", "digest", "message", "received_at")},
            "seal": seals.fetched(row),
            "done_at": done_at,
            "next_try": next_try,
            "the_state": before,
            "the_folder": row["folder"],
            "the_generation": row["generation"],
            "the_uid": row["uid"],
        }
        for row in rows
    ]
    if connection.execute(_SETTLE, changes).rowcount != len(changes):
        raise LostLease("a mail was settled by somebody else")


def _at(folder: Folder) -> dict[str, int]:
    return {"the_folder": folder.id, "the_generation": folder.generation}
