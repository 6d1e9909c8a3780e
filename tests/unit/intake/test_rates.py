"""Mails a minute: of one client, of one address, of one source."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.init import initialise
from config.load import load
from config.models import Settings
from daemon.intake.directory import Directory
from daemon.intake.rates import CLIENT, MOST_KEPT, RECIPIENT, Rates

WEBSITE = "website.berlin.h3t8@leads.muster.example"
IMPORTER = "importer.c6v3@leads.muster.example"
House = Callable[..., Settings]


class Watch:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Make settings of the example group with some limits."""
    initialise(tmp_path / "etc")
    settings, problems = load(tmp_path / "etc")
    assert settings is not None, problems

    def make(*, website: int | None = None, **limits: int) -> Settings:
        bounds = settings.postroom.limits.model_copy(update=limits)
        sources = {
            name: one.model_copy(update={"mails_per_minute": website}) if one.address == WEBSITE else one
            for name, one in settings.sources.items()
        }
        postroom = settings.postroom.model_copy(update={"limits": bounds})
        return settings.model_copy(update={"postroom": postroom, "sources": sources})

    return make


def passed(rates: Rates, number: int, client: str | None = "192.0.2.1", to: str = WEBSITE) -> int:
    return sum(rates.let(client, to) is None for _ in range(number))


def test_a_minutes_mails_pass_at_once_and_then_as_many_as_flow_in(house: House) -> None:
    watch = Watch()
    rates = Rates(house(mails_per_client=60, mails_per_recipient=0), watch)
    assert passed(rates, 100) == 60
    assert rates.let("192.0.2.1", WEBSITE) == CLIENT
    assert passed(rates, 100, "192.0.2.2") == 60, "another client has its own"
    watch.now += 10
    assert passed(rates, 100) == 10
    watch.now += 3600
    assert passed(rates, 100) == 60, "never more than a minute's"


def test_an_address_has_its_limit_whoever_writes(house: House) -> None:
    rates = Rates(house(mails_per_client=0, mails_per_recipient=30), Watch())
    assert sum(passed(rates, 1, f"192.0.2.{n}") for n in range(100)) == 30
    assert rates.let("198.51.100.1", WEBSITE) == RECIPIENT
    assert passed(rates, 100, to=IMPORTER) == 30
    assert passed(rates, 100, client=None, to=IMPORTER) == 0, "by way of a server in front, too"


def test_a_source_may_have_a_limit_of_its_own(house: House) -> None:
    rates = Rates(house(mails_per_client=0, mails_per_recipient=30, website=90), Watch())
    assert passed(rates, 100) == 90
    assert passed(rates, 100, to=IMPORTER) == 30


def test_what_is_refused_to_a_client_takes_nothing_from_the_address(house: House) -> None:
    rates = Rates(house(mails_per_client=10, mails_per_recipient=30), Watch())
    assert passed(rates, 1000, "203.0.113.9") == 10
    assert passed(rates, 100, "192.0.2.1") == 10
    assert passed(rates, 100, "192.0.2.2") == 10


def test_nothing_is_counted_without_limits(house: House) -> None:
    rates = Rates(house(mails_per_client=0, mails_per_recipient=0), Watch())
    assert passed(rates, 5000) == 5000
    assert rates._buckets == {}


def test_a_reload_keeps_what_has_been_used_up(house: House) -> None:
    rates = Rates(house(mails_per_client=60, mails_per_recipient=0), Watch())
    assert passed(rates, 60) == 60
    rates.use(house(mails_per_client=120, mails_per_recipient=0))
    assert passed(rates, 100) == 0
    assert passed(rates, 200, "192.0.2.2") == 120


def test_no_more_are_remembered_than_it_can_hold(house: House) -> None:
    watch = Watch()
    rates = Rates(house(mails_per_client=2, mails_per_recipient=0), watch)
    assert passed(rates, 3, "flood") == 2
    for n in range(3 * MOST_KEPT):
        rates.let(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", WEBSITE)
        assert len(rates._buckets) <= MOST_KEPT
    watch.now += 60
    for n in range(MOST_KEPT):
        rates.let(f"11.{n >> 16}.{n >> 8 & 255}.{n & 255}", WEBSITE)
    assert len(rates._buckets) <= MOST_KEPT


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("Website.Berlin.H3T8@leads.muster.example", WEBSITE),
        ("desk.berlin@leads.muster.example", "desk.berlin@leads.muster.example"),
        ("desk.berlin+l-7kq2m4-2.tabc@leads.muster.example", "desk.berlin@leads.muster.example"),
        ("desk.potsdam+x@leads.muster.example", "desk.potsdam@leads.muster.example"),
        ("postmaster@leads.muster.example", "postmaster@leads.muster.example"),
    ],
)
def test_all_tokens_of_a_desk_are_one_address(address: str, counted: str, house: House) -> None:
    assert Directory(house()).counted_as(address) == counted
