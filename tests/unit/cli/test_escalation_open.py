"""`escalation show --open`: what changed hours and policies would move, and what --move does to the records."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from daemon.shift import data_directory, database_url
from daemon.store.upgrade import prepare

BASE = Path(__file__).parents[2] / "configs" / "base"
ASKED = "2026-05-20T16:30:00+02:00"


class House:
    """A configuration that is changed while records are open."""

    def __init__(self, directory: Path, run: Callable[..., Any]) -> None:
        self.directory, self._run = directory, run
        settings, problems = load(directory)
        assert settings is not None, problems
        self.database = data_directory(settings) / "postroom.db"
        prepare(database_url(settings), data_directory(settings))

    def run(self, *words: str, given: str | None = None) -> Any:
        return self._run(*words, directory=self.directory, given=given.encode() if given else None)

    def open(self, kind: str = "lead") -> str:
        """A request of Wednesday, 16:30; its reference."""
        (row,) = self.run("new", kind, f"at={ASKED}", "customer.emails=max@kunde.example", "--json").rows
        return str(row["ref"])

    def set(self, *lines: str, hours: str = "08:00-18:00") -> None:
        """The site's hours, and further lines of it."""
        sites = (BASE / "sites.toml").read_text("utf-8").replace("08:00-18:00", hours)
        (self.directory / "sites.toml").write_text("\n".join((sites, *lines, "")))

    def moves(self, *words: str) -> list[tuple[str, str, str | None, str | None]]:
        """What would move: step, what, due times before and after."""
        return [
            (one["step"], one["what"], *(time(one[side]) for side in ("old", "new")))
            for row in self.run("escalation", "show", "--open", "--json", *words).rows
            for one in row.get("moves", [])
        ]

    def deadlines(self, ref: str) -> list[tuple[str, int, str, bool]]:
        """Step, cycle, due time, whether it is open."""
        (found,) = self.run("show", ref, "--json").rows
        return [
            (one["step"], one["cycle"], one["due_at"][5:16], not (one["ended_at"] or one["fired_at"]))
            for one in found["deadlines"]
        ]


def time(one: dict[str, Any] | None) -> str | None:
    return one["due_at"][5:16] if one else None


@pytest.fixture
def house(tmp_path: Path, postroom: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    directory = tmp_path / "etc"
    shutil.copytree(BASE, directory)
    with (directory / "postroom.toml").open("a") as main:
        main.write("\n[test]\nenabled = true\n")
    (tmp_path / "clock").write_text("2026-05-20T16:45:00+02:00")
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(tmp_path / "clock"))
    return House(directory, postroom)


BEFORE = [("E1", 0, "05-21T06:30", True), ("E2.1", 0, "05-21T10:30", True)]


def test_longer_hours_would_move_what_is_open_and_move_nothing(house: House) -> None:
    ref = house.open()
    assert house.moves() == []
    house.set(hours="08:00-19:00")
    assert house.moves() == [
        ("E1", "earlier", "05-21T06:30", "05-20T16:30"),
        ("E2.1", "earlier", "05-21T10:30", "05-21T09:30"),
    ]
    out = house.run("escalation", "show", "--open").out
    assert "E1 earlier: Thu 2026-05-21 08:30 +02:00 -> Wed 2026-05-20 18:30 +02:00" in out
    assert "was: E1 2h business: received Wed 16:30, counts Mon-Fri 08-18, due Thu 08:30" in out
    assert "new: E1 2h business: received Wed 16:30, counts Mon-Fri 08-19, due Wed 18:30" in out
    assert "1 record with open deadlines, 1 record would move; steps: 2 earlier" in out
    assert house.deadlines(ref) == BEFORE


def test_it_moves_when_asked_and_the_old_arithmetic_stays(house: House) -> None:
    ref = house.open()
    (before,) = house.run("show", ref, "--json").rows
    house.set(hours="08:00-19:00")
    answer = house.run("escalation", "show", "--open", "--move", "--yes", "--reason", "longer hours")
    assert (answer.code, "the deadlines of 1 record were moved" in answer.err) == (0, True)
    assert house.deadlines(ref) == [
        ("E1", 0, "05-21T06:30", False),
        ("E2.1", 0, "05-21T10:30", False),
        ("E1", 1, "05-20T16:30", True),
        ("E2.1", 1, "05-21T09:30", True),
    ]
    (found,) = house.run("show", ref, "--json").rows
    assert [one["because"] for one in found["deadlines"][:2]] == [one["because"] for one in before["deadlines"]]
    last = found["revisions"][-1]
    assert (last["action"], last["actor"], last["args"]) == ("reschedule", "anna", {"reason": "longer hours"})
    assert house.moves() == []
    assert house.run("ledger").code == 0


@pytest.mark.parametrize(("answer", "cycles"), [("n\n", {0}), ("y\n", {0, 1})])
def test_it_asks_first(house: House, answer: str, cycles: set[int]) -> None:
    ref = house.open()
    house.set(hours="08:00-19:00")
    asked = house.run("escalation", "show", "--open", "--move", given=answer)
    assert "Move the deadlines of 1 record?" in asked.out
    assert {cycle for _, cycle, _, _ in house.deadlines(ref)} == cycles


