"""S10: whatever answers us, whatever it strips, ends at the caps: two houses, responders, bounces, our own address.

Mail is carried by hand, one round after the other, on a clock that stands still: what does not end then never would.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

import pytest

from tests.support.bounces import FINAL, bounce
from tests.support.client import lead, send
from tests.support.daemon import ADMIN, SALES, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Arrived, Sink
from tests.support.waiting import wait_until

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CUSTOMER = "eva@kunde.example"
DESK, THEIR_DESK = "desk.berlin@leads.muster.example", "desk.berlin@leads.anders.example"
CAP = 5
ROUNDS = 60
"""A loop that is not over by then is none that ends."""

Answerer = Callable[[Arrived], Iterable[tuple[bytes, str, str]]]
"""What becomes of a mail that we sent: mails to us, each with its envelope sender and recipient."""
KINDS = '["lead", "booking", "unsorted", "check-in", "review", "complaint"]'


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file with the time of all daemons of the test."""
    file = tmp_path / "clock"
    file.write_text(BEGIN.isoformat())
    return file


def polite(new_house: Houses, clock: Path, *, brakes: str = "", also: str = "") -> Installation:
    """A house that answers as much as one can be made to: receipts for everything, and no proof is asked for."""
    house = new_house(started=False)
    sites = (house.directory / "sites.toml").read_text("utf-8")
    sites = re.sub(r"# receipt = .*", f'receipt = {KINDS}\ntrust = "token"', sites)
    house.write("sites.toml", sites)
    house.append("postroom.toml", f"\n[brakes]\n{brakes}\n")
    for file in house.directory.rglob("*.toml") if also else ():
        file.write_text(file.read_text("utf-8").replace("muster.example", also), "utf-8")
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    return house


def carry(houses: dict[str, Installation], sink: Sink, answer: Answerer, clock: Path) -> None:
    """Carry mails until nothing moves.

    Args:
        houses: By the domain of their desks.
        sink: Where all of them send to.
        answer: What comes back for each of their mails.
        clock: The time.
    """
    seen = 0
    for _ in range(ROUNDS):
        for house in houses.values():
            wait_until(lambda house=house: _is_quiet(house, clock), 20, "nothing moves")  # type: ignore[misc]
        fresh, seen = sink.mails[seen:], len(sink.mails)
        if not fresh:
            return
        for mail in fresh:
            for raw, sender, to in answer(mail):
                send(houses[to.rpartition("@")[2]], raw, to, sender=sender)
    raise AssertionError(f"{len(sink.mails)} mails, and no end")


def _is_quiet(house: Installation, clock: Path) -> bool:
    now = clock.read_text().replace("T", " ").partition("+")[0]
    return not house.value(
        "SELECT (SELECT count(*) FROM message WHERE fate = 'pending')"
        " + (SELECT count(*) FROM notice WHERE outbox IS NULL AND withdrawn_at IS NULL"
        "    AND coalesce(held_until, at) <= ?)"
        " + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'unknown'))",
        f"{now}.999999",
    )


def alarms(sink: Sink, about: str) -> list[Arrived]:
    """What the admin was told of it."""
    return [mail for mail in sink.to(ADMIN) if about in " ".join(str(mail.parsed()["Subject"]).split())]


