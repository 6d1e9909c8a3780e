"""What calendars send in answer to our mails, and what it does to a booking: the table of docs/calendar-answers.md.

The mails are written by us after what the programs are known to send; those of the corpus are read where it lies.
"""

import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from config.machine import Brakes
from config.models import Settings
from parsers.read import parse
from parsers.records import Hints
from rules import visit_answers
from rules.answering import actions_of, unsettled
from rules.apply import apply
from rules.brakes import Sent, judged
from rules.identity import writer
from rules.model import Effects, Record, Refused
from templates.reasons import translated
from templates.words import load_words
from tests.support.offered import KARIN, NOW, booking

House = Callable[..., Settings]
ROOT = Path(__file__).parents[3]
MAILS = ROOT / "tests/golden/calendar-answers"
PAGE = ROOT / "docs/calendar-answers.md"
CORPUS = Path(os.environ.get("POSTROOM_CORPUS", ROOT.parent / "shared/corpus"))
CASES: list[dict[str, Any]] = tomllib.loads((MAILS / "cases.toml").read_text("utf-8"))["case"]
PROPOSED = {
    "google-proposes": ("2026-12-04 09:00", "10:00"),
    "google-proposes-agreed": ("2026-12-04 09:00", "10:00"),
    "outlook-proposes": ("2026-12-04 13:30", "14:30"),
    "outlook-declines-and-proposes": ("2026-12-07 07:00", "08:00"),
    "outlook-web-proposes": ("2026-12-04 10:00", "11:00"),
    "apple-ios-proposes": ("2026-12-03 13:00", "14:00"),
    "counter-no-partstat": ("2026-12-04 08:00", None),
    "other-zone": ("2026-12-04 08:00", "09:00"),
}
"""Of each COUNTER, UTC."""
PROGRAMS = ("Google", "Outlook desktop", "Outlook 365", "Exchange", "macOS", "iOS", "Thunderbird", "Nextcloud", "Yahoo")


class Outcome(NamedTuple):
    """What a mail did."""

    does: str
    record: Record
    effects: Effects
    problem: str | None


def raw_of(case: dict[str, Any]) -> bytes:
    """The mail: a file of ours, or an event of a calendar of the corpus in a mail of its attendee."""
    name = case["mail"]
    if not name.startswith("corpus:"):
        return (MAILS / f"{name}.eml").read_bytes()
    path, _, number = name.removeprefix("corpus:").partition("#")
    if not (CORPUS / path).exists():
        pytest.skip("no sample mails here: set POSTROOM_CORPUS to their directory")
    text = (CORPUS / path).read_text("utf-8", "replace")
    calendars = re.findall(r"BEGIN:VCALENDAR.*?END:VCALENDAR", text, re.DOTALL)
    each = [calendar for calendar in calendars for _ in range(calendar.count("BEGIN:VEVENT"))]
    head = f"From: {customer_of(case)}\r\nTo: desk+x@berlin.example\r\nDate: Fri, 20 Nov 2026 11:15:00 +0100\r\n"
    return f"{head}Content-Type: text/calendar; charset=utf-8\r\n\r\n{each[int(number) - 1]}\r\n".encode()


def customer_of(case: dict[str, Any]) -> str:
    return str(case.get("visit", {}).get("customer", KARIN)).lower()


def before(case: dict[str, Any]) -> Record:
    """The booking as the mail finds it."""
    return booking(case["before"], **{"customer": KARIN, **case.get("visit", {})})


def outcome(case: dict[str, Any], settings: Settings) -> Outcome:
    """Read the mail, and do what it asks for."""
    record = before(case)
    parsed = parse(raw_of(case), Hints(answering=True, own=("desk@berlin.example", "service@muster.example")))
    actor, why = writer(parsed, "customer", record, settings, NOW)
    (action,) = actions_of(parsed, actor, why, record, settings, 7, imported=False, now=NOW)
    try:
        after, effects = apply(record, action, settings, NOW)
    except Refused as refused:
        read = unsettled(action, parsed, str(refused))
        assert read is not None
        action = read
        after, effects = apply(record, action, settings, NOW)
    return Outcome(action.name, after, effects, action.args.get("problem"))


def site(case: dict[str, Any], house: House) -> Settings:
    return house(booking={"accepted": case["accepted"]}) if "accepted" in case else house()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["mail"])
