"""A workshop works on its bookings from its inbox: by commands with day and time, links, and one list each morning."""

from pathlib import Path
from typing import Any

import icalendar
import pytest

from tests.support.client import send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened, words_of
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

WORKSHOP = "service.berlin@muster.example"
EVA = "eva.beispiel@muster.example"
KARL = "karl.test@kunde.example"
BOOKINGS = "werkstatt.berlin.p5r1@leads.muster.example"
MAIL = Path(__file__).parents[2] / "config" / "example" / "mails" / "booking.eml"
THURSDAY, FRIDAY, NEXT_THURSDAY, NEXT_FRIDAY = "2026-11-26T", "2026-11-27T", "2026-12-03T", "2026-12-04T"


@pytest.fixture
def thursday(new_house: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Turned:
    """Thursday noon, a week before the day that the customer wants."""
    house = new_house(started=False, smtp=TRUSTS_BORDER)
    house.append("postroom.toml", '[monitor]\nday = "off"\nearly = "off"\n')
    turned = Turned(house, tmp_path / "clock")
    turned.set(f"{THURSDAY}12:00")
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(turned.clock))
    house.start(turned.env)
    return turned


def newest(sink: Sink, to: str, said: str) -> Arrived:
    """The newest mail to somebody whose subject has these words, once it is there."""

    def found() -> list[Arrived]:
        return [one for one in sink.to(to) if said in str(opened(one)["Subject"])]

    wait_until(found, 30, f"'{said}' to {to}")
    return found()[-1]


def say(turned: Turned, mail: Arrived, text: str, sender: str = EVA, **how: Any) -> None:
    content, address = answer_to(mail, sender, text, **how)
    send(turned.house, content, address, sender=sender)
    turned.house.settle()


def state(turned: Turned) -> str:
    return str(turned.house.value("SELECT state FROM record"))


def lists(sink: Sink) -> list[Arrived]:
    return [one for one in sink.to(WORKSHOP) if str(opened(one)["Subject"]).startswith("Werkstatt: ")]


def part(text: str, ref: str) -> str:
    """The heading that a booking stands under."""
    headings = ("Vorbei: eingetroffen oder erledigt?", "Wartet auf uns", "Wartet auf den Kunden", "Heute geplant")
    above = text[: text.index(ref)]
    return max((one for one in headings if one in above), key=above.rindex)


@ON_SQLITE
def test_a_booking_goes_through_the_lists_to_the_end(thursday: Turned, sink: Sink) -> None:
    send(thursday.house, MAIL.read_bytes(), BOOKINGS)
    told = newest(sink, WORKSHOP, "Karl Test")
    ref = str(thursday.house.value("SELECT ref FROM record"))
    assert "Gewünscht: Donnerstag, 3. Dezember 2026, 08:30 Uhr" in words_of(told)
    assert "!einplanen 2026-12-03 08:30" in words_of(told), "the link has the wanted time"

    thursday.turn(f"{FRIDAY}07:00")
    [listed] = lists(sink)
    assert part(words_of(listed), ref) == "Wartet auf uns"
    assert ".ics" not in listed.content.decode("utf-8", "replace"), "nothing is planned for that day"
    thursday.turn(f"{FRIDAY}08:00")
    assert [one for one in thursday.told("list") if one.recipient == WORKSHOP] == [], "it has a list of its own"

    say(thursday, told, "!anbieten vormittags")
    refused = newest(sink, EVA, "Nicht ausgeführt")
    assert "„vormittags“ versteht Postroom nicht" in words_of(refused)
    assert state(thursday) == "new"
    say(thursday, told, "!anbieten Fr, 4.12., 9 Uhr")
    assert state(thursday) == "offered"
    assert "Freitag, 4. Dezember 2026, 09:00 Uhr" in words_of(newest(sink, KARL, ""))

    thursday.turn("2026-11-30T07:00")
    assert part(words_of(lists(sink)[-1]), ref) == "Wartet auf den Kunden"
    say(thursday, told, "!einplanen 3.12. 8:30-10:00")
    assert state(thursday) == "scheduled"

    thursday.turn(f"{NEXT_THURSDAY}07:00")
    today = lists(sink)[-1]
    assert part(words_of(today), ref) == "Heute geplant"
    [calendar] = [one for one in opened(today).iter_attachments() if one.get_filename() == "visits-2026-12-03.ics"]
    events: list[Any] = icalendar.Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert [f"{one['DTSTART'].dt:%H:%M}" for one in events] == ["08:30"]

    thursday.turn(f"{NEXT_FRIDAY}07:00")
    assert part(words_of(lists(sink)[-1]), ref) == "Vorbei: eingetroffen oder erledigt?"
    say(thursday, told, "!erledigt")
    assert state(thursday) == "done"
    count = len(lists(sink))
    thursday.turn("2026-12-07T07:00")
    assert len(lists(sink)) == count, "nothing to tell, no mail"
    thursday.is_in_order()


@ON_SQLITE
def test_a_question_goes_to_the_customer_and_nothing_of_the_quotation(thursday: Turned, sink: Sink) -> None:
    send(thursday.house, MAIL.read_bytes(), BOOKINGS)
    told = newest(sink, WORKSHOP, "Karl Test")
    say(thursday, told, "!rückfrage Welche Reifen sollen es sein?")
    assert state(thursday) == "asked"
    asked = words_of(newest(sink, KARL, ""))
    assert "Welche Reifen sollen es sein?" in asked
    for ours in ("##-", "!rückfrage", "!einplanen", "Warum hier"):
        assert ours not in asked

    say(thursday, told, "!rückfrage Und die Felgen, siehe unten bei unserer Adresse controlling@muster.example?")
    assert "Nicht ausgeführt" in str(opened(newest(sink, EVA, "Nicht ausgeführt"))["Subject"])
    assert "Felgen" not in "".join(words_of(one) for one in sink.to(KARL))
