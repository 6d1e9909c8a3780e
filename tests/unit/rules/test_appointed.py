"""Which time a person of the workshop means, and what of his words reaches a customer."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from config.models import Settings
from parsers.records import Answer, Command, Customer, Parsed, Reading
from rules.answering import ASK_AND_REPLY, EMPTY, actions_of
from rules.appointed import dated, meant_time
from rules.model import Action, Actor, Record, Refused

House = Callable[..., Settings]
At = Callable[[str], datetime]

SUNDAY = date(2026, 11, 22)
EVA = Actor("team", "eva@muster.example")

TIMES = [
    ("2026-12-03 09:00", "2026-12-03T09:00"),
    ("12-03 09:00", "2026-12-03T09:00"),
    ("11-22 09:00", "2026-11-22T09:00"),
    ("11-21 09:00", "2027-11-21T09:00"),
    ("thu 09:00", "2026-11-26T09:00"),
    ("sun 09:00", "2026-11-29T09:00"),
    ("thu 12-03 09:00", "2026-12-03T09:00"),
    ("thu 2026-12-03 09:00", "2026-12-03T09:00"),
    ("today 15:00", "2026-11-22T15:00"),
    ("tomorrow 08:30", "2026-11-23T08:30"),
    ("2d 08:00", "2026-11-24T08:00"),
]


@pytest.mark.parametrize(("said", "meant"), TIMES)
def test_a_day_is_the_next_one_seen_from_the_day_of_writing(said: str, meant: str) -> None:
    assert meant_time(said, SUNDAY) == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("vormittags", "the time 'vormittags' cannot be read, write "),
        ("3.12.", "the time '3.12.' cannot be read, write "),
        ("02-30 09:00", "the time '02-30 09:00' cannot be read, write "),
        ("2026-13-01 09:00", "the time '2026-13-01 09:00' cannot be read, write "),
        ("12-03 25:00", "the time '12-03 25:00' cannot be read, write "),
        ("fri 12-03 09:00", "2026-12-03 is another day of the week than 'fri 12-03 09:00' says"),
    ],
)
def test_a_time_that_is_none_is_refused_in_words(said: str, why: str) -> None:
    with pytest.raises(Refused) as problem:
        meant_time(said, SUNDAY)
    assert str(problem.value).startswith(why)


@pytest.fixture
def record(at: At) -> Record:
    return Record(
        ref="B-000005-Y",
        kind="booking",
        site="berlin",
        team="service",
        state="new",
        language="de",
        received_at=at("2026-11-20T09:00+01:00"),
        reading=Reading(kind="booking", customer=Customer(emails=("max@kunde.example",))),
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20T18:00:00+01:00", "2026-11-21"),  # it lay in a mailbox over the weekend
        ("2026-11-22T23:30:00+01:00", "2026-11-23"),
        (None, "2026-11-24"),
        ("2026-11-23T18:00:00", "2026-11-24"),  # whose clock it was, nobody knows
        ("2026-11-24T18:00:00+01:00", "2026-11-24"),  # written after it came
        ("2026-10-01T18:00:00+01:00", "2026-11-24"),  # too long ago to be true
        ("0001-01-01T00:00:00+23:59", "2026-11-24"),
    ],
)
def test_tomorrow_is_the_day_after_the_mail_was_written(
    house: House, at: At, record: Record, written: str | None, day: str
) -> None:
    wish = Action(name="offer", actor=EVA, args={"at": "tomorrow 09:00", "message": "5"})
    (found,) = dated((wish,), record, house(), at("2026-11-23T07:00+01:00"), written)
    assert found.args["at"] == f"{day}T09:00"


def test_one_time_that_cannot_be_read_stops_the_whole_mail(house: House, at: At, record: Record) -> None:
    actions = tuple(
        Action(name=name, actor=EVA, args={**args, "message": "5"})
        for name, args in (("ready", {"what": "parts"}), ("offer", {"at": "bald"}))
    )
    (found,) = dated(actions, record, house(), at("2026-11-23T07:00+01:00"), None)
    assert (found.name, found.args["message"]) == ("refuse", "5")
    assert found.args["problem"].startswith("the time 'bald' cannot be read")


def asked(house: House, record: Record, answer: Answer) -> list[tuple[str, dict[str, str]]]:
    mail = Parsed(digest="d", sender=EVA.name, mail_class="reply", answer=answer)
    found = actions_of(mail, EVA, None, record, house(), 5, now=datetime(2026, 11, 23, 6, tzinfo=UTC), imported=False)
    return [(one.name, {name: value for name, value in one.args.items() if name != "message"}) for one in found]


def said(*names: str, **args: str) -> tuple[Command, ...]:
    return tuple(Command(name=name, args=args, written=f"!{name}") for name in names)


def test_a_question_takes_the_text_that_a_reply_would_take(house: House, record: Record) -> None:
    assert asked(house, record, Answer(commands=said("ask"), text="Welche Reifen?")) == [
        ("ask", {"text": "Welche Reifen?"})
    ]
    assert asked(house, record, Answer(commands=said("ready", "ask", what="parts"), text="Welche?")) == [
        ("ready", {"what": "parts"}),
        ("ask", {"text": "Welche?"}),
    ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(commands=said("ask")), EMPTY),
        (Answer(commands=said("ask"), text="Reifen?", doubt="it speaks of something in the quotation"), None),
        (Answer(commands=said("ask", "reply"), text="Reifen?"), ASK_AND_REPLY),
        (Answer(commands=said("ask"), text="Fragen Sie controlling@muster.example"), None),
    ],
)
def test_a_question_that_is_not_certain_is_not_asked(
    house: House, record: Record, answer: Answer, problem: str | None
) -> None:
    [(name, args)] = asked(house, record, answer)
    assert name == "refuse"
    assert problem is None or args["problem"] == problem


@pytest.mark.parametrize("name", ["offer", "schedule", "pre-book", "decline", "cancel"])
def test_no_address_of_the_house_stands_in_what_the_customer_reads(house: House, record: Record, name: str) -> None:
    reason = said(name, remarks="siehe controlling@muster.example")
    [(done, args)] = asked(house, record, Answer(commands=reason))
    assert (done, "it held" in args["problem"]) == ("refuse", True)


def test_what_stands_below_other_commands_is_a_note(house: House, record: Record) -> None:
    found = asked(house, record, Answer(commands=said("decline", reason="voll"), text="Kunde kommt sonst auch nie"))
    assert found == [("decline", {"reason": "voll"}), ("note", {"text": "Kunde kommt sonst auch nie"})]


def test_other_actions_are_left_as_they_are(house: House, at: At, record: Record) -> None:
    done = Action(name="later", actor=EVA, args={"until": "2d", "at": "x"})
    assert dated((done,), record, house(), at("2026-11-23T07:00+01:00"), None) == (done,)
