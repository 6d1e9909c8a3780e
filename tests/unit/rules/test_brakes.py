"""Caps per correspondent and the brake for all customers."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.machine import Brakes
from rules.brakes import HOUR, Sent, correspondent_of, judged
from rules.model import Notice, Way

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVA, MAX = "eva@kunde.example", "max@kunde.example"


def notice(
    to: str, *, capped: bool = True, role: Literal["customer", "team"] = "team", purpose: str = "x", at: datetime = NOW
) -> Notice:
    who = to if capped else None
    return Notice(purpose=purpose, to=to, role=role, template="x", language="de", at=at, correspondent=who)


def verdicts(notices: list[Notice], sent: Sent | None = None, **limits: int) -> list[str]:
    return [said.what for said in judged(notices, sent or Sent(), Brakes(**limits), NOW)]


def test_over_an_hours_cap_nothing_more_is_said_to_that_one() -> None:
    said = verdicts([notice(EVA)] * 7 + [notice("max@kunde.example")])
    assert said == ["send"] * 5 + ["drop"] * 2 + ["send"]


def test_what_went_out_before_counts() -> None:
    assert verdicts([notice(EVA)] * 2, Sent(hour={EVA: 4}, day={EVA: 4})) == ["send", "drop"]
    assert verdicts([notice(EVA)], Sent(hour={EVA: 0}, day={EVA: 20})) == ["drop"]


def test_teams_are_told_whatever_the_caps_say() -> None:
    assert verdicts([notice(EVA, capped=False)] * 50) == ["send"] * 50


def test_a_persons_own_answers_are_not_capped_and_wait_at_the_brake() -> None:
    answers = [notice(EVA, capped=False, role="customer")] * 12
    assert verdicts(answers, customers_per_hour=10) == ["send"] * 10 + ["wait"] * 2


def test_what_waits_waits_until_the_first_of_those_is_an_hour_old() -> None:
    first = NOW - timedelta(minutes=50)
    sent = Sent(customers=300, oldest_customer=first)
    (said,) = judged([notice(EVA, role="customer")], sent, Brakes(), NOW)
    assert (said.what, said.until) == ("wait", first + HOUR)


def alert(to: str, way: Way = "own") -> Notice:
    return Notice(purpose="overdue", to=to, template="overdue", language="de", at=NOW, way=way)


def test_what_is_overdue_comes_in_one_mail_once_it_is_too_much() -> None:
    assert verdicts([alert(EVA)] * 22) == ["send"] * 20 + ["wait"] * 2
    assert verdicts([alert(EVA), alert("EVA@kunde.example"), alert(MAX)], escalations_per_hour=1) == [
        *("send", "wait", "send")
    ]
    assert verdicts([alert(EVA, "bundle")] * 22) == ["send"] * 22, "they are one mail already"
    assert verdicts([notice(EVA, capped=False)] * 3, escalations_per_hour=1) == ["send"] * 3, "that is no alert"


def test_it_waits_until_the_first_of_the_hour_is_an_hour_old() -> None:
    first = NOW - timedelta(minutes=50)
    (said,) = judged([alert(EVA)], Sent(alerts={EVA: 20}, oldest_alert={EVA: first}), Brakes(), NOW)
    assert (said.what, said.until) == ("wait", first + HOUR)


@pytest.mark.parametrize("purpose", ["held", "refused"])
@pytest.mark.parametrize(
    ("hour", "day", "until"),
    [
        (5, 5, NOW + timedelta(minutes=10)),
        (0, 20, NOW + timedelta(hours=2)),
        (5, 20, NOW + timedelta(hours=2)),
    ],
)
def test_what_a_member_must_learn_waits_for_room(purpose: str, hour: int, day: int, until: datetime) -> None:
    sent = Sent(
        hour={EVA: hour},
        day={EVA: day},
        first_in_hour={EVA: NOW - timedelta(minutes=50)},
        first_in_day={EVA: NOW - timedelta(hours=22)},
    )
    (said,) = judged([notice(EVA, purpose=purpose)], sent, Brakes(), NOW)
    assert (said.what, said.until, said.correspondent) == ("wait", until, EVA)


def test_over_the_cap_of_its_own_batch_it_waits_for_a_whole_hour() -> None:
    said = judged([notice(EVA, purpose="held")] * 7, Sent(), Brakes(), NOW)
    assert [(one.what, one.until) for one in said] == [("send", None)] * 5 + [("wait", NOW + HOUR)] * 2


@pytest.mark.parametrize(("purpose", "what"), [("held", "wait"), ("refused", "drop"), ("status", "drop")])
def test_after_a_day_only_an_answer_that_waits_is_still_news(purpose: str, what: str) -> None:
    old = notice(EVA, purpose=purpose, at=NOW - timedelta(hours=25))
    (said,) = judged([old], Sent(hour={EVA: 5}, day={EVA: 5}), Brakes(), NOW)
    assert said.what == what


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("Eva@Kunde.Example", EVA),
        ("eva+1@kunde.example", EVA),
        ("eva+a+b@kunde.example", EVA),
        ("prvs=1234ab=eva@kunde.example", EVA),
        ("+eva@kunde.example", "+eva@kunde.example"),
        ("eva.1@kunde.example", "eva.1@kunde.example"),
        ("", ""),
    ],
)
def test_a_responder_that_varies_its_address_is_one_correspondent(address: str, counted: str) -> None:
    assert correspondent_of(address) == counted


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=60),
    st.integers(1, 6), st.integers(1, 9), st.integers(1, 9),
)  # fmt: skip
def test_no_limit_is_ever_passed(asked: list[tuple[str, bool, bool]], hour: int, day: int, customers: int) -> None:
    notices = [
        notice(f"{who}@kunde.example", capped=capped, role="customer" if customer else "team")
        for who, capped, customer in asked
    ]
    limits = Brakes(per_hour=hour, per_day=day, customers_per_hour=customers)
    sent = [one for one, said in zip(notices, judged(notices, Sent(), limits, NOW), strict=True) if said.what == "send"]
    for who in "abc":
        assert sum(one.correspondent == f"{who}@kunde.example" for one in sent) <= min(hour, day)
    assert sum(one.role == "customer" for one in sent) <= customers
    assert [one for one in notices if not one.correspondent and one.role == "team"] == [
        one for one in sent if not one.correspondent and one.role == "team"
    ]
