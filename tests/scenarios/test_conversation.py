"""Work by mail: a request is answered, goes on with the customer, and is closed, without anybody leaving his inbox."""

import json
import re
from typing import Any

from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened, words_of
from tests.support.daemon import SALES, Installation
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Arrived, Sink
from tests.support.waiting import wait_until

EVA = "eva.beispiel@muster.example"
TOM = "tom.muster@muster.example"
DESK = "desk.berlin@leads.muster.example"


def only(sink: Sink, to: str, number: int = 1) -> Arrived:
    """The newest of so many mails to an address, once they are there."""
    wait_until(lambda: len(sink.to(to)) >= number, 30, f"{number} mails to {to}")
    found = sink.to(to)
    assert len(found) == number, [opened(one)["Subject"] for one in found]
    return found[-1]


def say(house: Installation, mail: Arrived, sender: str, text: str, **how: Any) -> None:
    content, address = answer_to(mail, sender, text, **how)
    send(house, content, address, sender=sender)
    house.settle()


def record_of(house: Installation) -> dict[str, Any]:
    ref = house.value("SELECT ref FROM record")
    shown = house.postroom("show", ref, "--json")
    assert shown.returncode == 0, shown.stderr
    found: dict[str, Any] = json.loads(shown.stdout)
    return found


