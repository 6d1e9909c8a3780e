"""What became of a mail, from the ledger: the trace as it was stored, with the mails that went out."""

import json
from typing import Any

from sqlalchemy import Connection, RowMapping

from daemon.cli.output import FINDINGS, fail
from daemon.cli.reference import reference
from daemon.store import mailed, messages, records
from daemon.store.finding import mail_with_id, record_of_letter

Json = dict[str, Any]


def explained(connection: Connection, asked: str) -> Json:
    """The stored trace of a mail, by the reference of its record, its number or its Message-ID.

    Ends the command where there is no such mail.
    """
    ref, mail = _found(connection, asked)
    found: Json = {"message": mail["id"]}
    refs = records.refs_of_message(connection, mail["id"])
    if ref or refs:
        found["record"] = ref or refs[0]
    if again := [step for one in ([ref] if ref else refs) for step in _read_again(connection, one)]:
        found["read_again"] = again
    if mail["trace"] is None:
        return found | {"fate": mail["fate"], "reason": mail["reason"]}
    trace: Json = json.loads(mail["trace"])
    _add_subjects(trace, [row for one in refs for row in mailed.of_record(connection, one)])
    return found | trace


def _found(connection: Connection, asked: str) -> tuple[str | None, RowMapping]:
    """The record asked for, if any, and its mail."""
    if "@" in asked:
        return _by_message_id(connection, asked)
    if asked.isascii() and asked.isdigit():
        mail = messages.one(connection, min(int(asked), 2**63 - 1))
        if mail is None:
            fail(FINDINGS, f"the ledger has no mail {asked}")
        return None, mail
    ref = reference(asked)
    return ref, _mail_of(connection, ref)


def _by_message_id(connection: Connection, message_id: str) -> tuple[str | None, RowMapping]:
    ref = record_of_letter(connection, message_id)
    if ref is not None:
        return ref, _mail_of(connection, ref)
    key = mail_with_id(connection, message_id)
    mail = messages.one(connection, key) if key is not None else None
    if mail is None:
        fail(FINDINGS, f"no mail that came in or went out has the Message-ID {message_id}")
    return None, mail


def _mail_of(connection: Connection, ref: str) -> RowMapping:
    """The mail that opened a record."""
    mails = messages.of_record(connection, ref)
    opened = next((mail for mail in mails if mail["how"] == "opened"), None)
    if opened is None:
        if records.load(connection, ref) is None:
            fail(FINDINGS, f"there is no record {ref}")
        fail(FINDINGS, f"{ref} was opened by hand, no mail led to it: `postroom show {ref}` tells by whom and when")
    return opened


def _read_again(connection: Connection, ref: str) -> list[Json]:
    """When, by whom and which fields: what the record holds now is no longer all from this trace."""
    steps = (row for row in records.revisions(connection, ref) if row["action"] == "reparse")
    return [
        {"record": ref, "at": step["at"].isoformat(), "by": step["actor"], **json.loads(step["args"])} for step in steps
    ]


def _add_subjects(trace: Json, letters: list[RowMapping]) -> None:
    """Subjects as they were sent; a mail that has not been written yet has none."""
    left = [row for row in letters if row["purpose"] == "new"]
    for told in trace["notifications"]:
        sent = next((row for row in left if row["recipient"] == told["to"]), None)
        if sent is not None:
            left.remove(sent)
            told["subject"] = sent["subject"]