def test_times_and_steps_of_a_policy(house: House) -> None:
    ref = house.open()
    house.set('steps = { standard = { "E2.1" = "5h", "EM2.1" = "on" } }')
    assert house.moves() == [
        ("E1", "as it is", "05-21T06:30", "05-21T06:30"),
        ("E2.1", "later", "05-21T10:30", "05-21T11:30"),
        ("EM2.1", "begins", None, "05-21T13:30"),
    ]
    house.run("escalation", "show", "--open", "--move", "--yes")
    house.set('steps = { standard = { "E1" = "off" } }')
    assert [(step, what) for step, what, _, _ in house.moves()] == [
        ("E1", "gone"),
        ("E2.1", "earlier"),
        ("EM2.1", "gone"),
    ]
    house.run("escalation", "show", "--open", "--move", "--yes")
    assert [one for one in house.deadlines(ref) if one[3]] == [("E2.1", 2, "05-21T10:30", True)]
    assert house.run("ledger").code == 0


def test_what_has_passed_stays_so(house: House) -> None:
    ref = house.open()
    with sqlite3.connect(house.database) as books:
        books.execute("UPDATE deadline SET fired_at = due_at WHERE step = 'E1'")
    house.set('steps = { standard = { "E1" = "3h", "EM2.1" = "on" } }')
    assert house.moves() == [
        ("E2.1", "later", "05-21T10:30", "05-21T11:30"),
        ("EM2.1", "begins", None, "05-21T13:30"),
    ]
    house.run("escalation", "show", "--open", "--move", "--yes")
    assert [one for one in house.deadlines(ref) if one[0] == "E1"] == [("E1", 0, "05-21T06:30", False)]
    assert house.moves() == []


def test_what_somebody_handled_does_not_move(house: House) -> None:
    ref = house.open()
    house.run("do", ref, "take")
    house.set('steps = { standard = { "EM2.1" = "on" } }', hours="08:00-19:00")
    out = house.run("escalation", "show", "--open").out
    assert "no records with open deadlines, no records would move; steps: none" in out


def test_what_an_answer_alone_ends_moves_without_what_was_ended(house: House) -> None:
    ref = house.open("booking")
    house.run("do", ref, "take")
    house.set('exceptions = { "2026-05-22" = "closed" }')
    assert house.moves() == [("E1", "later", "05-25T16:00", "05-26T16:00")]


def test_a_resubmission_is_counted_from_where_it_was_set(house: House) -> None:
    ref = house.open()
    house.run("do", ref, "later", "until=2026-05-22 09:00")
    house.set('steps = { follow-up = { "E2.2" = "48h" } }')
    assert house.moves() == [("E2.2", "later", "05-23T07:00", "05-24T07:00")]


def test_what_went_on_after_it_had_stood_still_is_counted_from_there(house: House) -> None:
    own = '[[policy.own.step]]\nname = "R1"\nafter = "2h"\neffect = "overdue"\nuntil = ["reply"]\npause = ["waiting"]\n'
    (house.directory / "escalation.toml").write_text(own)
    house.set('escalate = { lead = "own" }')
    ref = house.open()
    house.run("do", ref, "later", "until=2026-05-22 09:00")
    house.set('escalate = { lead = "own" }', hours="08:00-17:00")
    assert house.moves() == [], "what stands still does not move"
    house.set('escalate = { lead = "own" }')
    house.run("do", ref, "take")
    assert house.deadlines(ref)[-1] == ("R1", 2, "05-21T06:30", True)
    house.set('escalate = { lead = "own" }', hours="08:00-17:00")
    assert house.moves() == [("R1", "later", "05-21T06:30", "05-21T07:30")], "1h 45m were left at 16:45"


def test_a_policy_that_is_gone_is_said_and_the_others_move(house: House) -> None:
    (house.directory / "escalation.toml").write_text(
        '[[policy.own.step]]\nname = "X"\nafter = "2h"\neffect = "overdue"\n'
    )
    house.set('escalate = { lead = "own" }')
    gone = house.open()
    house.set()
    (house.directory / "escalation.toml").unlink()
    other = house.open()
    house.set(hours="08:00-19:00")
    answer = house.run("escalation", "show", "--open", "--move", "--yes")
    assert answer.code == 1
    assert f"{gone}: the policy 'own' is no longer configured" in answer.err
    assert [cycle for _, cycle, _, _ in house.deadlines(other)] == [0, 0, 1, 1]
    assert house.deadlines(gone) == [("X", 0, "05-21T06:30", True)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--move",), "--move, --yes and --reason go with --open"),
        (("--open", "--team", "sales"), "--at and --team are for an example"),
        (("--open", "--site", "berlni"), "there is no site 'berlni'"),
        (("--open", "--move", "--json"), "--move needs --yes"),
    ],
)
def test_wrong_usage(house: House, words: tuple[str, ...], said: str) -> None:
    answer = house.run("escalation", "show", *words)
    assert (answer.code, said in answer.err) == (2, True)
