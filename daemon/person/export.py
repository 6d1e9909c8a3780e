"""A person's file: all that a site keeps of them, for a program to read, and the mails themselves."""

import json
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from daemon.person.find import Found
from daemon.store import messages, person
from daemon.store.records import Kept

FORMAT = "postroom person 1"
"""Version of the file; fields are only ever added to it."""
_PARSED = ("trace", "args", "data", "terms")
"""Columns that hold JSON."""
_MAIL = (
    *("accepted_at", "received_at", "channel", "sender", "recipient", "client", "size", "subject", "class", "fate"),
    *("reason", "source", "verified", "trace"),
)
_LETTER = ("purpose", "recipient", "sender", "subject", "message_id", "state", "created_at", "sent_at")
_REVISION = ("n", "at", "action", "actor_role", "actor", "args", "data")
_STEP = ("step", "cycle", "due_at", "fired_at", "ended_at", "because")
_NOTICE = ("purpose", "recipient", "at", "way", "withdrawn_at", "data")

Json = dict[str, Any]


class Exported(msgspec.Struct, frozen=True):
    """What stands in a file."""

    records: int
    mails: int
    letters: int
    left_out: tuple[int, ...]
    """Mails that also tell of other people: they are listed, their words are not there."""


def export(connection: Connection, found: Found, loose: list[int], target: Path, now: datetime) -> Exported:
    """Write the file: `person.json`, `mails/*.eml` as received, `letters/*.eml` as sent; readable by our user alone.

    Args:
        connection: A snapshot.
        found: The person.
        loose: Further mails that mention them.
        target: A ZIP file that is not there yet.
        now: UTC.

    Raises:
        FileExistsError: It is there.
        OSError: It cannot be written; nothing of it is left.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as file:
            return _write(connection, found, loose, file, now)
    except BaseException:
        target.unlink(missing_ok=True)  # half a file is nobody's answer, and customers are in it
        raise


def _write(connection: Connection, found: Found, loose: list[int], file: zipfile.ZipFile, now: datetime) -> Exported:
    own = {one.id for one in found.records}
    rows = person.mails_of(connection, own)
    mails = list(dict.fromkeys(row["id"] for row in rows))
    left_out = tuple(mail for mail in mails if person.others_of(connection, mail, own))
    letters = 0
    told: Json = {
        "format": FORMAT,
        "site": found.site,
        "at": now,
        "names": found.names,
        "known_by": [_plain(row, ("type", "value", "reminder", "reminder_at")) for row in _known(connection, found)],
        "records": [_record(connection, one, rows) for one in found.records],
        "mails": [_mail(row, left_out) for row in _once(rows)],
        "further_mails": [_mail(row, ()) for key in loose if (row := messages.one(connection, key)) is not None],
    }
    file.writestr("person.json", json.dumps(told, ensure_ascii=False, indent=1, default=_text))
    for key in (*(mail for mail in mails if mail not in left_out), *loose):
        file.writestr(f"mails/{key}.eml", messages.original(connection, key) or b"")
    for one in found.records:
        for row in person.letters_of(connection, one.id):
            letters += 1
            file.writestr(f"letters/{row['id']}.eml", row["rendered"])
    return Exported(len(found.records), len(mails) + len(loose), letters, left_out)


def _known(connection: Connection, found: Found) -> list[RowMapping]:
    return person.preferences_of(connection, found.site, found.contacts)


def _record(connection: Connection, one: Kept, mails: list[RowMapping]) -> Json:
    """A record as it is, and every state it was in, with what followed from it."""
    return {
        **msgspec.to_builtins(one.record),
        "history": [_plain(row, _REVISION) for row in person.revisions_of(connection, one.id)],
        "deadlines": [_plain(row, _STEP) for row in person.deadlines_of(connection, one.id)],
        "notices": [_plain(row, _NOTICE) for row in person.notices_of(connection, one.id)],
        "letters": [
            {**_plain(row, _LETTER), "file": f"letters/{row['id']}.eml"}
            for row in person.letters_of(connection, one.id)
        ],
        "mails": [
            {"mail": row["id"], "reading": row["reading"], "how": row["how"]}
            for row in mails
            if row["record"] == one.id
        ],
    }


def _once(rows: list[RowMapping]) -> Iterator[RowMapping]:
    """A mail that opened two records is one."""
    return iter({row["id"]: row for row in rows}.values())


def _mail(row: RowMapping, left_out: tuple[int, ...]) -> Json:
    """What is kept of a mail; of one that tells of other people, too, not what it says of them."""
    if row["id"] in left_out:
        names = tuple(name for name in _MAIL if name != "trace")
        return {"mail": row["id"], **_plain(row, names), "left_out": "it also tells of other people"}
    return {"mail": row["id"], **_plain(row, _MAIL), "file": f"mails/{row['id']}.eml"}


def _plain(row: RowMapping, names: tuple[str, ...]) -> Json:
    found = {name: row[name] for name in names if row[name] is not None}
    return {name: json.loads(value) if name in _PARSED else value for name, value in found.items()}


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else msgspec.to_builtins(value)
