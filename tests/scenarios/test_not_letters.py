"""What a member's mail program says by itself is no letter to the customer; what he must learn, he learns."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.scenarios.test_conversation import EVA, TOM, only, record_of, say
from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, words_of
from tests.support.daemon import ADMIN, SALES, Installation
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RECALL = 'Eva Beispiel möchte die Nachricht "AW: Neu: Anfrage" zurückrufen.'


def fates(house: Installation) -> list[str]:
    return [row[0] for row in house.query("SELECT fate FROM message ORDER BY id")]


@ON_SQLITE
def test_a_members_out_of_office_is_kept_and_does_nothing(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    send(house, lead(key))
    told = only(sink, SALES)
    before = len(sink.mails)
    say(house, told, EVA, "Ich bin verreist.", headers={"Auto-Submitted": "auto-replied"})
    say(house, told, EVA, "away", headers={"Precedence": "bulk", "X-Loop": EVA})
    assert fates(house) == ["opened", "attached", "attached"]
    found = record_of(house)
    assert (found["record"]["state"], len(found["mails"])) == ("new", 3)
    assert len(sink.mails) == before
    assert house.postroom("ledger").returncode == 0


@ON_SQLITE
def test_a_recall_never_goes_to_the_customer(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    customer = f"kunde-{key}@kunde.example"
    send(house, lead(key))
    told = only(sink, SALES)
    before = len(sink.to(customer))
    say(house, told, EVA, RECALL, quote=False, subject="Zurückrufen: AW: Neu")
    assert "!rückgängig" in words_of(only(sink, EVA)), "its sender hears what takes an answer back"
    assert (record_of(house)["record"]["state"], len(sink.to(customer))) == ("new", before)

    say(house, told, EVA, "Gern, kommen Sie am Samstag.")
    reply = only(sink, customer, before + 1)
    say(house, told, EVA, "!done won")
    say(house, reply, customer, 'Max Kunde would like to recall the message, "Re: Golf".', vouched=False, quote=False)
    assert "would like to recall" in words_of(only(sink, EVA, 2)), "a customer's is shown"
    assert record_of(house)["record"]["state"] == "done", "and reopens nothing"
    assert len(sink.to(customer)) == before + 1
    assert house.postroom("ledger").returncode == 0


@ON_SQLITE
def test_whoever_is_proven_hears_that_his_answer_waits_whatever_marks_it_bears(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    send(house, lead(new_key()))
    told = only(sink, SALES)
    doubtful = "Gern am Samstag, meine Antworten siehe unten."
    say(house, told, EVA, doubtful, headers={"X-Auto-Response-Suppress": "All"})
    assert doubtful in words_of(only(sink, EVA))
    for _ in range(2):
        say(house, told, TOM, "Danke für die Nachricht.", headers={"Precedence": "bulk"})
    only(sink, TOM)


def test_over_his_cap_a_member_hears_later_that_an_answer_waits(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(BEGIN.isoformat())
    house = new_house(started=False, smtp=TRUSTS_BORDER)
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    send(house, lead(new_key()))
    told = only(sink, SALES)
    for number in range(5):
        say(house, told, EVA, f"!dnoe {number}")
    only(sink, EVA, 5)
    for text in ("!dnoe zuviel", "!status", "Gern am Samstag, meine Antworten siehe unten."):
        content, address = answer_to(told, EVA, text)
        send(house, content, address, sender=EVA)
    waiting = "SELECT count(*) FROM notice WHERE held_until IS NOT NULL AND outbox IS NULL"
    wait_until(lambda: house.value(waiting) == 2, 20, "two wait for room")
    assert len(sink.to(EVA)) == 5
    wait_until(lambda: sink.to(ADMIN), 20, "the admin is told")
    assert len([mail for mail in sink.to(ADMIN) if EVA in str(mail.parsed()["Subject"])]) == 1
    clock.write_text((BEGIN + timedelta(minutes=61)).isoformat())
    only(sink, EVA, 7)
    assert "zuviel" in words_of(sink.to(EVA)[5])
    assert "Gern am Samstag" in words_of(sink.to(EVA)[6])