def test_an_answer_moves_the_booking_or_is_refused(case: dict[str, Any], house: House) -> None:
    found = outcome(case, site(case, house))
    assert (found.does, found.record.state) == (case["does"], case["after"]), found.problem
    if found.problem is not None:
        assert found.problem in case["because"]
    if "tells" in case:
        assert [notice.purpose for notice in found.effects.notices] == case["tells"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["mail"])
def test_what_moves_nothing_leaves_the_visit_as_it_was(case: dict[str, Any], house: House) -> None:
    record, found = before(case), outcome(case, site(case, house))
    assert found.record.visit is not None
    assert record.visit is not None
    assert (found.record.visit.uid, found.record.visit.sequence >= record.visit.sequence) == (record.visit.uid, True)
    if found.does in ("write", "attach", "stale", "look") and found.record.state == record.state:
        assert found.record.visit == record.visit


def test_all_proposals_are_the_time_that_was_proposed(house: House) -> None:
    found = {}
    for case in (case for case in CASES if case["does"] == "counter"):
        visit = outcome(case, house()).record.visit
        assert visit is not None
        until = f"{visit.proposed_until:%H:%M}" if visit.proposed_until else None
        found[case["mail"].partition("-")[2]] = (f"{visit.proposed_at:%Y-%m-%d %H:%M}", until)
    assert found == PROPOSED


def test_no_answer_is_answered_by_more_than_one_mail(house: House) -> None:
    for case in (case for case in CASES if not case["mail"].startswith("corpus:")):
        to_customer = [one for one in outcome(case, site(case, house)).effects.notices if one.role == "customer"]
        assert len(to_customer) <= 1
        assert all(one.correspondent == KARIN for one in to_customer)


def test_there_are_enough_of_all_programs() -> None:
    assert sum(not case["mail"].startswith("corpus:") for case in CASES) >= 40
    for program in PROGRAMS:
        assert any(program in case["client"] for case in CASES), program
    assert {f"{case['mail']}.eml" for case in CASES if ":" not in case["mail"]} == {p.name for p in MAILS.glob("*.eml")}


def row(case: dict[str, Any]) -> str:
    """A case as the page shows it."""
    said = {name: value for name, value in case.get("visit", {}).items() if name in ("sequence", "answer")}
    state = ", ".join((case["before"], *(f"{name} {value}" for name, value in said.items())))
    name = case["mail"].rpartition("/")[2]
    cells = (name, case["client"], case["origin"], state, case["does"], case["after"], case.get("because", ""))
    return f"| {' | '.join(cells)} |"


def test_the_page_shows_the_table() -> None:
    shown = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| (\d\d-|\S+\.ics#)", line)]
    assert shown == [row(case) for case in CASES]


REASONS = (
    visit_answers.OTHER_ENTRY,
    visit_answers.SERIES,
    visit_answers.NO_ANSWER.format(method="ADD"),
    visit_answers.UNCLEAR,
    visit_answers.WHOSE,
    visit_answers.DELEGATED,
    f"{visit_answers.DELEGATED}: max@beispiel.example",
    visit_answers.OTHER_TIME,
    visit_answers.AHEAD,
    visit_answers.NO_TIME,
    visit_answers.SAME_TIME,
    visit_answers.PASSED,
    visit_answers.CONTRADICTS,
    visit_answers.NOT_NOW.format(state="arrived"),
)


@pytest.mark.parametrize("language", ["de", "da", "zh"])
@pytest.mark.parametrize("reason", REASONS)
def test_the_team_reads_the_reason_in_its_language(reason: str, language: str) -> None:
    because = f"a further mail for B-7KQ2M4-2; {reason}"
    told = translated(because, load_words(language, {})).partition("; ")[2]
    assert told
    assert told != reason
    assert "arrived" not in told


def test_a_program_that_never_stops_answering_is_not_answered_for_ever(house: House) -> None:
    case = next(case for case in CASES if case["mail"].endswith("-thunderbird-old-invitation"))
    notices = [notice for _ in range(50) for notice in outcome(case, house()).effects.notices]
    verdicts = judged(notices, Sent(), Brakes(), NOW)
    assert Counter(verdict.what for verdict in verdicts) == {"send": 5, "drop": 45}
