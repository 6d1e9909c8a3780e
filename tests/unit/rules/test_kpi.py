"""Handled in time: what counts, what does not, and by when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import Settings
from rules.deadlines import plan
from rules.kpi import CURRENT, DEFINITIONS, Act, Case, Due, Figure, figures, handled_at, limit, verdict

House = Callable[..., Settings]
At = Callable[[str], datetime]
T = datetime(2026, 5, 20, 8, tzinfo=UTC)
H = timedelta(hours=1)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("standard", "2026-05-20T12:00+02:00"),
        # the warning after 36 hours is no limit, the 48 hours are
        ("hot-alert", "2026-05-22T10:00+02:00"),
        # not the service manager's mail after a day: the end of the second working day after that
        ("booking-request", "2026-05-23T13:00+02:00"),
        ("none", None),
    ],
)
def test_by_when_a_request_is_to_be_handled(house: House, at: At, policy: str, expected: str | None) -> None:
    steps = plan(house(), "berlin", "sales", policy, at("2026-05-20T10:00+02:00"), 0)
    found = limit(Due(one.step, one.effect, one.due_at) for one in steps)
    assert found == (at(expected) if expected else None)


def test_without_an_e1_the_first_step_that_is_no_warning_is_the_limit() -> None:
    steps = [Due("W", "warn", T), Due("B", "escalate", T + 2 * H), Due("A", "mail", T + H), Due("R", "remind", T)]
    assert limit(steps) == T + H
    assert limit([Due("W", "warn", T)]) is None
    assert limit([]) is None


@pytest.mark.parametrize(
    ("acts", "undone", "expected"),
    [
        ([], (), None),
        ([("reply", "team", 3)], (), 3),
        ([("answered", "team", 3)], (), 3),
        ([("send", "team", 3)], (), 3),
        ([("done", "command", 3)], (), 3),
        # to take it, to hand it on, to put it off, to note something is not to handle it
        ([("later", "team", 3)], (), None),
        ([("take", "team", 1), ("assign", "controller", 2), ("not-mine", "team", 3), ("note", "team", 4)], (), None),
        ([("take", "team", 1), ("reply", "team", 4), ("done", "team", 5)], (), 4),
        # what comes in, what the clock does and what a program sends is nobody's work
        ([("write", "customer", 1), ("attach", "source", 2), ("escalate", "clock", 3)], (), None),
        ([("reply", "clock", 1), ("done", "customer", 2), ("reply", "stranger", 3)], (), None),
        # what was taken back was not done
        # a workshop booking
        ([("offer", "team", 1)], (), 1),
        ([("take", "team", 1), ("schedule", "command", 2)], (), 2),
        ([("pre-book", "team", 1)], (), 1),
        ([("ask", "team", 1)], (), 1),
        ([("decline", "team", 1)], (), 1),
        ([("cancel", "team", 1)], (), 1),
        ([("cancel", "customer", 1)], (), None),
        ([("ready", "team", 1), ("prefer", "team", 2), ("arrived", "team", 3)], (), None),
        ([("offer", "team", 1), ("schedule", "team", 2)], (1,), 2),
        ([("done", "team", 1), ("undo", "team", 2)], (1,), None),
        ([("done", "team", 1), ("undo", "team", 2), ("reply", "team", 3)], (1,), 3),
    ],
)
def test_when_a_person_saw_to_it(
    acts: list[tuple[str, str, int]], undone: tuple[int, ...], expected: int | None
) -> None:
    done = [Act(n, name, role, T + n * H) for name, role, n in acts]  # type: ignore[arg-type]
    assert handled_at(done, undone) == (None if expected is None else T + expected * H)


def case(handled: datetime | None = None, due: datetime = T, **where: str) -> Case:
    return Case(
        site=where.get("site", "berlin"), team=where.get("team", "sales"), kind="lead", received_at=T - 2 * H,
        due_at=due, handled_at=handled,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("handled", "now", "expected"),
    [
        (T - timedelta(seconds=1), T + H, "in-time"),
        (T, T + H, "late"),
        (T + H, T + 2 * H, "late"),
        (None, T - timedelta(seconds=1), "open"),
        (None, T, "late"),
        # handled in time stays so, whenever one looks
        (T - H, T - 2 * H, "in-time"),
    ],
)
def test_in_time_is_before_it_is_due(handled: datetime | None, now: datetime, expected: str) -> None:
    assert verdict(case(handled), now) == expected


def test_groups_are_counted_by_what_they_have_in_common() -> None:
    cases = [
        case(T - H),
        case(T + H, team="service"),
        case(due=T + 2 * H, site="potsdam"),
        case(site="potsdam"),
    ]
    found = figures(cases, lambda one: ({"unit": "group"}, {"site": one.site}), T + H)
    assert found == (
        Figure(site="berlin", received=2, in_time=1, late=1),
        Figure(site="potsdam", received=2, late=1, open=1),
        Figure(unit="group", received=4, in_time=1, late=2, open=1),
    )
    assert [one.share for one in found] == [0.5, 0.0, 1 / 3]
    assert Figure(open=3).share is None


@given(st.lists(st.tuples(st.integers(-50, 50), st.none() | st.integers(-50, 50)), max_size=30), st.integers(-60, 60))
def test_every_request_is_counted_once(times: list[tuple[int, int | None]], now: int) -> None:
    cases = [case(None if handled is None else T + handled * H, T + due * H) for due, handled in times]
    for one in figures(cases, lambda one: ({"site": one.site},), T + now * H):
        assert one.received == one.in_time + one.late + one.open == len(cases)


def test_the_definition_has_a_version_and_stands_in_words() -> None:
    assert DEFINITIONS[CURRENT.version] is CURRENT
    assert all(number == one.version and one.words for number, one in DEFINITIONS.items())
    assert Figure().definition == CURRENT.version
