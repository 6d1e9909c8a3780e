"""Bookings without a mailbox: whom the site knows, a time at once, and all visits of a car."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.load import load
from daemon.cli.records import STATES
from daemon.cli.visits import visit_rows
from daemon.shift import data_directory, database_url
from daemon.store.upgrade import prepare
from parsers.records import Money
from rules import transition
from rules.visit import Visit

BASE = Path(__file__).parents[2] / "configs" / "base"
MONDAY = "2026-11-23T09:00:00+01:00"
EVA = ("customer.name=Eva Beispiel", "customer.emails=eva@kunde.example", "customer.phones=030 5550123")
GOLF = ("vehicles.make=VW", "vehicles.model=Golf", "vehicles.plate=B-MX 1234", "vehicles.vin=WVWZZZ1KZ6W612305")
AT = "2026-12-03T09:00"


@pytest.fixture
def ask(tmp_path: Path, postroom: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a command on a fresh installation, on a Monday morning."""
    directory = tmp_path / "etc"
    shutil.copytree(BASE, directory)
    main = directory / "postroom.toml"
    main.write_text(main.read_text("utf-8") + "\n[test]\nenabled = true\n")
    (tmp_path / "clock").write_text(MONDAY)
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(tmp_path / "clock"))
    settings, problems = load(directory)
    assert settings is not None, problems
    prepare(database_url(settings), data_directory(settings))
    return lambda *words: postroom(*words, directory=directory)


def opened(ask: Any, *words: str, kind: str = "booking") -> Any:
    answer = ask("new", kind, *words, "--json")
    assert answer.code == 0, answer.err
    (record,) = answer.rows
    return record


def number(ask: Any) -> int:
    return len(ask("records", "--json").rows)


def test_all_states_can_be_asked_for() -> None:
    assert sorted(STATES) == sorted(transition.STATES)


def test_who_is_known_is_filled_in(ask: Any) -> None:
    first = opened(ask, *EVA, *GOLF, "booking.services=Inspektion")
    again = opened(ask, "person=EVA@kunde.example", "booking.services=Reifenwechsel")
    assert again["reading"]["customer"]["name"] == "Eva Beispiel"
    assert again["reading"]["customer"]["phones"] == ["+49305550123"]
    (car,) = again["reading"]["vehicles"]
    assert (car["make"], car["plate"], car["vin"], car["role"]) == ("VW", "B-MX 1234", "WVWZZZ1KZ6W612305", "own")
    assert again["reading"]["booking"] == {"services": ["Reifenwechsel"]}
    for words in (("person=030/5550123",), (f"person={first['ref']}",), ("vehicle=b mx1234",)):
        found = opened(ask, *words, "booking.services=HU")["reading"]
        assert (found["customer"]["name"], found["vehicles"][0]["plate"]) == ("Eva Beispiel", "B-MX 1234"), words
    assert ask("ledger").code == 0


def test_what_is_typed_completes_what_is_known(ask: Any) -> None:
    opened(ask, *EVA, *GOLF)
    found = opened(ask, "person=eva@kunde.example", "customer.phones=0170 1234567", "vehicles.make=Skoda")["reading"]
    assert found["customer"]["phones"] == ["+49305550123", "+491701234567"]
    assert found["vehicles"] == [{"make": "Skoda"}]


def test_a_known_person_who_is_closed_is_known_still(ask: Any) -> None:
    ref = opened(ask, *EVA, *GOLF, kind="lead")["ref"]
    assert ask("do", ref, "done", "result=won").code == 0
    assert opened(ask, "person=030 5550123")["reading"]["customer"]["name"] == "Eva Beispiel"


def test_several_people_are_shown_and_none_is_guessed(ask: Any) -> None:
    eva = opened(ask, *EVA, *GOLF)
    opened(ask, "customer.name=Max Probe", "customer.phones=030 5550123")
    answer = ask("new", "booking", "person=030 5550123", "booking.services=HU")
    assert (answer.code, number(ask)) == (1, 2)
    assert "Eva Beispiel" in answer.out
    assert "Max Probe" in answer.out
    assert "say which one is meant" in answer.err
    assert opened(ask, f"person={eva['ref']}")["reading"]["customer"]["name"] == "Eva Beispiel"


