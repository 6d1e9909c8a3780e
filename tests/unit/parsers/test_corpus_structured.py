"""Calendars, markup and cards of real programs, against expectations that were not made with any parser of ours."""

from collections import defaultdict
from pathlib import Path

import pytest

from parsers import calendar_event, document, read, requests
from tests.corpus_report import Tally, calendar, markup, vcard


def _shown(tallies: list[Tally]) -> str:
    rows = [f"{t.set:10} {t.field:24} {t.read:5} read {t.missed:4} missed {t.wrong:4} wrong" for t in tallies]
    return "\n" + "\n".join(rows)


def test_calendars(corpus: Path) -> None:
    """Of files with a VEVENT: UID, SEQUENCE, METHOD, start and end right in at least 98 of 100."""
    tallies = {tally.field: tally for tally in calendar.tallies(corpus)}
    print(_shown(list(tallies.values())))  # noqa: T201
    wrong = [f"{f.where} {f.field}: {f.expected}, read {f.got}" for f in calendar.findings(corpus) if not f.right]
    for field in calendar.FIELDS:
        assert tallies[field].read >= 0.98 * tallies[field].expected > 30, "\n".join(wrong)


def test_files_with_an_event(corpus: Path) -> None:
    """The same by file: all five values of all of its events."""
    by_file: dict[str, bool] = defaultdict(lambda: True)
    for finding in calendar.findings(corpus):
        by_file[finding.where.partition("#")[0]] &= finding.right
    broken = sorted(file for file, right in by_file.items() if not right)
    assert len(broken) <= 0.02 * len(by_file), broken
    assert len(by_file) > 130


def test_no_calendar_stops_a_mail(corpus: Path) -> None:
    head = b"From: a@kunde.example\nTo: b@muster.example\nContent-Type: text/calendar; method=REQUEST\n\n"
    paths = sorted((corpus / "calendar").rglob("*.ics"))
    assert len(paths) > 150
    for path in paths:
        parsed = read.parse(head + path.read_bytes())
        assert not any(defect.startswith("calendar: ") for defect in parsed.defects), path
        events, _ = calendar_event.events(path.read_bytes().decode("utf-8", "replace"))
        assert all(event.uid is None or event.uid.strip() == event.uid for event in events), path


@pytest.mark.parametrize("name", ["calendar", "calendar2", "charset2"])
def test_counters_without_their_event(corpus: Path, name: str) -> None:
    """The event's first line is lost: nothing is known of them, but a crash would be an error."""
    for path in (corpus / "mime").rglob(f"{name}.eml"):
        assert read.parse(path.read_bytes()).defects is not None


def test_markup(corpus: Path) -> None:
    """All values of the types that matter here; the others are shown."""
    tallies = markup.tallies(corpus)
    print(_shown(tallies))  # noqa: T201
    wrong = [f"{f.where}: {f.expected}, read {f.got}" for f in markup.findings(corpus) if not f.right]
    for kind in markup.GATE:
        tally = next(tally for tally in tallies if tally.field == kind)
        assert tally.read == tally.expected > 0, "\n".join(wrong)


def test_no_page_stops_a_mail(corpus: Path) -> None:
    """And a flight makes no request of a car dealer's customer."""
    for path in sorted((corpus / "markup").rglob("*.html")):
        mail = document.parse(b"From: a@kunde.example\nContent-Type: text/html; charset=utf-8\n\n" + path.read_bytes())
        for reading in requests.readings(mail, mail.hints):
            is_flight = "light" in path.name or path.name.startswith(("lh-", "os-", "brussels"))
            assert not (is_flight and "markup" in reading.origins.values()), path
        assert not any(defect.startswith("markup:") for defect in mail.defects), path


def test_cards(corpus: Path) -> None:
    tallies = vcard.tallies(corpus)
    print(_shown(tallies))  # noqa: T201
    assert [finding for finding in vcard.findings(corpus) if not finding.right] == []
    assert {tally.field for tally in tallies} >= {"FN", "N", "TEL", "EMAIL", "ORG", "ADR"}
