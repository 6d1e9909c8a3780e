"""What controllers are told by the calendar: a daily list of escalations over all their sites, and their settings."""

from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

CONTROLLER = "controlling@muster.example"
DEPUTY = "leitung@muster.example"
ADDRESSES = {
    "berlin": "website.berlin.h3t8@leads.muster.example",
    "potsdam": "autoscout.potsdam.q4m9@leads.muster.example",
}
FRIDAY, SATURDAY = "2026-11-20T", "2026-11-21T"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = "2026-11-23T", "2026-11-24T", "2026-11-25T", "2026-11-26T"
LISTED = 'mail = { escalated = "list" }\n'
"""Escalations stand in the daily list alone."""


@pytest.fixture
def friday(new_house: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Turned:
    """Friday noon; a controller of two sites who is absent on Thursday, and is told by the list alone."""
    house = new_house(started=False)
    house.append("postroom.toml", '[monitor]\nday = "off"\nearly = "off"\n')  # silent sources are told elsewhere
    sites = (house.directory / "sites.toml").read_text("utf-8")
    sites = sites.replace('steps = { standard = { "EM2.1" = "on", ', f"{LISTED}steps = {{ standard = {{ ", 1)
    sites = sites.replace('vendor_ids = ["VW-14467"]', f'vendor_ids = ["VW-14467"]\n{LISTED}', 1)
    house.write("sites.toml", sites)
    deputies = f'[{{ of = "{CONTROLLER}", to = "{DEPUTY}", from = "2026-11-26", until = "2026-11-26" }}]'
    units = (house.directory / "units.toml").read_text("utf-8")
    house.write("units.toml", units.replace('id = "muster"\n', f'id = "muster"\ndeputies = {deputies}\n', 1))
    turned = Turned(house, tmp_path / "clock")
    turned.set(f"{FRIDAY}12:00")
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(turned.clock))  # commands go by it, too
    house.start(turned.env)
    return turned


def new_lead(turned: Turned, site: str) -> str:
    """A lead of a site that came just now: its reference."""
    house, known = turned.house, turned.house.value("SELECT count(*) FROM record")
    send(house, lead(new_key()), ADDRESSES[site])
    wait_until(lambda: house.value("SELECT count(*) FROM record") > known, 30, "the record is opened")
    return str(house.value("SELECT ref FROM record ORDER BY id DESC LIMIT 1"))


def do(house: Installation, *words: str) -> None:
    done = house.postroom("do", *words)
    assert done.returncode == 0, done.stderr


def the_list(sink: Sink, number: int, to: str = CONTROLLER) -> str:
    """The text of the newest mail to somebody, of so many."""
    told = wait_until(lambda: len(sink.to(to)) >= number and sink.to(to), 30, "a list")
    assert len(told) == number
    return text_of(told[-1])


def text_of(mail: Arrived) -> str:
    parsed = BytesParser(policy=policy.default).parsebytes(mail.content)
    body = parsed.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_one_list_a_day_for_all_sites_of_a_controller(friday: Turned, sink: Sink) -> None:
    first, second = new_lead(friday, "berlin"), new_lead(friday, "potsdam")
    third = new_lead(friday, "potsdam")
    do(friday.house, third, "done")
    friday.turn(f"{SATURDAY}07:59")
    assert friday.passed(second) == ["overdue", "escalate"]
    assert sink.to(CONTROLLER) == [], "it stands in the list alone"
    friday.turn(f"{SATURDAY}08:00")
    told = the_list(sink, 1)
    assert second in told
    assert first not in told, "Berlin gives it three hours, and until 10:00 on Saturday"
    assert third not in told, "nobody had to hear of it"

    friday.turn("2026-11-22T12:00")
    assert len(sink.to(CONTROLLER)) == 1, "nobody works on Sunday"
    friday.turn(f"{MONDAY}08:00")
    told = the_list(sink, 2)
    assert told.index(second) < told.index(first), "one for all his sites, the oldest first"

    do(friday.house, first, "take")
    friday.turn(f"{TUESDAY}08:00")
    assert first in the_list(sink, 3), "it was cleared since the last list"
    friday.turn(f"{WEDNESDAY}08:00")
    told = the_list(sink, 4)
    assert first not in told
    assert second in told
    assert "Autohaus Muster Potsdam: 1 von 2 rechtzeitig (50 %)" in told

    do(friday.house, second, "done")
    friday.turn(f"{THURSDAY}08:00")
    assert second in the_list(sink, 1, DEPUTY), "cleared"
    assert len(sink.to(CONTROLLER)) == 4, "he is absent"
    friday.turn("2026-11-27T08:00")
    assert second in the_list(sink, 5), "what was cleared while he was absent"
    friday.turn("2026-11-28T08:00")
    assert len(sink.to(CONTROLLER)) == 5, "nothing is open, nothing was cleared"
    assert {one.purpose for one in friday.told("escalations", "escalated", "untouched")} == {"escalations"}
    runs = friday.house.query(
        "SELECT scope, day FROM run WHERE job = 'escalations' AND done_at IS NOT NULL ORDER BY day"
    )
    assert [(scope, day) for scope, day in runs if scope.startswith((CONTROLLER, DEPUTY))] == [
        *((f"{CONTROLLER} Europe/Berlin", f"2026-11-{day}") for day in (20, 21, 23, 24, 25)),
        (f"{DEPUTY} Europe/Berlin", "2026-11-26"),
        *((f"{CONTROLLER} Europe/Berlin", f"2026-11-{day}") for day in (27, 28)),
    ]
    friday.is_in_order()


@ON_SQLITE
def test_the_settings_of_all_sites_once_a_month(friday: Turned, sink: Sink) -> None:
    friday.turn("2026-11-30T12:00")
    assert friday.told("settings") == []
    friday.turn("2026-12-01T07:59")
    assert friday.told("settings") == []
    friday.turn("2026-12-01T08:00")
    told = the_list(sink, 1)
    assert sorted(one.recipient for one in friday.told("settings")) == [CONTROLLER, "kunde@importer.example"]
    assert "Autohaus Muster Berlin" in told
    assert "Autohaus Muster Potsdam" in told
    assert "Odense" not in told
    friday.house.restart(friday.env)
    friday.turn("2026-12-02T08:00")
    assert len(friday.told("settings")) == 2
    friday.is_in_order()
