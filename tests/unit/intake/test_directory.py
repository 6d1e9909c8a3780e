"""Whose addresses are ours, and what a mistyped one meant."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.load import load
from config.models import Settings
from daemon.intake.directory import REFUSED_KEPT, Directory, Refusals

EXAMPLE = Path(__file__).resolve().parents[3] / "config" / "example"
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def settings() -> Settings:
    settings, problems = load(EXAMPLE)
    assert settings, problems
    return settings


@pytest.fixture(scope="module")
def directory(settings: Settings) -> Directory:
    return Directory(settings)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("mobile.berlin.x7k2@leads.muster.example", True),
        ("MOBILE.Berlin.x7k2@Leads.Muster.Example", True),
        ("desk.berlin@leads.muster.example", True),
        ("desk.berlin+l-7kq2m4-2.tabc@leads.muster.example", True),
        ("desk.hamburg+l-7kq2m4-2.tabc@leads.muster.example", False),
        ("desk.berlin+x@elsewhere.example", False),
        ("desk.berlin-x@leads.muster.example", False),
        ("mobile.berlin.x7k3@leads.muster.example", False),
        ("verkauf.berlin@muster.example", False),  # a team has its own mailbox
        ("postmaster@leads.muster.example", True),
        ("Postmaster@postroom.muster.example", True),
        ("postmaster", True),
        ("postmaster@elsewhere.example", False),
        ("", False),
        ("@", False),
        ("@leads.muster.example", False),
        ("+@leads.muster.example", False),
    ],
)
def test_known_addresses(directory: Directory, address: str, known: bool) -> None:
    assert directory.knows(address) is known


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("mobile.berlin.x7k3@leads.muster.example", "mobile.berlin.x7k2@leads.muster.example"),
        ("Mobil.Berlin.x7k2@leads.muster.example", "mobile.berlin.x7k2@leads.muster.example"),
        ("webseite.odense.b8n4@leads.muster.example", "website.odense.b8n4@leads.muster.example"),
        ("info@elsewhere.example", None),
        ("", None),
    ],
)
def test_what_was_meant(directory: Directory, address: str, meant: str | None) -> None:
    assert directory.nearest(address) == meant


def test_refusals_are_counted_with_likely_typing_errors_first(directory: Directory) -> None:
    refusals = Refusals()
    for hours in range(3):
        refusals.count("info@elsewhere.example", directory, AT + timedelta(hours=hours))
    refusals.count("mobile.berlin.x7k3@leads.muster.example", directory, AT)
    refusals.count("MOBILE.berlin.x7k3@leads.muster.example", directory, AT + timedelta(hours=1))
    assert [(r.address, r.count) for r in refusals.listing()] == [
        ("mobile.berlin.x7k3@leads.muster.example", 2),
        ("info@elsewhere.example", 3),
    ]
    assert refusals.listing()[0].last_at == AT + timedelta(hours=1)
    assert refusals.total == 5


def test_who_writes_to_ever_other_addresses_takes_little_of_everybodys_time(settings: Settings) -> None:
    """Among 5,000 sources it takes long to see which was meant: only of some it is looked for, of the others later."""
    (one,) = [source for source in settings.sources.values() if source.address.startswith("mobile.berlin")]
    many = {
        f"s{n}": one.model_copy(update={"address": f"mobile.haus{n}.x7k2@leads.muster.example"}) for n in range(5000)
    }
    directory, refusals = Directory(settings.model_copy(update={"sources": many})), Refusals()
    for n in range(300):
        refusals.count(f"mobile.haus{n}.x7k3@leads.muster.example", directory, AT)
    told = [one.meant for one in refusals.listing(limit=1000)]
    assert 1 <= len([meant for meant in told if meant]) < 150
    until = time.monotonic() + 30
    while (last := refusals.count("mobile.haus299.x7k3@leads.muster.example", directory, AT)).meant is None:
        assert time.monotonic() < until
    assert last.meant is not None


def test_refusals_are_bounded(directory: Directory) -> None:
    refusals = Refusals()
    for number in range(REFUSED_KEPT + 50):
        refusals.count(f"{number}-{'x' * 400}@elsewhere.example", directory, AT)
    assert len(refusals.listing(limit=10_000)) == REFUSED_KEPT
    assert refusals.total == REFUSED_KEPT + 50
    assert all(len(r.address) <= 320 for r in refusals.listing(limit=10_000))
