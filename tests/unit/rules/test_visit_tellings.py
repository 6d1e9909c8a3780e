"""Who hears of what happens to a visit, in which words, and until when that is true."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from config.machine import Brakes
from config.models import Settings
from parsers.records import Customer
from rules.brakes import Sent, judged
from rules.holding import still_holds
from rules.model import ActorRole, Effects, Notice, Record, Refused
from rules.transition import STATES
from rules.visit_mails import VISIT_MAILS, entry_number, still_true
from tests.unit.rules.visiting import AGREED, BOOKING, NOW, do, visiting

House = Callable[..., Settings]
NEVER = replace(AGREED, sequence=0, invited=False)
EVA, TEAM, MAX = "eva@muster.example", "service@muster.example", "max@kunde.example"


class Due:
    """A notice with its record as it is now."""

    def __init__(self, notice: Notice, record: Record, revision: int = 2) -> None:
        self.notice, self.record, self.revision = notice, record, revision


def told(effects: Effects) -> list[tuple[str, str]]:
    return [(one.purpose, one.to) for one in effects.notices]


@pytest.mark.parametrize(
    ("state", "name", "role", "purposes"),
    [
        ("new", "offer", "team", [("visit-offer", MAX)]),
        ("new", "pre-book", "team", [("visit-prebooked", MAX)]),
        ("new", "ask", "team", [("visit-ask", MAX)]),
        ("new", "decline", "team", [("visit-declined", MAX)]),
        ("countered", "decline", "team", [("visit-kept", MAX)]),
        ("moving", "decline", "team", [("visit-kept", MAX)]),
        ("scheduled", "cancel", "team", [("visit-cancelled", MAX)]),
        ("scheduled", "cancel", "customer", [("visit-answer", TEAM), ("visit-cancelled", MAX)]),
        ("offered", "accept", "customer", [("visit-answer", TEAM), ("visit-scheduled", MAX)]),
        ("offered", "agree", "customer", [("visit-answer", TEAM), ("visit-agreed", MAX)]),
        ("offered", "reject", "customer", [("visit-answer", TEAM)]),
        ("offered", "postpone", "customer", [("visit-answer", TEAM)]),
        ("scheduled", "counter", "customer", [("visit-answer", TEAM)]),
        ("offered", "tentative", "customer", [("visit-answer", TEAM)]),
        ("moving", "confirm", "customer", [("visit-answer", TEAM)]),
        ("scheduled", "confirm", "customer", []),
        ("scheduled", "stale", "customer", [("visit-current", MAX)]),
        ("new", "look", "customer", [("visit-current", MAX)]),
        ("done", "look", "customer", [("visit-current", MAX)]),
        ("spam", "look", "customer", []),
        ("linked", "look", "customer", []),
        ("scheduled", "arrived", "team", []),
        ("arrived", "done", "team", [("visit-thanks", MAX)]),
        ("scheduled", "done", "team", [("visit-thanks", MAX)]),
        ("offered", "done", "team", []),
        ("new", "done", "team", []),
        ("scheduled", "ready", "team", []),
        ("scheduled", "prefer", "customer", []),
    ],
)
def test_who_is_told(house: House, state: str, name: str, role: Any, purposes: list[tuple[str, str]]) -> None:
    _, effects = do(house(booking={"preconditions": {"parts": "warn"}}), visiting(state), name, role)
    assert [each for each in told(effects) if each != ("status", EVA)] == purposes


@pytest.mark.parametrize(
    ("state", "visit", "args", "purpose"),
    [
        ("new", NEVER, {"at": "2026-05-28T09:00"}, "visit-scheduled"),
        (
            "waiting",
            replace(AGREED, starts_at=None, ends_at=None),
            {"at": "2026-05-28T09:00"},
            "visit-scheduled",
        ),  # anew
        ("accepted", AGREED, {}, "visit-scheduled"),
        ("accepted", AGREED, {"at": "2026-05-28T09:00"}, "visit-scheduled"),
        ("offered", AGREED, {}, "visit-scheduled"),  # he says yes by telephone
        ("offered", AGREED, {"at": "2026-05-28T09:00"}, "visit-changed"),
        ("pre-booked", AGREED, {}, "visit-scheduled"),
        ("pre-booked", AGREED, {"at": "2026-05-28T09:00"}, "visit-changed"),
        ("countered", replace(AGREED, proposed_at=NOW.replace(day=28)), {}, "visit-scheduled"),
        ("moving", replace(AGREED, proposed_at=NOW.replace(day=28)), {}, "visit-changed"),
        ("scheduled", AGREED, {"at": "2026-05-28T09:00"}, "visit-changed"),
        ("scheduled", AGREED, {"price": "10 EUR"}, "visit-changed"),
        ("scheduled", NEVER, {"at": "2026-05-28T09:00"}, "visit-scheduled"),  # he has an address only now
    ],
)
def test_one_confirmation_and_what_changes_it(
    house: House, state: str, visit: Any, args: dict[str, str], purpose: str
) -> None:
    _, effects = do(house(), visiting(state, visit), "schedule", "team", args)
    assert told(effects) == [(purpose, MAX)]


def test_what_a_customer_is_told(house: House) -> None:
    """In his language, with what the team wrote, by the number of the calendar entry that it is about."""
    after, effects = do(house(), visiting("scheduled"), "cancel", "team", {"reason": "Der Meister ist krank."})
    assert effects.notices == (
        Notice(
            purpose="visit-cancelled",
            to=MAX,
            team="service",
            role="customer",
            template="visit-cancelled",
            language="da",
            at=NOW,
            because="your workshop visit",
            text="Der Meister ist krank.",
            sequence=4,
        ),
    )
    assert after.visit is not None
    assert entry_number(after.visit) == 4


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("ask", {"text": "Welches Auto?\n\n\n\nDanke."}, "Welches Auto?\n\nDanke."),
        ("decline", {"reason": "Wir sind voll."}, "Wir sind voll."),
        ("decline", {}, None),
        ("cancel", {"text": "Leider zu."}, "Leider zu."),
    ],
)
def test_what_the_team_wrote_goes_along(house: House, name: str, args: dict[str, str], text: str | None) -> None:
    [notice] = do(house(), visiting("new"), name, "team", args)[1].notices
    assert notice.text == text


@pytest.mark.parametrize(
    ("state", "name", "because"),
    [
        ("offered", "accept", "the customer accepts the time"),
        ("offered", "agree", "the customer accepts the time"),
        ("offered", "reject", "the customer declines"),
        ("offered", "postpone", "the customer asks for another day"),
        ("offered", "counter", "the customer proposes another time"),
        ("offered", "tentative", "the customer accepts for now (tentative)"),
        ("moving", "confirm", "the customer keeps the time that is agreed"),
        ("scheduled", "cancel", "the customer cancels"),
    ],
)
@pytest.mark.parametrize(("assignee", "to"), [(None, TEAM), (EVA, EVA), ("anna", TEAM)])
def test_what_the_team_is_told_of_an_answer(
    house: House, state: str, name: str, because: str, assignee: str | None, to: str
) -> None:
    said = {"text": "Passt."} | ({"at": "2026-05-29T09:00"} if name == "counter" else {})
    _, effects = do(house(), visiting(state, assignee=assignee), name, "customer", said)
    [notice] = [one for one in effects.notices if one.role == "team"]
    assert (notice.purpose, notice.to, notice.because) == ("visit-answer", to, because)
    assert (notice.text, notice.message, notice.language) == ("Passt.", 7, "de")


def test_his_own_words_do_not_come_back_to_him(house: House) -> None:
    _, effects = do(house(), visiting("scheduled"), "cancel", "customer", {"text": "Ich kann nicht."})
    assert [one.text for one in effects.notices] == ["Ich kann nicht.", None]


def test_who_negotiates_quickly_loses_no_confirmation(house: House) -> None:
    """He has had as many mails as the caps allow: what the workshop says goes out, what he did waits."""
    full = Sent(hour={MAX: 5}, day={MAX: 20}, first_in_hour={MAX: NOW}, first_in_day={MAX: NOW})
    done: tuple[tuple[str, str, ActorRole], ...] = (
        ("new", "offer", "team"),
        ("countered", "offer", "team"),
        ("scheduled", "schedule", "command"),
        ("countered", "decline", "team"),
        ("scheduled", "cancel", "team"),
        ("scheduled", "announce", "clock"),
        ("offered", "accept", "customer"),
        ("offered", "agree", "customer"),
        ("scheduled", "cancel", "customer"),
    )
    for state, name, role in done:
        _, effects = do(house(), visiting(state), name, role)
        [notice] = [one for one in effects.notices if one.role == "customer"]
        [said] = judged([notice], full, Brakes(), NOW)
        assert said.what == ("wait" if role == "customer" else "send"), (state, name, role)


def test_a_calendar_that_answers_again_and_again_is_left_alone(house: House) -> None:
    _, effects = do(house(), visiting("scheduled"), "stale", "customer")
    said = judged(effects.notices * 7, Sent(), Brakes(), NOW)
    assert [one.what for one in said] == ["send"] * 5 + ["drop"] * 2


def test_thanks_can_be_switched_off(house: House) -> None:
    assert do(house(booking={"thanks": False}), visiting("arrived"), "done")[1].notices == ()


@pytest.mark.parametrize("name", ["offer", "schedule", "pre-book", "decline", "cancel"])
def test_a_customer_without_an_address_gets_no_mail(house: House, name: str) -> None:
    person = replace(BOOKING.reading, customer=Customer(name="Max", phones=("+4930123456",)))
    assert do(house(), visiting("new", NEVER, reading=person), name)[1].notices == ()
    bounced = visiting("new", NEVER, bounced=(MAX,))
    assert do(house(), bounced, name)[1].notices == ()


@pytest.mark.parametrize("fields", [{"reading": replace(BOOKING.reading, customer=None)}, {"bounced": (MAX,)}])
def test_a_question_that_nobody_would_read_is_refused(house: House, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="address of the customer is known"):
        do(house(), visiting("new", NEVER, **fields), "ask")


@pytest.mark.parametrize("purpose", VISIT_MAILS)
@pytest.mark.parametrize("state", STATES)
def test_a_mail_goes_out_only_while_it_is_true(purpose: str, state: str) -> None:
    row = VISIT_MAILS[purpose]
    notice = Notice(purpose=purpose, to=MAX, template=purpose, language="de", at=NOW, role="customer", sequence=3)
    right = row.states is None or state in row.states
    assert still_true(notice, visiting(state)) == right
    assert still_holds(Due(notice, visiting(state))) == right
    assert not still_holds(Due(notice, visiting(state, undone=(2,)))), "what was taken back never was"
    changed = replace(AGREED, sequence=4)
    assert still_true(notice, visiting(state, changed)) == (right and not row.sequenced)
    assert still_true(notice, visiting(state, NEVER)) == (right and not row.sequenced)
    assert not still_true(notice, visiting(state, None))
