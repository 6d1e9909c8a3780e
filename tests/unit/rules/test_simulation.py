"""The simulated post room: what goes out when, who answers, what the clock does; and the drawn behaviour."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.behaviour import Habit, habit_for, habits_of
from rules.cases import Arrival
from rules.simulated_mail import Mail
from rules.simulation import Behaviour, simulate

House = Callable[..., Settings]
At = Callable[[str], datetime]
SALES, CONTROLLER = "verkauf@muster.example", "controlling@muster.example"
BERLIN = ZoneInfo("Europe/Berlin")
FROM, TO = "2026-12-22T00:00+01:00", "2027-01-05T00:00+01:00"
NOBODY = Behaviour()
OFF = {"day": "off", "settings_mail": "off"}
"""`[monitor]` where controllers get nothing by the calendar; what they get is in test_simulated_calendar.py."""


@pytest.fixture
def christmas(house: House) -> Settings:
    """Closed from Christmas Eve to New Year, but for the last morning of the year; Saturdays are worked."""
    return house(
        monitor=OFF,
        mail={"escalations": "off"},
        closures=["2026-12-24..2027-01-01"],
        exceptions={"2026-12-31": "08:00-12:00"},
        steps={"standard": {"EM2.1": "on"}},
    )


def asks(number: int, at: datetime, kind: str = "lead", *, person: int | None = None, **more: Any) -> Arrival:
    """A request of a person of its own, unless another is named."""
    mail = f"kunde-{number if person is None else person}@kunde.example"
    reading = Reading(kind=kind, customer=Customer(emails=(mail,)), **more)
    return Arrival(at, "m@leads.example", Parsed(digest=f"d{number}", readings=(reading,)))


def run(settings: Settings, at: At, *arrivals: Arrival, behaviour: Behaviour = NOBODY, to: str = TO) -> list[Mail]:
    return list(simulate(settings, arrivals, at(FROM), at(to), behaviour))


def told(mails: list[Mail], *but: str) -> list[tuple[str, str, str]]:
    """Local minute, purpose and reader of all but these purposes."""
    return [
        (f"{mail.at.astimezone(BERLIN):%m-%d %H:%M}", mail.notice.purpose, mail.notice.to)
        for mail in mails
        if mail.notice.purpose not in but
    ]


def test_a_lead_before_christmas_that_nobody_answers(christmas: Settings, at: At) -> None:
    assert told(run(christmas, at, asks(1, at("2026-12-23T17:00+01:00")))) == [
        ("12-23 17:00", "new", SALES),
        ("12-31 08:00", "list", SALES),
        ("12-31 09:00", "overdue", SALES),  # an hour on the 23rd, and one on the morning that is worked
        ("01-02 08:00", "list", SALES),
        ("01-02 10:00", "flagged", SALES),  # three hours on the 31st, and one on the Saturday after
        ("01-02 10:15", "escalated", CONTROLLER),
        ("01-02 12:00", "untouched", CONTROLLER),
        ("01-04 08:00", "list", SALES),
    ]


@pytest.mark.parametrize(
    ("answers", "rest"),
    [
        ("100%/90m", [("12-31 08:00", "list", SALES), ("12-31 08:30", "reply", "kunde-1@kunde.example")]),
        ("100%/90m/done", [("12-31 08:00", "list", SALES)]),
        ("100%/1wd/done", [("12-31 08:00", "list", SALES), ("12-31 09:00", "overdue", SALES)]),
        (
            "100%/90m/take",
            [(f"{day} 08:00", "list", SALES) for day in ("12-31", "01-02", "01-04")],
        ),
    ],
)
def test_an_answer_ends_it(christmas: Settings, at: At, answers: str, rest: list[tuple[str, str, str]]) -> None:
    behaviour = Behaviour(habits_of(answers))
    mails = run(christmas, at, asks(1, at("2026-12-23T17:00+01:00")), behaviour=behaviour)
    assert told(mails) == [("12-23 17:00", "new", SALES), *rest]


def test_what_cannot_be_answered_by_mail_is_closed(christmas: Settings, at: At) -> None:
    without = Arrival(at("2026-12-22T10:00+01:00"), "m@leads.example", Parsed(digest="d", readings=(Reading("lead"),)))
    mails = run(christmas, at, without, behaviour=Behaviour(habits_of("100%/30m")))
    assert told(mails) == [("12-22 10:00", "new", SALES)]


def test_who_asks_again_has_one_record(christmas: Settings, at: At) -> None:
    first, again = asks(1, at("2026-12-22T10:00+01:00")), asks(2, at("2026-12-22T10:05+01:00"), person=1)
    mails = run(christmas, at, first, again, to="2026-12-22T11:00+01:00")
    assert len({mail.rows[0].record.ref for mail in mails}) == 1
    assert [purpose for _, purpose, _ in told(mails)] == ["new", "again"]


def test_the_same_mail_again_is_told_once(christmas: Settings, at: At) -> None:
    one = asks(1, at("2026-12-22T10:00+01:00"))
    mails = run(christmas, at, one, one._replace(at=at("2026-12-22T10:05+01:00")), to="2026-12-22T11:00+01:00")
    assert [purpose for _, purpose, _ in told(mails)] == ["new"]


def test_after_a_day_what_is_late_is_under_the_cap(christmas: Settings, at: At) -> None:
    leads = [asks(n, at("2026-12-22T10:00+01:00") + timedelta(seconds=n)) for n in range(25)]
    mails = run(christmas, at, *leads, to="2026-12-22T14:00+01:00")
    counts = Counter((minute, purpose) for minute, purpose, _ in told(mails, "new"))
    assert counts == {("12-22 12:00", "overdue"): 20, ("12-22 13:00", "bundle"): 1}
    assert len(mails[-1].rows) == 5


def test_audit_mails_are_a_digest_and_nobody_is_asked(house: House, at: At) -> None:
    settings = house([{"name": "All", "notify": {"team": "service", "category": "audit"}}])
    mails = run(settings, at, *(asks(n, at("2026-12-22T10:00+01:00")) for n in range(3)), to="2026-12-24T00:00+01:00")
    assert told(mails) == [("12-22 16:30", "digest", "service@muster.example")]


def test_nothing_of_it_is_random(christmas: Settings, at: At) -> None:
    leads = [asks(n, at("2026-12-22T10:00+01:00") + timedelta(minutes=n)) for n in range(50)]
    first, second, third = (
        run(christmas, at, *leads, behaviour=Behaviour(habits_of("50%/2h"), seed)) for seed in (1, 1, 2)
    )
    assert told(first) == told(second) != told(third)


@pytest.mark.parametrize(
    ("text", "habits"),
    [
        ("", []),
        ("0%", []),
        ("70%/90m", [(70, "90m", "reply")]),
        (" 60 % / 2h / take, 40%/2wd/done ", [(60, "2h", "take"), (40, "2wd", "done")]),
    ],
)
def test_a_behaviour_is_read(text: str, habits: list[tuple[int, str, str]]) -> None:
    assert [(one.share, str(one.after), one.way) for one in habits_of(text)] == habits


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("70%", "'70%' is no behaviour, write 70%/90m"),
        ("70/90m", "is no behaviour"),
        ("70%/soon", "'soon' is not a duration"),
        ("70%/90m/repli", "unknown way 'repli', did you mean"),
        ("70%/90m,40%/2h", "110% together"),
    ],
)
def test_what_is_no_behaviour_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        habits_of(text)


def test_shares_are_met() -> None:
    habits = habits_of("70%/90m, 20%/2h/done")
    drawn = Counter[Habit | None](habit_for(habits, 1, number) for number in range(10_000))
    assert [abs(drawn[one] - share) < 150 for one, share in zip((*habits, None), (7000, 2000, 1000), strict=True)] == [
        True
    ] * 3
