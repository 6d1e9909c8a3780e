"""Which bookings the workshop's list is made of, and since when each stands as it does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.load import load
from config.models import Settings
from daemon.act import act, open_by_hand
from daemon.cli.byhand import opening_by_hand
from daemon.store import Store, open_store, open_visits
from daemon.store.upgrade import prepare
from rules.model import Action, Actor

BASE = Path(__file__).parents[2] / "configs" / "base"
ANNA = Actor("command", "anna")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def settings() -> Settings:
    settings, problems = load(BASE)
    assert settings is not None, problems
    return settings


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'postroom.db'}"
    prepare(url, tmp_path)
    store = open_store(url)
    yield store
    store.close()


def opened(store: Store, settings: Settings, kind: str, when: str) -> str:
    opening = opening_by_hand(settings, kind, [("customer.emails", "max@kunde.example")], at(when))
    return open_by_hand(store, settings, opening, Action(name="open", actor=ANNA), at(when)).ref


def test_open_bookings_of_the_site_and_since_when(store: Store, settings: Settings) -> None:
    first = opened(store, settings, "booking", "2026-11-20T09:00")
    second = opened(store, settings, "booking", "2026-11-20T10:00")
    over = opened(store, settings, "booking", "2026-11-20T11:00")
    opened(store, settings, "lead", "2026-11-20T12:00")
    for ref, name, args, when in (
        (second, "take", {}, "2026-11-21T09:00"),
        (second, "note", {"text": "ruft an"}, "2026-11-22T09:00"),
        (over, "spam", {}, "2026-11-21T10:00"),
    ):
        act(store, settings, ref, Action(name=name, actor=ANNA, args=args), at(when))
    site = next(iter(settings.sites))
    with store.read() as connection:
        found = [(one.record.ref, one.since) for one in open_visits.at_site(connection, site, 10)]
        assert open_visits.at_site(connection, "elsewhere", 10) == []
        assert len(open_visits.at_site(connection, site, 1)) == 1
    assert found == [(first, at("2026-11-20T09:00")), (second, at("2026-11-21T09:00"))], "a note changes no state"
