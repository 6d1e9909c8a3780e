from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.apply import apply
from rules.decide import decide_mail
from rules.lifecycle import known, possible
from rules.model import Action, Actor, ActorRole, Context, Effects, Envelope, Held, Opening, Record, Refused, Second
from rules.transition import CLOSED_STATES, REQUESTED

House = Callable[..., Settings]
At = Callable[[str], datetime]
Act = Callable[..., tuple[Record, Effects]]

NOW = "2026-05-20T10:00+02:00"
CLERK = Actor("command", "anna")
RECORD = Record(
    ref="L-000005-Y",
    kind="lead",
    site="berlin",
    team="sales",
    state="new",
    policy="standard",
    language="de",
    received_at=msgspec.convert("2026-05-20T07:00:00Z", type=Record.__annotations__["received_at"]),
    reading=Reading(kind="lead"),
)


@pytest.fixture
def act(house: House, at: At) -> Act:
    def run(
        name: str, record: Record = RECORD, role: ActorRole = "team", settings: Settings | None = None, **args: str
    ) -> tuple[Record, Effects]:
        action = Action(
            name=name,
            actor=Actor(role, "verkauf@muster.example"),
            args=args,
        )
        return apply(record, action, settings or house(), at(NOW))

    return run


def in_state(state: str, **fields: Any) -> Record:
    return msgspec.structs.replace(RECORD, state=state, **fields)


def opening(settings: Settings, at: At) -> Opening:
    envelope = Envelope(recipient="m@leads.example", accepted_at=at("2026-05-20T09:00+02:00"))
    mail = Parsed(digest="", readings=(RECORD.reading,))
    decision = decide_mail(mail, envelope, settings, Context(), at(NOW))
    return Opening(
        ref="L-000005-Y", site=decision.site, source=decision.source, reading=RECORD.reading,
        decision=decision.decisions[0], received_at=envelope.accepted_at,
    )  # fmt: skip


def test_opening_makes_the_first_revision_with_its_notices_and_deadlines(house: House, at: At) -> None:
    settings = house()
    action = Action(name="open", actor=Actor("source", "mobile-berlin"), opening=opening(settings, at))
    record, effects = apply(None, action, settings, at(NOW))
    assert (record.ref, record.state, record.team, record.revision, record.cycle) == (
        "L-000005-Y",
        "new",
        "sales",
        1,
        0,
    )
    assert (record.site, record.source, record.policy) == ("berlin", "mobile-berlin", "standard")
    assert [(n.purpose, n.to, n.template, n.language, n.at) for n in effects.notices] == [
        ("new", "verkauf@muster.example", "new", "de", at(NOW))
    ]
    assert [d.due_at for d in effects.deadlines] == [at("2026-05-20T11:00+02:00"), at("2026-05-20T15:00+02:00")]
    assert not effects.ends_deadlines


def test_opening_needs_something_to_open(house: House, at: At) -> None:
    with pytest.raises(Refused, match="there is no record to take"):
        apply(None, Action(name="take", actor=CLERK), house(), at(NOW))
    opened = Action(name="open", actor=Actor("controller"), opening=opening(house(), at))
    with pytest.raises(Refused, match="a controller may not open"):
        apply(None, opened, house(), at(NOW))


EVA = "eva@muster.example"
# state, action, arguments -> new state, fields, ends deadlines, steps of new deadlines, purposes of notices
HANDLED = {"ends": True}
TRANSITIONS = [
    ("new", "take", {}, "taken", {"assignee": "verkauf@muster.example"}, True, [], []),
    ("taken", "take", {}, "taken", {"assignee": "verkauf@muster.example"}, True, [], []),
    ("new", "done", {"result": "won"}, "done", {"result": "won"}, True, [], []),
    ("waiting", "done", {}, "done", {"result": None, "resubmit_at": None}, True, [], []),
    ("taken", "done", {"result": "sold\r\nBcc: x"}, "done", {"result": "sold Bcc: x"}, True, [], []),
    ("taken", "later", {"until": "2d"}, "waiting", {"cycle": 1}, True, ["E2.2"], []),
    ("new", "assign", {"to": EVA}, "taken", {"assignee": EVA}, True, [], ["assigned"]),
    ("new", "not-mine", {"team": "service"}, "new", {"team": "service", "cycle": 1}, True, ["E1", "E2.1"], ["moved"]),
    ("taken", "note", {"text": "called"}, "taken", {}, False, [], []),
    ("done", "note", {"text": "called"}, "done", {}, False, [], []),
    ("new", "spam", {}, "spam", {}, True, [], []),
    ("done", "reopen", {}, "new", {"cycle": 1, "result": None}, True, ["E1", "E2.1"], []),
    ("spam", "reopen", {}, "new", {"cycle": 1}, True, ["E1", "E2.1"], []),
]  # fmt: skip


