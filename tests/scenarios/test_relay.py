"""A relay that is down, refuses, or hangs up: what is tried again, what a person is told, what is never sent twice."""

from collections.abc import Iterator

import pytest

from config.load import load
from daemon.act import act
from daemon.control import ask
from daemon.seams import wall_now
from daemon.shift import database_url
from daemon.store import open_store
from rules.model import Action, Actor
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, SALES, STOP_SECONDS, WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Databases, Houses
from tests.support.sink import DROP, HANG, Arrived, Attempt, Script, Sink
from tests.support.waiting import wait_until

LETTER = """
    SELECT outbox.id, outbox.state, outbox.attempts, outbox.reached_data, outbox.message_id, outbox.last_error
    FROM outbox JOIN record ON record.id = outbox.record WHERE record.data LIKE ?
"""


@pytest.fixture(scope="module")
def relay() -> Iterator[Sink]:
    relay = Sink()
    yield relay
    relay.close()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, relay: Sink, new_database: Databases) -> Iterator[Installation]:
    """A daemon with a relay that the tests of this module misuse."""
    house = Installation(tmp_path_factory.mktemp("relay") / "house", relay.url, database=new_database())
    house.start()
    yield house
    house.close()


@pytest.fixture(autouse=True)
def _in_order_again(relay: Sink) -> Iterator[None]:
    yield
    relay.script = lambda attempt: None


def _letter(house: Installation, key: str, state: str) -> tuple[int, str, int, int, str, str]:
    """The letter about a lead, as soon as it has the state."""
    found = wait_until(
        lambda: [row for row in house.query(LETTER, f"%kunde-{key}@%") if row[1] == state], 20, f"a letter is {state}"
    )
    return found[0]


def _retry(house: Installation, letter: int) -> None:
    done = house.postroom("queue", "retry", str(letter))
    assert done.returncode == 0, done.stdout + done.stderr


def _told(relay: Sink, key: str) -> list[Arrived]:
    return [mail for mail in relay.about(f"kunde-{key}@") if mail.recipient == SALES]


def at(command: str, answer: str) -> Script:
    def script(attempt: Attempt) -> str | None:
        return answer if attempt.command == command and attempt.recipient in ("", SALES) else None

    return script


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
def test_for_now_refused_is_tried_again(command: str, own: Installation, relay: Sink) -> None:
    relay.script = at(command, "450 4.2.0 later")
    send(own, lead(key := new_key()))
    letter = _wait_for_error(own, key)
    assert letter[1:3] == ("waiting", 1)
    assert "450" in letter[5]
    assert _told(relay, key) == []
    relay.script = lambda attempt: None
    _retry(own, letter[0])
    wait_until(lambda: _told(relay, key), 20)
    assert _letter(own, key, "sent")[2] == 2
    assert len(_told(relay, key)) == 1


def _wait_for_error(house: Installation, key: str) -> tuple[int, str, int, int, str, str]:
    """The letter about a lead, as soon as an attempt has failed."""
    found = wait_until(
        lambda: [row for row in house.query(LETTER, f"%kunde-{key}@%") if row[5]], 20, "an attempt failed"
    )
    return found[0]


@pytest.mark.parametrize("command", ["RCPT", "DOT"])
def test_refused_for_good_is_told_to_the_admin(command: str, own: Installation, relay: Sink) -> None:
    alarms = len(relay.to(ADMIN))
    relay.script = at(command, "550 5.1.1 no such mailbox")
    send(own, lead(key := new_key()))
    letter = _letter(own, key, "failed")
    assert "550 5.1.1 no such mailbox" in letter[5]
    alarm = wait_until(lambda: relay.to(ADMIN)[alarms:], 20, "the admin is told")[0].parsed()
    assert SALES in str(alarm["Subject"])
    assert f"postroom queue retry {letter[0]}" in alarm.as_string()
    relay.script = lambda attempt: None
    _retry(own, letter[0])
    wait_until(lambda: _told(relay, key), 20)


def test_an_unknown_outcome_is_sent_again_as_the_same_mail(own: Installation, relay: Sink) -> None:
    relay.script = at("DOT", DROP)
    send(own, lead(key := new_key()))
    letter = _letter(own, key, "unknown")
    assert letter[3] == 1
    relay.script = lambda attempt: None
    _retry(own, letter[0])
    first, second = wait_until(lambda: len(m := _told(relay, key)) == 2 and m, 20)
    assert first.message_id == second.message_id == letter[4]
    assert first.content == second.content
    _letter(own, key, "sent")


