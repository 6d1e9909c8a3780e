"""The calendar of a visit's mails: what it says in each state, read alike by two readers and by our own."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import calendar_event
from parsers.records import Customer, Reading, Vehicle
from rules.transition import ACCEPTED, ARRIVED, ASKED, CANCELLED, COUNTERED, DONE, MOVING, OFFERED, PREBOOKED, SCHEDULED
from rules.visit_mails import VISIT_MAILS
from templates.fallback import fallback
from templates.invitation import bare_calendar, calendar_of, day_calendar
from templates.letter import write_letter
from templates.model import Calendar, RenderJob
from templates.render import Renderer, TemplateFault
from templates.words import languages, load_words
from tests.support.calendars import by_icalendar, by_vobject, lines
from tests.support.golden import assert_golden
from tests.support.naughty import BREAKS
from tests.support.visits import CUSTOMER, NOW, REF, REPLY_TO, SHOWN, VISIT, at, booking, telling

GOLDEN = Path(__file__).parents[2] / "golden" / "calendars"
WORDS = {language: load_words(language, {}) for language in languages()}
METHODS = {
    "visit-offer": "REQUEST",
    "visit-scheduled": "REQUEST",
    "visit-changed": "REQUEST",
    "visit-prebooked": "REQUEST",
    "visit-current": "REQUEST",
    "visit-kept": "DECLINECOUNTER",
    "visit-declined": "CANCEL",
    "visit-cancelled": "CANCEL",
}


def calendar(job: RenderJob, language: str = "de") -> Calendar:
    made = calendar_of(job, WORDS[language])
    assert made is not None
    return made


def told(job: RenderJob, language: str = "de") -> dict[str, str]:
    """The lines of the one event by their names, parameters with the name."""
    found = lines(calendar(job, language).content)
    end = "BEGIN:VALARM" if "BEGIN:VALARM" in found else "END:VEVENT"
    event = found[found.index("BEGIN:VEVENT") : found.index(end)]
    return dict(line.partition(":")[::2] for line in event)


def attendee(job: RenderJob) -> str:
    return next(name for name in told(job) if name.startswith("ATTENDEE"))


@pytest.mark.parametrize("purpose", VISIT_MAILS)
def test_each_mail_brings_the_calendar_of_the_table(purpose: str) -> None:
    made = calendar_of(telling(purpose), WORDS["de"])
    assert (made.method if made else None) == METHODS.get(purpose)
    assert made is None or f"\r\nMETHOD:{made.method}\r\n" in made.content


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("purpose", ["visit-offer", "visit-scheduled", "visit-kept", "visit-cancelled"])
def test_a_calendar_is_as_it_was_looked_at(purpose: str, language: str) -> None:
    made = calendar(telling(purpose, language), language)
    assert_golden(GOLDEN / f"{purpose}.{language}.ics", made.content.replace("\r\n", "\n"))


@pytest.mark.parametrize("language", languages())
def test_the_day_of_a_team_is_as_it_was_looked_at(language: str) -> None:
    later = msgspec.structs.replace(at(datetime(2026, 12, 3, 12, 0, tzinfo=UTC), "Europe/Berlin"), uid="x@y.example")
    records = [
        booking(PREBOOKED, later, Reading()),
        booking(SCHEDULED),
        booking(OFFERED, msgspec.structs.replace(VISIT, starts_at=None)),
    ]
    made = day_calendar(records, SHOWN, WORDS[language], NOW)
    assert (made.method, made.name) == ("PUBLISH", "visits.ics")
    assert_golden(GOLDEN / f"day.{language}.ics", made.content.replace("\r\n", "\n"))
    assert [seen.uid for seen in by_vobject(made.content)] == [VISIT.uid, "x@y.example"]
    assert by_vobject(made.content) == by_icalendar(made.content)
    assert "+b-" not in made.content  # the team is not given the customer's token


def test_a_day_without_visits_is_a_calendar_all_the_same() -> None:
    made = day_calendar([], SHOWN, WORDS["en"], NOW)
    assert "BEGIN:VTIMEZONE" in lines(made.content)
    assert by_icalendar(made.content) == by_vobject(made.content) == []


@pytest.mark.parametrize(
    ("state", "status", "answer", "asks"),
    [
        (OFFERED, "TENTATIVE", "NEEDS-ACTION", "TRUE"),
        (COUNTERED, "TENTATIVE", "TENTATIVE", "FALSE"),
        (ACCEPTED, "TENTATIVE", "ACCEPTED", "FALSE"),
        (PREBOOKED, "TENTATIVE", "NEEDS-ACTION", "FALSE"),
        (SCHEDULED, "CONFIRMED", "ACCEPTED", "FALSE"),
        (MOVING, "CONFIRMED", "ACCEPTED", "FALSE"),
        (ARRIVED, "CONFIRMED", "ACCEPTED", "FALSE"),
    ],
)
def test_the_present_entry_is_that_of_the_state(state: str, status: str, answer: str, asks: str) -> None:
    job = telling("visit-current", state=state)
    assert told(job)["STATUS"] == status
    assert f";PARTSTAT={answer};" in attendee(job)
    assert attendee(job).endswith(f";RSVP={asks}")


@pytest.mark.parametrize("state", [ASKED, DONE])
def test_where_nothing_is_agreed_there_is_no_entry(state: str) -> None:
    assert calendar_of(telling("visit-current", state=state), WORDS["de"]) is None


def test_what_is_cancelled_is_withdrawn_where_it_was_sent() -> None:
    never = msgspec.structs.replace(VISIT, invited=False)
    assert calendar(telling("visit-current", state=CANCELLED)).method == "CANCEL"
    for purpose in ("visit-cancelled", "visit-declined", "visit-kept", "visit-current"):
        state = SCHEDULED if purpose == "visit-kept" else CANCELLED
        assert calendar_of(telling(purpose, state=state, visit=never), WORDS["de"]) is None


def test_who_only_accepted_for_now_stands_so() -> None:
    job = telling("visit-offer", visit=msgspec.structs.replace(VISIT, answer="tentative"))
    assert ";PARTSTAT=TENTATIVE;" in attendee(job)


def test_the_answer_comes_back_to_us_from_the_address_that_was_written_to() -> None:
    for purpose in METHODS:
        found = told(telling(purpose))
        (organizer,) = (value for name, value in found.items() if name.startswith("ORGANIZER;CN="))
        assert organizer == f"mailto:{REPLY_TO}"
        if purpose != "visit-kept":
            assert found[attendee(telling(purpose))] == f"mailto:{CUSTOMER}"
        assert (found["UID"], found["SEQUENCE"]) == (VISIT.uid, "2")
        assert found["DTSTAMP"] == "20261122T120000Z"


def test_place_and_directions() -> None:
    found = told(telling("visit-scheduled"))
    assert found["LOCATION"] == r"Autohaus Muster Berlin\, Musterallee 1\, 10115 Berlin"
    assert found["GEO"] == "52.52;13.405"
    assert "https://maps.example/?q=Musterallee+1" in found["DESCRIPTION"]


def test_the_entry_says_what_the_mail_says() -> None:
    """His own car, the way by the place on the map, an amount with its cents; no address of the house."""
    wanted, own = Vehicle(role="wanted", make="Volvo"), Vehicle(role="own", make="Volkswagen", plate="B-KB 1414")
    reading = Reading(kind="booking", vehicles=(wanted, own))
    visit = msgspec.structs.replace(VISIT, adviser="eva@muster.example")
    job = telling("visit-scheduled")
    site = msgspec.structs.replace(SHOWN, directions=None)
    job = msgspec.structs.replace(job, record=booking(SCHEDULED, visit, reading), site=site)
    letter = write_letter(job, WORDS["de"])
    said = {row.label: row.href or row.value for section in letter.sections for row in section.rows}
    [seen] = by_icalendar(calendar(job).content)
    for label in ("Fahrzeug", "Arbeiten", "Kosten (etwa)", "Ersatzwagen", "Anfahrt"):
        assert f"{label}: {said[label]}" in seen.text.split("\n")
    assert said["Fahrzeug"] == "Volkswagen, B-KB 1414"
    assert said["Fahrzeug"] in seen.summary
    assert said["Kosten (etwa)"].startswith("329,00")
    assert "@" not in seen.text
    assert "Volvo" not in seen.summary


def test_an_offer_is_one_until_the_workshop_has_answered_the_customers_own() -> None:
    offered, countered = (told(telling("visit-current", state=state)) for state in (OFFERED, COUNTERED))
    assert countered["SUMMARY"] == offered["SUMMARY"]
    assert "nehmen Sie diesen Termin an" in offered["DESCRIPTION"]
    assert "nehmen Sie diesen Termin an" not in countered["DESCRIPTION"]


def test_the_reason_goes_along() -> None:
    for purpose in ("visit-kept", "visit-cancelled"):
        assert told(telling(purpose))["COMMENT"] == "Die Hebebühne ist an diesem Tag belegt."
    assert "COMMENT" not in told(telling("visit-scheduled"))


def test_a_refusal_of_another_time_holds_what_the_rfc_allows_and_no_more() -> None:
    found = lines(calendar(telling("visit-kept")).content)
    names = [line.partition(":")[0].partition(";")[0] for line in found if not line.startswith(("BEGIN", "END"))]
    assert sorted(names) == sorted(
        ["VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "ORGANIZER", "COMMENT"]
    )


HIDDEN = {
    "services": "Inspektion",
    "price": "329",
    "remarks": "Felgenschlüssel",
    "adviser": "Jonas",
    "courtesy-car": "Ersatzwagen",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_in_calendars_stands_nowhere_in_one(name: str) -> None:
    job = telling("visit-scheduled")
    hiding = msgspec.structs.replace(job, site=msgspec.structs.replace(SHOWN, hide={"calendar": (name,)}))
    elsewhere = msgspec.structs.replace(job, site=msgspec.structs.replace(SHOWN, hide={"visit-scheduled": (name,)}))
    for one, shown in ((job, True), (hiding, False), (elsewhere, True)):
        found = "\n".join(lines(calendar(one).content))
        assert (HIDDEN[name] in found) is shown
        assert all(other in found for key, other in HIDDEN.items() if key != name)


@pytest.mark.parametrize(
    ("wish", "days_left", "trigger"),
    [
        (None, 10, "-P2D"),  # the site's
        (4, 10, "-P4D"),
        (1, 10, "-P1D"),
        (4, 3, "-P2D"),  # three days before is now
        (4, 1, "-PT2H"),
        (4, 0.05, None),
        (0, 10, None),
    ],
)
def test_the_one_alarm_rings_as_wished_and_ahead(wish: int | None, days_left: float, trigger: str | None) -> None:
    visit = at(NOW + timedelta(days=days_left), "Europe/Berlin")
    job = telling("visit-scheduled", visit=msgspec.structs.replace(visit, reminder=wish))
    found = [line for line in lines(calendar(job).content) if line.startswith("TRIGGER")]
    assert found == ([f"TRIGGER:{trigger}"] if trigger else [])
    offered = calendar(msgspec.structs.replace(job, record=booking(OFFERED, visit)))
    assert "VALARM" not in offered.content


TIMES = [
    ("Europe/Berlin", datetime(2026, 10, 24, 6, 0, tzinfo=UTC), "2026-10-24T08:00+0200"),
    ("Europe/Berlin", datetime(2026, 10, 26, 7, 0, tzinfo=UTC), "2026-10-26T08:00+0100"),
    ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T02:30+0200"),
    ("Europe/Berlin", datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "2027-03-28T01:59+0100"),
    ("Europe/Berlin", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "2027-03-28T03:00+0200"),
    ("Europe/Berlin", datetime(2027, 1, 2, 7, 0, tzinfo=UTC), "2027-01-02T08:00+0100"),
    ("Europe/Copenhagen", datetime(2026, 10, 24, 6, 0, tzinfo=UTC), "2026-10-24T08:00+0200"),
    ("Europe/Copenhagen", datetime(2026, 10, 26, 7, 0, tzinfo=UTC), "2026-10-26T08:00+0100"),
    ("Europe/Copenhagen", datetime(2027, 3, 29, 6, 0, tzinfo=UTC), "2027-03-29T08:00+0200"),
    ("Asia/Shanghai", datetime(2026, 10, 24, 0, 0, tzinfo=UTC), "2026-10-24T08:00+0800"),
    ("Asia/Shanghai", datetime(2026, 10, 26, 0, 0, tzinfo=UTC), "2026-10-26T08:00+0800"),
    ("Asia/Shanghai", datetime(2027, 3, 29, 0, 0, tzinfo=UTC), "2027-03-29T08:00+0800"),
    ("America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC), "2027-03-14T03:00-0400"),
    ("Australia/Lord_Howe", datetime(2026, 12, 3, 0, 0, tzinfo=UTC), "2026-12-03T11:00+1100"),
    ("Africa/Casablanca", datetime(2027, 2, 20, 8, 0, tzinfo=UTC), "2027-02-20T08:00+0000"),
    ("Africa/Casablanca", datetime(2027, 6, 1, 8, 0, tzinfo=UTC), "2027-06-01T09:00+0100"),
    ("Etc/UTC", datetime(2026, 10, 26, 7, 0, tzinfo=UTC), "2026-10-26T07:00+0000"),
]


@pytest.mark.parametrize(("zone", "start", "local"), TIMES)
def test_all_readers_know_the_local_time(zone: str, start: datetime, local: str) -> None:
    content = calendar(telling("visit-offer", visit=at(start, zone))).content
    (first,), (second,) = by_icalendar(content), by_vobject(content)
    assert first == second
    assert (first.local, first.starts_at, first.ends_at) == (local, start, start + timedelta(minutes=90))
    (event,), defects = calendar_event.events(content)
    assert defects == []
    assert event.starts_at is not None
    assert datetime.fromisoformat(event.starts_at) == start
    assert event.starts_at == start.astimezone(ZoneInfo(zone)).isoformat()


@pytest.mark.parametrize("purpose", METHODS)
@pytest.mark.parametrize("language", languages())
def test_all_readers_read_every_file_alike(purpose: str, language: str) -> None:
    made = calendar(telling(purpose, language), language)
    (first,), (second,) = by_icalendar(made.content), by_vobject(made.content)
    assert first == second
    assert first[:5] == expected(purpose)
    (event,), defects = calendar_event.events(made.content)
    assert defects == []
    assert (event.method, event.uid, event.sequence, event.summary or "") == (made.method, VISIT.uid, 2, first.summary)
    assert event.organizer is not None
    assert event.organizer.email == REPLY_TO
    assert [party.email for party in event.attendees] == [CUSTOMER] * (purpose != "visit-kept")


def expected(purpose: str) -> tuple[object, ...]:
    """What readers see first: method, UID, SEQUENCE, start and end. What is kept is only named."""
    times = (None, None) if purpose == "visit-kept" else (VISIT.starts_at, VISIT.ends_at)
    return (METHODS[purpose], VISIT.uid, 2, *times)


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(st.sampled_from("\\nN,;:\"'^=\r\n \tä€😀\u2028\x85\x00BEGINEND"), max_size=200),
    st.sampled_from(BREAKS).map(lambda mark: f"x{mark}ATTENDEE:mailto:evil@x.example{mark}END:VEVENT{mark}"),
    st.sampled_from(["x" * 5_000, "ä" * 700, "👩‍👩‍👧‍👦" * 200, "\\" * 99, '"', "\ud800", "\u202egnp", "a\\nb", "^n^'"]),
)


def hostile(purpose: str, text: str, other: str) -> RenderJob:
    reading = Reading(
        kind="booking",
        customer=Customer(name=text, company=other, emails=(text,), phones=(other,)),
        vehicles=(Vehicle(make=text, model=other, plate=text),),
    )
    visit = msgspec.structs.replace(VISIT, services=(text, other) * 20, remarks=text, adviser=other, courtesy_car=text)
    job = telling(purpose, visit=visit)
    site = msgspec.structs.replace(SHOWN, name=other, address=text, directions=other, phone=text)
    notice = msgspec.structs.replace(job.notice, text=other)
    return msgspec.structs.replace(job, notice=notice, site=site, record=booking(job.record.state, visit, reading))


@given(st.sampled_from(sorted(METHODS)), HOSTILE, HOSTILE)
@settings(max_examples=300, deadline=None)
def test_whatever_strangers_write_the_entry_stays_what_it_is(purpose: str, text: str, other: str) -> None:
    made = calendar(hostile(purpose, text, other))
    names = [line.partition(":")[0].partition(";")[0] for line in lines(made.content)]
    assert set(names) <= KNOWN
    assert [names.count(name) for name in ("ORGANIZER", "UID", "DTSTAMP")] == [1] * 3
    assert names.count("ATTENDEE") == names.count("SUMMARY") == (purpose != "visit-kept")
    assert len(made.content) < 40_000
    (first,), (second,) = by_icalendar(made.content), by_vobject(made.content)
    assert first == second
    assert first[:5] == expected(purpose)
    (event,), defects = calendar_event.events(made.content)
    assert defects == []
    assert (event.uid, event.sequence) == (VISIT.uid, 2)
    if purpose != "visit-kept":
        assert event.starts_at is not None
        assert datetime.fromisoformat(event.starts_at) == VISIT.starts_at
        assert [party.email for party in event.attendees] == [CUSTOMER]


KNOWN = {
    *("BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "TZID", "DTSTART", "RRULE", "TZNAME", "TZOFFSETFROM"),
    *("TZOFFSETTO", "SUMMARY", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "ATTENDEE", "CLASS", "DESCRIPTION", "GEO"),
    *("LOCATION", "ORGANIZER", "STATUS", "TRANSP", "COMMENT", "ACTION", "TRIGGER"),
}


@given(HOSTILE, HOSTILE)
@settings(max_examples=100, deadline=None)
def test_a_teams_day_is_read_alike_whatever_strangers_write(text: str, other: str) -> None:
    job = hostile("visit-scheduled", text, other)
    made = day_calendar([job.record], job.site, WORDS["en"], NOW)
    assert {line.partition(":")[0].partition(";")[0] for line in lines(made.content)} <= KNOWN
    assert by_icalendar(made.content) == by_vobject(made.content)


def test_words_come_back_as_they_were_written() -> None:
    remarks = 'C:\\Neu\\neu; a, b: "c" ^n\nzweite Zeile \\; \\, \\'
    job = telling("visit-offer", visit=msgspec.structs.replace(VISIT, remarks=remarks))
    for seen in (*by_icalendar(calendar(job).content), *by_vobject(calendar(job).content)):
        assert remarks.replace("\\N", "/N") in seen.text
        assert seen.person == "Karin Beispiel"


@pytest.mark.parametrize("address", ["a b@x.example", 'a"b@x.example', "müller@x.example", "a;RSVP=FALSE:b@x.example"])
def test_an_address_cannot_add_to_its_line(address: str) -> None:
    job = telling("visit-offer")
    made = calendar(msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, to=address)))
    (line,) = (line for line in lines(made.content) if line.startswith("ATTENDEE"))
    assert line.isascii()
    assert line.rpartition(":")[2].count("@") == 1
    assert " " not in line.rpartition("mailto:")[2]
    assert by_icalendar(made.content) == by_vobject(made.content)


def test_the_mail_brings_it_and_a_failing_template_does_not_take_it_away() -> None:
    job = telling("visit-offer")
    assert Renderer({}).render(job).calendar == calendar(job)
    with pytest.raises(TemplateFault):
        Renderer({"de/visit-offer.txt.j2": "{{ nothing.there }}"}).render(job)
    plainer = fallback(job).calendar
    assert plainer is not None
    assert plainer == bare_calendar(job, WORDS["de"])
    assert by_vobject(plainer.content)[0][:5] == by_vobject(calendar(job).content)[0][:5]
    assert "Karin" not in plainer.content
    assert "Inspektion" not in plainer.content


def test_a_calendar_that_fails_is_a_fault_and_the_mail_goes_out_plainer() -> None:
    job = telling("visit-offer")
    job = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, hide={"visit-offer": ("price",)}))
    broken = {"de/words.toml": "[forms]\nmoney = '{amount} {nothing}'\n"}
    with pytest.raises(TemplateFault, match="the calendar:1: KeyError"):
        Renderer({**broken, **PLAIN}).render(job)
    assert fallback(job).calendar is not None


PLAIN = {f"de/visit-offer.{form}.j2": "x" for form in ("subject", "txt", "html")}


def test_who_writes_none_does_not_wait_for_the_library() -> None:
    code = (
        "import sys; from templates.render import Renderer; from templates.samples import sample_job;"
        "Renderer({}).render(sample_job('de', 'receipt')); sys.exit('icalendar' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_nobody_but_the_customer_gets_one() -> None:
    job = telling("visit-offer")
    other = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, role="team"))
    assert calendar_of(other, WORDS["de"]) is None
    assert fallback(other).calendar is None
    assert REF in calendar(job).content
