"""What the latest mails of a source were made of: kept with their fate, bounded, told by the ledger's own times."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from daemon.store import Store, evidence, sources
from daemon.store.chains import Accepted, Chain
from daemon.store.source_report import reports
from daemon.store.sources import Seen, median_gap
from parsers.records import Shape

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
USUAL = Shape(structure="label in plain", fields=("comments", "customer.name"))
CHANGED = Shape(structure="table in html", fields=("comments",), unknown=("Ihr Name",))


@pytest.fixture
def chain() -> Chain:
    return Chain("test")


def keep(store: Store, chain: Chain, source: str, shapes: list[Shape], since: datetime = NOW) -> list[Seen]:
    """Mails of a source, an hour apart."""
    times = [since + timedelta(hours=n) for n in range(len(shapes))]
    mails = [Accepted(b"x", "lead@leads.muster.example", "", "smtp", "192.0.2.1", at) for at in times]
    ids = store.write(lambda c: chain.append(c, mails)).result()
    seen = [Seen(key, source, at, shape) for key, at, shape in zip(ids, times, shapes, strict=True)]
    store.write(lambda c: sources.keep(c, seen)).result()
    return seen


def test_the_latest_are_found_by_source_and_in_order_of_time(store: Store, chain: Chain) -> None:
    new = keep(store, chain, "a", [USUAL, CHANGED])
    keep(store, chain, "b", [CHANGED])
    old = keep(store, chain, "a", [USUAL], NOW - timedelta(days=30))
    with store.read() as connection:
        assert sources.latest(connection, "a") == [*old, *new]
        assert sources.latest(connection, "a", 1) == new[-1:]
        assert sources.latest(connection, "c") == []


def test_only_so_many_are_kept(store: Store, chain: Chain) -> None:
    seen = keep(store, chain, "a", [USUAL] * (sources.KEEP + 7))
    other = keep(store, chain, "b", [USUAL] * 3)
    assert store.write(lambda c: sources.prune(c, "a")).result() == 7
    assert store.write(lambda c: sources.prune(c, "a") + sources.prune(c, "b")).result() == 0
    with store.read() as connection:
        assert sources.latest(connection, "a", 1000) == seen[7:]
        assert sources.latest(connection, "b") == other


def test_when_older_mails_came_is_known_by_the_hour(store: Store, chain: Chain) -> None:
    seen = keep(store, chain, "a", [USUAL] * (sources.KEEP + 130))
    times = [one.at for one in seen]
    store.write(lambda c: sources.prune(c, "a")).result()
    with store.read() as connection:
        found = sources.arrivals(connection, "a")
    assert found[130:] == times[130:]
    assert Counter(map(hour_of, found)) == Counter(map(hour_of, times))
    again = [seen[0], seen[40]]  # read again, they stand there once more until the next pruning
    store.write(lambda c: sources.keep(c, again)).result()
    assert store.write(lambda c: sources.prune(c, "a")).result() == 2
    with store.read() as connection:
        assert sources.arrivals(connection, "a") == found


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def test_a_mail_that_was_read_again_counts_as_it_is_read_now(store: Store, chain: Chain) -> None:
    first, second = keep(store, chain, "a", [CHANGED, CHANGED])
    now = Seen(first.message, "a", first.at, USUAL)
    store.write(lambda c: sources.replace(c, [now])).result()
    with store.read() as connection:
        assert sources.latest(connection, "a") == [now, second]


def test_the_report_shows_the_change(store: Store, chain: Chain) -> None:
    keep(store, chain, "a", [USUAL] * 40 + [CHANGED] * 10)
    with store.read() as connection:
        (found,) = reports(connection, ["a"], NOW, examples=True)
    assert [f"{one.what} {one.name}" for one in found.findings] == ["field customer.name", "label Ihr Name"]
    assert [(one.field, one.was, one.now) for one in found.fields] == [
        ("comments", 1.0, 1.0),
        ("customer.name", 1.0, 0.0),
    ]
    assert [(one.label, one.mails, one.example) for one in found.unknown] == [("Ihr Name", 10, None)]
    assert [(one.structure, one.mails) for one in found.structures] == [("label in plain", 40), ("table in html", 10)]
    assert (found.gap, found.base, found.latest) == (timedelta(hours=1), 40, 10)
    assert found.rhythm is None, "none of them has a fate yet"


def test_statistics_are_no_books(store: Store, chain: Chain) -> None:
    keep(store, chain, "a", [USUAL])
    store.write(lambda c: sources.keep(c, [])).result()
    with store.read() as connection:
        assert [one.what for one in evidence.check(connection, NOW)] == []


@pytest.mark.parametrize(
    ("hours", "gap"),
    [([], None), ([0], None), ([0, 1], None), ([0, 1, 2], 1), ([0, 1, 2, 3, 100], 1), ([0, 24, 48, 49], 24)],
)
def test_the_usual_gap(hours: list[int], gap: int | None) -> None:
    expected = None if gap is None else timedelta(hours=gap)
    assert median_gap(NOW + timedelta(hours=n) for n in hours) == expected
