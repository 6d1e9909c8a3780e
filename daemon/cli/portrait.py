"""All that is known of one record, now or as it was."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from config.models import Settings
from daemon.cli.house import Rest, zone_of
from daemon.cli.output import FINDINGS, USAGE, fail, heading, line, table, words
from daemon.cli.traces import ends_by, fields, local, source_words
from daemon.cli.visits import visit_rows
from daemon.store import mailed, messages, records
from rules.model import Record

Json = dict[str, Any]

_REVISION = ("n", "at", "action", "actor_role", "actor")
_DEADLINE = (
    *("step", "cycle", "due_at", "deliver_at", "effect", "target", "because", "until", "fired_at", "late", "ended_at"),
)
_MAIL = ("id", "accepted_at", "received_at", "channel", "sender", "recipient", "subject", "source", "verified", "how")


def portrait(connection: Connection, place: Settings | Rest, ref: str, at: str | None) -> Json:
    """The record with all that belongs to it, as plain JSON values; where there is nothing to show, the command ends.

    Args:
        connection: A snapshot.
        place: It tells the site's time zone.
        ref: Reference of the record.
        at: ISO 8601; what was known then, without an offset in the site's time. None: now.
    """
    kept = records.load(connection, ref)
    if kept is None:
        fail(FINDINGS, f"there is no record {ref}")
    shown, until = kept.record, None
    if at is not None:
        until = moment_of(at, zone_of(place, kept.record.site))
        past = records.as_of(connection, ref, until)
        if past is None:
            fail(FINDINGS, f"{ref} was not there yet at {at}")
        shown = past
    return _plain(connection, shown, until)


def _plain(connection: Connection, shown: Record, until: datetime | None) -> Json:
    ref = shown.ref
    letters = {row["id"]: row for row in mailed.of_record(connection, ref)}
    last = shown.revision
    found = {
        "record": msgspec.structs.asdict(shown),
        "deadlines": [
            {key: row[key] for key in _DEADLINE} | {"until": (row["until"] or "").split()}
            for row in records.deadlines(connection, ref)
            if row["cycle"] <= shown.cycle
        ],
        "notices": [_notice(row, letters) for row in records.notices(connection, ref) if row["revision"] <= last],
        "revisions": [
            {key: row[key] for key in _REVISION} | {"args": msgspec.json.decode(row["args"])}
            for row in records.revisions(connection, ref)
            if row["n"] <= last
        ],
        "mails": [
            {key: row[key] for key in _MAIL}
            for row in messages.of_record(connection, ref)
            if until is None or row["accepted_at"] <= until
        ],
    }
    plain: Json = msgspec.json.decode(msgspec.json.encode(found))
    return plain


def _notice(row: Any, letters: dict[int, Any]) -> Json:
    letter = letters.get(row["outbox"])
    state = letter["state"] if letter else "withdrawn" if row["withdrawn_at"] else "waiting"
    told: Json = {"purpose": row["purpose"], "to": row["recipient"], "at": row["at"], "state": state}
    if letter:
        told |= {"mail": letter["id"], "subject": letter["subject"], "sent_at": letter["sent_at"]}
    return told


def _stands_mail(told: Json, zone: str) -> str:
    state: str = told["state"]
    return f"{state} until {local(told['at'], zone)}" if "mail" not in told and state == "waiting" else state


def moment_of(text: str, zone: str) -> datetime:
    """A time that somebody typed, in UTC; without an offset it is of this time zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(USAGE, f"'{text}' is no time, write 2026-11-23T10:00 or 2026-11-23T10:00:00+01:00")
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def print_portrait(found: Json, zone: str) -> None:
    """The same for people; times as the site's clock shows them."""
    record = found["record"]
    heading(f"{record['ref']}: {record['kind']} for {record['site']}")
    has = record["assignee"] or "nobody"
    line(f"{record['state']}, team {record['team'] or '-'}, {has} has it; policy {record['policy']}")
    line(f"received {local(record['received_at'], zone)}, source {_source(found)}")
    if record["sources"]:
        line(f"also sent by {', '.join(record['sources'])}")
    if record["related"]:
        line(f"related to {', '.join(record['related'])}")
    for flag in record["flags"]:
        line(f"beware: {flag}", style="yellow")
    if record["resubmit_at"]:
        line(f"comes back {local(record['resubmit_at'], zone)}")
    if record["result"]:
        line(f"result: {record['result']}")
    if visit := record.get("visit"):
        _if_any("Visit", ("What", "Value"), visit_rows(visit, zone))
    table("What was asked", ("Field", "Value"), list(fields(record["reading"])))
    again = [
        (local(one["received_at"], zone), one.get("source"), one["message"] or None, _wish(one["reading"]))
        for one in record["requests"]
    ]
    _if_any("Asked again", ("Received", "Source", "Mail", "What"), again)
    still = {(one["step"], one.get("cycle", 0)) for one in record["paused"]}
    rows = [
        (d["step"], local(d["due_at"], zone), _stands(d, still), d["effect"], d["target"], ends_by(d), d["because"])
        for d in found["deadlines"]
    ]
    _if_any("Deadlines", ("Step", "Due", "Stands", "Effect", "To", "Ends by", "How"), rows)
    told = [(n["purpose"], n["to"], _stands_mail(n, zone), n.get("mail"), n.get("subject")) for n in found["notices"]]
    _if_any("Told", ("What", "To", "Mail is", "Number", "Subject"), told)
    done = [(r["n"], local(r["at"], zone), r["action"], _who(r), _said(r["args"])) for r in found["revisions"]]
    _if_any("History", ("Revision", "When", "Action", "By", "With"), done)
    mails = [
        (m["id"], local(m["received_at"] or m["accepted_at"], zone), m["channel"], m["sender"], m["subject"], m["how"])
        for m in found["mails"]
    ]
    _if_any("Mails", ("Number", "Received", "By", "From", "Subject", "How"), mails)


def _source(found: Json) -> str:
    """The source, and how the mail that opened the record was verified."""
    opened = next((mail for mail in found["mails"] if mail["how"] == "opened"), None)
    return source_words(opened["source"], opened["verified"]) if opened else found["record"]["source"] or "-"


def _wish(reading: Json) -> str:
    """A second request in a line: cars, then the customer's words."""
    cars = [" ".join(filter(None, (car.get("make"), car.get("model")))) for car in reading.get("vehicles", [])]
    return ": ".join(filter(None, (", ".join(filter(None, cars)), reading.get("comments"))))[:200]


def _if_any(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        table(title, columns, rows)


def _stands(deadline: Json, still: set[tuple[str, int]]) -> str:
    if (deadline["step"], deadline["cycle"]) in still:
        return "stands still"
    if deadline["fired_at"]:
        return "passed, found late" if deadline["late"] else "passed"
    return "ended" if deadline["ended_at"] else "open"


def _who(revision: Json) -> str:
    return f"{revision['actor']} ({revision['actor_role']})" if revision["actor"] else words(revision["actor_role"])


def _said(args: Json) -> str:
    return ", ".join(f"{key}={value}" for key, value in args.items())
