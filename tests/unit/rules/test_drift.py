"""A source that changes the way it writes is noticed; one that writes as ever is not."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.records import Shape
from rules.drift import LEAST_BASE, LIMITS, MOST_BASE, RECENT, UNLIKELY, counts, findings, lasting

FIELDS = ("comments", "customer.name", "customer.phones", "wanted.price")


def mail(*without: str, unknown: tuple[str, ...] = (), unsorted: bool = False) -> Shape:
    fields = tuple(name for name in FIELDS if name not in without)
    return Shape(structure="label in plain", fields=fields, unknown=unknown, unsorted=unsorted)


USUAL = mail()
CHANGED = mail("wanted.price", unknown=("Wunschpreis",))
EMPTY = Shape(structure="no level in plain", unsorted=True)


@pytest.mark.parametrize(
    ("mails", "found"),
    [
        pytest.param([USUAL] * 30, [], id="nothing"),
        pytest.param([USUAL] * LEAST_BASE + [CHANGED] * RECENT, ["field wanted.price", "label Wunschpreis"], id="both"),
        pytest.param([USUAL] * (LEAST_BASE - 1) + [CHANGED] * RECENT, [], id="too few to know what is usual"),
        pytest.param([USUAL] * 300 + [CHANGED] * 5, ["label Wunschpreis"], id="a label shows in five"),
        pytest.param([USUAL] * 300 + [CHANGED] * 6, ["field wanted.price", "label Wunschpreis"], id="a field in six"),
        pytest.param([USUAL] * 300 + [CHANGED] * 4, [], id="four may be chance"),
        pytest.param([CHANGED] * 30 + [USUAL] * 10, [], id="what gets better is no finding"),
        pytest.param([USUAL] * 5 + [CHANGED] * 400, [], id="long ago"),
        pytest.param([USUAL, mail("wanted.price")] * 60 + [mail("wanted.price")] * 10, [], id="half was usual"),
        pytest.param(
            [*[USUAL] * 8, mail("wanted.price"), mail("wanted.price")] * 20 + [mail("wanted.price")] * 10,
            ["field wanted.price"],
            id="of 80 % none is left",
        ),
        pytest.param([USUAL] * 40 + [mail(unknown=("PS",)), USUAL] * 3, [], id="a customer's label now and then"),
        pytest.param(
            [USUAL] * 40 + [EMPTY] * 10,
            [*(f"field {name}" for name in FIELDS), "unsorted "],
            id="nothing is understood any more",
        ),
        pytest.param([USUAL, EMPTY] * 20 + [EMPTY] * 10, [], id="half was free text"),
        pytest.param([], [], id="no mail"),
    ],
)
def test_what_is_found(mails: list[Shape], found: list[str]) -> None:
    assert [f"{one.what} {one.name}" for one in findings(mails)] == found


def test_a_finding_says_what_it_was_and_is() -> None:
    assert [str(one) for one in findings([USUAL] * 30 + [CHANGED] * 10)] == [
        "wanted.price was filled in 100 % of the mails, in the latest 0 %",
        "the label 'Wunschpreis' is not known: it stood in 0 % of the mails, in the latest 100 %",
    ]
    last = findings([USUAL] * 30 + [EMPTY] * 10)[-1]
    assert str(last) == "nothing was understood in 0 % of the mails, in the latest 100 %"


@pytest.mark.parametrize("after", [10, 11, 16, 25, 60, 150])
def test_a_change_is_shown_while_it_lasts(after: int) -> None:
    found = [USUAL] * 40 + [CHANGED] * after
    assert [f"{one.what} {one.name}" for one in lasting(found)] == ["field wanted.price", "label Wunschpreis"]
    assert all(one.now == (0.0 if one.what == "field" else 1.0) for one in lasting(found))
    assert lasting(found + [USUAL] * RECENT) == ()


@pytest.mark.parametrize("mails", [[], [USUAL] * 5, [USUAL] * 200, [CHANGED] * 200, [USUAL, EMPTY] * 100])
def test_what_did_not_change_is_not_shown(mails: list[Shape]) -> None:
    assert lasting(mails) == ()


def test_limits_leave_room_between_usual_and_told() -> None:
    assert LIMITS["field"].was > LIMITS["field"].now
    assert all(LIMITS[what].was < LIMITS[what].now for what in ("label", "unsorted"))
    assert LEAST_BASE <= MOST_BASE
    assert 0 < UNLIKELY < 1e-4


shapes = st.builds(
    Shape,
    structure=st.just("x"),
    fields=st.lists(st.sampled_from(FIELDS), unique=True).map(tuple),
    unknown=st.lists(st.sampled_from("ABC"), unique=True).map(tuple),
    unsorted=st.booleans(),
)


@given(st.lists(shapes, min_size=1, max_size=6), st.integers(0, 400))
def test_a_source_that_writes_in_turns_never_alarms(turn: list[Shape], number: int) -> None:
    """Whatever it leaves out every so often: up to every sixth mail is otherwise than the rest."""
    assert findings([turn[n % len(turn)] for n in range(number)]) == ()


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_source_does_not_alarm_by_chance(seed: int) -> None:
    """Each field and label has its own chance, any at all; 400 looks at each of twenty sources."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers in every run
    odds = [chance.choice([0.02, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0]) for _ in range(12)]

    def one() -> Shape:
        fields = tuple(f"f{n}" for n, odd in enumerate(odds) if chance.random() < odd)
        unknown = tuple(f"l{n}" for n, odd in enumerate(odds) if chance.random() < 1 - odd)
        return Shape(structure="x", fields=fields, unknown=unknown, unsorted=chance.random() < odds[0])

    mails = [one() for _ in range(430)]
    assert [n for n in range(30, 430) if findings(mails[:n])] == []


@given(st.lists(shapes, max_size=300))
def test_what_is_told_is_beyond_its_limit(mails: list[Shape]) -> None:
    base = mails[-RECENT - MOST_BASE : -RECENT]
    for one in findings(mails):
        assert one.was == counts(base)[one.what, one.name] / len(base)
        assert one.now == counts(mails[-RECENT:])[one.what, one.name] / RECENT
        beyond: Callable[[float, float], bool] = float.__le__ if one.what == "field" else float.__ge__
        assert beyond(one.now, LIMITS[one.what].now)
