"""What a workshop's team reads of a visit, and which commands its mails offer."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import icalendar
import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from parsers.commands import command
from rules import lifecycle
from rules.appointed import meant_time
from rules.model import Record
from rules.transition import OPEN_STATES
from rules.visit import Visit
from templates.commands import links, possible
from templates.render import Renderer
from templates.samples import LEAD, REPLY_TO, sample_job
from templates.visit_commands import SENSIBLE, clear_time
from templates.words import load_words

LANGUAGES = ("da", "de", "en", "zh")
WORDS = {language: load_words(language, {}) for language in LANGUAGES}
SHIPPED = Renderer({})
AT, PROPOSED = datetime(2026, 12, 3, 8, tzinfo=UTC), datetime(2026, 12, 4, 13, 30, tzinfo=UTC)


def booking(state: str, *wanted: str, starts: datetime | None = None, proposed: datetime | None = None) -> Record:
    visit = Visit(uid="b@x", zone="Europe/Berlin", wanted=wanted, starts_at=starts, proposed_at=proposed)
    return msgspec.structs.replace(
        sample_job("en", "visit-answer", LEAD).record, ref="B-7KQ2M4-V", state=state, visit=visit
    )


def offered(one: Record, purpose: str = "new", language: str = "en") -> list[str]:
    return [each.written for each in links(one, purpose, "team", REPLY_TO, WORDS[language])]


@pytest.mark.parametrize(
    ("one", "commands"),
    [
        (booking("new"), "!offer, !schedule, !ask, !decline, !take, !help"),
        (booking("new", "2026-12-03T09:00"), "!offer, !schedule 2026-12-03 09:00, !ask, !decline, !take, !help"),
        (booking("new", "2026-12-03"), "!offer, !schedule, !ask, !decline, !take, !help"),
        (booking("new", "2026-12-03T09:00", "2026-12-04T09:00"), "!offer, !schedule, !ask, !decline, !take, !help"),
        (booking("taken", "2026-12-03T09:00"), "!offer, !schedule 2026-12-03 09:00, !ask, !decline, !later 1d, !help"),
        (booking("waiting"), "!offer, !schedule, !ask, !decline, !take, !help"),
        (booking("offered", starts=AT), "!schedule 2026-12-03 09:00, !offer, !cancel, !status, !help"),
        (booking("asked", "2026-12-03T09:00"), "!offer, !schedule, !ask, !decline, !status, !help"),
        (booking("accepted", starts=AT), "!ready, !schedule 2026-12-03 09:00, !offer, !cancel, !help"),
        (booking("declined", starts=AT), "!offer, !ask, !decline, !status, !help"),
        (booking("postponed", starts=AT), "!offer, !schedule, !ask, !decline, !status, !help"),
        (
            booking("countered", starts=AT, proposed=PROPOSED),
            "!schedule 2026-12-04 14:30, !offer, !decline, !ask, !help",
        ),
        (
            booking("moving", starts=AT, proposed=PROPOSED),
            "!schedule 2026-12-04 14:30, !offer, !decline, !cancel, !help",
        ),
        (booking("moving", starts=AT), "!schedule, !offer, !decline, !cancel, !help"),
        (booking("pre-booked", starts=AT), "!schedule 2026-12-03 09:00, !arrived, !ready, !cancel, !help"),
        (booking("scheduled", starts=AT), "!arrived, !schedule, !cancel, !done, !status, !help"),
        (booking("arrived", starts=AT), "!done, !note, !status, !help"),
        (booking("done", starts=AT), "!reopen, !undo, !status, !help"),
    ],
)
def test_a_mail_offers_what_is_sensible_with_the_time_that_is_clear(one: Record, commands: str) -> None:
    assert ", ".join(offered(one)) == commands


def test_every_open_state_has_links_of_its_own_and_all_of_them_are_possible() -> None:
    assert set(SENSIBLE) == set(OPEN_STATES)
    for state, names in SENSIBLE.items():
        assert set(names) - {"status", "help"} <= set(lifecycle.possible("booking", state)), state


def test_what_is_late_asks_for_a_time_or_for_somebody_first() -> None:
    found = offered(booking("new", "2026-12-03T09:00"), "overdue")
    assert found == ["!offer", "!schedule 2026-12-03 09:00", "!take", "!assign", "!ask", "!help"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_schedules_the_time_that_it_shows(language: str) -> None:
    one = booking("countered", starts=AT, proposed=PROPOSED)
    [link] = [each for each in links(one, "new", "team", REPLY_TO, WORDS[language]) if "2026" in each.written]
    said = parse_qs(urlsplit(link.href or "").query)["body"][0]
    assert command(said).name == "schedule"
    assert meant_time(command(said).args["at"], AT.date()) == "2026-12-04T14:30"
    assert ("14.30" if language == "da" else "14:30") in link.label
    assert len(link.label) <= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_is_read_by_the_parser(language: str) -> None:
    for name in ("offer", "schedule", "pre-book", "decline", "cancel", "ready", "prefer"):
        written = WORDS[language]["examples"][name]
        read = command(written)
        assert read.name == name
        assert read.args, written
        if "at" in read.args:
            meant_time(read.args["at"], AT.date())
    explained = [row.value for row in possible(booking("new"), "team", WORDS[language], replies=True)]
    assert WORDS[language]["does"]["offer"] in explained


def test_a_wanted_time_that_is_none_is_no_time() -> None:
    assert clear_time(booking("new", "as soon as it is possible")) is None
    assert clear_time(booking("scheduled", "2026-12-03T09:00", starts=AT)) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", ["visit-answer", "visits"])
def test_a_mail_says_all_of_the_visit_in_its_language(language: str, purpose: str) -> None:
    mail = SHIPPED.render(sample_job(language, purpose, LEAD))
    words = WORDS[language]["workshop"]
    assert words["proposed"] in mail.text
    assert "{" not in mail.text
    assert "\ufffd" not in mail.text
    if purpose == "visit-answer":
        for label in ("offered", "estimate", "adviser", "courtesy-car", "preferred", "preconditions", "reminder"):
            assert words[label] in mail.text, label
        assert "✓ parts" in mail.text
        assert words["missing"].format(name="work-order") in mail.text
        assert "(Europe/Berlin, UTC+1)" in mail.text
        assert WORDS[language]["calendar_answers"]["declined"] in mail.text


def test_each_part_of_the_list_has_one_heading_and_each_booking_its_own_links() -> None:
    job = sample_job("de", "visits", LEAD)
    mail = SHIPPED.render(job)
    parts = WORDS["de"]["visit_parts"]
    headings = [node.text() for node in LexborHTMLParser(mail.html or "").css("h1.part")]
    assert headings == [*(parts[name] for name in ("past", "ours", "theirs", "today", "next")), "Danach geplant: 4"]
    assert [mail.text.count(f"\n{heading}\n") for heading in headings] == [1] * 6
    assert mail.subject.startswith("Werkstatt: zu tun 3, heute 2")
    assert all(each.record.ref in mail.text for each in job.others)
    assert "mailto:" not in mail.text


def test_the_visits_of_the_day_go_along_as_a_calendar() -> None:
    job = sample_job("de", "visits", LEAD)
    calendar = SHIPPED.render(job).calendar
    assert calendar is not None
    assert (calendar.method, calendar.name) == ("PUBLISH", "visits-2026-11-20.ics")
    events: list[Any] = icalendar.Calendar.from_ical(calendar.content).walk("VEVENT")
    today = [each.record.visit for each in job.others if each.part == "today"]
    assert [event["DTSTART"].dt for event in events] == [one.starts_at for one in today if one]
    none = msgspec.structs.replace(job, others=tuple(each for each in job.others if each.part != "today"))
    assert SHIPPED.render(none).calendar is None


def test_a_booking_that_says_next_to_nothing_is_told_all_the_same() -> None:
    job = sample_job("en", "visit-answer", LEAD)
    bare = msgspec.structs.replace(job.record, visit=Visit(uid="b@x", zone="Europe/Berlin"))
    text = SHIPPED.render(msgspec.structs.replace(job, record=bare)).text
    assert "Checklist: missing: parts, missing: work-order" in text
    assert "Offered" not in text
    old = msgspec.structs.replace(job.record, visit=None)
    assert "Workshop visit\n" not in SHIPPED.render(msgspec.structs.replace(job, record=old)).text
