"""A week of a dealer with three teams, simulated: mails with one for each event, and with the shipped setting."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from config.lookup import wait_of
from config.models import Settings
from rules.bundling import rows_of
from rules.post import Case, Post, Telling
from rules.timing import list_day
from tests.support.week import (
    ASKING,
    ASKING_TWICE,
    CHECK_INS,
    LEADS,
    MONDAY,
    SHOP_RULES,
    SHOP_TEAMS,
    ZONE,
    week,
)

House = Callable[..., Settings]
Event = Telling[Case]
ARTEFACTS = Path(__file__).parents[3] / "build" / "artefacts"
WEEK = [MONDAY + timedelta(days=n) for n in range(6)]


class Sent(NamedTuple):
    """A mail of the week."""

    at: datetime
    to: str
    events: tuple[Event, ...] = ()

    @property
    def day(self) -> date:
        return self.at.astimezone(ZONE).date()


@pytest.fixture(scope="module")
def shop(house: House) -> Settings:
    return house(SHOP_RULES, teams=SHOP_TEAMS, team_hours={}, fallback="sales", members={})


@pytest.fixture(scope="module")
def events(shop: Settings) -> list[Event]:
    return week(shop)


@pytest.fixture(scope="module")
def mails(shop: Settings, events: list[Event]) -> list[Sent]:
    """As the daemon and the simulator send them: whenever something is due, all that is due then."""
    post = Post[Case](shop.postroom.brakes)
    for event in events:
        post.put(event)
    sent = []
    while at := post.next_due():
        sent += [Sent(at, mail[0].notice.to, mail) for mail in post.take(at)]
    site = shop.sites["berlin"]
    for day in WEEK:
        morning = datetime.combine(day, datetime.min.time(), ZONE).replace(hour=8)
        if list_day(site, morning):
            sent += [Sent(morning, team) for team in SHOP_TEAMS.values()]
    return sent


def test_the_week_is_the_one_asked_for(events: list[Event]) -> None:
    kinds = Counter((event.notice.purpose, event.notice.category) for event in events)
    assert kinds["again", "action"] == 32
    assert kinds["new", "audit"] == CHECK_INS
    assert kinds["new", "action"] + kinds["again", "action"] == LEADS + ASKING + ASKING_TWICE


def test_sixty_percent_fewer_mails(events: list[Event], mails: list[Sent]) -> None:
    before = [Sent(event.happened_at, event.notice.to) for event in events]
    table = _table(before, mails)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    (ARTEFACTS / "mails-per-adviser.txt").write_text(table, "utf-8")
    assert len(mails) <= 0.4 * len(before), table


def test_no_action_item_is_missing(events: list[Event], mails: list[Sent]) -> None:
    told = Counter(one.record.ref for mail in mails for one, _ in rows_of(mail.events))
    wanted = Counter(event.record.ref for event in events if event.notice.category == "action")
    assert {ref: n for ref, n in wanted.items() if told[ref] < n} == {}


def test_none_is_later_than_its_set_minutes(shop: Settings, mails: list[Sent]) -> None:
    site = shop.sites["berlin"]
    waits = {
        event.record.ref: (mail.at - event.happened_at, timedelta(minutes=wait_of(shop, site, event.record.kind)))
        for mail in mails
        for event in mail.events
        if event.notice.category == "action"
    }
    assert len(waits) > LEADS
    assert {ref: waited for ref, waited in waits.items() if waited[0] > waited[1]} == {}


def test_leads_do_not_wait_and_stand_alone(mails: list[Sent]) -> None:
    leads = [mail for mail in mails if any(event.record.kind == "lead" for event in mail.events)]
    assert len(leads) > LEADS
    assert all(len(mail.events) == 1 and mail.at == mail.events[0].happened_at for mail in leads)


def _table(before: Iterable[Sent], after: Iterable[Sent]) -> str:
    """Mails that each adviser of a team gets, by day."""
    one, other = (Counter((mail.to, mail.day) for mail in mails) for mails in (before, after))
    lines = [
        "Mails per adviser and day: one for each event / with the shipped setting",
        "",
        f"{'':10}" + "".join(f"{day:%a}".rjust(12) for day in WEEK) + "Week".rjust(14) + "Fewer".rjust(8),
    ]
    for team, address in [*SHOP_TEAMS.items(), ("all", None)]:
        days = [
            tuple(
                sum(n for (to, on), n in count.items() if on == day and address in (to, None)) for count in (one, other)
            )
            for day in WEEK
        ]
        totals = [sum(column) for column in zip(*days, strict=True)]
        cells = "".join(f"{a} / {b}".rjust(12) for a, b in days)
        lines.append(f"{team:10}{cells}{f'{totals[0]} / {totals[1]}':>14}{1 - totals[1] / totals[0]:>8.0%}")
    return "\n".join(lines) + "\n"
