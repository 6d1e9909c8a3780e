"""Answers to a visit mail on their whole way through the desk: accepted at the customer's address, read and done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.load import canonical
from daemon.act import act, open_by_hand
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, desk_keys
from daemon.store import evidence, messages, open_store, records
from daemon.store.chains import Chain
from parsers.records import Booking, Customer, Parsed, Reading, Vehicle
from rules.decide import decide
from rules.model import Action, Actor, Context, Envelope, Opening, Record
from rules.reference import token
from tests.unit.conftest import PostRoom, accept, finish_pending

MAILS = Path(__file__).parents[2] / "golden/calendar-answers"
KARIN = "karin@beispiel.example"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CAME = datetime(2026, 11, 20, 10, 16, tzinfo=UTC)


@pytest.fixture
def shift(post_room: PostRoom) -> Iterator[Shift]:
    store = open_store(post_room.url)
    settings = post_room.settings
    one = Shift(settings, store, Clock(), Reader({}), desk_keys(settings))
    keep = canonical(settings).encode()
    store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, AT)).result()
    yield one
    one.reader.close()
    store.close()


@pytest.fixture
def offered(shift: Shift) -> Record:
    """A booking that waits for the customer's answer."""
    settings = shift.settings
    site = settings.sites["berlin"]
    reading = Reading(
        kind="booking",
        language="de",
        customer=Customer(name="Karin Beispiel", emails=(KARIN,)),
        vehicles=(Vehicle(role="own", make="Volkswagen", plate="B-KB 123"),),
        booking=Booking(services=("Inspektion",)),
    )
    parsed = Parsed(digest="", readings=(reading,))
    envelope = Envelope(recipient=site.desk, channel="command", accepted_at=AT)
    decision = decide(reading, envelope, parsed, site, None, settings, Context(), AT, 0)
    opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=AT)
    opened = open_by_hand(shift.store, settings, opening, Action(name="open", actor=Actor("command")), AT)
    offer = Action(name="offer", actor=Actor("command", "anna"), args={"at": "2026-12-03T09:00"})
    return act(shift.store, settings, opened.ref, offer, AT)


def answer(shift: Shift, record: Record, raw: bytes, at: datetime = CAME) -> Record:
    """A mail to the customer's own address; the record after it."""
    site = shift.settings.sites["berlin"]
    desk = site.desk.replace("@", f"+{token(record.ref, 'customer', shift.keys[0])}@")
    accept(shift, Chain("answers"), [(desk, raw)], at)
    finish_pending(shift)
    return now(shift, record)


def now(shift: Shift, record: Record) -> Record:
    with shift.store.read() as connection:
        kept = records.load(connection, record.ref)
        assert kept is not None
        findings = [one for one in evidence.check(connection, wall_now()) if record.ref in str(one.where)]
    assert findings == []
    return kept.record


def sample(record: Record, name: str) -> bytes:
    """One of the mails of the table, about this visit."""
    assert record.visit is not None
    return (MAILS / f"{name}.eml").read_bytes().replace(b"b-7kq2m4-2@post.example", record.visit.uid.encode())


def words(text: str) -> bytes:
    head = f"From: Karin Beispiel <{KARIN}>\r\nTo: desk\r\nSubject: Re: Ihr Termin\r\n"
    dated = "Date: Fri, 20 Nov 2026 11:15:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return f"{head}{dated}{text}\r\n".encode()


def named(name: str) -> str:
    return next(path.stem for path in MAILS.glob(f"*-{name}.eml") if path.stem.partition("-")[2] == name)


def test_the_calendar_of_a_telephone_settles_an_offer(shift: Shift, offered: Record) -> None:
    after = answer(shift, offered, sample(offered, named("apple-ios-accepts")))
    assert (after.state, after.visit and after.visit.answer) == ("scheduled", "accepted")


def test_the_same_file_again_wakes_nobody(shift: Shift, offered: Record) -> None:
    raw = sample(offered, named("outlook-declines"))
    once = answer(shift, offered, raw)
    again = answer(shift, offered, raw.replace(b"AM0PR01@", b"AM0PR02@"))
    assert (once.state, again.state) == ("declined", "declined")
    assert again.visit == once.visit


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Ja", "scheduled"),
        ("Nein", "declined"),
        ("Anderer Termin: 4.12. um 10 Uhr", "countered"),
        ("Anderer Termin: nächste Woche", "postponed"),
        ("Bitte stornieren", "cancelled"),
        ("Ja, aber geht auch Freitag?", "offered"),
        ("STATUS", "offered"),
    ],
)
def test_words(shift: Shift, offered: Record, text: str, state: str) -> None:
    assert answer(shift, offered, words(text)).state == state


def test_a_preference_is_kept_with_the_visit(shift: Shift, offered: Record) -> None:
    after = answer(shift, offered, words("Bitte erinnern Sie mich 3 Tage vorher"))
    assert (after.state, after.visit and after.visit.reminder) == ("offered", 3)


def test_a_yes_that_comes_too_late_is_read_by_the_team(shift: Shift, offered: Record) -> None:
    sooner = Action(name="offer", actor=Actor("command", "anna"), args={"at": "2026-11-20T14:00"})
    before = act(shift.store, shift.settings, offered.ref, sooner, AT)
    after = answer(shift, offered, words("Ja"), datetime(2026, 11, 20, 13, 30, tzinfo=UTC))
    assert (after.state, after.revision) == ("offered", before.revision + 1)
    assert after.visit == before.visit
    with shift.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT data FROM notice WHERE purpose = 'attached' ORDER BY id").all()
    assert "has passed" in str(rows[-1][0])