def bare(sender: str, to: str, subject: str, text: str, number: int) -> bytes:
    """A mail without any sign of what wrote it, unlike every other."""
    date = (BEGIN + timedelta(seconds=number)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{number}@strip.example>"
    return f"{head}\r\n\r\n{text} ({number})\r\n".encode()


class Responder:
    """Answers each mail to one address and strips all that would tell."""

    def __init__(self, address: str, to: str, text: str = "Danke, ich bin verreist.") -> None:
        self._address = address
        self._to = to
        self._text = text
        self.answers = 0

    def __call__(self, mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        """Answer."""
        if mail.recipient != self._address:
            return
        self.answers += 1
        parsed = mail.parsed()
        to = mail.sender if self._to == "envelope" else _mailbox(parsed, self._to)
        subject = f"Re: {self.answers}" if self._to == "From" else f"Re: {parsed['Subject']}"
        raw = bare(self._address, to, subject.replace("\n", " ").replace("\r", ""), self._text, self.answers)
        yield raw, self._address, to


def another_car(number: int) -> str:
    """A request that is no second one of those before."""
    return f"Marke: VW\r\nModell: Typ {number}\r\nNachricht: Noch da?"


def _mailbox(mail: Message, field: str) -> str:
    return parseaddr(str(mail[field]))[1]


def _poke(house: Installation, number: int = 900) -> None:
    send(house, bare(CUSTOMER, DESK, "Anfrage", "Ist der Golf noch da?", number), DESK, sender=CUSTOMER)


def test_two_houses_that_face_each_other_do_not_even_begin(new_house: Houses, sink: Sink, clock: Path) -> None:
    ours, theirs = polite(new_house, clock), polite(new_house, clock, also="anders.example")
    houses = {"leads.muster.example": ours, "leads.anders.example": theirs}

    def through(mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        if mail.recipient.rpartition("@")[2] in houses:
            yield mail.content, mail.sender, mail.recipient

    send(ours, bare(THEIR_DESK, DESK, "Anfrage", "Ist der Golf noch da?", 1), DESK, sender=THEIR_DESK)
    carry(houses, sink, through, clock)
    assert (len(sink.to(THEIR_DESK)), len(sink.to(DESK))) == (1, 0)
    assert theirs.query("SELECT fate FROM message") == [("automatic",)]


def test_two_houses_behind_a_server_that_strips_all_end_at_the_cap(
    new_house: Houses, sink: Sink, clock: Path, tell: Tell
) -> None:
    ours, theirs = polite(new_house, clock), polite(new_house, clock, also="anders.example")
    houses = {"leads.muster.example": ours, "leads.anders.example": theirs}
    number = iter(range(10, 1000))

    def stripped(mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        if mail.recipient.rpartition("@")[2] in houses:
            sender = _mailbox(mail.parsed(), "From")
            mine = next(number)
            yield bare(sender, mail.recipient, "Anfrage", another_car(mine), mine), sender, mail.recipient

    for hour in range(1, 8):
        send(ours, bare(THEIR_DESK, DESK, "Anfrage", another_car(hour), hour), DESK, sender=THEIR_DESK)
        carry(houses, sink, stripped, clock)
        assert len(sink.to(THEIR_DESK)) <= min(CAP * hour, 20)
        assert len(sink.to(DESK)) <= min(CAP * hour, 20)
        clock.write_text((BEGIN + hour * timedelta(minutes=61)).isoformat())
    tell(f"S10: a loop of two houses without any header: {len(sink.to(THEIR_DESK))} mails in a day, one alarm")
    assert len(sink.to(THEIR_DESK)) == 20
    assert len(alarms(sink, f"because of {THEIR_DESK}")) == 1
    assert ours.value("SELECT count(*) FROM notice WHERE withdrawn_because IS NOT NULL") >= 1


@pytest.mark.parametrize("to", ["From", "Reply-To", "envelope"])
def test_a_customers_responder_that_strips_all_gets_one_mail(
    to: str, new_house: Houses, sink: Sink, clock: Path
) -> None:
    """What it writes is a second request of the same person, for which there is no second receipt."""
    house = polite(new_house, clock)
    _poke(house)
    carry({"leads.muster.example": house}, sink, Responder(CUSTOMER, to), clock)
    assert len(sink.to(CUSTOMER)) == 1
    assert not alarms(sink, f"because of {CUSTOMER}")
    assert house.postroom("ledger").returncode == 0


def test_a_teams_responder_that_nobody_vouches_for_ends_at_the_cap(new_house: Houses, sink: Sink, clock: Path) -> None:
    house = polite(new_house, clock)
    house.write("sites.toml", (house.directory / "sites.toml").read_text("utf-8").replace('trust = "token"\n', ""))
    house.reload()
    send(house, lead("k1"))
    carry({"leads.muster.example": house}, sink, Responder(SALES, "Reply-To"), clock)
    assert len(sink.to(SALES)) == 1 + CAP
    assert len(alarms(sink, f"because of {SALES}")) == 1
    attached = house.value("SELECT count(*) FROM message WHERE fate = 'attached'")
    assert attached == 1 + CAP, "what was not told is kept all the same"


def test_a_flood_of_customers_waits_for_room_and_is_not_lost(new_house: Houses, sink: Sink, clock: Path) -> None:
    """Each of them is another one, so that no cap holds."""
    house = polite(new_house, clock, brakes="customers_per_hour = 4")
    customers = [f"kunde-{number}@kunde.example" for number in range(10)]
    for number, address in enumerate(customers):
        send(house, bare(address, DESK, "Anfrage", "Noch da?", number), DESK, sender=address)
    arrived = []
    for hour in range(1, 5):
        carry({"leads.muster.example": house}, sink, lambda mail: (), clock)
        arrived.append(sum(len(sink.to(address)) for address in customers))
        clock.write_text((BEGIN + hour * timedelta(minutes=61)).isoformat())
    assert arrived == [4, 8, 10, 10]
    assert [len(sink.to(address)) for address in customers] == [1] * 10
    assert len(sink.to(SALES)) == 10, "teams are told whatever the brake says"
    assert len(alarms(sink, "mails to customers wait")) == 1


def test_a_server_that_sends_everything_back_ends_by_itself(new_house: Houses, sink: Sink, clock: Path) -> None:
    house = polite(new_house, clock)
    count = iter(range(1, 1000))

    def back(mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        if mail.sender.endswith("@leads.muster.example"):
            yield bounce(FINAL["Postfix"], mail.sender, mail.recipient, next(count)), "", mail.sender

    for number in range(3):
        _poke(house, 900 + number)
    carry({"leads.muster.example": house}, sink, back, clock)
    assert len(sink.to(CUSTOMER)) == 1, "three times the same question gets one receipt"
    assert len(sink.to(SALES)) <= 2 * 3
    returned = [mail for mail in sink.to(ADMIN) if mail.record]
    assert 1 <= len(returned) <= CAP
    assert house.postroom("ledger").returncode == 0


def test_bounces_to_from_that_look_like_a_persons_end_at_once(new_house: Houses, sink: Sink, clock: Path) -> None:
    house = polite(new_house, clock)
    _poke(house)
    responder = Responder(CUSTOMER, "From", "Hm: nobody of that name here.")
    carry({"leads.muster.example": house}, sink, responder, clock)
    assert len(sink.to(CUSTOMER)) == 1


def test_our_own_address_in_cc_and_in_reply_to_is_never_written_to(new_house: Houses, sink: Sink, clock: Path) -> None:
    house = polite(new_house, clock)
    raw = bare(CUSTOMER, DESK, "Anfrage", "Noch da?", 1)
    raw = raw.replace(
        b"Subject:", f"Cc: desk.potsdam@leads.muster.example, {DESK}\r\nReply-To: {DESK}\r\nSubject:".encode()
    )
    send(house, raw, DESK, "desk.potsdam@leads.muster.example", sender=CUSTOMER)
    own = bare(DESK, DESK, "Anfrage", "Noch da?", 2)
    send(house, own, DESK, sender=DESK)

    def through(mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        if mail.recipient.endswith("@leads.muster.example"):
            yield mail.content, mail.sender, mail.recipient

    carry({"leads.muster.example": house}, sink, through, clock)
    assert [mail.recipient for mail in sink.mails if mail.recipient.endswith("leads.muster.example")] == []
    assert sink.to(CUSTOMER) == []


def test_a_team_that_passes_all_on_to_the_desk_ends_at_the_cap(new_house: Houses, sink: Sink, clock: Path) -> None:
    """Its mailbox sends our notifications back to the desk, From and subject as they were, all else stripped."""
    house = polite(new_house, clock)
    number = iter(range(10, 1000))

    def forwarded(mail: Arrived) -> Iterable[tuple[bytes, str, str]]:
        if mail.recipient == SALES:
            subject = str(mail.parsed()["Subject"]).replace("\r", "").replace("\n", "")
            yield bare(_mailbox(mail.parsed(), "From"), DESK, subject, "weiter", next(number)), DESK, DESK

    _poke(house)
    carry({"leads.muster.example": house}, sink, forwarded, clock)
    assert len(sink.to(SALES)) <= 1 + CAP
    assert len(alarms(sink, f"because of {DESK}")) == 1
