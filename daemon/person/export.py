"""A person's file: all that a site keeps of them, for a program to read, and the mails themselves."""

import json
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from daemon.outbox.body import ORIGINAL
from daemon.person.find import Found
from daemon.person.search import texts
from daemon.store import messages, person
from daemon.store.records import Kept
from rules import reference

FORMAT = "postroom person 1"
"""Version of the file; fields are only ever added to it."""
_PARSED = ("trace", "args", "data", "terms")
"""Columns that hold JSON."""
_MAIL = (
    *("accepted_at", "received_at", "channel", "sender", "recipient", "client", "size", "subject", "class", "fate"),
    *("reason", "source", "verified", "trace"),
)
_LETTER = ("purpose", "recipient", "sender", "subject", "message_id", "state", "created_at", "sent_at")
_REFERENCE = re.compile(r"\b[A-Z]-[0-9A-Z]{6,20}-[0-9A-Z]\b")
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
    left_out_letters: tuple[int, ...]
    """Outgoing mails that such a mail goes along with: the same."""


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
    links = person.mails_of(connection, own)
    mails = {row["id"]: row for row in links}  # one that opened two records is one
    further = {key: row for key in loose if (row := messages.one(connection, key)) is not None}
    left_out = _left_out(connection, found, mails, further)
    letters = {one.id: person.letters_of(connection, one.id) for one in found.records}
    with_others = {each["id"] for row in links if row["id"] in left_out for each in _carrying(letters[row["record"]])}
    told: Json = {
        "format": FORMAT,
        "site": found.site,
        "at": now,
        "names": found.names,
        "known_by": [_plain(row, ("type", "value", "reminder", "reminder_at")) for row in _known(connection, found)],
        "records": [_record(connection, one, links, letters[one.id], with_others) for one in found.records],
        "mails": [_mail(row, left_out) for row in mails.values()],
        "further_mails": [_mail(row, left_out) for row in further.values()],
    }
    file.writestr("person.json", json.dumps(told, ensure_ascii=False, indent=1, default=_text))
    for key in (key for key in (*mails, *further) if key not in left_out):
        file.writestr(f"mails/{key}.eml", messages.original(connection, key) or b"")
    every = [row for rows in letters.values() for row in rows]
    for row in (row for row in every if row["id"] not in with_others):
        file.writestr(f"letters/{row['id']}.eml", row["rendered"])
    counts = len(own), len(mails) + len(further), len(every)
    return Exported(*counts, tuple(sorted(left_out)), tuple(sorted(with_others)))


def _left_out(
    connection: Connection, found: Found, mails: Mapping[int, RowMapping], further: Mapping[int, RowMapping]
) -> set[int]:
    """Mails for several people, the same that came again, and what came back of ours that names further records."""
    own = {one.id for one in found.records}
    shared = {key for key in mails if person.others_of(connection, key, own)}
    again = {mails[key]["digest"] for key in shared} - {None}
    shared |= {key for key, row in further.items() if row["digest"] in again}
    return shared | {key for key in further if _names_others(messages.original(connection, key) or b"", found.refs)}


def _names_others(content: bytes, refs: Collection[str]) -> bool:
    named = {reference.parse(written) for text in texts(content) for written in _REFERENCE.findall(text)}
    return bool(named - {None, *refs})


def _carrying(letters: Sequence[RowMapping]) -> Iterator[RowMapping]:
    """Those of our mails that the original goes along with."""
    return (row for row in letters if ORIGINAL.encode() in row["rendered"])


def _known(connection: Connection, found: Found) -> list[RowMapping]:
    return person.preferences_of(connection, found.site, found.contacts)


def _record(
    connection: Connection,
    one: Kept,
    links: Sequence[RowMapping],
    letters: Sequence[RowMapping],
    left_out: Collection[int],
) -> Json:
    """A record as it is, and every state it was in, with what followed from it."""
    return {
        **msgspec.to_builtins(one.record),
        "history": [_plain(row, _REVISION) for row in person.revisions_of(connection, one.id)],
        "deadlines": [_plain(row, _STEP) for row in person.deadlines_of(connection, one.id)],
        "notices": [_plain(row, _NOTICE) for row in person.notices_of(connection, one.id)],
        "letters": [{**_plain(row, _LETTER), **_place("letters", row["id"], left_out)} for row in letters],
        "mails": [
            {"mail": row["id"], "reading": row["reading"], "how": row["how"]}
            for row in links
            if row["record"] == one.id
        ],
    }


def _mail(row: RowMapping, left_out: Collection[int]) -> Json:
    """What is kept of a mail; of one that tells of other people, too, not what it says of them."""
    names = tuple(name for name in _MAIL if name != "trace" or row["id"] not in left_out)
    return {"mail": row["id"], **_plain(row, names), **_place("mails", row["id"], left_out)}


def _place(folder: str, key: int, left_out: Collection[int]) -> Json:
    return {"left_out": "it also tells of other people"} if key in left_out else {"file": f"{folder}/{key}.eml"}


def _plain(row: RowMapping, names: tuple[str, ...]) -> Json:
    found = {name: row[name] for name in names if row[name] is not None}
    return {name: json.loads(value) if name in _PARSED else value for name, value in found.items()}


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else msgspec.to_builtins(value)
