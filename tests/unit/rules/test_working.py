"""What teams and customers do by mail: answers, second requests, and what is taken back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Customer, Reading
from rules.apply import apply
from rules.model import Action, Actor, ActorRole, Done, Effects, Held, Opening, Record, Refused, Second
from rules.model import Decision as Decided
from rules.tellings import KEPT
from rules.transition import REQUESTED, STATES

House = Callable[..., Settings]
At = Callable[[str], datetime]
Act = Callable[..., tuple[Record, Effects]]

NOW = "2026-05-20T10:00+02:00"
TEAM = "verkauf@muster.example"
EVA, MAX = "eva@muster.example", "max@kunde.example"
TOM = "tom@muster.example"
SAID = {"message": "7", "class": "reply", "text": "Geht auch Samstag?"}


@pytest.fixture
def record(at: At) -> Record:
    return Record(
        ref="L-000005-Y",
        kind="lead",
        site="berlin",
        source="mobile-berlin",
        team="sales",
        state="new",
        policy="standard",
        language="de",
        received_at=at("2026-05-20T09:00+02:00"),
        reading=Reading(kind="lead", customer=Customer(emails=(MAX,)), language="en"),
    )


@pytest.fixture
def act(house: House, at: At) -> Act:
    def run(
        record: Record,
        name: str,
        role: ActorRole = "team",
        who: str = EVA,
        settings: Settings | None = None,
        more: dict[str, Any] | None = None,
        **args: str,
    ) -> tuple[Record, Effects]:
        action = Action(name=name, actor=Actor(role, who), args=args, **(more or {}))
        return apply(record, action, settings or house(), at(NOW))

    return run


def told(effects: Effects) -> list[tuple[str, str, str]]:
    return [(one.purpose, one.role, one.to) for one in effects.notices]


def test_an_answer_goes_to_the_customer_and_the_group_hears_once_who_took_it(act: Act, record: Record) -> None:
    after, effects = act(record, "reply", text="Gern.", message="7")
    assert (after.state, after.assignee, effects.ends_deadlines) == ("taken", EVA, True)
    assert told(effects) == [("reply", "customer", MAX), ("taken", "team", TEAM)]
    reply, heard = effects.notices
    assert (reply.text, reply.message, reply.language) == ("Gern.", 7, "en"), "in the customer's own language"
    assert (heard.category, heard.because) == ("audit", f"answered by {EVA}")
    again, effects = act(after, "reply", text="Und noch etwas.")
    assert again.state == "taken"
    assert told(effects) == [("reply", "customer", MAX)]


def test_the_group_is_not_told_what_it_wrote_itself(act: Act, record: Record) -> None:
    assert told(act(record, "reply", who=TEAM.upper(), text="Gern.")[1]) == [("reply", "customer", MAX)]


def test_an_answer_to_a_closed_request_leaves_it_closed(act: Act, record: Record) -> None:
    done = msgspec.structs.replace(record, state="done", result="won", assignee="max@muster.example")
    after, effects = act(done, "reply", text="Gern.")
    assert (after.state, after.result, after.assignee) == ("done", "won", "max@muster.example")
    assert told(effects) == [("reply", "customer", MAX)]


def test_an_answer_goes_through_the_exchange_where_only_that_is_known(act: Act, record: Record) -> None:
    relayed = msgspec.structs.replace(record, reading=Reading(extra={"reply_to": "r-7@relay.exchange.example"}))
    assert told(act(relayed, "reply", text="Gern.")[1])[0] == ("reply", "customer", "r-7@relay.exchange.example")


@pytest.mark.parametrize(
    ("settings", "reading", "because"),
    [({}, Reading(), "no mail address of the customer"), ({"reply": "direct"}, None, "berlin answers its customers")],
)
def test_answers_that_cannot_go_out(
    act: Act, record: Record, house: House, settings: dict[str, Any], reading: Reading | None, because: str
) -> None:
    asked = msgspec.structs.replace(record, reading=reading) if reading else record
    with pytest.raises(Refused, match=because):
        act(asked, "reply", settings=house(**settings), text="Gern.")


def test_a_held_answer_waits_for_its_writers_word(act: Act, record: Record) -> None:
    held, effects = act(record, "hold", text="Gern.", problem="a quotation stands in it", message="7")
    assert (held.state, held.held, effects.ends_deadlines) == ("new", (Held(text="Gern.", by=EVA, message=7),), False)
    assert told(effects) == [("held", "team", EVA)]
    assert effects.notices[0].because == "a quotation stands in it"
    with pytest.raises(Refused, match=f"the answer that waits is {EVA}'s"):
        act(held, "send", who="tom@muster.example")
    other, _ = act(held, "reply", who="tom@muster.example", text="Ich auch.")
    assert other.held == held.held, "another's answer takes nobody's away"
    sent, effects = act(held, "send")
    assert (sent.state, sent.assignee, sent.held) == ("taken", EVA, ())
    assert (effects.notices[0].text, effects.notices[0].message) == ("Gern.", 7)
    with pytest.raises(Refused, match="there is no answer that waits"):
        act(sent, "send")


def test_answers_of_two_wait_beside_each_other(act: Act, record: Record) -> None:
    one, _ = act(record, "hold", text="Gern.", problem="x", message="7")
    both, effects = act(one, "hold", who=TOM, text="Ich auch.", problem="x", message="8")
    assert [(held.by, held.text) for held in both.held] == [(EVA, "Gern."), (TOM, "Ich auch.")]
    assert told(effects) == [("held", "team", TOM)]
    newer, _ = act(both, "hold", who=TOM.upper(), text="Doch nicht.", problem="x", message="9")
    assert [held.text for held in newer.held] == ["Gern.", "Doch nicht."], "of one writer the newest waits"
    sent, effects = act(newer, "send", who=TOM)
    assert (effects.notices[0].text, [held.by for held in sent.held]) == ("Doch nicht.", [EVA])
    sent, effects = act(newer, "send", "command", "root")
    assert (effects.notices[0].text, effects.notices[0].as_is) == ("Gern.", True), "the command line sends the oldest"
    assert [held.text for held in sent.held] == ["Doch nicht."]


def test_an_answer_that_came_meanwhile_still_waits_when_something_is_taken_back(
    act: Act, record: Record, at: At
) -> None:
    waiting, _ = act(record, "hold", text="Gern.", problem="x", message="7")
    taken, _ = act(waiting, "take")
    both, _ = act(taken, "hold", who=TOM, text="Ich auch.", problem="x", message="8")
    past = {"before": waiting, "last": Done(name="take", actor=Actor("team", EVA), at=at(NOW))}
    undone, _ = act(both, "undo", more=past)
    assert [held.text for held in undone.held] == ["Gern.", "Ich auch."]


def test_no_more_than_ten_answers_wait(act: Act, record: Record) -> None:
    for number in range(10):
        record, _ = act(record, "hold", who=f"{number}@muster.example", text="Gern.", problem="x", message="7")
    with pytest.raises(Refused, match="10 answers wait already"):
        act(record, "hold", text="Gern.", problem="x", message="7")
    assert len(act(record, "hold", who="9@muster.example", text="Doch.", problem="x", message="8")[0].held) == 10


@pytest.mark.parametrize(
    ("kind", "state", "to"),
    [
        ("lead", "new", "new"),
        ("lead", "taken", "taken"),
        ("lead", "waiting", "new"),
        ("lead", "done", "new"),
        ("lead", "spam", "spam"),
        ("lead", "linked", "linked"),
        ("check-in", "done", "new"),
        ("alert", "done", "new"),
        ("review", "done", "done"),
    ],
)
def test_the_customer_writes(act: Act, record: Record, kind: str, state: str, to: str) -> None:
    before = msgspec.structs.replace(record, kind=kind, state=state, assignee=EVA, result="won")
    after, effects = act(before, "write", "customer", MAX, message_id="<7@kunde.example>", subject="Golf", **SAID)
    assert (after.state, after.assignee) == (to, EVA)
    assert after.cycle == before.cycle + (to != state)
    assert bool(effects.deadlines) is effects.ends_deadlines is (to != state)
    assert told(effects) == ([("attached", "team", EVA)] if state != "spam" else []), "spam is kept and wakes nobody"
    assert [notice.text for notice in effects.notices] == ["Geht auch Samstag?"] * (state != "spam")
    assert after.thread is not None
    assert (after.thread.ids, after.thread.subject) == (("<7@kunde.example>",), "Golf")


def test_a_long_conversation_keeps_its_first_and_newest_mails(act: Act, record: Record) -> None:
    for number in range(15):
        record, _ = act(record, "write", "customer", MAX, message_id=f"<{number}@kunde.example>", **SAID)
    record, _ = act(record, "write", "customer", MAX, message_id="<14@kunde.example>", **SAID)
    assert record.thread is not None
    assert [one.partition("@")[0] for one in record.thread.ids] == ["<0", *(f"<{n}" for n in range(6, 15))]


@pytest.mark.parametrize("state", STATES)
def test_a_stranger_changes_nothing_and_is_shown(act: Act, record: Record, state: str) -> None:
    before = msgspec.structs.replace(record, state=state)
    after, effects = act(before, "attach", "stranger", "thief@else.example", **SAID)
    assert msgspec.structs.replace(after, revision=1) == before
    assert told(effects) == [("attached", "team", TEAM)]
    assert effects.notices[0].because == "a further mail for L-000005-Y; its sender is not known here"
    for name in ("write", "reply", "take", "done"):
        with pytest.raises(Refused):
            act(record, name, "stranger", "thief@else.example", text="x", message="7")


def second(at: At, source: str | None) -> dict[str, Any]:
    decision = Decided(kind="lead", language="de")
    reading = Reading(kind="lead", comments="Noch da?")
    opening = Opening(ref="", site="berlin", source=source, reading=reading, decision=decision, received_at=at(NOW))
    return {"opening": opening}


@pytest.mark.parametrize("state", REQUESTED)
def test_a_second_request_stands_with_the_first(act: Act, record: Record, at: At, state: str) -> None:
    before = msgspec.structs.replace(record, state=state)
    after, effects = act(before, "join", "source", "autoscout", more=second(at, "autoscout"), message="9")
    assert [(one.message, one.source, one.reading.comments) for one in after.requests] == [(9, "autoscout", "Noch da?")]
    assert after.sources == ("autoscout",)
    assert after.state == ("new" if state == "waiting" else state)
    assert told(effects) == [("again", "team", TEAM)]
    assert effects.notices[0].because == "the same person asks again through autoscout"
    after, _ = act(after, "join", "source", "autoscout", more=second(at, "autoscout"), message="10")
    after, _ = act(after, "join", "source", "mobile-berlin", more=second(at, "mobile-berlin"), message="11")
    assert after.sources == ("autoscout",)
    assert len(after.requests) == 3


def test_each_verdict_about_a_second_request_can_be_reversed(act: Act, record: Record, at: At) -> None:
    linked, effects = act(record, "again", ref="l7kq2m42")
    assert (linked.state, linked.again_of, linked.result) == ("linked", "L-7KQ2M4-2", "a second request of L-7KQ2M4-2")
    assert effects.ends_deadlines
    for wrong in ("L-7KQ2M4-3", record.ref, "x"):
        with pytest.raises(Refused, match="is no reference of another record"):
            act(record, "again", ref=wrong)
    joined, _ = act(record, "join", "customer", MAX, more=second(at, None), message="9")
    apart, _ = act(joined, "apart", ref="L-7KQ2M4-2")
    assert (apart.requests, apart.related) == ((), ("L-7KQ2M4-2",))
    with pytest.raises(Refused, match="no second request stands with it"):
        act(apart, "apart", ref="L-7KQ2M4-2")


UNDONE = [
    ("take", {}),
    ("done", {"result": "won"}),
    ("later", {"until": "2d"}),
    ("assign", {"to": EVA}),
    ("not-mine", {"team": "service"}),
    ("spam", {}),
    ("reply", {"text": "Gern."}),
    ("again", {"ref": "L-7KQ2M4-2"}),
]


@pytest.mark.parametrize(("name", "args"), UNDONE)
def test_the_last_action_is_taken_back(act: Act, record: Record, at: At, name: str, args: dict[str, str]) -> None:
    after, _ = act(record, name, **args)
    past = {"before": record, "last": Done(name=name, actor=Actor("team", EVA.upper()), at=at(NOW))}
    undone, effects = act(after, "undo", more=past)
    assert effects == Effects(takes_back=2)
    assert msgspec.structs.replace(undone, revision=1, undone=(), cycle=0) == record
    assert (undone.revision, undone.undone, undone.cycle) == (3, (2,), after.cycle), "numbers of cycles never repeat"


def test_what_cannot_be_taken_back(act: Act, record: Record, at: At) -> None:
    with pytest.raises(Refused, match="nothing that could be taken back"):
        act(record, "undo")
    for actor, name, said in (
        (Actor("team", TEAM), "take", f"the last action, take, was {TEAM}'s"),
        (Actor("command", EVA), "take", "only they may undo it"),
        (Actor("team", EVA), "reopen", "nothing that could be taken back"),
    ):
        with pytest.raises(Refused, match=said):
            act(record, "undo", more={"before": record, "last": Done(name=name, actor=actor, at=at(NOW))})


def test_an_alert_is_closed_with_what_was_done(act: Act, record: Record) -> None:
    with pytest.raises(Refused, match="done needs result="):
        act(msgspec.structs.replace(record, kind="alert"), "done")


@pytest.mark.parametrize(("name", "args"), [("help", {}), ("status", {}), ("refuse", {"problem": "no such word"})])
def test_questions_are_answered_to_their_writer_and_change_nothing(
    act: Act, record: Record, name: str, args: dict[str, str]
) -> None:
    for role in ("team", "controller"):
        after, effects = act(record, name, role, **args)
        assert msgspec.structs.replace(after, revision=1) == record
        purpose = {"refuse": "refused"}.get(name, name)
        assert told(effects) == [(purpose, role, EVA)]
        assert effects.deadlines == ()
        assert not effects.ends_deadlines


@pytest.mark.parametrize("role", ["team", "controller"])
def test_a_letter_that_became_a_note_is_told_to_its_writer(act: Act, record: Record, role: ActorRole) -> None:
    _, effects = act(record, "note", role, text="Guten Tag, er ist noch da.", letter="yes")
    assert told(effects) == [("kept", role, EVA)]
    assert (effects.notices[0].text, effects.notices[0].because) == ("Guten Tag, er ist noch da.", KEPT)
    assert told(act(record, "note", role, text="Der Kunde nervt.")[1]) == []
    assert told(act(record, "note", "command", "anna", text="Guten Tag", letter="yes")[1]) == []


def test_only_what_is_unsorted_is_read_again_as_something(act: Act, record: Record) -> None:
    unsorted = msgspec.structs.replace(record, kind="unsorted", ref="U-000005-K")
    after, effects = act(unsorted, "read-as", kind="lead", ref="L-7KQ2M4-2")
    assert (after.state, after.result, effects.ends_deadlines) == ("done", "read again as L-7KQ2M4-2", True)
    with pytest.raises(Refused, match="unknown action 'read-as'"):
        act(record, "read-as", kind="lead")


def test_a_held_second_request_reading_is_whole(act: Act, record: Record, at: At) -> None:
    joined, _ = act(record, "join", "customer", MAX, more=second(at, None), message="9")
    assert msgspec.json.decode(msgspec.json.encode(joined), type=Record) == joined
    assert isinstance(joined.requests[0], Second)


RETURNED = {"letter": "17", "recipient": "Max@Kunde.example", "status": "5.1.1", "text": "no such user", "message": "9"}


def test_a_mail_that_came_back_marks_the_customer_and_tells_the_team(record: Record, act: Act) -> None:
    after, effects = act(record, "returned", "relay", "", **RETURNED)
    assert after.bounced == (MAX,)
    assert (after.state, after.revision, effects.ends_deadlines) == ("new", 2, False)
    assert [(one.purpose, one.to, one.role) for one in effects.notices] == [("returned", TEAM, "team")]
    with pytest.raises(Refused, match=r"our mail to max@kunde\.example came back"):
        act(after, "reply", text="Gern.")


def test_another_address_of_the_customer_takes_the_place(record: Record, act: Act) -> None:
    reading = msgspec.structs.replace(record.reading, customer=Customer(emails=(MAX, "max@work.example")))
    after, _ = act(msgspec.structs.replace(record, reading=reading), "returned", "relay", "", **RETURNED)
    _, effects = act(after, "reply", text="Gern.")
    assert [one.to for one in effects.notices if one.role == "customer"] == ["max@work.example"]


def test_who_writes_can_be_reached_again(record: Record, act: Act) -> None:
    after, _ = act(record, "returned", "relay", "", **RETURNED)
    assert act(after, "write", "customer", MAX, **SAID)[0].bounced == ()


@pytest.mark.parametrize(
    ("recipient", "news", "told"),
    [(TEAM, "news", ["admin@post.example"]), (TEAM, "known", []), ("admin@post.example", "news", [])],
)
def test_what_the_house_does_not_get_the_admin_is_told_once(
    recipient: str, news: str, told: list[str], record: Record, act: Act
) -> None:
    after, effects = act(record, "returned", "relay", "", **{**RETURNED, "recipient": recipient, "house": news})
    assert after.bounced == ()
    assert [one.to for one in effects.notices] == told


@pytest.mark.parametrize("role", ["team", "customer", "stranger", "command", "controller", "source"])
def test_only_a_mail_server_says_that_a_mail_came_back(role: ActorRole, record: Record, act: Act) -> None:
    with pytest.raises(Refused):
        act(record, "returned", role, EVA, **RETURNED)


@pytest.mark.parametrize(("name", "args"), [("help", {}), ("status", {}), ("refuse", {"problem": "no command"})])
def test_a_program_that_writes_for_a_member_is_not_answered(
    name: str, args: dict[str, str], record: Record, act: Act
) -> None:
    _, answered = act(record, name, message="9", **args)
    _, silent = act(record, name, more={"unanswered": "X-Loop"}, message="9", **args)
    assert [one.correspondent for one in answered.notices] == [EVA]
    assert silent.notices == ()


def test_what_strangers_write_is_counted_for_them(record: Record, act: Act) -> None:
    said = {"message": "7", "class": "person", "text": "Hallo"}
    _, by_stranger = act(record, "attach", "stranger", "x@other.example", **said)
    _, by_customer = act(record, "write", "customer", MAX, **said)
    assert [one.correspondent for one in (*by_stranger.notices, *by_customer.notices)] == ["x@other.example", None]
