"""An answer to a mail about several records: nobody knows which of them is meant, and its writer hears what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened, words_of
from tests.support.daemon import Installation
from tests.support.fixtures import ON_SQLITE
from tests.support.sink import Arrived, Sink
from tests.support.waiting import wait_until

Houses = Callable[..., Installation]
EVA, DESK = "eva.beispiel@muster.example", "desk.berlin@leads.muster.example"
SERVICE = "service.berlin@muster.example"
CHECK_IN = "checkin.berlin.t5w2@leads.muster.example"
SOURCE = f'\n[[source]]\nid = "checkin-berlin"\nsite = "berlin"\ntype = "tjekvik"\naddress = "{CHECK_IN}"\n'
BUNDLED = 'mail = { bundle = { check-in = "10m" }, categories = { check-in = "action" }, list = "08:00" }'


class Answering:
    """A house whose clock stands, and the bundle of two check-ins that it sent."""

    def __init__(self, house: Installation, clock: Path, sink: Sink) -> None:
        self.house, self.clock, self.sink = house, clock, sink

    def start(self) -> None:
        self.house.append("sources.toml", SOURCE)
        sites = (self.house.directory / "sites.toml").read_text("utf-8")
        self.house.write("sites.toml", sites.replace("steps = { standard", f"{BUNDLED}\nsteps = {{ standard", 1))
        self.clock.write_text("2026-11-23T09:03:00+00:00")
        self.house.start({"POSTROOM_TEST_CLOCK": str(self.clock)})

    def bundle(self) -> Arrived:
        for _ in range(2):
            send(self.house, lead(new_key()), CHECK_IN)
        wait_until(lambda: self.records() == 2, 20, "two check-ins")
        self.clock.write_text("2026-11-23T09:10:00+00:00")
        return wait_until(lambda: self.sink.to(SERVICE), 20, "the bundle")[0]

    def records(self) -> int:
        return int(self.house.value("SELECT count(*) FROM record"))

    def say(self, mail: Arrived, text: str, sender: str = EVA, **how: Any) -> str:
        """Answer a mail at the desk; the fate of the answer."""
        content, address = answer_to(mail, sender, text, to=DESK, **how)
        send(self.house, content, address, sender=sender)
        self.house.settle()
        return str(self.house.value("SELECT fate FROM message ORDER BY id DESC LIMIT 1"))

    def told(self, number: int) -> str:
        """The newest of so many mails to Eva."""
        wait_until(lambda: len(self.sink.to(EVA)) >= number, 30, f"{number} mails to {EVA}")
        assert len(self.sink.to(EVA)) == number
        return words_of(self.sink.to(EVA)[-1])


@pytest.fixture
def answering(new_house: Houses, tmp_path: Path, sink: Sink) -> Answering:
    made = Answering(new_house(started=False, smtp=TRUSTS_BORDER), tmp_path / "clock", sink)
    made.start()
    return made


def test_a_member_who_answers_a_bundle_hears_what_to_do_and_opens_nothing(answering: Answering) -> None:
    bundle = answering.bundle()
    assert "KEINEN Kunden" in words_of(bundle).splitlines()[0]
    assert answering.say(bundle, "Ja, das geht am Samstag.") == "ignored"
    told = answering.told(1)
    assert told.startswith("##- Eine Antwort auf diese Mail geht an keinen Kunden")
    assert "seine eigenen Links" in told
    assert "> Ja, das geht am Samstag." in told
    assert answering.records() == 2
    reason = answering.house.value("SELECT reason FROM message ORDER BY id DESC LIMIT 1")
    assert reason.endswith("which tells of several records")
    assert answering.say(answering.sink.to(EVA)[0], "Und nun?") == "ignored", (
        "the answer to that mail is no request, too"
    )
    answering.told(2)
    for number in range(4):
        assert answering.say(bundle, f"Noch einmal {number}.") == "ignored"
    answering.told(5)
    assert answering.house.value("SELECT count(*) FROM outbox WHERE dedupe LIKE ?", f"alarm:cap:{EVA}%") == 1
    assert answering.records() == 2
    found = answering.house.postroom("ledger")
    assert found.returncode == 0, found.stdout + found.stderr


@ON_SQLITE
def test_who_is_not_proven_or_names_the_record_is_read_as_ever(answering: Answering) -> None:
    bundle = answering.bundle()
    ref = answering.house.value("SELECT ref FROM record ORDER BY id LIMIT 1")
    assert answering.say(bundle, "Der Wagen ist fertig.", subject=f"Re: {ref}") == "attached"
    assert answering.records() == 2
    assert answering.say(bundle, "Von wem bin ich?", vouched=False) == "opened"
    assert answering.say(bundle, "Ich bin Kunde.", "max@kunde.example") == "opened"
    assert answering.say(bundle, "Ich bin weg.", headers={"Auto-Submitted": "auto-replied"}) == "automatic"
    assert answering.sink.to(EVA) == []


@ON_SQLITE
def test_the_daily_list_is_such_a_mail(answering: Answering) -> None:
    answering.bundle()
    answering.clock.write_text("2026-11-24T07:00:00+00:00")
    daily = wait_until(
        lambda: [one for one in answering.sink.to(SERVICE) if "Offen" in str(opened(one)["Subject"])], 20
    )
    assert answering.say(daily[0], "!erledigt") == "ignored"
    assert "seine eigenen Links" in answering.told(1)
    assert answering.records() == 2