def test_a_request_is_worked_from_inbox_to_inbox(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    customer = f"kunde-{key}@kunde.example"
    send(house, lead(key))
    told = only(sink, SALES)
    ref = house.value("SELECT ref FROM record")
    assert words_of(told).startswith("##-"), "its first line says where a plain reply goes"

    before = len(sink.to(customer))  # a receipt, where the site wants one
    say(house, told, EVA, "Guten Tag, der Wagen ist noch da. Kommen Sie am Samstag?\n\nEva Beispiel")
    reply = only(sink, customer, before + 1)
    seen = opened(reply)
    assert DESK in str(seen["From"])
    assert words_of(reply).splitlines()[0] == "Guten Tag, der Wagen ist noch da. Kommen Sie am Samstag?"
    assert "Eva Beispiel" in words_of(reply)
    for ours in ("##-", "!take", "!done", ".t"):
        assert ours not in words_of(reply).replace("…", "")
    assert re.search(rf"{ref.lower()}\.k[a-z2-7]{{16}}@", str(seen["Reply-To"])), "it comes back as the customer's"
    assert record_of(house)["record"]["state"] == "taken"
    assert record_of(house)["record"]["assignee"] == EVA

    say(house, reply, customer, "Ja, gern um 10 Uhr.", vouched=False)
    asked = only(sink, EVA)
    assert "Ja, gern um 10 Uhr." in words_of(asked)

    say(house, asked, EVA, "!erledigt verkauft")
    found = record_of(house)
    assert (found["record"]["state"], found["record"]["result"]) == ("done", "sold")
    assert [one["action"] for one in found["revisions"]] == ["open", "reply", "write", "done"]
    assert len(found["mails"]) == 4, "the whole conversation stands on the record"
    assert [row[0] for row in house.query("SELECT fate FROM message ORDER BY id")] == [
        "opened",
        "command",
        "attached",
        "command",
    ]
    assert len(sink.to(customer)) == before + 1
    assert house.postroom("ledger").returncode == 0

    say(house, reply, customer, "Eine Frage habe ich noch.", vouched=False)
    assert record_of(house)["record"]["state"] == "new", "the customer's mail opens it again"
    assert "Eine Frage habe ich noch." in words_of(only(sink, EVA, 2))


@ON_SQLITE
def test_what_cannot_be_done_is_explained_to_its_writer_alone(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    send(house, lead(key))
    told = only(sink, SALES)
    customers = len(sink.to(f"kunde-{key}@kunde.example"))
    for number, (text, said) in enumerate(
        (("!dnoe", "!dnoe"), ("!später irgendwann", "irgendwann"), ("!undo", "zurückzunehmen"), ("", "")), 1
    ):
        say(house, told, EVA, text)
        assert said in words_of(only(sink, EVA, number))
        assert record_of(house)["record"]["state"] == "new"
    say(house, told, EVA, "!hilfe")
    assert "!zuweisen" in words_of(only(sink, EVA, 5))
    say(house, told, TOM, "!status")
    status = words_of(only(sink, TOM))
    assert "Wird überfällig: " in status
    assert "Eingegangen: " in status
    say(house, told, EVA, "!notiz Ruft morgen an.")
    assert [one["action"] for one in record_of(house)["revisions"]][-1] == "note"
    assert len(sink.to(EVA)) == 5, "no more in one hour: the brakes hold for members, too"
    assert len(sink.to(f"kunde-{key}@kunde.example")) == customers
    assert house.postroom("ledger").returncode == 0


@ON_SQLITE
def test_what_was_not_meant_for_the_customer_does_not_reach_him(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    customer = f"kunde-{key}@kunde.example"
    send(house, lead(key))
    told = only(sink, SALES)
    before = len(sink.to(customer))
    assert words_of(told).splitlines()[0] == f"##- Eine Antwort auf diese Mail geht an den Kunden, {customer}. -##"

    say(house, told, EVA, "!status")
    status = only(sink, EVA)
    assert "NICHT von selbst an den Kunden" in words_of(status).splitlines()[0]
    say(house, status, EVA, "Danke, alles klar.")
    held = only(sink, EVA, 2)
    assert "die nur fürs Haus war" in words_of(held)
    say(house, held, TOM, "Ich mache das.")
    assert "> Ich mache das." in words_of(only(sink, TOM))
    assert [one["by"] for one in record_of(house)["record"]["held"]] == [EVA, TOM], "none takes another's place"
    assert len(sink.to(customer)) == before

    say(house, held, EVA, "!antwort\n\nGuten Tag, der Wagen ist noch da.")
    answer = only(sink, customer, before + 1)
    assert words_of(answer).splitlines()[0] == "Guten Tag, der Wagen ist noch da."
    assert [one["by"] for one in record_of(house)["record"]["held"]] == [TOM]

    say(house, told, EVA, "!erledigt verkauft\n\nGuten Tag Frau Beispiel,\nder Wagen gehört Ihnen.")
    kept = words_of(only(sink, EVA, 3))
    assert "NICHT verschickt" in kept
    assert "> der Wagen gehört Ihnen." in kept
    assert record_of(house)["record"]["state"] == "done"
    say(house, told, "thief@else.example", "Ich bin ein anderer.")
    strange = only(sink, EVA, 4)
    assert "NICHT von selbst" in words_of(strange).splitlines()[0]
    say(house, strange, EVA, "Wer sind Sie?")
    assert "> Wer sind Sie?" in words_of(only(sink, EVA, 5))
    assert len(sink.to(customer)) == before + 1
    assert not sink.to("thief@else.example")
    assert house.postroom("ledger").returncode == 0


def test_strangers_are_kept_and_shown_and_change_nothing(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    send(house, lead(new_key()))
    told = only(sink, SALES)
    for number, (sender, vouched) in enumerate(((EVA, False), ("thief@else.example", True)), 2):
        say(house, told, sender, "!spam\n\nIch war es.", vouched=vouched)
        shown = only(sink, SALES, number)
        assert "Ich war es." in words_of(shown)
        assert record_of(house)["record"]["state"] == "new"
    say(house, told, "thief@else.example", "Ohne Token.", to=DESK)
    assert "Ohne Token." in words_of(only(sink, SALES, 4))
    assert house.value("SELECT count(*) FROM record") == 1, "it refers to the record, and stands there"
    assert not sink.to("thief@else.example")


def test_our_own_mail_that_comes_back_is_recognised(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    send(house, lead(new_key()))
    told = only(sink, SALES)
    before = len(sink.mails)
    for to in (DESK, str(opened(told)["Reply-To"])):
        send(house, told.content, to, sender=SALES)
    house.settle()
    assert [row[0] for row in house.query("SELECT fate FROM message ORDER BY id")][1:] == ["automatic", "repeat"]
    assert len(sink.mails) == before


def test_a_member_names_what_an_unsorted_mail_is(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    key = new_key()
    mail = (
        f"From: Max Kunde <max-{key}@kunde.example>\r\nTo: {DESK}\r\nSubject: Frage\r\n"
        f"Message-ID: <{key}@kunde.example>\r\n\r\nGuten Tag, haben Sie noch den blauen?\r\n"
    )
    send(house, mail.encode(), DESK, sender=f"max-{key}@kunde.example")
    told = only(sink, SALES)
    assert house.value("SELECT kind FROM record") == "unsorted"
    say(house, told, EVA, "!anfrage")
    (first, ref, state), (second, _, _) = house.query("SELECT kind, ref, state FROM record ORDER BY id")
    assert (first, state, second) == ("unsorted", "done", "lead")
    lead_ref = house.value("SELECT ref FROM record WHERE kind = 'lead'")
    read_again = json.loads(house.postroom("show", ref, "--json").stdout)["record"]
    opened_as = json.loads(house.postroom("show", lead_ref, "--json").stdout)["record"]
    assert read_again["result"] == f"read again as {lead_ref}"
    assert opened_as["received_at"] == read_again["received_at"], "the clock runs from when the mail came"
    assert opened_as["related"] == [ref]
    assert "blauen" in words_of(only(sink, SALES, 2))
    say(house, sink.to(SALES)[-1], EVA, "Ja, er steht noch hier.")
    wait_until(lambda: sink.to(f"max-{key}@kunde.example"), 20, "the customer is answered")
    reply = opened(sink.to(f"max-{key}@kunde.example")[-1])
    assert (str(reply["Subject"]), str(reply["In-Reply-To"])) == ("Re: Frage", f"<{key}@kunde.example>")
    assert house.postroom("ledger").returncode == 0
