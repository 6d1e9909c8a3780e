"""Calendars of the corpus against `calendar/expected.tsv`, by the rules that its README sets."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from parsers import calendar_event, document
from parsers.calendar_event import Event
from tests.corpus_report import Finding, Tally, counted

FIELDS = ("method", "uid", "sequence", "dtstart", "dtend")
Row = dict[str, str]


def rows(corpus: Path) -> dict[tuple[str, str], list[Row]]:
    """Expected events by file and part, in the order of the file."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    with (corpus / "calendar" / "expected.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["file"], row["part"]].append(row)
    return found


def read(corpus: Path, file: str, part: str) -> list[Event]:
    """The events of a calendar, or of the part of a mail with this running number."""
    raw = (corpus / file).read_bytes()
    if part == "-":
        raw = b"Content-Type: text/calendar\r\n\r\n" + raw
        return calendar_event.events(document.parse(raw).leaves[0].text)[0]
    leaves = document.parse(raw).leaves
    return [event for leaf in leaves if "calendar" in leaf.type for event in calendar_event.events(leaf.text)[0]]


def findings(corpus: Path) -> Iterator[Finding]:
    """Every certain value of every event."""
    for (file, part), expected in rows(corpus).items():
        events = read(corpus, file, part)
        for row in expected:
            number = int(row["n"]) - 1
            event = events[number] if number < len(events) else None
            for field in (*FIELDS, "reply_partstat", "reply_attendee"):
                finding = _finding(f"{file}#{row['n']}", field, row, event)
                if row[field] != "?" and (row[field] != "-" or finding.got is not None or event is None):
                    yield finding


def _finding(where: str, field: str, row: Row, event: Event | None) -> Finding:
    got = value(field, event) if event else None
    allowed = row[field].split("|")
    right = event is not None and any(
        same(field, one, got) or (one == "-" and field == "dtend" and row["end_from"] == "-") for one in allowed
    )
    return Finding(where, field, row[field], got, right)


def value(field: str, event: Event) -> str | None:
    """What was read, in the words of the file of expectations."""
    first = event.attendees[0] if event.method == "REPLY" and event.attendees else None
    return {
        "method": event.method,
        "uid": event.uid,
        "sequence": None if event.sequence is None else str(event.sequence),
        "dtstart": event.starts_at,
        "dtend": event.ends_at,
        "reply_partstat": first.partstat if first else None,
        "reply_attendee": first.email if first else None,
    }[field]


def same(field: str, expected: str, got: str | None) -> bool:
    """Times are compared as instants, addresses without regard to case."""
    if expected == "?":
        return True
    if expected == "-" or got is None:
        return (expected == "-") == (got is None)
    if field in ("dtstart", "dtend") and len(expected) > 10 and len(got) > 10:
        a, b = datetime.fromisoformat(expected), datetime.fromisoformat(got)
        return (a.tzinfo is None) == (b.tzinfo is None) and a == b
    return expected.strip().casefold() == got.strip().casefold()


def tallies(corpus: Path) -> list[Tally]:
    """Counts per field; what does not stand in a calendar, and is not read, counts nowhere."""
    return counted("calendar", findings(corpus))
