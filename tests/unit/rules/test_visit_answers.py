"""Which answers to a visit mail may move a booking, whatever calendars say; and which words, in which state."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import Settings
from parsers.records import Answer, Booking, Forwarded, MailClass, Parsed, Reading, Wish
from rules import visit_answers
from rules.answering import actions_of, unsettled
from rules.apply import apply
from rules.lifecycle import table_of
from rules.model import Action, Actor, Record, Refused
from rules.visit import Visit
from tests.support.offered import KARIN, NOW, booking

House = Callable[..., Settings]
CUSTOMER = Actor("customer", KARIN)


def asked(parsed: Parsed, record: Record, settings: Settings) -> Action:
    (action,) = actions_of(parsed, CUSTOMER, None, record, settings, 7, imported=False, now=NOW)
    return action


def says(wish: Wish, text: str = "…", **more: Any) -> Parsed:
    return Parsed(digest="", sender=KARIN, mail_class="reply", answer=Answer(text=text, wish=wish), **more)


COUNTER = Wish(name="counter", at="2026-12-04T10:00")
SPOKEN: list[tuple[str, Wish, str]] = [
    ("offered", Wish(name="accept"), "accept"),
    ("offered", Wish(name="reject"), "reject"),
    ("offered", Wish(name="postpone"), "postpone"),
    ("offered", COUNTER, "counter"),
    ("offered", Wish(name="cancel"), "cancel"),
    ("offered", Wish(name="look"), "look"),
    ("asked", Wish(name="accept"), "write"),
    ("asked", Wish(name="reject"), "write"),
    ("asked", COUNTER, "counter"),
    ("scheduled", Wish(name="accept"), "write"),
    ("scheduled", Wish(name="reject"), "write"),
    ("scheduled", COUNTER, "counter"),
    ("scheduled", Wish(name="postpone"), "postpone"),
    ("scheduled", Wish(name="cancel"), "cancel"),
    ("scheduled", Wish(name="prefer", days=0), "prefer"),
    ("moving", Wish(name="accept"), "write"),
    ("pre-booked", Wish(name="cancel"), "cancel"),
    ("arrived", Wish(name="cancel"), "write"),
    ("arrived", COUNTER, "write"),
    ("new", Wish(name="cancel"), "cancel"),
    ("new", COUNTER, "write"),
    ("done", Wish(name="cancel"), "write"),
    ("done", Wish(name="look"), "look"),
    ("cancelled", COUNTER, "write"),
]


@pytest.mark.parametrize(("state", "wish", "name"), SPOKEN)
def test_words_count_where_they_can_mean_one_thing_only(house: House, state: str, wish: Wish, name: str) -> None:
    record = booking(state)
    action = asked(says(wish), record, house())
    assert action.name == name
    assert apply(record, action, house(), NOW)


def test_words_of_a_program_say_nothing(house: House) -> None:
    mail = says(Wish(name="accept"))
    for by_program in ({"mail_class": "automatic", "class_because": "Auto-Submitted"}, {"mail_class": "bounce"}):
        parsed = Parsed(digest="", sender=KARIN, answer=mail.answer, **by_program)  # type: ignore[arg-type]
        assert asked(parsed, booking("offered"), house()).name == "attach"


def test_words_about_another_kind_of_request_are_words(house: House) -> None:
    lead = Record(
        ref="L-000005-Y",
        kind="lead",
        site="berlin",
        state="new",
        language="de",
        received_at=NOW,
        reading=Reading(kind="lead"),
    )
    assert asked(says(Wish(name="cancel")), lead, house()).name == "write"


@pytest.mark.parametrize(
    ("at", "problem"), [("2026-11-20T08:00", visit_answers.PASSED), ("2026-12-03T09:00", visit_answers.SAME_TIME)]
)
def test_a_time_that_cannot_be_meant_goes_to_the_team(house: House, at: str, problem: str) -> None:
    action = asked(says(Wish(name="counter", at=at), "Anderer Termin: …"), booking("offered"), house())
    assert (action.name, action.args["problem"], action.args["text"]) == ("write", problem, "Anderer Termin: …")


def test_what_the_customer_wrote_beside_his_calendar_goes_along(house: House) -> None:
    entry = Booking(
        uid="b-7kq2m4-2@post.example",
        sequence=0,
        method="REPLY",
        partstat="declined",
        attendee=KARIN,
        remarks="Da bin ich im Urlaub",
    )
    parsed = Parsed(digest="", sender=KARIN, readings=(Reading(kind="booking", booking=entry),))
    action = asked(parsed, booking("offered"), house())
    assert (action.name, action.args["text"]) == ("reject", "Da bin ich im Urlaub")
    assert action.args["stamp"] == NOW.isoformat()


def test_two_calendars_of_one_mail_that_disagree_move_nothing(house: House) -> None:
    entries = [
        Booking(uid="b-7kq2m4-2@post.example", sequence=0, method="REPLY", partstat=partstat, attendee=KARIN)
        for partstat in ("accepted", "declined")
    ]
    parsed = Parsed(digest="", sender=KARIN, readings=tuple(Reading(kind="booking", booking=one) for one in entries))
    action = asked(parsed, booking("offered"), house())
    assert (action.name, action.args["problem"]) == ("write", visit_answers.CONTRADICTS)


def test_a_mail_that_was_put_in_later_or_passed_on_moves_nothing(house: House) -> None:
    entry = Booking(uid="b-7kq2m4-2@post.example", sequence=0, method="REPLY", partstat="accepted", attendee=KARIN)
    parsed = Parsed(digest="", sender=KARIN, readings=(Reading(kind="booking", booking=entry),))
    (action,) = actions_of(parsed, CUSTOMER, None, booking("offered"), house(), 7, imported=True, now=NOW)
    assert action.name == "attach"
    passed_on = msgspec.structs.replace(parsed, forwarded=Forwarded(sender="eva@fremd.example"))
    assert asked(passed_on, booking("offered"), house()).name == "write"


MOVES = ("accept", "agree", "confirm", "tentative", "reject", "postpone", "counter", "cancel")
ENTRIES = st.builds(
    Booking,
    uid=st.sampled_from(
        ["b-7kq2m4-2@post.example", " B-7KQ2M4-2@POST.example ", "other@post.example", "040000008200E0"]
    ),
    sequence=st.sampled_from([None, 0, 1, 2, 999_999_999]),
    method=st.sampled_from([None, "REPLY", "COUNTER", "CANCEL", "REFRESH", "ADD", "REQUEST", "PUBLISH", "X-OWN"]),
    starts_at=st.sampled_from(
        [
            None,
            "2026-12-03T09:00:00+01:00",
            "2026-12-03T09:00:00",
            "2026-12-04",
            "2026-12-04T09:00:00+08:00",
            "1971-01-01",
        ]
    ),
    ends_at=st.sampled_from([None, "2026-12-04T10:00:00+08:00", "2026-12-04", "2026-11-01T08:00:00"]),
    partstat=st.sampled_from([None, "accepted", "declined", "tentative", "delegated", "needs-action", "x-maybe"]),
    stamp=st.sampled_from(
        [None, "2026-11-20T10:15:00+00:00", "1999-01-01T00:00:00+00:00", "2199-01-01T00:00:00+14:00"]
    ),
    attendee=st.sampled_from([None, KARIN, "eva@fremd.example"]),
    delegate=st.sampled_from([None, None, "max@beispiel.example"]),
    recurrence=st.sampled_from([None, None, "20261203T090000"]),
    remarks=st.sampled_from([None, "Danke", "Ja, aber nicht am Freitag"]),
)


@given(
    entries=st.lists(ENTRIES, max_size=2),
    state=st.sampled_from(sorted({state for state, _ in table_of("booking") if state})),
    sequence=st.integers(0, 2),
    answered=st.sampled_from([None, datetime(2026, 11, 20, 10, 15, tzinfo=UTC)]),
    mail_class=st.sampled_from(["person", "reply", "automatic", "bounce"]),
)
def test_whatever_a_calendar_says_it_is_done_told_or_kept(
    house: House, entries: list[Booking], state: str, sequence: int, answered: datetime | None, mail_class: MailClass
) -> None:
    record = booking(state, sequence=sequence, answered_at=answered, answer="accepted" if answered else None)
    parsed = Parsed(
        digest="",
        sender=KARIN,
        mail_class=mail_class,
        readings=tuple(Reading(kind="booking", booking=one) for one in entries),
    )
    (action,) = actions_of(
        parsed, Actor("customer", KARIN), None, record, house(), 7, imported=False, now=NOW, from_nobody=True
    )
    try:
        _, effects = apply(record, action, house(), NOW)
    except Refused as refused:
        read = unsettled(action, parsed, str(refused))
        assert read is not None
        _, effects = apply(record, read, house(), NOW)
    assert sum(notice.role == "customer" for notice in effects.notices) <= 1
    assert record.visit is not None
    if action.name in MOVES:
        assert mail_class != "bounce"
        assert any(map(partial(may_move, record.visit), entries))
    else:
        assert action.name in ("attach", "write", "stale", "look")


def may_move(visit: Visit, entry: Booking) -> bool:
    """Whether an entry may say anything of the visit at all."""
    current = entry.sequence is None or entry.sequence >= visit.sequence
    ours = (entry.uid or "").strip().lower() == visit.uid
    newer = visit.answered_at is None or entry.stamp is None or datetime.fromisoformat(entry.stamp) >= visit.answered_at
    return ours and current and newer and entry.recurrence is None and entry.method in ("REPLY", "COUNTER", "CANCEL")


def test_a_program_that_copies_our_stamp_may_change_its_mind(house: House) -> None:
    stamp = "2026-11-19T10:00:00+00:00"
    record = booking("offered", answer="tentative", answered_at=datetime.fromisoformat(stamp))
    assert record.visit is not None
    entry = Booking(uid=record.visit.uid, method="REPLY", partstat="declined", stamp=stamp, attendee=KARIN, sequence=0)
    mail = Parsed(digest="", sender=KARIN, mail_class="reply", readings=(Reading(kind="booking", booking=entry),))
    assert asked(mail, record, house()).name == "reject"
