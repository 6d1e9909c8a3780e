"""The clock reminds customers of visits: each once, by his own setting, and the books show why and why not."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.act import act, open_by_hand
from daemon.store import records, standing
from parsers.records import Customer, Parsed, Reading, Vehicle
from rules.decide import decide
from rules.lifecycle import table_of
from rules.model import Action, Actor, ActorRole, Context, Envelope, Opening, Record, Refused
from rules.rescheduling import moves
from tests.support.answering import ANNA, AT, CUSTOMER
from tests.support.seeds import seed
from tests.unit.clock.test_deadlines import Hand, hand

__all__ = ["hand"]

BERLIN = ZoneInfo("Europe/Berlin")
KARIN = Actor("customer", CUSTOMER)
VISIT = {"at": "2026-12-03T09:00", "services": "Inspektion"}
"""A Thursday; it is Friday, 20 November now."""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


class Desk:
    """A booking of the example's Berlin."""

    def __init__(self, hand: Hand) -> None:
        self.hand, self.shift = hand, hand.house.shift
        site = self.shift.settings.sites["berlin"]
        customer = Customer(name="Karin Beispiel", emails=(CUSTOMER,))
        reading = Reading(kind="booking", language="de", customer=customer, vehicles=(Vehicle(plate="B-MX 123"),))
        envelope = Envelope(recipient=site.desk, channel="command", accepted_at=AT)
        parsed = Parsed(digest="", readings=(reading,))
        decision = decide(reading, envelope, parsed, site, None, self.shift.settings, Context(), AT, 0)
        opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=AT)
        opened = Action(name="open", actor=Actor("command"))
        self.ref = open_by_hand(self.shift.store, self.shift.settings, opening, opened, AT).ref

    @property
    def record(self) -> Record:
        return self.hand.record(self.ref)

    def do(self, name: str, actor: Actor = ANNA, /, **args: str) -> Record:
        said = {"message": "1", **args} if actor.role == "customer" else args
        action = Action(name=name, actor=actor, args=said)
        return act(self.shift.store, self.shift.settings, self.ref, action, self.shift.clock.now())

    def until(self, text: str, *, runs: bool = True) -> None:
        """Let time pass, with a daemon that runs or with one that is started then."""
        end = local(text)
        while runs and (due := self.hand.room.next_due()) is not None and due < end:
            self.hand.at(due)
            assert self.hand.room.step()
        self.hand.at(end)
        while self.hand.room.step():
            pass

    def told(self) -> list[tuple[str, str]]:
        """Notices to the customer with the local times from which they go out."""
        query = (
            "SELECT notice.purpose, notice.at FROM notice JOIN record ON record.id = notice.record"
            " WHERE ref = :ref AND recipient = :to AND purpose LIKE 'visit-%' ORDER BY notice.id"
        )
        rows = self.hand.house.rows(query, ref=self.ref, to=CUSTOMER)
        return [(name, f"{datetime.fromisoformat(f'{at}+00:00').astimezone(BERLIN):%m-%d %H:%M}") for name, at in rows]

    def fired(self) -> list[str]:
        query = "SELECT step FROM deadline WHERE fired_at IS NOT NULL AND effect = 'announce' ORDER BY due_at"
        return [step for (step,) in self.hand.house.rows(query)]

    def findings(self) -> list[str]:
        """What the ledger says; the customer's mails of these tests are not in the store."""
        return [one for one in self.hand.findings() if "names message 1" not in one]


