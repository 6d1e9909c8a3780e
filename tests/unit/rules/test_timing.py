"""When mails go out and how: what a site says of bundles, windows, audit mails, categories and the daily list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookup import ADMIN_SITE, admin_site
from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.apply import apply
from rules.decide import decide_mail
from rules.model import Action, Actor, Context, Envelope, Notice, Notification, Record, Way
from rules.timing import Timing, list_day, slot_end, timed, timing

House = Callable[..., Settings]
At = Callable[[str], datetime]

SALES, SERVICE = "verkauf@muster.example", "service@muster.example"
MORNING = "2026-05-20T10:03:20+02:00"
"""A Wednesday."""
ARCHIVE = "archiv@muster.example"
BUSINESS = {"window": "business"}
BUSINESS_10M = {"window": "business", "bundle": {"check-in": "10m"}}


@pytest.mark.parametrize(
    ("mail", "kind", "purpose", "category", "now", "until", "way"),
    [
        ({}, "lead", "new", "action", MORNING, MORNING, "own"),
        ({}, "alert", "new", "action", MORNING, MORNING, "own"),
        ({}, "unsorted", "new", "action", MORNING, MORNING, "own"),
        ({}, "check-in", "new", "action", MORNING, "2026-05-20T10:30+02:00", "bundle"),
        ({}, "check-in", "attached", "action", MORNING, "2026-05-20T10:30+02:00", "bundle"),
        ({"bundle": {"check-in": "10m"}}, "check-in", "new", "action", MORNING, "2026-05-20T10:10+02:00", "bundle"),
        ({"bundle": {"check-in": "0m"}}, "check-in", "new", "action", MORNING, MORNING, "own"),
        ({"bundle": {"lead": "1h"}}, "lead", "new", "action", MORNING, "2026-05-20T11:00+02:00", "bundle"),
        # the slot that begins with a moment holds it
        ({}, "check-in", "new", "action", "2026-05-20T10:30+02:00", "2026-05-20T11:00+02:00", "bundle"),
        # audit: the digest of a working day, in local time
        ({}, "lead", "new", "audit", MORNING, "2026-05-20T16:30+02:00", "digest"),
        ({}, "lead", "again", "audit", "2026-05-20T16:30+02:00", "2026-05-21T16:30+02:00", "digest"),
        ({}, "lead", "new", "audit", "2026-05-23T17:00+02:00", "2026-05-26T16:30+02:00", "digest"),
        ({"digest": "7:15"}, "lead", "new", "audit", MORNING, "2026-05-21T07:15+02:00", "digest"),
        ({"audit": "mail"}, "check-in", "new", "audit", MORNING, MORNING, "own"),
        ({"audit": "off"}, "check-in", "new", "audit", MORNING, MORNING, "off"),
        # the hours of the team: 8 to 18 on Wednesday
        (BUSINESS, "review", "new", "action", "2026-05-20T20:00+02:00", "2026-05-21T08:00+02:00", "bundle"),
        (BUSINESS, "review", "new", "action", MORNING, MORNING, "own"),
        (BUSINESS, "lead", "new", "action", "2026-05-20T20:00+02:00", "2026-05-20T20:00+02:00", "own"),
        (BUSINESS_10M, "check-in", "new", "action", MORNING, "2026-05-20T10:10+02:00", "bundle"),
        (BUSINESS_10M, "check-in", "new", "action", "2026-05-23T20:00+02:00", "2026-05-26T08:00+02:00", "bundle"),
        # not until the next morning for a wait that ends at closing time
        (BUSINESS_10M, "check-in", "new", "action", "2026-05-20T17:55+02:00", "2026-05-20T17:55+02:00", "own"),
    ],
)
def test_when_and_how(
    house: House,
    at: At,
    mail: dict[str, Any],
    kind: str,
    purpose: str,
    category: str,
    now: str,
    until: str,
    way: Way,
) -> None:
    settings = house(mail=mail)
    found = timing(settings, settings.sites["berlin"], kind, purpose, category, "sales", at(now))
    assert found == Timing(at(until), way)


def test_a_team_has_its_own_hours(house: House, at: At) -> None:
    settings = house(mail=BUSINESS)
    found = timing(
        settings, settings.sites["berlin"], "review", "new", "action", "service", at("2026-05-20T17:30+02:00")
    )
    assert found == Timing(at("2026-05-21T07:00+02:00"), "bundle")


def test_a_controller_has_those_of_the_site(house: House, at: At) -> None:
    settings, evening = house(mail=BUSINESS), at("2026-05-20T17:30+02:00")
    told = Notice(
        purpose="attached", to="controlling@muster.example", team="service", role="controller", template="attached",
        language="de", at=evening,
    )  # fmt: skip
    assert timed(told, settings, settings.sites["berlin"], "review", "attached", evening) == told


def test_audit_mails_can_go_to_an_archive(house: House, at: At) -> None:
    settings = house(mail={"audit": ARCHIVE})
    wish = Notification(to=SALES, team="sales", category="audit", at=at(MORNING))
    found = timed(wish, settings, settings.sites["berlin"], "lead", "new", at(MORNING))
    assert (found.to, found.way, found.at) == (ARCHIVE, "own", at(MORNING))


@pytest.mark.parametrize(
    ("purpose", "role"),
    [("reply", "customer"), ("receipt", "customer"), ("refused", "team"), ("status", "team"), ("taken", "team"),
     ("new", "system"), ("attached", "customer")],
)  # fmt: skip
def test_who_waits_for_an_answer_has_it_at_once(house: House, at: At, purpose: str, role: Any) -> None:
    settings = house(mail={"window": "business", "bundle": {"check-in": "1h"}})
    told = Notice(
        purpose=purpose, to="max@kunde.example", role=role, category="audit", template=purpose, language="de",
        at=at(MORNING),
    )  # fmt: skip
    assert timed(told, settings, settings.sites["berlin"], "check-in", purpose, at(MORNING)) == told


def test_the_admin_is_told_at_once(house: House, at: At) -> None:
    settings = house()
    wish = Notification(to="admin@post.example", team=ADMIN_SITE, category="audit", at=at(MORNING))
    assert timed(wish, settings, admin_site(settings), "unsorted", "new", at(MORNING)) == wish


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)),  # noqa: DTZ001
    minutes=st.integers(0, 1440),
)
def test_nothing_waits_longer_than_it_may(now: datetime, minutes: int) -> None:
    end = slot_end(now, minutes)
    assert now <= end <= now + timedelta(minutes=minutes)
    assert (end == now) == (minutes == 0)
    if minutes:
        # whatever happens until then goes out with it
        assert slot_end(end - timedelta(microseconds=1), minutes) == end


def _decided(settings: Settings, kind: str, at: datetime, recipient: str) -> list[tuple[str, str, str, str]]:
    parsed = Parsed(readings=(Reading(kind=kind),), digest="d")
    envelope = Envelope(recipient=recipient, accepted_at=at)
    decision = decide_mail(parsed, envelope, settings, Context(), at).decisions[0]
    return [(decision.category, decision.policy, one.category, one.way) for one in decision.notifications]


@pytest.mark.parametrize(
    ("mail", "source", "kind", "expected"),
    [
        ({}, {}, "check-in", ("action", "standard", "action", "bundle")),
        ({"categories": {"check-in": "audit"}}, {}, "check-in", ("audit", "none", "audit", "digest")),
        ({"categories": {"check-in": "audit"}}, {}, "lead", ("action", "standard", "action", "own")),
        ({}, {"written_back": True}, "check-in", ("audit", "none", "audit", "digest")),
        (
            {"categories": {"check-in": "action"}},
            {"written_back": True},
            "check-in",
            ("audit", "none", "audit", "digest"),
        ),
        # a wish for a car or a contract stands in no work order
        ({}, {"written_back": True}, "lead", ("action", "standard", "action", "own")),
    ],
)
def test_the_site_and_the_source_say_what_is_for_the_files(
    house: House, at: At, mail: dict[str, Any], source: dict[str, Any], kind: str, expected: tuple[str, ...]
) -> None:
    settings = house(mail=mail)
    changed = settings.sources["mobile-berlin"].model_copy(update=source)
    settings = settings.model_copy(update={"sources": {**settings.sources, "mobile-berlin": changed}})
    assert _decided(settings, kind, at(MORNING), "m@leads.example") == [expected]


def test_what_a_person_writes_is_no_audit_mail(house: House, at: At) -> None:
    record = Record(
        ref="K-000005-Y", kind="check-in", site="berlin", team="service", state="new", category="audit", language="de",
        received_at=at(MORNING), reading=Reading(kind="check-in", customer=Customer(emails=("max@kunde.example",))),
    )  # fmt: skip
    action = Action(
        name="write",
        actor=Actor("customer", "max@kunde.example"),
        args={"message": "7", "class": "reply", "text": "Ja"},
    )
    _, effects = apply(record, action, house(), at(MORNING))
    assert [(one.category, one.way) for one in effects.notices] == [("action", "bundle")]


@pytest.mark.parametrize(
    ("mail", "now", "due"),
    [
        ({}, "2026-05-20T07:59:59+02:00", False),
        ({}, "2026-05-20T08:00+02:00", True),
        ({}, "2026-05-20T23:00+02:00", True),
        ({}, "2026-05-24T12:00+02:00", False),  # Sunday
        ({}, "2026-05-25T12:00+02:00", False),  # Whit Monday
        ({"list": "off"}, "2026-05-20T12:00+02:00", False),
        ({"list": "13:30"}, "2026-05-20T12:00+02:00", False),
    ],
)
def test_the_list_is_due_on_working_days(house: House, at: At, mail: dict[str, Any], now: str, due: bool) -> None:
    site = house(mail=mail).sites["berlin"]
    assert (list_day(site, at(now)) is not None) == due
