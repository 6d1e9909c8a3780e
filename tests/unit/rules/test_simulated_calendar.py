"""What controllers get by the calendar of a simulation: silent sources, the list of escalations, their settings."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.agenda import Bell
from rules.behaviour import habits_of
from rules.cases import Arrival
from rules.simulated_calendar import next_ring
from rules.simulated_mail import Mail
from rules.simulation import Behaviour, simulate

House = Callable[..., Settings]
At = Callable[[str], datetime]
CONTROLLER, DENMARK, ADMIN = "controlling@muster.example", "chef@eksempel.example", "admin@post.example"
BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = "2026-11-02T00:00+01:00"
OTHERS = {"by-vendor", "by-code", "by-name"}
"""Sources that send nothing; the limit of all is 7 days."""


def leads(first: datetime, number: int, every: timedelta = timedelta(days=1)) -> Iterator[Arrival]:
    for n in range(number):
        reading = Reading(kind="lead", customer=Customer(emails=(f"kunde-{n}@kunde.example",)))
        yield Arrival(first + n * every, "m@leads.example", Parsed(digest=f"d{n}", readings=(reading,)))


def told(mails: list[Mail], to: str, *purposes: str) -> list[tuple[str, str]]:
    """Local minute and purpose of what somebody gets."""
    mine = [mail for mail in mails if mail.notice.to == to and mail.notice.purpose in purposes]
    return [(f"{mail.at.astimezone(BERLIN):%m-%d %H:%M}", mail.notice.purpose) for mail in mails if mail in mine]


def run(settings: Settings, at: At, arrivals: Iterator[Arrival], to: str, **behaviour: Any) -> list[Mail]:
    return list(simulate(settings, arrivals, at(BEGIN), at(to), Behaviour(**behaviour)))


def named(mail: Mail) -> set[str]:
    return {one.source.id for one in mail.silences}


def test_silent_sources_are_told_every_friday_until_they_speak(house: House, at: At) -> None:
    early, late = leads(at("2026-11-03T10:00+01:00"), 2), leads(at("2026-12-02T10:00+01:00"), 3)
    arrivals = iter([*early, *(one._replace(parsed=Parsed(digest=f"late {one.at}")) for one in late)])
    settings = house(monitor={"settings_mail": "off"})
    mails = run(settings, at, arrivals, "2026-12-12T00:00+01:00")
    assert told(mails, CONTROLLER, "silent", "speaks") == [
        ("11-13 07:00", "silent"),
        ("11-20 07:00", "silent"),
        ("11-27 07:00", "silent"),
        ("12-02 10:00", "speaks"),
        ("12-04 07:00", "silent"),
        ("12-11 07:00", "silent"),
    ]
    weekly = [mail for mail in mails if mail.notice.purpose == "silent" and mail.notice.to == CONTROLLER]
    assert [named(mail) for mail in weekly] == [
        {"mobile-berlin", *OTHERS},
        {"mobile-berlin", *OTHERS},
        {"mobile-berlin", *OTHERS},
        OTHERS,
        OTHERS,
    ]
    again = [one.told.times if one.told else 0 for one in weekly[2].silences if one.source.id == "mobile-berlin"]
    assert again == [2]
    assert told(mails, DENMARK, "silent")[0] == ("11-13 07:00", "silent"), "its site has common sources"


def test_planned_days_are_no_silence_and_the_watch_can_be_off(house: House, at: At) -> None:
    closed = house(monitor={"settings_mail": "off"}, closures=["2026-11-02..2026-11-18"])
    mails = run(closed, at, iter(()), "2026-11-21T00:00+01:00")
    assert [named(mail) for mail in mails if mail.notice.to == CONTROLLER] == [{"by-vendor", "by-name"}] * 2
    off = house(monitor={"settings_mail": "off", "day": "off"})
    assert run(off, at, iter(()), "2026-12-12T00:00+01:00") == []


def test_controllers_have_a_list_of_escalations_until_somebody_sees_to_them(house: House, at: At) -> None:
    settings = house(monitor={"settings_mail": "off", "day": "off"})
    arrivals = leads(at("2026-11-02T10:00+01:00"), 2, timedelta(minutes=1))
    mails = run(settings, at, arrivals, "2026-11-07T00:00+01:00", habits=habits_of("100%/1d/done"))
    assert told(mails, CONTROLLER, "escalations") == [("11-03 08:00", "escalations"), ("11-04 08:00", "escalations")]
    open_ones, cleared = (mail for mail in mails if mail.notice.purpose == "escalations")
    assert [(row.cleared, row.due_at) for row in open_ones.rows] == [
        (None, at("2026-11-02T16:00+01:00")),
        (None, at("2026-11-02T16:01+01:00")),
    ]
    assert [row.cleared and (row.cleared.name, row.cleared.at) for row in cleared.rows] == [
        ("done", at("2026-11-03T10:00+01:00")),
        ("done", at("2026-11-03T10:01+01:00")),
    ]


def test_the_overview_comes_on_the_first_working_day_of_a_month(house: House, at: At) -> None:
    mails = run(house(monitor={"day": "off"}), at, iter(()), "2027-02-03T00:00+01:00")
    assert told(mails, CONTROLLER, "settings") == [
        ("11-02 08:00", "settings"),
        ("12-01 08:00", "settings"),
        ("01-02 08:00", "settings"),
        ("02-01 08:00", "settings"),
    ]
    assert all(mail.settings and mail.notice.role == "controller" for mail in mails)


@pytest.mark.parametrize(
    ("bell", "now", "then"),
    [
        (Bell("Europe/Berlin", 8, 0), "2026-03-28T07:59+01:00", "2026-03-28T08:00+01:00"),
        (Bell("Europe/Berlin", 8, 0), "2026-03-28T08:00+01:00", "2026-03-29T08:00+02:00"),
        (Bell("Europe/Berlin", 7, 0, "fri"), "2026-10-23T07:00+02:00", "2026-10-30T07:00+01:00"),
        (Bell("Asia/Shanghai", 7, 30, "mon"), "2026-11-01T23:29+00:00", "2026-11-01T23:30+00:00"),
    ],
)
def test_a_bell_rings_by_local_time(bell: Bell, now: str, then: str, at: At) -> None:
    assert next_ring(bell, at(now)) == at(then)