@pytest.mark.parametrize(("state", "name", "args", "to", "fields", "ends", "steps", "purposes"), TRANSITIONS)
def test_actions(
    act: Act,
    state: str,
    name: str,
    args: dict[str, str],
    to: str,
    fields: dict[str, Any],
    ends: bool,
    steps: list[str],
    purposes: list[str],
) -> None:
    before = in_state(state, result="lost" if state == "done" else None)
    record, effects = act(name, before, **args)
    assert (record.state, record.revision) == (to, before.revision + 1)
    assert {key: getattr(record, key) for key in fields} == fields
    assert effects.ends_deadlines is ends
    assert [d.step for d in effects.deadlines] == steps
    assert {d.cycle for d in effects.deadlines} <= {record.cycle}
    assert [n.purpose for n in effects.notices] == purposes
    untouched = {"ref", "kind", "site", "source", "received_at", "reading", "policy", "language", "category"}
    assert all(getattr(record, key) == getattr(before, key) for key in untouched)


def test_every_action_of_every_state_can_be_done_by_team_and_command(
    act: Act,
) -> None:
    args = {
        "later": {"until": "2d"},
        "assign": {"to": "eva@muster.example"},
        "note": {"text": "x"},
        "not-mine": {"team": "service"},
        "done": {"result": "won"},
        "reply": {"text": "x"},
        "again": {"ref": "L-7KQ2M4-2"},
        "apart": {"ref": "L-7KQ2M4-2"},
        "read-as": {"kind": "lead"},
    }
    reading = Reading(kind="lead", customer=Customer(emails=("max@kunde.example",)))
    second = Second(message=7, received_at=RECORD.received_at, reading=reading)
    held = (Held(text="x", by="verkauf@muster.example", message=7),)
    for state in (*REQUESTED, *CLOSED_STATES):
        for name in possible("lead", state):
            for role in ("team", "command"):
                if name == "undo":
                    continue
                record = in_state(state, reading=reading, requests=(second,), held=held)
                assert act(name, record, role=role, **args.get(name, {}))[0].revision == 2


@pytest.mark.parametrize("role", ["customer", "clock", "source", "stranger"])
def test_others_may_do_nothing_with_a_record(act: Act, role: ActorRole) -> None:
    for state in (*REQUESTED, *CLOSED_STATES):
        for name in possible("lead", state):
            with pytest.raises(Refused, match=f"a {role} may not {name}; command,.* team may"):
                act(name, in_state(state), role=role)


UNTIL = [
    ("2d", "2026-05-22T18:00+02:00"),
    ("2WD", "2026-05-22T18:00+02:00"),
    ("3h", "2026-05-20T13:00+02:00"),
    ("10h", "2026-05-21T10:00+02:00"),
    ("2026-05-24", "2026-05-26T08:00+02:00"),
    ("2026-06-03 09:30", "2026-06-03T09:30+02:00"),
    ("2026-06-03T09:30:00+00:00", "2026-06-03T11:30+02:00"),
    ("2026-12-03T09:30", "2026-12-03T09:30+01:00"),
    ("1w", "2026-05-27T08:00+02:00"),
    ("tomorrow", "2026-05-21T08:00+02:00"),
    ("Tomorrow 09:30", "2026-05-21T09:30+02:00"),
    ("today 15:00", "2026-05-20T15:00+02:00"),
    ("thu", "2026-05-21T08:00+02:00"),
    ("wed", "2026-05-27T08:00+02:00"),  # said on a Wednesday: not today
    ("mon", "2026-05-26T08:00+02:00"),  # Whit Monday: nobody is there before Tuesday
    ("mon 11:00", "2026-05-25T11:00+02:00"),
    ("sun", "2026-05-26T08:00+02:00"),
    ("06-03", "2026-06-03T08:00+02:00"),
    ("06-03 09:30", "2026-06-03T09:30+02:00"),
    ("05-19", "2027-05-19T08:00+02:00"),  # over for this year
]


@pytest.mark.parametrize(("until", "at_text"), UNTIL)
def test_later_sets_the_resubmission_and_its_follow_up(act: Act, at: At, until: str, at_text: str) -> None:
    record, effects = act("later", until=until)
    assert record.resubmit_at == at(at_text)
    (deadline,) = effects.deadlines
    assert deadline.because.startswith("E2.2 24h wall: resubmitted ")
    assert (deadline.due_at - record.resubmit_at).total_seconds() == 24 * 3600


