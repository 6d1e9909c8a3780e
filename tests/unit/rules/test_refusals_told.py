"""Whoever is refused something by mail reads why in his own language."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from config.models import Settings
from daemon.outbox import guard, objections
from parsers import answers, ours
from parsers.records import Answer, Command, Customer, Parsed, Reading
from rules import identity
from rules.answering import COLLEAGUE, PROGRAM, RECALL, TO_HOUSE, WAITS, actions_of
from rules.apply import apply
from rules.house import INTERNAL
from rules.linking import follow_up
from rules.model import Action, Actor, Done, Envelope, Held, Record, Refused
from rules.tellings import KEPT
from rules.visit import Beside
from rules.visit_tellings import ANSWERS
from templates.reasons import translated
from templates.words import load_words
from tests.unit.rules.visiting import AGREED, BOOKING, NOW, do, visiting

House = Callable[..., Settings]
At = Callable[[str], datetime]
EVA = Actor("team", "eva@muster.example")
LANGUAGES = ("da", "de", "zh")
WORDS = {language: load_words(language, {}) for language in ("en", *LANGUAGES)}
REFUSED = [
    ("new", "send", {}),
    ("done", "take", {}),
    ("new", "verkaufen", {}),
    ("new", "done", {"colour": "red"}),
    ("new", "later", {}),
    ("new", "later", {"until": "irgendwann"}),
    ("new", "later", {"until": "2020-01-01"}),
    ("new", "later", {"until": "2036-01-01"}),
    ("new", "assign", {"to": "eva"}),
    ("new", "assign", {"to": "max@kunde.example"}),
    ("new", "not-mine", {"team": "sales"}),
    ("new", "not-mine", {"team": "sevrice"}),
    ("new", "again", {"ref": "x"}),
    ("new", "apart", {"ref": "L-7KQ2M4-2"}),
    ("new", "undo", {}),
]


@pytest.fixture
def record(at: At) -> Record:
    return Record(
        ref="L-000005-Y",
        kind="lead",
        site="berlin",
        team="sales",
        state="new",
        policy="standard",
        language="de",
        received_at=at("2026-05-20T09:00+02:00"),
        reading=Reading(kind="lead", customer=Customer(emails=("max@kunde.example",))),
    )


def assert_told(problem: str) -> None:
    """Each sentence is said in other words in each language, and no English is left over."""
    for sentence in problem.split("; "):
        english = translated(sentence, WORDS["en"])
        for language in LANGUAGES:
            own = translated(sentence, WORDS[language])
            assert own != sentence, (language, sentence)
            assert bool(own) == bool(english)


def refusal(record: Record, action: Action, settings: Settings, now: datetime) -> str:
    with pytest.raises(Refused) as refused:
        apply(record, action, settings, now)
    return str(refused.value)


@pytest.mark.parametrize(("state", "name", "args"), REFUSED)
def test_refusals_of_actions(state: str, name: str, args: dict[str, str], record: Record, house: House, at: At) -> None:
    one = msgspec.structs.replace(record, state=state)
    action = Action(name=name, actor=EVA, args=args)
    assert_told(refusal(one, action, house(), at("2026-05-20T10:00+02:00")))


def test_refusals_of_people(record: Record, house: House, at: At) -> None:
    settings, now = house(), at("2026-05-20T10:00+02:00")
    unknown = msgspec.structs.replace(record, reading=Reading(kind="lead"))
    held = msgspec.structs.replace(record, held=(Held(text="x", by="max@muster.example", message=1),))
    ten = tuple(Held(text="x", by=f"{n}@muster.example", message=1) for n in range(10))
    many = msgspec.structs.replace(record, held=ten)
    last = Done(name="take", actor=Actor("team", "max@muster.example"), at=now)
    for one, action, chosen in (
        (record, Action(name="done", actor=Actor("controller", "chef@muster.example")), settings),
        (record, Action(name="reply", actor=EVA, args={"text": "x"}), house(reply="direct")),
        (unknown, Action(name="reply", actor=EVA, args={"text": "x"}), settings),
        (held, Action(name="send", actor=EVA), settings),
        (many, Action(name="hold", actor=EVA, args={"text": "x", "problem": "x"}), settings),
        (record, Action(name="undo", actor=EVA, before=record, last=last), settings),
    ):
        assert_told(refusal(one, action, chosen, now))


def test_refusals_of_second_halves(record: Record, house: House, at: At) -> None:
    now = at("2026-05-20T10:00+02:00")
    envelope = Envelope(recipient="a@b.example", accepted_at=now)
    for action in (
        Action(name="again", actor=EVA, args={"ref": "L-7KQ2M4-2"}),
        Action(name="apart", actor=EVA, args={"ref": "L-7KQ2M4-2"}),
        Action(name="read-as", actor=EVA, args={"kind": "car"}),
    ):
        with pytest.raises(Refused) as refused:
            follow_up(action, record, None, envelope, house(), now)
        assert_told(str(refused.value))


def test_refusals_of_mails(record: Record, house: House) -> None:
    for answer in (
        Answer(),
        Answer(commands=(Command(written="!verkaufft"),)),
        Answer(commands=(Command(name="undo", written="!undo"), Command(name="take", written="!take"))),
    ):
        parsed = Parsed(digest="", answer=answer)
        [action] = actions_of(parsed, EVA, None, record, house(), 1, imported=False, now=record.received_at)
        assert action.name == "refuse"
        assert_told(action.args["problem"])


@pytest.mark.parametrize(
    "why", [identity.UNKNOWN, identity.UNPROVEN, identity.NOT_CUSTOMER, identity.OF_THE_HOUSE, identity.BESIDE]
)
def test_why_somebody_is_a_stranger(why: str) -> None:
    assert_told(why)


def test_doubts_about_an_answer() -> None:
    named = ("INSIDE", "REFERS", "FORWARDS", "MIXED", "STRAY", "SIGNED", "DATED", "ENDLESS")
    lines = ("##- x -##", "l-7kq2m4-2.tabcdefghijklmnop", "mailto:a@b.example?body=!take", "x: [L-7KQ2M4-2]")
    held = [ours.names(line) for line in lines]
    for doubt in (
        *(getattr(answers, name) for name in named),
        answers.COLLEAGUES.format(name="take"),
        *(answers.HOLDS.format(found=found) for found in held),
    ):
        assert_told(doubt)
    assert translated(f"it held {held[0]}", WORDS["de"]).endswith("unsere erste Zeile")


def test_what_kept_an_answer_or_a_file_back() -> None:
    for found in (guard.FOREIGN_HEADER, guard.OTHER_ADDRESS, guard.NOTE, guard.ORIGINAL):
        assert_told(f"it held {found}")
    assert_told(f"it held {INTERNAL.format('verkauf@muster.example')}")
    for why in objections.WHY.values():
        assert_told(f"plan.exe did not go to the customer: {why}")


def test_why_an_answer_waits() -> None:
    for why in (COLLEAGUE, PROGRAM, WAITS, RECALL, TO_HOUSE, KEPT, answers.BARE):
        assert_told(why)


LISTED = {"preconditions": {"parts": "schedule", "car-wash": "warn"}}
NONE = replace(AGREED, services=(), starts_at=None, ends_at=None)
NOBODY = replace(BOOKING.reading, customer=Customer(), vehicles=())


@pytest.mark.parametrize(
    ("state", "name", "args", "fields"),
    [
        ("new", "offer", {"at": "tomorrow"}, {}),
        ("new", "offer", {"at": "2027-03-28T02:30"}, {}),
        ("new", "offer", {"at": "2026-05-19T09:00"}, {}),
        ("new", "offer", {"at": "2028-12-19T09:00"}, {}),
        ("new", "offer", {"at": "2026-05-25T09:00"}, {}),
        ("new", "offer", {"at": "2026-05-23T09:00"}, {}),
        ("new", "offer", {"at": "2026-05-28T06:00"}, {}),
        ("new", "offer", {"at": "2026-05-28T16:30"}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00", "until": "2026-07-28 09:00"}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00", "until": "08:00"}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00", "price": "billig"}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00", "preferred": "perhaps"}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00", "services": ";".join(map(str, range(30)))}, {}),
        ("new", "offer", {"at": "2026-05-28T09:00"}, {"reading": NOBODY}),
        ("new", "offer", {"at": "2026-05-27T10:00"}, {"beside": True}),
        ("new", "schedule", {"at": "2026-05-28T09:00"}, {}),
        ("offered", "offer", {}, {}),
        ("countered", "decline", {}, {"visit": NONE}),
        ("new", "ready", {"what": "tyres"}, {}),
        ("scheduled", "prefer", {"days": "9"}, {}),
    ],
)
def test_refusals_of_visits(house: House, state: str, name: str, args: dict[str, str], fields: dict[str, Any]) -> None:
    own = Beside(ref="B-000009-Z", starts_at=AGREED.starts_at or NOW, ends_at=AGREED.ends_at or NOW)
    beside = (own,) if fields.pop("beside", False) else ()
    with pytest.raises(Refused) as refused:
        do(house(booking=LISTED), replace(visiting(state), **fields), name, "team", args, beside=beside)
    assert_told(str(refused.value))


def test_what_a_customer_answers_is_told() -> None:
    for because in ANSWERS.values():
        assert_told(because)
    assert_told("not ready yet: parts")