def test_reminded_once_and_on_the_morning(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    revisions = desk.record.revision
    desk.until("2026-12-03T08:59")
    assert desk.told() == [
        ("visit-scheduled", "11-20 10:00"),
        ("visit-reminder", "12-01 10:00"),
        ("visit-today", "12-03 07:00"),
    ]
    assert desk.fired() == ["V4", "V3", "V2", "V1", "V0"]
    assert desk.record.revision == revisions + 2, "what is not the customer's leads to no revision"
    assert hand.open_steps(desk.ref) == []
    assert hand.due(desk.ref) is None
    assert desk.record.passed == ()
    assert desk.findings() == []


def test_the_customers_own_setting_even_if_he_says_so_late(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.until("2026-11-30T09:00")
    desk.do("prefer", KARIN, days="1")
    desk.until("2026-12-03T08:00")
    assert desk.told()[1:] == [("visit-reminder", "12-02 10:00"), ("visit-today", "12-03 07:00")]
    assert desk.findings() == []


def test_what_he_said_at_another_visit_holds_here_too(hand: Hand) -> None:
    earlier, desk = Desk(hand), Desk(hand)
    earlier.do("prefer", KARIN, days="1")
    desk.do("schedule", **VISIT)
    desk.until("2026-12-03T08:00")
    assert desk.told()[1:] == [("visit-reminder", "12-02 10:00"), ("visit-today", "12-03 07:00")]
    desk.do("schedule", at="2026-12-14T09:00")
    desk.do("prefer", days="off")
    desk.until("2026-12-15T08:00")
    assert len(desk.told()) == 4


def test_who_wants_none_gets_none(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.do("prefer", KARIN, days="off")
    desk.until("2026-12-04T08:00")
    assert desk.told() == [("visit-scheduled", "11-20 10:00")]
    assert desk.fired() == ["V4", "V3", "V2", "V1", "V0"]
    assert desk.findings() == []


def test_moved_once_reminded_once_of_the_new_time(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.until("2026-12-01T11:00")
    desk.do("schedule", at="2026-12-08T09:00")
    desk.until("2026-12-09T08:00")
    assert desk.told() == [
        ("visit-scheduled", "11-20 10:00"),
        ("visit-reminder", "12-01 10:00"),
        ("visit-changed", "12-01 11:00"),
        ("visit-reminder", "12-06 10:00"),
        ("visit-today", "12-08 07:00"),
    ]
    assert desk.findings() == []


@pytest.mark.parametrize(
    ("name", "actor"), [("cancel", ANNA), ("cancel", KARIN), ("reject", KARIN), ("postpone", KARIN)]
)
def test_what_is_cancelled_the_evening_before_is_not_announced(hand: Hand, name: str, actor: Actor) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.until("2026-12-02T20:00")
    desk.do(name, actor)
    desk.until("2026-12-04T08:00")
    assert ("visit-today", "12-03 07:00") not in desk.told()
    assert not {"V4", "V3", "V2", "V1", "V0"} & {step for step, _ in hand.open_steps(desk.ref)}
    assert desk.findings() == []


@pytest.mark.parametrize(
    ("back", "told"),
    [
        ("2026-12-02T15:00", [("visit-reminder", "12-02 15:00")]),
        ("2026-12-03T06:30", []),  # the morning's mail comes at seven
        ("2026-12-03T08:30", [("visit-today", "12-03 08:30")]),
        ("2026-12-03T09:00", []),
        ("2026-12-05T09:00", []),
    ],
)
def test_after_an_outage_only_the_latest_that_is_still_sensible(
    hand: Hand, back: str, told: list[tuple[str, str]]
) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.until(back, runs=False)
    assert desk.told()[1:] == told
    assert desk.findings() == []


def test_what_is_undone_is_announced_again(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.do("done")
    assert hand.open_steps(desk.ref) == []
    desk.do("undo")
    assert [step for step, _ in hand.open_steps(desk.ref)] == ["V4", "V3", "V2", "V1", "V0"]
    assert hand.due(desk.ref) == local("2026-11-29T10:00")
    assert desk.findings() == []


def test_nothing_is_due_to_the_workshop_once_it_is_planned(hand: Hand) -> None:
    """Also a step that only an answer ends: it could never be passed there, and would stand before the reminders."""
    desk = Desk(hand)
    assert hand.open_steps(desk.ref) != []
    desk.do("schedule", **VISIT)
    assert {step[0] for step, _ in hand.open_steps(desk.ref)} == {"V"}


def test_a_change_of_hours_has_nothing_to_move(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    with desk.shift.store.read() as connection:
        kept = records.load(connection, desk.ref)
        assert kept is not None
        known = standing.of(connection, kept.id)
    assert moves(kept.record, known, desk.shift.settings) == ()


def test_a_site_that_is_gone_waits(hand: Hand) -> None:
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    hand.rewrite(desk.ref, site="closed-down")
    desk.until("2026-11-29T10:00", runs=False)
    assert desk.shift.counters["deadlines_refused"] == 1
    assert desk.fired() == []


def test_a_reminder_that_was_altered_is_found(hand: Hand) -> None:
    """That a reminder leads to no revision is no way to hide one that did."""
    desk = Desk(hand)
    desk.do("schedule", **VISIT)
    desk.until("2026-12-01T11:00")
    assert desk.findings() == []
    store = desk.shift.store
    store.write(lambda c: c.exec_driver_sql("UPDATE deadline SET fired_at = NULL WHERE step = 'V2'")).result()
    assert any("step V2 of cycle 1 fired" in one for one in desk.findings())


STEPS = 40
SAID: dict[str, dict[str, str]] = {
    "ask": {"text": "Welches Auto?"},
    "decline": {"reason": "Voll."},
    "later": {"until": "1d"},
    "assign": {"to": "verkauf@muster.example"},
    "reply": {"text": "Ja."},
    "note": {"text": "Ruft an."},
    "prefer": {"days": "3"},
}
NEVER = ("undo", "reparse", "rest", "part", "apart", "join", "again", "spam", "refuse", "hold", "reschedule", "open")


@pytest.mark.slow
@pytest.mark.parametrize("walked", [1, 2, 3, 4])
def test_whatever_is_done_the_books_are_right(hand: Hand, walked: int) -> None:
    """As `tests/unit/rules/test_visit_walks.py`, with the real store, its clock and its ledger."""
    desk, draw = Desk(hand), random.Random(seed() + walked)  # noqa: S311 - a walk, no secret
    now, log = AT, list[str]()
    for _ in range(STEPS):
        role: ActorRole = draw.choice(["team", "team", "customer"])
        rows = table_of("booking").items()
        names = sorted(
            name for (state, name), row in rows if state == desk.record.state and role in row.who and name not in NEVER
        )
        name = draw.choice(["undo", "time", "time", *names] if role == "team" else names)
        day = now + timedelta(days=draw.randint(1, 9))
        args = (
            {"at": f"{day:%Y-%m-%d}T{draw.choice(['08', '10', '14'])}:00"} if name == "counter" else SAID.get(name, {})
        )
        if name in ("offer", "schedule", "pre-book"):
            args = {"at": f"{day:%Y-%m-%d}T{draw.choice(['08', '10', '14'])}:00", "services": "Bremsen"}
        now += timedelta(hours=draw.choice([1, 30])) if name == "time" else timedelta(minutes=7)
        hand.at(now)
        while hand.room.step():
            pass
        try:
            if name != "time":
                desk.do(name, KARIN if role == "customer" else ANNA, **args)
        except Refused:
            continue
        log.append(f"{name} {now:%d %H:%M} {desk.record.state}")
        assert desk.shift.counters["deadlines_refused"] == 0, log
        assert desk.findings() == [], log
    assert len(log) > STEPS // 4