def test_several_cars_are_shown_and_none_is_guessed(ask: Any) -> None:
    opened(ask, *EVA, *GOLF)
    opened(ask, *EVA, "vehicles.make=Skoda", "vehicles.plate=B-MX 77")
    answer = ask("new", "booking", "person=eva@kunde.example")
    assert (answer.code, "B-MX 77" in answer.out, "vehicle= with a plate" in answer.err) == (1, True, True)
    found = opened(ask, "person=eva@kunde.example", "vehicle=B-MX 77")
    assert [car["make"] for car in found["reading"]["vehicles"]] == ["Skoda"]


def test_a_car_of_two_people_asks_whose(ask: Any) -> None:
    opened(ask, *EVA, *GOLF)
    opened(ask, "customer.name=Max Probe", "customer.emails=max@kunde.example", *GOLF)
    answer = ask("new", "booking", "vehicle=B-MX 1234")
    assert (answer.code, "several people" in answer.out) == (1, True)
    found = opened(ask, "vehicle=B-MX 1234", "person=max@kunde.example")
    assert found["reading"]["customer"]["name"] == "Max Probe"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("person=nobody@kunde.example",), 1, "of somebody new say customer.name="),
        (("vehicle=B-XY 1",), 1, "of a new one say vehicles.plate="),
        (("person=Eva",), 2, "is no mail address"),
        (("vehicle=Golf",), 2, "is no VIN, plate or reference"),
        ((*EVA, f"offer={AT}", f"schedule={AT}"), 2, "say one of them"),
        ((*EVA, "services=HU"), 2, "services= goes with offer="),
        ((*EVA, f"schedule={AT}", "utnil=10:00"), 2, "unknown key 'utnil'"),
    ],
)
def test_new_with_what_is_not_known(ask: Any, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("new", "booking", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err
    assert number(ask) == 0


def test_a_time_is_for_bookings_only(ask: Any) -> None:
    answer = ask("new", "lead", *EVA, f"schedule={AT}")
    assert (answer.code, "is for bookings" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "state"), [("offer", "offered"), ("schedule", "scheduled"), ("pre-book", "pre-booked")]
)
def test_a_booking_gets_its_time_at_once(ask: Any, name: str, state: str) -> None:
    record = opened(ask, *EVA, *GOLF, f"{name}={AT}", "until=10:30", "services=Inspektion; HU", "price=129,00 EUR")
    assert (record["state"], record["revision"]) == (state, 2)
    (found,) = ask("show", record["ref"], "--json").rows
    assert [one["action"] for one in found["revisions"]] == ["open", name]
    given = {"at": AT, "until": "10:30", "services": "Inspektion; HU", "price": "129,00 EUR"}
    assert found["revisions"][1]["args"] == given
    assert "receipt" not in [one["purpose"] for one in found["notices"]]
    assert ask("ledger").code == 0


def test_nothing_is_left_behind_where_the_time_is_refused(ask: Any) -> None:
    answer = ask("new", "booking", *EVA, *GOLF, "schedule=2026-11-02T09:00", "services=HU")
    assert (answer.code, number(ask)) == (1, 0)
    assert answer.err.startswith("postroom: ")


def test_a_visit_in_words() -> None:
    visit = Visit(
        uid="b-1@x.example",
        sequence=2,
        invited=True,
        zone="Europe/Berlin",
        wanted=("2026-12-04", "2026-12-03T09:00:00"),
        starts_at=datetime(2026, 12, 3, 8, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 9, 30, tzinfo=UTC),
        services=("Inspektion", "HU"),
        price=Money("129.00", "EUR"),
        courtesy_car="yes",
        ready=("parts",),
        reminder=0,
    )
    assert dict(visit_rows(msgspec.json.decode(msgspec.json.encode(visit)), visit.zone)) == {
        "time": "Thu 2026-12-03 09:00 to 10:30",
        "wanted": "2026-12-04, 2026-12-03 09:00",
        "services": "Inspektion; HU",
        "price": "129.00 EUR",
        "courtesy car": "yes",
        "ready": "parts",
        "reminder": "never",
        "calendar entry": "b-1@x.example, sequence 2",
    }
    empty = Visit(uid="b-2@x.example", zone="Europe/Berlin", reminder=3)
    assert visit_rows(msgspec.json.decode(msgspec.json.encode(empty)), empty.zone) == [
        ("reminder", "3 days before"),
        ("calendar entry", "b-2@x.example, not sent"),
    ]


def test_the_lists_of_the_workshop(ask: Any) -> None:
    planned = opened(ask, *EVA, *GOLF, f"schedule={AT}", "services=HU")["ref"]
    wanted = opened(ask, "customer.name=Max Probe", "customer.emails=max@kunde.example")["ref"]
    opened(ask, *EVA, kind="lead")
    assert [one["ref"] for one in ask("records", "--list", "planned", "--json").rows] == [planned]
    assert [one["ref"] for one in ask("records", "--list", "actions", "--json").rows] == [wanted]
    assert [one["ref"] for one in ask("records", "--state", "scheduled", "--json").rows] == [planned]
    assert ask("records", "--list", "planned", "--state", "new").code == 2


def test_the_history_of_a_person_and_of_a_car(ask: Any) -> None:
    lead = opened(ask, *EVA, "vehicles.make=VW", "vehicles.role=wanted", "at=2026-11-02T10:00", kind="lead")["ref"]
    visit = opened(ask, *EVA, *GOLF, "booking.services=Inspektion", "at=2026-11-03T10:00")["ref"]
    later = opened(ask, "vehicle=B-MX 1234", f"schedule={AT}", "services=HU")["ref"]
    for key in ("eva@kunde.example", "030 5550123", visit):
        assert [one["ref"] for one in ask("history", "person", key, "--json").rows] == [lead, visit, later]
    for key in ("b-mx 1234", "WVWZZZ1KZ6W612305", later):
        rows = ask("history", "vehicle", key, "--json").rows
        assert [one["ref"] for one in rows] == [visit, later]
        assert [one["state"] for one in rows] == ["new", "scheduled"]
        assert rows[0]["services"] == ["Inspektion"]
    told = ask("history", "vehicle", "B-MX 1234").out
    assert all(text in told for text in (visit, later, "Inspektion", "Eva Beispiel", "asked Tue 2026-11-03 10:00"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("person", "nobody@kunde.example"), 1, "nothing is known of"),
        (("vehicle", "B-XY 1"), 1, "nothing is known of"),
        (("person", "Eva"), 2, "is no mail address"),
        (("vehicle", "Golf"), 2, "is no VIN"),
        (("person", "eva@kunde.example", "--site", "berlni"), 2, "there is no site"),
    ],
)
def test_a_history_of_nothing(ask: Any, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("history", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_the_same_car_is_not_booked_twice_at_one_time(ask: Any) -> None:
    first = opened(ask, *EVA, *GOLF, f"schedule={AT}", "services=Inspektion")["ref"]
    answer = ask("new", "booking", "vehicle=B-MX 1234", "schedule=2026-12-03T09:30", "services=HU")
    assert (answer.code, first in answer.err, number(ask)) == (1, True, 1), answer.err
    assert opened(ask, "vehicle=B-MX 1234", "schedule=2026-12-03T10:00", "services=HU")["state"] == "scheduled"


def test_the_wish_to_be_reminded_is_kept_with_the_person(ask: Any, tmp_path: Path) -> None:
    ref = opened(ask, *EVA, *GOLF, f"schedule={AT}", "services=Inspektion")["ref"]
    assert ask("do", ref, "prefer", "days=3").code == 0
    settings, _ = load(tmp_path / "etc")
    assert settings is not None
    with sqlite3.connect(data_directory(settings) / "postroom.db") as connection:
        kept = connection.execute("SELECT type, reminder FROM contact ORDER BY type").fetchall()
    assert kept == [("mail", 3), ("phone", 3), ("plate", None), ("vin", None)]


def test_a_visit_as_it_looked_then(ask: Any, tmp_path: Path) -> None:
    ref = opened(ask, *EVA, *GOLF, f"schedule={AT}", "services=Inspektion")["ref"]
    (tmp_path / "clock").write_text("2026-11-24T09:00:00+01:00")
    assert ask("do", ref, "schedule", "at=2026-12-04T10:00").code == 0
    assert "Thu 2026-12-03 09:00 to 10:00" in ask("show", ref, "--at", "2026-11-23T12:00").out
    now = ask("show", ref).out
    assert "Fri 2026-12-04 10:00 to 11:00" in now
    assert "Inspektion" in ask("history", "vehicle", "B-MX 1234").out