def test_later_counts_in_the_hours_of_the_team_and_runs_on_where_nobody_has_hours(
    act: Act, at: At, house: House
) -> None:
    service, _ = act("later", in_state("new", team="service"), until="1d")
    assert service.resubmit_at == at("2026-05-21T17:00+02:00")
    bare = house(hours={}, team_hours={})
    assert act("later", settings=bare, until="2d")[0].resubmit_at == at("2026-05-22T10:00+02:00")
    assert act("later", settings=bare, until="2026-06-01")[0].resubmit_at == at("2026-06-01T00:00+02:00")


def test_taking_ends_the_resubmission(act: Act, at: At) -> None:
    waiting = in_state("waiting", resubmit_at=at("2026-05-22T10:00+02:00"))
    assert act("take", waiting)[0].resubmit_at is None


REFUSED = [
    ("new", "tke", {}, "unknown action 'tke', did you mean 'take'? Possible now: again, apart, assign, done"),
    ("new", "x" * 900, {}, f"unknown action '{'x' * 40}'. Possible now: again, apart, assign"),
    ("new", "reopen", {}, "reopen is not possible for a record that is new. Possible now: again,"),
    ("done", "take", {}, "take is not possible for a record that is done. Possible now: note, reopen, reply"),
    ("new", "open", {}, "open is not possible for a record that is new"),
    ("new", "later", {}, "later needs until=2d"),
    ("new", "later", {"until": " "}, "later needs until=2d"),
    ("new", "later", {"untl": "2d"}, "unknown argument 'untl', did you mean 'until'? Later takes until"),
    ("new", "take", {"result": "won"}, "unknown argument 'result'. Take takes none"),
    ("new", "later", {"until": "soon"}, "until 'soon' cannot be read, write 3h, 2d"),
    ("new", "later", {"until": "2026-05-20 09:00"}, "until '2026-05-20 09:00' has passed"),
    ("new", "later", {"until": "today"}, "until 'today' has passed, write 3h, 2d (working days), 1w, tomorrow"),
    ("new", "later", {"until": "today 09:00"}, "until 'today 09:00' has passed"),
    ("new", "later", {"until": "today 25:00"}, "until 'today 25:00' cannot be read"),
    ("new", "later", {"until": "02-30"}, "until '02-30' cannot be read"),
    ("new", "later", {"until": "999w"}, "until '999w' is more than 400 days ahead"),
    ("new", "later", {"until": "tomorrow at nine"}, "until 'tomorrow at nine' cannot be read"),
    ("new", "later", {"until": "2029-05-20"}, "until '2029-05-20' is more than 400 days ahead"),
    ("new", "later", {"until": "900000h"}, "until '900000h': no 900000h of open time within 400 days"),
    ("new", "later", {"until": "9999-12-31T23:59-23:59"}, "cannot be read"),
    ("new", "later", {"until": "0h"}, "has passed"),
    ("new", "assign", {}, "assign needs to=name@domain.example"),
    ("new", "assign", {"to": "eva"}, "'eva' is no mail address"),
    ("new", "assign", {"to": "a@b.example\nBcc: x@y.example"}, "is no mail address"),
    ("new", "assign", {"to": "thief@else.example"}, "'thief@else.example' is nobody of berlin"),
    ("new", "note", {}, "note needs text='…'"),
    ("new", "not-mine", {"team": "servic"}, "berlin has no team 'servic', did you mean 'service'?"),
    ("new", "not-mine", {"team": "zzz"}, "berlin has no team 'zzz', its teams are sales, service"),
    ("new", "not-mine", {}, "sales has it already; say team=service"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "name", "args", "text"), REFUSED)
def test_refusals_say_what_is_possible(act: Act, state: str, name: str, args: dict[str, str], text: str) -> None:
    with pytest.raises(Refused) as refused:
        act(name, in_state(state), **args)
    assert text in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_site_that_is_gone_or_never_opens_refuses(act: Act, house: House) -> None:
    with pytest.raises(Refused, match="the site 'potsdam' is no longer configured"):
        act("take", in_state("new", site="potsdam"))
    with pytest.raises(Refused, match="within 400 days"):
        act("reopen", in_state("done"), settings=house(hours={}, team_hours={}))


def test_who_can_be_assigned(act: Act) -> None:
    for to in ("Eva@Muster.example", "meister@muster.example", "controlling@muster.example", "service@muster.example"):
        assert act("assign", to=to)[0].assignee == to
    assert act("assign", role="command", to="temp@agency.example")[0].assignee == "temp@agency.example"


