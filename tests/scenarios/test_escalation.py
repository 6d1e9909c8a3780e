"""What nobody sees to: reminders, escalations and mails come at the right minutes, and stop when somebody does."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened
from tests.support.daemon import ROOT, SALES
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

CONTROLLER = "controlling@muster.example"
EVA = "eva.beispiel@muster.example"
ALERTS = ("overdue", "flagged", "escalated", "untouched", "warning")
ALERT_ADDRESS = "alarm.berlin.w8k3@leads.muster.example"
ALERT_SOURCE = f"""
[[source]]
id = "alerts-berlin"
site = "berlin"
type = "cem"
address = "{ALERT_ADDRESS}"
"""
HOT_ALERT = ROOT / "tests" / "golden" / "types" / "cem" / "01-hot-alert.eml"
FRIDAY, SATURDAY, MONDAY = "2026-11-20T", "2026-11-21T", "2026-11-23T"


@pytest.fixture
def friday(new_house: Houses, tmp_path: Path) -> Turned:
    """Friday 16:30 at Berlin, which works until 18:00, and from 9:00 to 13:00 on Saturday; E1 after two hours."""
    house = new_house(started=False, smtp=TRUSTS_BORDER)
    house.append("sources.toml", ALERT_SOURCE)
    sites = (house.directory / "sites.toml").read_text("utf-8")
    house.write("sites.toml", sites.replace('"EM2.1" = "on", "E1" = "3h"', '"EM2.1" = "on"', 1))
    turned = Turned(house, tmp_path / "clock")
    turned.set(f"{FRIDAY}16:30")
    house.start(turned.env)
    return turned


def new_lead(turned: Turned, sink: Sink) -> tuple[str, Arrived]:
    """A lead that came just now: its reference, and the mail to its team."""
    key = new_key()
    send(turned.house, lead(key))
    mail = wait_until(lambda: sink.about(f"kunde-{key}@"), 30, "the lead is told")[0]
    assert mail.record
    return mail.record, mail


def mails(sink: Sink, ref: str, *to: str) -> list[Arrived]:
    """The mails about one record, beside the first, to these."""
    return [one for one in sink.mails if one.record == ref and one.recipient in to]


def test_a_lead_that_nobody_answers(friday: Turned, sink: Sink) -> None:
    ref, _ = new_lead(friday, sink)
    friday.turn(f"{SATURDAY}09:29")
    assert friday.passed(ref) == []

    friday.turn(f"{SATURDAY}09:30")
    assert friday.passed(ref) == ["overdue"]
    assert friday.told(*ALERTS) == [("overdue", SALES, "sent")]
    overdue = mails(sink, ref, SALES)[-1]
    assert overdue.parsed()["Reply-To"], "whoever reads it can act from it"

    friday.turn(f"{MONDAY}08:29")
    assert friday.passed(ref) == ["overdue"]
    friday.turn(f"{MONDAY}08:30")
    assert friday.passed(ref) == ["overdue", "escalate"]
    assert friday.told(*ALERTS)[1:] == [("flagged", SALES, "sent")]
    friday.turn(f"{MONDAY}08:44")
    assert sink.to(CONTROLLER) == [], "what is escalated in the same quarter of an hour goes in one mail"
    friday.turn(f"{MONDAY}08:45")
    assert len(sink.to(CONTROLLER)) == 1
    assert friday.told(*ALERTS)[2:] == [("escalated", CONTROLLER, "sent")]

    friday.turn(f"{MONDAY}10:29")
    assert friday.passed(ref) == ["overdue", "escalate"]
    friday.turn(f"{MONDAY}10:30")
    assert friday.passed(ref) == ["overdue", "escalate", "mail"]
    assert friday.told(*ALERTS)[3:] == [("untouched", CONTROLLER, "sent")]
    assert opened(sink.to(CONTROLLER)[-1])["Reply-To"]

    friday.turn("2026-11-27T18:00")
    assert friday.passed(ref) == ["overdue", "escalate", "mail"]
    assert len(friday.told(*ALERTS)) == 4
    counted = friday.house.query(
        "SELECT step, due_at, fired_at, late FROM deadline WHERE fired_at > due_at OR late OR fired_at IS NULL"
    )
    assert counted == [], "each at its minute"
    friday.is_in_order()


def by_command(turned: Turned, ref: str, told: Arrived) -> None:
    """Somebody at a terminal."""
    done = turned.house.postroom("do", ref, "done")
    assert done.returncode == 0, done.stderr


def by_reply(turned: Turned, ref: str, told: Arrived) -> None:
    """A plain reply, which goes on to the customer."""
    say(turned, told, "Guten Tag, der Wagen ist noch da.\n\nEva Beispiel")


def by_take(turned: Turned, ref: str, told: Arrived) -> None:
    """A command by mail."""
    say(turned, told, "!take")


def say(turned: Turned, told: Arrived, text: str, **how: Any) -> None:
    """Eva answers a mail to her team."""
    content, address = answer_to(told, EVA, text, **how)
    send(turned.house, content, address, sender=EVA)


@ON_SQLITE
@pytest.mark.parametrize("handled", [by_command, by_reply, by_take])
def test_it_stops_at_once(friday: Turned, sink: Sink, handled: Any) -> None:
    ref, _ = new_lead(friday, sink)
    friday.turn(f"{SATURDAY}09:30")
    friday.turn(f"{MONDAY}08:30")
    assert friday.told(*ALERTS) == [("overdue", SALES, "sent"), ("flagged", SALES, "sent")]
    handled(friday, ref, mails(sink, ref, SALES)[-1])
    wait_until(lambda: friday.steps(ref)["EM2.1"] == (False, True), 30, "it stops")
    for later in (f"{MONDAY}08:45", f"{MONDAY}10:30", "2026-11-25T12:00"):
        friday.turn(later)
    assert friday.passed(ref) == ["overdue", "escalate"]
    assert friday.steps(ref) == {"E1": (True, False), "E2.1": (True, False), "EM2.1": (False, True)}
    assert [one for one in friday.told(*ALERTS) if one.state == "sent"] == [
        ("overdue", SALES, "sent"),
        ("flagged", SALES, "sent"),
    ]
    assert mails(sink, ref, CONTROLLER) == [], "an escalation that was not told yet is not told any more"
    assert friday.house.value("SELECT due_at FROM record WHERE ref = ?", ref) is None
    friday.is_in_order()


def test_what_is_taken_back_goes_on(friday: Turned, sink: Sink) -> None:
    ref, told = new_lead(friday, sink)
    friday.turn(f"{SATURDAY}09:30")
    say(friday, told, "!take")
    wait_until(lambda: friday.steps(ref)["E2.1"] == (False, True), 30, "it stops")
    say(friday, told, "!undo")
    wait_until(lambda: friday.steps(ref)["E2.1"] == (False, False), 30, "it goes on")
    friday.turn(f"{MONDAY}08:30")
    assert friday.passed(ref) == ["overdue", "escalate"]
    friday.is_in_order()


@ON_SQLITE
def test_a_hot_alert(friday: Turned, sink: Sink) -> None:
    send(friday.house, HOT_ALERT.read_bytes(), ALERT_ADDRESS)
    friday.house.settle()
    ref = friday.house.value("SELECT ref FROM record WHERE kind = 'alert'")
    assert ref
    friday.turn("2026-11-22T04:29")
    assert friday.passed(ref) == []
    friday.turn("2026-11-22T04:30")
    assert friday.passed(ref) == ["warn"]
    assert friday.told(*ALERTS)[0][0::2] == ("warning", "sent"), "36 hours by the wall clock, told at any hour"
    friday.turn("2026-11-22T16:29")
    assert friday.passed(ref) == ["warn"]
    friday.turn("2026-11-22T16:30")
    assert friday.passed(ref) == ["warn", "escalate"]
    assert len(friday.told(*ALERTS)) == 1, "the controllers work from Monday on"
    friday.turn(f"{MONDAY}08:00")
    assert len(mails(sink, ref, CONTROLLER)) == 1
    assert sorted(one.purpose for one in friday.told(*ALERTS)) == ["escalated", "flagged", "warning"]
    friday.is_in_order()


def test_too_many_at_once_are_one_mail_an_hour_later(friday: Turned, sink: Sink) -> None:
    leads = [new_lead(friday, sink)[0] for _ in range(25)]
    friday.turn(f"{SATURDAY}09:30")
    assert friday.told("overdue", "bundle") == [("overdue", SALES, "sent")] * 20
    assert all(friday.passed(ref) == ["overdue"] for ref in leads), "it is so, whether it was told or not"
    friday.turn(f"{SATURDAY}10:29")
    assert len(friday.told("overdue", "bundle")) == 20
    friday.turn(f"{SATURDAY}10:30")
    assert friday.told("overdue", "bundle")[20:] == [("bundle", SALES, "sent")]
    assert friday.house.value("SELECT count(*) FROM notice WHERE purpose = 'overdue' AND outbox IS NULL") == 0
    friday.is_in_order()
