"""Row R5: whatever a relay answers, a mail goes out, now or later, or a person is told; a good one is never doubled."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import text

from daemon.outbox import smtp_line
from daemon.outbox.admin import Admin
from daemon.outbox.other_way import run
from daemon.outbox.relay import senders_for
from daemon.outbox.sender import Bell, LeaseLost, Sender
from daemon.store import outgoing
from tests.support.daemon import ADMIN
from tests.support.outgoing import Outgoing, letter_to, opened
from tests.support.sink import DROP, HANG, Attempt, Sink
from tests.support.waiting import wait_until

BAD, GOOD = "team@bad.example", "team@good.example"
GREYLISTED = "450 4.2.0 greylisted, come back in 10 minutes"


class Case(NamedTuple):
    """What the relay does the first times that it gets to a command, and what becomes of the letter in hand.

    `attempts` counts those that the letter is blamed for; `copies` are those that the relay may have kept.
    """

    command: str
    answer: str
    at_first: str
    finally_: str
    attempts: int
    copies: int
    times: int = 1


NOBODYS_FAULT = [
    Case(command, answer, "waiting", "sent", 1, 1)
    for command in ("CONNECT", "EHLO")
    for answer in ("421 4.3.2 closing", "554 5.3.2 no service", DROP)
    if (command, answer[:3]) != ("EHLO", "554")
]
TRIED_AGAIN = [
    Case(command, answer, "waiting", "sent", 2, 1)
    for command in ("MAIL", "RCPT", "DATA")
    for answer in ("450 4.2.0 later", "452 4.3.1 full", "421 4.3.2 closing", "hm?", DROP)
]
REFUSED = [
    Case(command, answer, "failed", "failed", 1, 0, times=2 if command == "MAIL" else 1)
    for command in ("MAIL", "RCPT", "DATA", "DOT")
    for answer in ("550 5.1.1 no", "552 5.3.4 too big", "554 5.7.1 no")
]
AFTER_THE_DOT = [
    Case("DOT", "450 4.2.0 later", "waiting", "sent", 2, 1),
    Case("DOT", "421 4.3.2 closing", "waiting", "sent", 2, 1),
    Case("DOT", "hm?", "unknown", "sent", 2, 1),
    Case("DOT", "354 go on", "unknown", "sent", 2, 1),
    Case("DOT", DROP, "unknown", "sent", 2, 2),
    Case("DOT", DROP, "unknown", "held", 2, 2, times=2),
]
OTHERS = [
    Case("EHLO", "554 5.5.1 HELO will do", "sent", "sent", 1, 1),
    Case("RCPT", GREYLISTED, "waiting", "sent", 3, 1, times=2),
    Case("MAIL", "550 5.7.60 not as this sender", "sent", "sent", 1, 1),
    Case("MAIL", "530 5.7.0 authentication required", "waiting", "sent", 2, 1, times=2),
]
CASES = [*NOBODYS_FAULT, *TRIED_AGAIN, *REFUSED, *AFTER_THE_DOT, *OTHERS]


@pytest.fixture
def relay() -> Iterator[Sink]:
    relay = Sink()
    yield relay
    relay.close()


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink) -> Iterator[Outgoing]:
    with opened(tmp_path, monkeypatch, table(relay.url)) as half:
        yield half


def table(url: str, more: str = "") -> str:
    return f'[[relay]]\nurl = "{url}"\ntls = "off"\nconnections = 1\n{more}\n'


@pytest.fixture
def second() -> Iterator[Sink]:
    second = Sink()
    yield second
    second.close()


def misbehave(relay: Sink, case: Case) -> None:
    left = [case.answer] * case.times

    def script(attempt: Attempt) -> str | None:
        return left.pop() if left and attempt.command == case.command and attempt.recipient != GOOD else None

    relay.script = script


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.command}-{case.answer[:3]}-{case.times}")
def test_each_answer_has_its_table_of_attempts(case: Case, half: Outgoing, relay: Sink) -> None:
    misbehave(relay, case)
    bad, good = half.put(letter_to(BAD), letter_to(GOOD))
    half.try_once()
    assert half.state(bad).state == case.at_first
    for _ in range(case.times + 1):
        half.work()
        half.later(minutes=20)
    half.work()
    assert half.state(bad)[:2] == (case.finally_, case.attempts)
    assert half.state(good)[:2] == ("sent", 1)
    copies = relay.to(BAD)
    assert len(copies) == case.copies
    assert len({(mail.message_id, mail.content) for mail in copies}) <= 1, "the same mail again, if at all"
    assert len(relay.to(GOOD)) == 1
    told = [str(mail.parsed()["Subject"]) for mail in relay.to(ADMIN)]
    assert len(told) == (case.finally_ in ("failed", "held")), told
    assert all(BAD in subject for subject in told)


def test_one_recipient_that_upsets_the_relay_holds_up_no_other(half: Outgoing, relay: Sink) -> None:
    relay.script = lambda attempt: DROP if attempt.recipient == BAD else None
    bad, *others = half.put(letter_to(BAD), *(letter_to(GOOD, number=n) for n in range(5)))
    half.work()
    assert [half.state(number)[:2] for number in others] == [("sent", 1)] * 5
    assert half.state(bad).state == "waiting"


def test_the_next_relay_is_tried_when_one_is_down_and_not_when_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink, second: Sink
) -> None:
    with opened(tmp_path, monkeypatch, table(relay.url) + table(second.url)) as half:
        relay.script = lambda attempt: "550 5.1.1 no" if attempt.recipient == BAD else None
        refused, *_ = half.put(letter_to(BAD), letter_to(GOOD))
        half.work()
        assert half.state(refused).state == "failed"
        assert second.attempts == {}

        relay.script = lambda attempt: "421 4.3.2 closing" if attempt.command == "CONNECT" else None
        relay.down()
        relay.up()
        relay.attempts.clear()
        half.put(*(letter_to(GOOD, number=n) for n in range(1, 31)))
        half.work()
        assert len(second.to(GOOD)) == 30
        assert relay.attempts["CONNECT"] <= 3, "left alone, not asked for each mail"

        relay.script = lambda attempt: None
        half.put(letter_to(GOOD, number=31))

        def is_back() -> bool:
            half.put(letter_to(GOOD, number=100 + len(relay.mails) + len(second.mails)))
            half.work()
            return len(relay.to(GOOD)) > 1

        wait_until(is_back, 20, "the first relay is used again")
        numbers = [str(mail.parsed()["Subject"]) for mail in (*relay.to(GOOD), *second.to(GOOD))]
        assert len(numbers) == len(set(numbers))


def test_a_relay_without_address_leaves_mail_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, monkeypatch, table("smtp://no-such-relay.invalid:25")) as half:
        (number,) = half.put(letter_to(GOOD))
        half.try_once()
        state, attempts, _, error = half.state(number)
        assert (state, attempts) == ("waiting", 0)
        assert "no-such-relay.invalid" in error


def test_what_a_relay_says_that_it_cannot_take_fails_with_clear_words(half: Outgoing, relay: Sink) -> None:
    relay.features = ("SIZE 3000",)
    small, large, foreign = half.put(
        letter_to(GOOD), letter_to(BAD, text="lang " * 1000), letter_to("büro@bad.example")
    )
    half.work()
    assert half.state(small).state == "sent", "ours are 7-bit: no 8BITMIME is needed"
    assert half.state(large).state == "failed"
    assert "the relay takes 3000 at most" in half.state(large).last_error
    assert half.state(foreign).state == "failed"
    assert "does not know SMTPUTF8" in half.state(foreign).last_error
    assert not any("bad.example" in line for line in relay.lines), "neither was offered"
    assert len(relay.to(ADMIN)) == 2

    relay.features = ("SIZE", "8BITMIME", "SMTPUTF8")
    half.outlet.relays.close()
    half.shift.store.write(lambda c: outgoing.act_on(c, foreign, "retry", half.shift.clock.now())).result()
    half.work()
    assert len(relay.to("büro@bad.example")) == 1
    assert any(line.endswith("BODY=8BITMIME SMTPUTF8") for line in relay.lines)


def test_a_purpose_may_be_held_in_doubt_and_sent_by_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink
) -> None:
    hold = '[outgoing]\nhold_unknown = ["offer"]\n'
    with opened(tmp_path, monkeypatch, table(relay.url), hold) as half:
        misbehave(relay, Case("DOT", DROP, "", "", 0, 0))
        doubted, crashed = half.put(letter_to(BAD, purpose="offer"), letter_to(GOOD, purpose="offer"))
        half.work()
        assert half.state(doubted).state == "held"
        assert "in doubt" in str(relay.to(ADMIN)[0].parsed()["Subject"])
        assert half.state(crashed).state == "sent"

        left, untried = half.put(*(letter_to(GOOD, purpose="offer", number=n) for n in (2, 3)))
        now = half.shift.clock.now()
        half.shift.store.write(lambda c: outgoing.claim(c, now=now, lease="dead", limit=5)).result()
        assert half.shift.store.write(lambda c: outgoing.recover(c, now)).result() == 1
        half.work()
        assert half.state(left).state == "held", "its sender died with it in hand: nobody knows"
        assert half.state(untried)[:2] == ("sent", 1), "it was only the next one"
        half.shift.store.write(lambda c: outgoing.act_on(c, left, "retry", now)).result()
        half.work()
        assert half.state(left).state == "sent"
        assert len(relay.to(GOOD)) == 3


@pytest.mark.parametrize("recipient", ["a@bad.example>\r\nRCPT TO:<b@bad.example", "a@bad..\u0130"])
def test_no_address_becomes_a_command(recipient: str, half: Outgoing, relay: Sink) -> None:
    letter = msgspec.structs.replace(letter_to(BAD), recipient=recipient)
    bad, good = half.put(letter, letter_to(GOOD))
    half.work()
    assert half.state(bad).state == "failed"
    assert half.state(good).state == "sent"
    assert not any("bad.example" in line for line in relay.lines)


BABBLE = {
    "lines without end": "\r\n".join(["220-hello"] * 1000),
    "a line without end": "220 " + "hello " * 2000,
    "nothing": HANG,
    "nothing that ends": "220-hello",
}


@pytest.mark.parametrize("answer", BABBLE)
def test_no_relay_keeps_us_listening(answer: str, half: Outgoing, relay: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_line, "CONNECT_SECONDS", 0.3)
    relay.script = lambda attempt: BABBLE[answer] if attempt.command == "CONNECT" else None
    (number,) = half.put(letter_to(GOOD))
    half.try_once()
    assert half.state(number)[:2] == ("waiting", 0)
    relay.script = lambda attempt: None
    half.work()
    assert half.state(number)[:2] == ("sent", 1)


def test_silence_after_the_dot_is_doubt(half: Outgoing, relay: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_line, "ANSWER_SECONDS", 0.3)
    relay.script = lambda attempt: HANG if attempt.command == "DOT" else None
    (number,) = half.put(letter_to(GOOD))
    half.work()
    assert half.state(number)[:3] == ("unknown", 1, 1)


def test_a_connection_that_was_closed_in_between_is_no_trouble(half: Outgoing, relay: Sink) -> None:
    for n in range(3):
        (number,) = half.put(letter_to(GOOD, number=n))
        half.work()
        assert half.state(number)[:2] == ("sent", 1)
        relay.down()
        relay.up()
    assert relay.attempts["CONNECT"] == 3


def test_a_connection_carries_no_more_than_a_hundred_mails(half: Outgoing, relay: Sink) -> None:
    half.put(*(letter_to(GOOD, number=n) for n in range(150)))
    half.work()
    assert len(relay.to(GOOD)) == 150
    assert relay.attempts["CONNECT"] == 2


def test_a_reload_brings_new_relays(half: Outgoing, relay: Sink, second: Sink) -> None:
    half.put(letter_to(GOOD))
    half.work()
    postroom = half.shift.settings.postroom
    moved = postroom.relay[0].model_copy(update={"url": second.url})
    half.shift.settings = half.shift.settings.model_copy(
        update={"postroom": postroom.model_copy(update={"relay": (moved,)})}
    )
    half.put(letter_to(GOOD, number=1))
    half.work()
    assert (len(relay.to(GOOD)), len(second.to(GOOD))) == (1, 1)


def test_many_threads_keep_to_the_connections_of_the_relay_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink, second: Sink
) -> None:
    relay.down()
    behind = f'[[relay]]\nurl = "{second.url}"\ntls = "off"\nconnections = 2\n'
    with opened(tmp_path, monkeypatch, table(relay.url).replace("= 1", "= 6") + behind) as half:
        numbers = half.put(*(letter_to(GOOD, number=n) for n in range(300)))
        bell, admin = Bell(), Admin(half.shift)
        senders = [Sender(half.shift, bell, half.outlet, admin) for _ in range(senders_for(half.shift.settings))]
        assert len(senders) == 6
        for sender in senders:
            sender.start()
        wait_until(lambda: len(second.to(GOOD)) >= len(numbers), 30, "all are out")
        for sender in senders:
            sender.stop()
        bell.ring(everybody=True)
        for sender in senders:
            sender.join(10)
        states = half.rows("SELECT DISTINCT state, attempts FROM outbox")
    assert states == [("sent", 1)]
    assert second.peak <= 2
    assert second.doubled() == {}


def test_who_was_too_slow_sends_nothing_more(half: Outgoing, relay: Sink) -> None:
    letters = half.put(*(letter_to(GOOD, number=n) for n in range(5)))

    def taken_away(attempt: Attempt) -> None:
        if attempt.command == "DOT" and not half.rows("SELECT id FROM outbox WHERE lease = 'other'"):
            half.shift.store.write(lambda c: c.execute(text("UPDATE outbox SET lease = 'other'"))).result()

    relay.script = taken_away
    with pytest.raises(LeaseLost):
        half.step()
    assert len(relay.to(GOOD)) == 1, "the one that was on its way"
    assert {half.state(letter).state for letter in letters} == {"sending"}


@pytest.mark.slow
def test_when_mail_cannot_tell_a_program_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink) -> None:
    heard = tmp_path / "heard"
    code = f"import sys; open({str(heard)!r}, 'a').write(sys.stdin.read())"
    more = f"[outgoing]\nalarm_command = {json.dumps([sys.executable, '-c', code])}\n"
    with opened(tmp_path, monkeypatch, table(relay.url), more) as half:
        relay.script = lambda attempt: "421 4.3.2 closing" if attempt.command == "CONNECT" else None
        half.put(letter_to(GOOD))
        half.try_once()
        assert half.rows("SELECT id FROM outbox WHERE purpose = 'alarm'") == []
        half.later(minutes=31)
        half.try_once()
        wait_until(lambda: heard.exists() and "31 minutes" in heard.read_text(), 10)
        assert "421 4.3.2 closing" in heard.read_text()
        half.later(minutes=9)
        half.try_once()
        half.later(hours=48)
        half.try_once()
        wait_until(lambda: f"A mail to {GOOD} was not delivered" in heard.read_text(), 10)
        assert heard.read_text().count("does not take our mail") == 1, "once a day"


@pytest.mark.parametrize("command", [("/no/such/program",), (sys.executable, "-c", "raise SystemExit(3)")])
def test_a_program_that_fails_is_logged(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert not run(command, "words")
    assert "alarm-command-failed" in capsys.readouterr().out
