"""A customer's calendar asks for a visit, asks for another time and withdraws: one record, and the team is told."""

from collections.abc import Iterator

import pytest

from config.load import canonical
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, desk_keys
from daemon.store import evidence, messages, open_store, records
from daemon.store.chains import Chain
from rules.model import Record
from tests.unit.conftest import PostRoom, accept, finish_pending

DESK = "desk.berlin@leads.muster.example"
UID = "7f3a@kunde.example"


def invitation(method: str, sequence: int, start: str, uid: str = UID, words: str = "") -> bytes:
    event = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
        f"SEQUENCE:{sequence}\r\nDTSTAMP:20261120T080000Z\r\nDTSTART:{start}\r\nSUMMARY:Inspektion VW Golf\r\n"
        f"ORGANIZER;CN=Eva Beispiel:mailto:eva@kunde.example\r\nATTENDEE;CN=Werkstatt:mailto:{DESK}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return (
        f"From: Eva Beispiel <eva@kunde.example>\r\nTo: {DESK}\r\nSubject: Inspektion {words}\r\n"
        f"Message-ID: <{method}.{sequence}.{uid}>\r\nDate: Fri, 20 Nov 2026 09:00:0{sequence} +0100\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n{event}"
    ).encode()


@pytest.fixture
def shift(post_room: PostRoom) -> Iterator[Shift]:
    store, settings = open_store(post_room.url), post_room.settings
    one = Shift(settings, store, Clock(), Reader({}), desk_keys(settings))
    keep = canonical(settings).encode()
    store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, wall_now())).result()
    yield one
    one.reader.close()
    store.close()


def bookings(shift: Shift, *raws: bytes) -> list[Record]:
    for raw in raws:
        accept(shift, Chain("test"), [(DESK, raw)], wall_now())
        finish_pending(shift)
    with shift.store.read() as connection:
        assert list(evidence.check(connection, wall_now())) == []
        return [one.record for one in records.listing(connection, kind="booking")]


def test_an_invitation_opens_a_booking_with_its_time(shift: Shift) -> None:
    (record,) = bookings(shift, invitation("REQUEST", 0, "20991203T080000Z"))
    booking = record.reading.booking
    assert booking is not None
    assert (booking.starts_at, booking.method, booking.uid) == ("2099-12-03T08:00:00+00:00", "REQUEST", UID)
    assert record.reading.customer is not None
    assert record.reading.customer.emails == ("eva@kunde.example",)


def test_a_newer_invitation_and_its_withdrawal_come_to_the_same_record(shift: Shift) -> None:
    (record,) = bookings(
        shift,
        invitation("REQUEST", 0, "20991203T080000Z"),
        invitation("REQUEST", 1, "20991204T090000Z", words="verschoben"),
        invitation("CANCEL", 2, "20991204T090000Z", words="abgesagt"),
    )
    seconds = [one.reading.booking for one in record.requests]
    assert [(one.method, one.sequence) for one in seconds if one] == [("REQUEST", 1), ("CANCEL", 2)]
    with shift.store.read() as connection:
        told = [one["purpose"] for one in records.notices(connection, record.ref)]
    assert told == ["new", "again", "again"]


def test_another_invitation_is_a_booking_of_its_own(shift: Shift) -> None:
    found = bookings(
        shift,
        invitation("REQUEST", 0, "20991203T080000Z"),
        invitation("REQUEST", 0, "20991210T080000Z", uid="other@kunde.example", words="zwei"),
    )
    assert len(found) == 2