def test_notices_of_assigning_and_moving(act: Act, at: At) -> None:
    _, assigned = act("assign", to="eva@muster.example")
    (notice,) = assigned.notices
    assert (notice.to, notice.template, notice.at) == ("eva@muster.example", "assigned", at(NOW))
    assert notice.because == "assigned to you by verkauf@muster.example"
    _, moved = act("not-mine", team="service", reason="an oil\nchange")
    (notice,) = moved.notices
    assert (notice.to, notice.team, notice.role, notice.template) == (
        "service@muster.example",
        "service",
        "team",
        "moved",
    )
    assert notice.because == "moved to service by verkauf@muster.example: an oil change"
    assert moved.deadlines[0].because.startswith("E1 2h business: moved Wed 10:00, counts Mon-Fri 07-17")


def test_not_mine_without_a_team_goes_to_the_fallback_team(act: Act) -> None:
    assert act("not-mine", in_state("taken", team="service", assignee="x@y.example"))[0].team == "sales"


@pytest.mark.parametrize("state", [*REQUESTED, *CLOSED_STATES])
@pytest.mark.parametrize(
    ("role", "mail_class", "told"),
    [
        ("customer", "reply", True),
        ("source", "person", True),
        ("customer", "automatic", False),
        ("team", "reply", False),
    ],
)
def test_a_further_mail_changes_no_state_and_is_told_if_a_person_outside_wrote_it(
    act: Act, state: str, role: ActorRole, mail_class: str, told: bool
) -> None:
    record, effects = act("attach", in_state(state), role=role, message="7", **{"class": mail_class})
    assert (record.state, record.revision, effects.ends_deadlines, effects.deadlines) == (state, 2, False, ())
    assert [(n.purpose, n.to) for n in effects.notices] == [("attached", "verkauf@muster.example")] * told


def test_nobody_is_told_of_a_further_mail_that_was_put_in_later(act: Act) -> None:
    _, effects = act("attach", role="customer", message="7", imported="yes", **{"class": "reply"})
    assert effects == Effects()


def test_a_further_mail_is_told_to_the_assignee(act: Act) -> None:
    taken = in_state("taken", assignee=EVA)
    _, effects = act("attach", taken, role="customer", message="7", **{"class": "reply"})
    assert [(n.to, n.because) for n in effects.notices] == [(EVA, "a further mail for L-000005-Y")]
    assert act("attach", taken, role="customer", message="7")[1].notices == ()
    by_name = in_state("taken", assignee="anna")
    _, effects = act("attach", by_name, role="customer", message="7", **{"class": "reply"})
    assert [n.to for n in effects.notices] == ["verkauf@muster.example"]


def test_each_cycle_counts_on(act: Act) -> None:
    record, _ = act("later", until="2d")
    record, _ = act("not-mine", record, team="service")
    record, _ = act("done", record, result="lost")
    record, effects = act("reopen", record)
    assert (record.cycle, record.revision, record.state, record.team) == (3, 5, "new", "service")
    assert {d.cycle for d in effects.deadlines} == {3}


def test_records_of_the_admin_live_without_clocks(act: Act, house: House) -> None:
    record = in_state("new", kind="unsorted", site="admin", team="admin", policy="none")
    assert act("later", record, until="2d")[1].deadlines == ()
    assert act("reopen", msgspec.structs.replace(record, state="done"))[1] == Effects(ends_deadlines=True)


def test_other_kinds_use_the_lifecycle_of_leads() -> None:
    assert known("complaint") == known("lead")
    assert possible("booking", None) == ("open",)


@pytest.mark.parametrize(
    ("fields", "kind", "team"),
    [
        ({"kind": "unsorted", "team": "service"}, "lead", "sales"),
        ({"kind": "unsorted", "team": "service", "cycle": 1}, "lead", "service"),
        ({"kind": "unsorted", "state": "taken", "team": "service"}, "unsorted", "service"),
        ({"kind": "booking", "team": "service"}, "booking", "service"),
    ],
)
def test_reading_again_sorts_what_nobody_has_in_hand(
    house: House, at: At, fields: dict[str, Any], kind: str, team: str
) -> None:
    settings, record = house(), msgspec.structs.replace(RECORD, **fields)
    args = {"message": "7", "fields": "comments"}
    asked = msgspec.structs.replace(opening(settings, at), reading=Reading(kind="lead", comments="Noch da?"))
    action = Action(name="reparse", actor=CLERK, args=args, opening=asked)
    after, effects = apply(record, action, settings, at(NOW))
    assert (after.kind, after.team, after.state, after.revision) == (kind, team, record.state, 2)
    assert after.reading.comments == "Noch da?"
    assert effects == Effects(), "no clock ends or starts, and nobody is told"


def test_only_the_command_line_reads_again(house: House, at: At, act: Act) -> None:
    with pytest.raises(Refused, match="a team may not reparse"):
        act("reparse", message="7", fields="comments")
    with pytest.raises(Refused, match="nothing that was read again"):
        act("reparse", role="command", message="7", fields="comments")
    assert "reparse" not in possible("lead", "new")
