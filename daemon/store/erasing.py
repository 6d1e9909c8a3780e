"""What is left in the rows of a record and of mails once they are erased; all of them are sealed anew.

Keys, times, kinds and numbers stay (`rules.erasing`), and so do the hashes of the ledger's chains: they cover what a
mail was, not what it said.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Update, bindparam, delete, select, update

from daemon.store import contacts, messages, seals
from daemon.store.engine import insert_missing
from daemon.store.letters_erased import Names, OnItsWay, blank_letters
from daemon.store.schema import contact, erased, message, message_record, notice, raw, record, record_contact, revision
from daemon.store.source_tables import source_mail
from rules.cars import identities_of_record
from rules.erasing import (
    ERASE,
    ERASED,
    ON_REQUEST,
    blank_actor,
    blank_args,
    blank_notice,
    blank_record,
    blank_trace,
)
from rules.model import Action, Actor, Notice, Record
from rules.reach import customer_addresses
from rules.second import contacts_of_record

_encode = msgspec.json.Encoder().encode
_decode_record = msgspec.json.Decoder(Record).decode
_decode_notice = msgspec.json.Decoder(Notice).decode
_decode_args = msgspec.json.Decoder(dict[str, str]).decode

_REVISIONS = select(revision).where(revision.c.record == bindparam("the_record")).order_by(revision.c.n)
_NOTICES = select(notice).where(notice.c.record == bindparam("the_record")).order_by(notice.c.id)
_MAILS = select(message_record.c.message).where(message_record.c.record == bindparam("the_record")).distinct()
_LAST_ACTION = (
    select(revision.c.action)
    .where(revision.c.record == record.c.id, revision.c.n == record.c.revision)
    .correlate(record)
    .scalar_subquery()
)
_LINKS = (
    select(message_record.c.reading, (_LAST_ACTION == ERASE).label("gone"))
    .join(record, record.c.id == message_record.c.record)
    .where(message_record.c.message == bindparam("the_message"))
)
_MESSAGE = select(message).where(message.c.id == bindparam("the_message")).with_for_update()
_BYTES = update(raw).where(raw.c.message == bindparam("the_message")).values(bytes=b"", packed=False)


def erase_record(connection: Connection, key: int, action: Action, at: datetime) -> None:
    """Blank all rows of a record whose last revision is its erasure, and the mails that led to it.

    A mail that stands for other records, too, goes with the first of them whose person asks for it; of what merely was
    kept long enough, with the last.

    Args:
        connection: The transaction that wrote that revision.
        key: Of the record.
        action: The erasure: who, and why.
        at: UTC.
    """
    this = {"the_record": key}
    states = list(connection.execute(_REVISIONS, this).mappings())
    mails = list(connection.execute(_MAILS, this).scalars())
    told = list(connection.execute(_NOTICES, this).mappings())
    kept = [_decode_record(row["data"]) for row in states]
    names = Names(_addresses(kept, states, told))
    names.letters = blank_letters(connection, key, told, names)
    _blank_revisions(connection, states, _blank_notices(connection, told, names, at))
    for mail in mails:
        erase_mail(connection, mail, action, at)
    _forget_contacts(connection, key, kept)


def erase_mail(connection: Connection, key: int, action: Action, at: datetime) -> bool:
    """Blank a mail, as far as no other record needs it; whether all of it is gone.

    Args:
        connection: A writing transaction.
        key: Of the message.
        action: The erasure: who, and why.
        at: UTC.

    Raises:
        OnItsWay: It waits to be read: what becomes of it is not known.
    """
    this = {"the_message": key}
    row = connection.execute(_MESSAGE, this).mappings().one()
    if row["fate"] == "pending":
        raise OnItsWay(f"mail {key} waits to be read")
    links = connection.execute(_LINKS, this).all()
    whole = action.args["why"] == ON_REQUEST or all(link.gone for link in links)
    gone = {link.reading for link in links if link.gone}
    still = {link.reading for link in links if not link.gone}
    fresh = _blank_fate(row, gone, still, whole=whole, at=at)
    if whole:
        fresh |= {"sender": "", "client": ""}
        connection.execute(_BYTES, this)
        _forget_labels(connection, key)
        _note(connection, key, action, at)
    sealed = {**row, **fresh}
    messages.passes(connection, row["fate"], sealed["fate"], row["source"])
    fresh |= {"seal": seals.accepted(sealed), "fate_seal": seals.fate(sealed) if row["fate_seal"] else None}
    connection.execute(update(message).where(message.c.id == key).values(fresh))
    return whole


def _note(connection: Connection, key: int, action: Action, at: datetime) -> None:
    told = {"message": key, "at": at, "actor_role": action.actor.role, "actor": action.actor.name}
    told["why"] = action.args["why"]
    insert_missing(connection, erased, [{**told, "seal": seals.erased(told)}])


def _forget_labels(connection: Connection, key: int) -> None:
    """Words before a colon that no label is may be the person's own; how the mail was built stays."""
    this = source_mail.c.message == key
    if (shape := connection.execute(select(source_mail.c.shape).where(this)).scalar()) is not None:
        kept = {name: value for name, value in json.loads(shape).items() if name != "unknown"}
        connection.execute(update(source_mail).where(this).values(shape=_encode(kept).decode()))