def test_a_relay_that_comes_back_gets_everything_once(own: Installation, relay: Sink) -> None:
    relay.down()
    keys = [new_key() for _ in range(5)]
    try:
        for key in keys:
            send(own, lead(key))
        for key in keys:
            _letter(own, key, "waiting")
    finally:
        relay.up()
    for key in keys:
        _letter(own, key, "sent")
        assert len(_told(relay, key)) == 1


def test_what_no_longer_holds_is_not_sent(own: Installation, relay: Sink) -> None:
    done, noted = new_key(), new_key()
    relay.down()
    try:
        for key in (done, noted):
            send(own, lead(key))
            _letter(own, key, "waiting")
        before = _letter(own, noted, "waiting")[4]
        _act(own, done, "done")
        _act(own, noted, "take")
        ask(own.data, {"do": "wake"})
        _letter(own, done, "withdrawn")
        revision = "SELECT outbox.revision FROM outbox JOIN record ON record.id = record WHERE record.data LIKE ?"
        wait_until(lambda: own.value(revision, f"%kunde-{noted}@%") == 2)
    finally:
        relay.up()
    mail = wait_until(lambda: _told(relay, noted), 20)[0]
    assert mail.message_id == before, "written again as the same mail"
    assert _told(relay, done) == []


def _act(house: Installation, key: str, name: str) -> None:
    settings, problems = load(house.directory)
    assert settings, problems
    store = open_store(database_url(settings))
    try:
        ref = house.value("SELECT ref FROM record WHERE data LIKE ?", f"%kunde-{key}@%")
        act(store, settings, ref, Action(name=name, actor=Actor("team", "someone@muster.example")), wall_now())
    finally:
        store.close()


@ON_SQLITE
def test_a_relay_that_hangs_does_not_hold_up_the_end(new_house: Houses, sink: Sink) -> None:
    house = new_house()
    sink.script = at("DOT", HANG)
    send(house, lead(key := new_key()))
    first = wait_until(lambda: _told(sink, key), 20)[0]
    assert house.stop() <= STOP_SECONDS
    sink.script = lambda attempt: None
    house.start()
    second = wait_until(lambda: _told(sink, key)[1:], 20)[0]
    assert first.message_id == second.message_id
    house.settle()
    assert house.value("SELECT state FROM outbox") == "sent"


BOUNCE = """\
From: MAILER-DAEMON@relay.example\r
To: {to}\r
Subject: Undelivered Mail\r
Message-ID: <bounce.{key}@relay.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
\r
It could not be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; relay.example\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: 5.1.1\r
--b--\r
"""


def test_a_bounce_names_the_mail_that_it_is_about(own: Installation, relay: Sink) -> None:
    send(own, lead(key := new_key()))
    mail = wait_until(lambda: _told(relay, key), 20)[0]
    letter = _letter(own, key, "sent")[0]
    forged = mail.sender.replace(f"+b{letter}.", f"+b{letter + 1}.")
    for to in (mail.sender, forged):
        send(own, BOUNCE.format(to=to, key=new_key("bounce"), recipient=SALES).encode(), to, sender="")
    assert _reason(own, mail.sender).endswith(f"; of outgoing mail {letter}")
    assert "outgoing mail" not in _reason(own, forged)


def _reason(house: Installation, recipient: str) -> str:
    """Why a mail to an address is a bounce, as soon as it is."""
    query = "SELECT reason FROM message WHERE recipient = ? AND fate = 'bounce'"
    return str(wait_until(lambda: house.value(query, recipient), 20, f"a bounce to {recipient}"))


def test_the_address_of_a_source_is_in_no_notification_but_its_original(own: Installation, relay: Sink) -> None:
    send(own, lead(key := new_key()))
    mail = wait_until(lambda: _told(relay, key), 20)[0].parsed()
    for part in mail.walk():
        if part.get_content_type() in ("text/plain", "text/html") and part in mail.get_payload():
            assert WEBSITE not in str(part.get_payload(decode=True))
