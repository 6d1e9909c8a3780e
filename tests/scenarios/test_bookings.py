"""A workshop booking from the request to the finished visit, by telephone, mail and calendar."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.attendees import apple_reply, entry_of, has_entry, outlook_counter
from tests.support.client import send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened, words_of
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

EVA = "eva.beispiel@muster.example"
SERVICE = "service.berlin@muster.example"
WORKSHOP = "werkstatt.berlin.p5r1@leads.muster.example"
OLA = "ola.probe@kunde.example"
VISITS = (
    *("visit-offer", "visit-scheduled", "visit-changed", "visit-prebooked", "visit-agreed", "visit-ask", "visit-kept"),
    *("visit-declined", "visit-cancelled", "visit-current", "visit-reminder", "visit-today", "visit-thanks"),
)
BERLIN = ZoneInfo("Europe/Berlin")
REQUEST = """\
From: Autohaus Muster <wordpress@muster.example>
Reply-To: {customer}
To: {to}
Subject: Werkstattanfrage
Date: Mon, 30 Nov 2026 08:00:00 +0100
Message-ID: <werkstatt-1@muster.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Name: Ola Probe
E-Mail: {customer}
Marke: VW
Modell: Golf
Kennzeichen: B-OL 60
Gewünschte Leistung: Inspektion
Nachricht: Wann passt es Ihnen?
"""


@pytest.fixture
def monday(new_house: Houses, tmp_path: Path) -> Turned:
    """Monday 30 November 2026, 8:00 at Berlin."""
    house = new_house(started=False, smtp=TRUSTS_BORDER)
    turned = Turned(house, tmp_path / "clock")
    turned.set("2026-11-30T08:00")
    house.start(turned.env)
    return turned


def run(turned: Turned, *words: str) -> Any:
    """A command that succeeds; what it prints as JSON."""
    done = turned.house.postroom(*words, "--json", env=turned.env)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def to_customer(turned: Turned) -> list[str]:
    """What the customer was told, oldest first."""
    return [one.purpose for one in turned.told(*VISITS) if one.recipient == OLA and one.state == "sent"]


def state(turned: Turned) -> str:
    return str(turned.house.value("SELECT state FROM record WHERE kind = 'booking'"))


def newest(sink: Sink, to: str, number: int) -> Arrived:
    wait_until(lambda: len(sink.to(to)) >= number, 30, f"{number} mails to {to}")
    return sink.to(to)[number - 1]


def say(turned: Turned, mail: Arrived, sender: str, text: str, **how: Any) -> None:
    content, address = answer_to(mail, sender, text, **how)
    send(turned.house, content, address, sender=sender)
    turned.house.settle()


def asked_by_mail(turned: Turned, sink: Sink) -> Arrived:
    """A request has come; what the workshop is told of it."""
    send(turned.house, REQUEST.format(customer=OLA, to=WORKSHOP).encode().replace(b"\n", b"\r\n"), WORKSHOP)
    told = newest(sink, SERVICE, 1)
    assert state(turned) == "new"
    return told


@ON_SQLITE
def test_a_booking_by_telephone_from_the_call_to_the_finished_visit(monday: Turned, sink: Sink) -> None:
    opened_ = run(
        monday, "new", "booking", "site=berlin", "customer.name=Ola Probe", f"customer.emails={OLA}",
        "vehicles.make=VW", "vehicles.model=Golf", "vehicles.plate=B-OL 60", "booking.services=Inspektion",
    )  # fmt: skip
    ref = opened_["ref"]
    assert ref.startswith("B-")
    assert opened_["state"] == "new"
    newest(sink, SERVICE, 1)
    assert [one["ref"] for one in [run(monday, "records", "--list", "actions")]] == [ref]
    assert sink.to(OLA) == [], "who calls is told by telephone until something is agreed"

    scheduled = run(monday, "do", ref, "schedule", "at=2026-12-03T09:00", "price=289,00 EUR", "adviser=Max Muster")
    assert scheduled["state"] == "scheduled"
    confirmation = newest(sink, OLA, 1)
    entry = entry_of(confirmation)
    assert (entry.method, entry.sequence, entry.status) == ("REQUEST", 0, "CONFIRMED")
    assert f"{entry.starts_at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == "2026-12-03 09:00"
    for word in ("Inspektion", "289,00", "09:00", "Max Muster"):
        assert word in words_of(confirmation)
    assert [one["ref"] for one in [run(monday, "records", "--list", "planned")]] == [ref]

    say(monday, confirmation, OLA, "Erinnerung 3 Tage vorher", vouched=False)
    monday.turn("2026-11-30T09:59")
    assert to_customer(monday) == ["visit-scheduled"], "it asks nothing, and confirms once"
    monday.turn("2026-11-30T10:00")
    assert to_customer(monday) == ["visit-scheduled", "visit-reminder"], "three days before, as he wants it"
    assert "Inspektion" in words_of(newest(sink, OLA, 2))
    monday.turn("2026-12-01T10:00")
    monday.turn("2026-12-02T10:00")
    assert len(to_customer(monday)) == 2
    monday.turn("2026-12-03T07:00")
    assert to_customer(monday)[2:] == ["visit-today"]
    today = newest(sink, OLA, 3)
    assert "52.532" in words_of(today), "the way to the workshop"

    monday.set("2026-12-03T09:05")
    run(monday, "do", ref, "arrived")
    monday.set("2026-12-03T15:00")
    finished = run(monday, "do", ref, "done")
    monday.look()
    assert finished["state"] == "done"
    assert to_customer(monday)[3:] == ["visit-thanks"]
    assert len(sink.to(OLA)) == 4
    assert monday.house.postroom("records", "--list", "planned", "--json").stdout == ""

    then = run(monday, "show", ref, "--at", "2026-11-30T08:30")["record"]
    assert then["state"] == "scheduled"
    assert then["visit"]["price"]["amount"] == "289.00"
    assert then["visit"]["starts_at"].startswith("2026-12-03T08:00")
    past = run(monday, "history", "vehicle", "B-OL 60")
    assert past["ref"] == ref
    monday.is_in_order()


def test_a_request_by_mail_countered_accepted_moved_and_reminded_once(monday: Turned, sink: Sink) -> None:
    told = asked_by_mail(monday, sink)
    say(monday, told, EVA, "!anbieten 3.12. 9:00")
    offer = newest(sink, OLA, 1)
    first = entry_of(offer)
    assert state(monday) == "offered"
    assert (first.method, first.sequence, first.status) == ("REQUEST", 0, "TENTATIVE")

    monday.set("2026-11-30T09:10")
    content, address = outlook_counter(offer, OLA, "2026-12-04T10:00", "20261130T080000Z")
    send(monday.house, content, address, sender=OLA)
    monday.house.settle()
    assert state(monday) == "countered"
    answered = wait_until(lambda: [one for one in sink.mails if one.recipient in (SERVICE, EVA)][1:], 30, "an answer")
    assert "10:00" in words_of(answered[0])

    say(monday, answered[0], EVA, "!anbieten 4.12. 10:00")
    again = newest(sink, OLA, 2)
    second = entry_of(again)
    assert second.uid == first.uid
    assert second.sequence > first.sequence

    monday.set("2026-11-30T09:40")
    content, address = apple_reply(offer, OLA, "ACCEPTED", "20261130T083000Z")  # of the first offer: out of date
    send(monday.house, content, address, sender=OLA)
    monday.house.settle()
    assert state(monday) == "offered"
    current = newest(sink, OLA, 3)
    assert to_customer(monday) == ["visit-offer", "visit-offer", "visit-current"]
    assert entry_of(current).starts_at == second.starts_at

    monday.set("2026-11-30T09:50")
    content, address = apple_reply(again, OLA, "ACCEPTED", "20261130T084500Z")
    send(monday.house, content, address, sender=OLA)
    monday.house.settle()
    assert state(monday) == "scheduled"
    confirmed = newest(sink, OLA, 4)
    assert entry_of(confirmed).status == "CONFIRMED"

    ref = monday.house.value("SELECT ref FROM record WHERE kind = 'booking'")
    run(monday, "do", ref, "schedule", "at=2026-12-07T08:00")
    moved = newest(sink, OLA, 5)
    assert f"{entry_of(moved).starts_at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == "2026-12-07 08:00"
    assert entry_of(moved).sequence > entry_of(confirmed).sequence
    for at in ("2026-12-01T10:00", "2026-12-02T10:00", "2026-12-03T07:00", "2026-12-04T07:00", "2026-12-05T09:59"):
        monday.turn(at)
    assert to_customer(monday)[3:] == ["visit-scheduled", "visit-changed"]
    monday.turn("2026-12-05T10:00")
    assert to_customer(monday)[5:] == ["visit-reminder"], "two days before the new time, and only then"
    reminder = words_of(newest(sink, OLA, 6))
    assert "08:00" in reminder
    assert "10:00" not in reminder
    monday.turn("2026-12-06T10:00")
    assert len(to_customer(monday)) == 6
    monday.is_in_order()


@ON_SQLITE
def test_a_booking_cancelled_the_evening_before_sends_no_reminder(monday: Turned, sink: Sink) -> None:
    told = asked_by_mail(monday, sink)
    monday.set("2026-12-02T16:00")
    say(monday, told, EVA, "!einplanen 3.12. 9:00")
    confirmation = newest(sink, OLA, 1)
    assert state(monday) == "scheduled"
    monday.turn("2026-12-02T20:00")
    say(monday, confirmation, OLA, "Absagen", vouched=False)
    assert state(monday) == "cancelled"
    cancelled = newest(sink, OLA, 2)
    assert entry_of(cancelled).method == "CANCEL"
    assert entry_of(cancelled).uid == entry_of(confirmation).uid
    for at in ("2026-12-03T07:00", "2026-12-03T10:00"):
        monday.turn(at)
    assert to_customer(monday) == ["visit-scheduled", "visit-cancelled"]
    assert [has_entry(one) for one in sink.to(OLA)] == [True, True]
    assert any("abgesagt" in f"{opened(one)['Subject']} {words_of(one)}" or "sagt" in words_of(one)
               for one in sink.mails if one.recipient in (SERVICE, EVA))  # fmt: skip
    monday.is_in_order()