def _blank_fate(row: RowMapping, gone: set[int], still: set[int], *, whole: bool, at: datetime) -> dict[str, object]:
    """Columns of what a mail became; one that waited in quarantine for a person waits no more."""
    fresh: dict[str, object] = {}
    if row["trace"] is not None:
        blank = blank_trace(json.loads(row["trace"]), gone, still, whole=whole)
        fresh["trace"] = _encode(blank).decode()
    if not whole:
        return fresh
    fresh |= {"subject": None, "reason": ERASED if row["reason"] is not None else None}
    if row["fate"] == "quarantined":
        fresh |= {"fate": "ignored", "reason": ERASED, "fate_at": at}
    return fresh


def _addresses(kept: Sequence[Record], states: Sequence[RowMapping], told: Sequence[RowMapping]) -> set[str]:
    """Under which somebody from outside was told of it, in lower case; nobody of the house is among them."""
    found = {each.casefold() for one in kept for each in customer_addresses(one)}
    found |= {row["actor"].casefold() for row in states if row["actor_role"] in ("customer", "stranger")}
    house = {row["recipient"].casefold() for row in told if _decode_notice(row["data"]).role != "customer"}
    return {each for each in found if each} - house


def _blank_notices(
    connection: Connection, told: Sequence[RowMapping], names: Names, at: datetime
) -> dict[int, list[dict[str, Any]]]:
    """Notices by the revision that led to them, as they are now."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in told:
        said = _decode_notice(row["data"])
        is_customer = said.role == "customer"
        to = names.of(row["recipient"], row["outbox"], outside=is_customer)
        fresh: dict[str, Any] = {"recipient": to, "data": _encode(blank_notice(said, to)).decode()}
        fresh["withdrawn_because"] = ERASED if row["withdrawn_because"] is not None else None
        if row["outbox"] is None and row["withdrawn_at"] is None:
            fresh |= {"withdrawn_at": at, "withdrawn_because": ERASED}
        connection.execute(update(notice).where(notice.c.id == row["id"]).values(fresh))
        found.setdefault(row["revision"], []).append({**row, **fresh})
    return found


def _blank_revisions(
    connection: Connection, states: Sequence[RowMapping], told: Mapping[int, Iterable[dict[str, Any]]]
) -> None:
    """Every state of the record, each sealed after the one before it."""
    before: str | None = None
    for row in states:
        actor = blank_actor(Actor(row["actor_role"], row["actor"]))
        fresh: dict[str, Any] = {
            "actor": actor.name,
            "args": _encode(blank_args(_decode_args(row["args"]), actor.role)).decode(),
            "data": _encode(blank_record(_decode_record(row["data"]))).decode(),
            "notices_seal": seals.notices(told.get(row["n"], ())),
        }
        fresh["seal"] = before = seals.revision({**row, **fresh}, before)
        connection.execute(_this_revision(row).values(fresh))


def _this_revision(row: RowMapping) -> Update:
    return update(revision).where(revision.c.record == row["record"], revision.c.n == row["n"])


def _forget_contacts(connection: Connection, key: int, kept: Sequence[Record]) -> None:
    """By what its person and cars were ever known, unless another record of the site has it, too."""
    known = {each for one in kept for each in (*contacts_of_record(one), *identities_of_record(one))}
    own = sorted(contacts.find(connection, contacts.contacts_at(kept[-1].site, known)).values())
    if own:
        ours = record_contact.c.contact.in_(own), record_contact.c.record == key
        connection.execute(delete(record_contact).where(*ours))
        used = select(record_contact.c.contact).where(record_contact.c.contact == contact.c.id).exists()
        connection.execute(delete(contact).where(contact.c.id.in_(own), ~used))
