"""S11: a bounce is known by our own signed envelope sender, and the record learns of it; nobody can make one up."""

from collections.abc import Iterator

import msgspec
import pytest

from config.load import load
from daemon.shift import desk_keys
from rules.model import Record
from rules.reference import bounce_token, token
from tests.support.bounces import FINAL, LATE, bounce
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, SALES, Installation
from tests.support.fixtures import Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

DESK = "desk.berlin@leads.muster.example"


@pytest.fixture(scope="session")
def polite(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """A daemon whose customers get receipts."""
    house = Installation(tmp_path_factory.mktemp("polite") / "house", shared_sink.url)
    sites = (house.directory / "sites.toml").read_text("utf-8")
    house.write("sites.toml", sites.replace('# receipt = ["lead", "booking"]', 'receipt = ["lead", "booking"]'))
    house.start()
    yield house
    house.close()


class Told(msgspec.Struct, frozen=True):
    """A customer who got a receipt."""

    key: str
    address: str
    back: str
    """The receipt's envelope sender."""
    ref: str


def told(house: Installation, sink: Sink) -> Told:
    """Have a customer get a receipt."""
    key = new_key()
    address = f"kunde-{key}@kunde.example"
    send(house, lead(key))
    (mail,) = wait_until(lambda: sink.to(address), 20, "a receipt")
    wait_until(lambda: house.value("SELECT 1 FROM outbox WHERE recipient = ? AND state = 'sent'", address), 20)
    return Told(key, address, mail.sender, mail.record or "")


def fate(house: Installation, number: int) -> tuple[str, str]:
    """Fate and reason of a mail, once it has one."""
    subject = "SELECT fate, reason FROM message WHERE id = ? AND fate != 'pending'"
    return wait_until(lambda: house.query(subject, number), 20, "a fate")[0]


def sent(house: Installation, raw: bytes, to: str) -> int:
    """Send a mail without an envelope sender, as servers send such; its number."""
    before = house.value("SELECT coalesce(max(id), 0) FROM message")
    send(house, raw, to, sender="")
    found: int = wait_until(lambda: house.value("SELECT max(id) FROM message WHERE id > ?", before), 20)
    return found


def record(house: Installation, ref: str) -> Record:
    return msgspec.json.decode(house.value("SELECT data FROM record WHERE ref = ?", ref), type=Record)


def test_there_are_fifteen_shapes_at_least() -> None:
    assert len(FINAL) >= 15


@pytest.mark.parametrize("name", FINAL)
def test_a_bounce_finds_its_mail_and_the_team_is_told(name: str, polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    number = sent(polite, bounce(FINAL[name], customer.back, customer.address), customer.back)
    letter = polite.value("SELECT id FROM outbox WHERE recipient = ?", customer.address)
    got, why = fate(polite, number)
    assert (got, why.rpartition("; ")[2]) == ("bounce", f"of outgoing mail {letter}")
    assert record(polite, customer.ref).bounced == (customer.address,)
    assert polite.value("SELECT returned_at IS NOT NULL FROM outbox WHERE id = ?", letter) == 1
    of_it = "SELECT recipient FROM notice JOIN record ON record = record.id WHERE ref = ? AND purpose = 'returned'"
    assert polite.query(of_it, customer.ref) == [(SALES,)]
    assert polite.query("SELECT how FROM message_record WHERE message = ?", number) == [("attached",)]


@pytest.mark.parametrize("name", LATE)
def test_what_is_only_late_marks_nobody(name: str, polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    number = sent(polite, bounce(LATE[name], customer.back, customer.address), customer.back)
    got, why = fate(polite, number)
    assert (got, "of outgoing mail" in why) == ("bounce", True)
    assert record(polite, customer.ref).bounced == ()
    assert record(polite, customer.ref).revision == 1


def test_a_mail_comes_back_once_however_often_it_is_said(polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    numbers = [
        sent(polite, bounce(FINAL["Postfix"], customer.back, customer.address, number), customer.back)
        for number in range(4)
    ]
    assert [fate(polite, number)[0] for number in numbers] == ["bounce"] * 4
    assert record(polite, customer.ref).revision == 2


def test_a_customer_whose_mail_came_back_can_be_reached_once_he_writes(polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    fate(polite, sent(polite, bounce(FINAL["Postfix"], customer.back, customer.address), customer.back))
    refused = polite.postroom("do", customer.ref, "reply", "text=Hallo")
    assert "came back" in refused.stdout + refused.stderr
    reply_to = str(shared_sink.to(customer.address)[0].parsed()["Reply-To"])
    answer = f"From: {customer.address}\r\nTo: {reply_to}\r\nSubject: Da bin ich\r\n\r\nJetzt geht es wieder.\r\n"
    send(polite, answer.encode(), reply_to, sender=customer.address)
    wait_until(lambda: record(polite, customer.ref).bounced == (), 20, "he can be reached")


def test_what_the_house_does_not_get_the_admin_is_told(polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    (mail,) = wait_until(lambda: [m for m in shared_sink.to(SALES) if m.record == customer.ref], 20)
    fate(polite, sent(polite, bounce(FINAL["Exchange"], mail.sender, SALES), mail.sender))
    assert record(polite, customer.ref).bounced == ()
    of_it = "SELECT recipient FROM notice JOIN record ON record = record.id WHERE ref = ? AND purpose = 'returned'"
    assert polite.query(of_it, customer.ref) == [(ADMIN,)]


def test_a_person_who_writes_to_the_envelope_sender_is_heard(polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    raw = f"From: {customer.address}\r\nTo: {customer.back}\r\nSubject: Noch was\r\n\r\nUnd die Farbe?\r\n".encode()
    send(polite, raw, customer.back, sender=customer.address)
    of_it = "SELECT recipient, notice.data FROM notice JOIN record ON record = record.id WHERE ref = ? AND purpose = ?"
    ((to, notice),) = wait_until(lambda: polite.query(of_it, customer.ref, "attached"), 20, "it is told")
    assert (to, "Und die Farbe?" in notice) == (SALES, True)


def test_a_vacation_message_to_the_envelope_sender_is_no_bounce(polite: Installation, shared_sink: Sink) -> None:
    customer = told(polite, shared_sink)
    raw = f"From: {customer.address}\r\nSubject: Abwesenheitsnotiz\r\nAuto-Submitted: auto-replied\r\n\r\nBin weg.\r\n"
    got, why = fate(polite, sent(polite, raw.encode(), customer.back))
    assert (got, "an answer to outgoing mail" in why) == ("automatic", True)
    assert record(polite, customer.ref).revision == 1


def test_a_forged_bounce_says_nothing(polite: Installation, shared_sink: Sink, tell: Tell) -> None:
    """Wrong signatures, another mail's, another desk, the token of a record, none at all."""
    customer, other = told(polite, shared_sink), told(polite, shared_sink)
    local, _, domain = customer.back.partition("@")
    desk, _, mark = local.partition("+")
    number, _, signature = mark.partition(".")
    another = other.back.partition("+b")[2].partition(".")[0]
    settings, _ = load(polite.directory)
    assert settings is not None
    (key,) = desk_keys(settings)
    forged = [
        f"{desk}+{number}.{'a' * len(signature)}@{domain}",
        f"{desk}+{number}.{signature[:-1]}@{domain}",
        f"{desk}+{number}.{signature[::-1]}@{domain}",
        f"{desk}+b{another}.{signature}@{domain}",
        f"{desk}+b0{number[1:]}.{signature}@{domain}",
        f"{desk}+b99999.{signature}@{domain}",
        f"desk.potsdam+{mark}@{domain}",
        f"{desk}+b999999.{bounce_token(999_999, key).partition('.')[2]}@{domain}",
        f"{desk}+{bounce_token(int(number[1:]), b'another key' * 3)}@{domain}",
        f"{desk}+{token(customer.ref, 'customer', key)}@{domain}",
        f"{desk}@{domain}",
    ]
    for index, back in enumerate(forged):
        got, why = fate(polite, sent(polite, bounce(FINAL["Postfix"], back, customer.address, index), back))
        assert "of outgoing mail" not in why, back
        assert got in ("bounce", "attached"), back
    for one in (customer, other):
        assert record(polite, one.ref).bounced == ()
    back = "SELECT count(*) FROM outbox WHERE recipient IN (?, ?) AND returned_at IS NOT NULL"
    assert polite.value(back, customer.address, other.address) == 0
    tell(f"S11: {len(FINAL)} shapes of bounces with our signature, each attributed; 0 of {len(forged)} forged")
