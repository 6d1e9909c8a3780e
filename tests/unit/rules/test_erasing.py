"""Nothing personal stays in a record, its past, its notices or its mails' traces; what the books need does."""

from datetime import UTC, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from rules import erasing
from rules.erasing import STAYS, blank_actor, blank_args, blank_notice, blank_record, blank_trace
from rules.lifecycle import table_of
from rules.model import Action, Actor, Notice, Record, Refused
from rules.reference import LETTERS
from rules.transition import CLOSED_STATES, OPEN_STATES

CANARY, NEUTRAL = "canary", "neutral"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def filled(shape: type[msgspec.Struct], word: str = CANARY) -> Any:
    """A shape with every field filled: with the canary where it is to go, with a neutral word where it stays."""
    hints = get_type_hints(shape)
    stays = STAYS.get(shape)
    words = {name: (NEUTRAL if name in stays else CANARY) if stays else word for name in shape.__struct_fields__}
    return shape(**{name: value_of(hints[name], words[name]) for name in shape.__struct_fields__})


def value_of(kind: Any, word: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return value_of(next(each for each in inner if each is not type(None)), word)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return (value_of(inner[0], word),)
    if origin is dict:
        return {word: word}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return filled(kind, word)
    return {str: word, int: 7, bool: True, datetime: NOW}[kind]


@pytest.mark.parametrize("shape", STAYS, ids=lambda shape: shape.__name__)
def test_what_stays_is_there(shape: type[msgspec.Struct]) -> None:
    assert STAYS[shape] <= set(shape.__struct_fields__)


def test_a_record_keeps_nothing_personal() -> None:
    record = filled(Record)
    assert msgspec.json.encode(record).count(CANARY.encode()) > 60
    blank = blank_record(record)
    assert CANARY.encode() not in msgspec.json.encode(blank)
    for name in STAYS[Record] - {"reading", "requests", "visit"}:
        assert getattr(blank, name) == getattr(record, name), name
    assert blank.requests[0].message == record.requests[0].message
    assert blank.visit is not None
    assert blank.visit.starts_at == NOW
    assert blank_record(blank) == blank


def test_a_notice_keeps_neither_words_nor_correspondent() -> None:
    blank = blank_notice(filled(Notice), "erased.7")
    assert CANARY.encode() not in msgspec.json.encode(blank)
    assert (blank.to, blank.purpose, blank.at) == ("erased.7", NEUTRAL, NOW)


@pytest.mark.parametrize(
    ("role", "args", "left"),
    [
        ("customer", {"message": "12", "text": CANARY, "subject": CANARY, "message_id": CANARY}, {"message": "12"}),
        ("team", {"to": CANARY, "text": CANARY, "until": CANARY, "reason": CANARY, "result": CANARY}, {}),
        ("clock", {"step": "E1", "cycle": "0", "to": "controller"}, {"step": "E1", "cycle": "0", "to": "controller"}),
        ("relay", {"letter": "5", "recipient": CANARY, "status": "5.1.1"}, {"letter": "5"}),
    ],
)
def test_of_what_was_done_only_keys_and_times_stay(role: str, args: dict[str, str], left: dict[str, str]) -> None:
    assert blank_args(args, role) == left


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (Actor("customer", CANARY), ""),
        (Actor("stranger", CANARY), ""),
        (Actor("relay", CANARY), ""),
        (Actor("team", "eva@muster.example"), "eva@muster.example"),
        (Actor("source", "website-berlin"), "website-berlin"),
    ],
)
def test_who_is_of_the_house_is_still_named(actor: Actor, name: str) -> None:
    assert blank_actor(actor) == Actor(actor.role, name)


TRACE: dict[str, Any] = {
    "class": "person",
    "class_because": CANARY,
    "readings": [{"kind": "lead", "comments": CANARY}, {"kind": "booking", "comments": "another person's"}],
    "defects": [CANARY],
    "new_text": CANARY,
    "attachments": [{"name": CANARY}],
    "fate": "opened",
    "reason": CANARY,
    "site": "berlin",
    "rules": [{"name": "All", "matched": True, "because": CANARY}],
    "notifications": [{"to": "sales@muster.example", "subject": CANARY}],
    "deadlines": [],
    "decisions": [
        {"reading": 0, "kind": "lead", "person": CANARY, "receipt": {"to": CANARY}},
        {"reading": 1, "kind": "booking", "ignored": "another person's"},
    ],
    "context": {"known": [{"names": [CANARY]}], "writer": {"name": CANARY}, "repeat_of": 4},
    "settings": "abc",
}


def test_a_mail_of_one_person_keeps_its_place_in_the_books() -> None:
    blank = blank_trace(TRACE, {0, 1}, set(), whole=True)
    assert CANARY not in str(blank)
    assert "another" not in str(blank)
    assert [each["kind"] for each in blank["readings"]] == ["lead", "booking"]
    assert blank["decisions"][1]["ignored"] == erasing.ERASED
    assert blank["context"] == {"repeat_of": 4}
    assert (blank["fate"], blank["site"], blank["settings"]) == ("opened", "berlin", "abc")


@pytest.mark.parametrize("whole", [True, False])
def test_of_a_mail_of_two_people_the_other_ones_request_stays(whole: bool) -> None:
    blank = blank_trace(TRACE, {0}, {1}, whole=whole)
    assert blank["readings"] == [{"kind": "lead"}, TRACE["readings"][1]]
    assert blank["decisions"][1] == TRACE["decisions"][1]
    assert ("new_text" in blank) is not whole


@pytest.mark.parametrize("kind", LETTERS)
def test_only_what_is_closed_is_erased_and_only_by_admin_and_clock(kind: str) -> None:
    table = table_of(kind)
    assert all((state, "erase") in table for state in CLOSED_STATES)
    assert not any((state, "erase") in table for state in OPEN_STATES)
    assert {role for state in CLOSED_STATES for role in table[state, "erase"].who} == {"command", "clock"}


def test_an_erasure_says_why() -> None:
    erasing.check_why(Action(name="erase", actor=Actor("clock"), args={"why": erasing.BY_TIME}))
    with pytest.raises(Refused, match="why=person"):
        erasing.check_why(Action(name="erase", actor=Actor("command"), args={"why": "bored"}))
