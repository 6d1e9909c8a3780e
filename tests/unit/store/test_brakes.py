"""What went out lately, as the caps and the brake ask for it; on both databases."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Connection, text

from daemon.store import Store, brakes, mailed, outgoing
from daemon.store.notices import due
from daemon.store.schema import ALERTS
from rules.brakes import Sent
from tests.support.outgoing import letter_to

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVA, MAX = "eva@kunde.example", "max@kunde.example"


@pytest.fixture
def sent(store: Store) -> Store:
    """Two mails to Eva today, one of them within the hour, one yesterday; one to Max that was withdrawn."""

    def put(connection: Connection) -> None:
        for number, (who, hours) in enumerate(((EVA, 0.5), (EVA, 3), (EVA, 30), (MAX, 0.1), ("team@x.example", 0.1))):
            letter = letter_to(who, number=number)
            counted = who if who in (EVA, MAX) else None
            letter = msgspec.structs.replace(letter, correspondent=counted, customer=counted is not None)
            key = outgoing.put(connection, letter, NOW - timedelta(hours=hours))
            if who == MAX and key is not None:
                outgoing.withdraw(connection, key)

    store.write(put).result()
    return store


def test_letters_count_for_whom_they_went_to(sent: Store) -> None:
    with sent.read() as connection:
        found = brakes.sent(connection, [EVA, MAX], NOW)
    newest = NOW - timedelta(hours=0.5)
    assert found == Sent(
        hour={EVA: 1},
        day={EVA: 2},
        first_in_hour={EVA: newest},
        first_in_day={EVA: NOW - timedelta(hours=3)},
        customers=1,
        oldest_customer=newest,
    )


def test_what_the_clock_told_counts_for_its_reader(store: Store) -> None:
    def put(connection: Connection) -> None:
        told = (("overdue", EVA, 10), ("flagged", "Eva@kunde.example", 30), ("new", EVA, 5), ("overdue", EVA, 70))
        for number, (purpose, to, minutes) in enumerate(told):
            letter = msgspec.structs.replace(letter_to(to, number=number), purpose=purpose)
            outgoing.put(connection, letter, NOW - timedelta(minutes=minutes))

    store.write(put).result()
    with store.read() as connection:
        found = brakes.sent(connection, [], NOW, [EVA, "Eva@kunde.example", MAX])
    assert (found.alerts, found.oldest_alert) == ({EVA: 2}, {EVA: NOW - timedelta(minutes=30)})


def test_nothing_went_out(store: Store) -> None:
    with store.read() as connection:
        assert brakes.sent(connection, [], NOW) == brakes.sent(connection, [EVA], NOW) == Sent()


def test_notices_are_stopped_in_one_go(store: Store) -> None:
    def stop(connection: Connection) -> None:
        brakes.drop(connection, [(1, "more than 5 mails")], NOW)
        brakes.hold(connection, [(2, NOW)])

    store.write(stop).result()
    with store.read() as connection:
        assert due(connection, NOW, 10) == []


def test_a_mail_comes_back_once(sent: Store) -> None:
    sent.write(lambda c: mailed.came_back(c, [1], NOW)).result()
    sent.write(lambda c: mailed.came_back(c, [1, 2], NOW + timedelta(hours=1))).result()
    with sent.read() as connection:
        first, second = mailed.sent_to(connection, 1), mailed.sent_to(connection, 2)
        assert first is not None
        assert second is not None
        assert (first.recipient, first.customer, first.returned_at) == (EVA, True, NOW)
        assert second.returned_at == NOW + timedelta(hours=1)
        assert mailed.came_back_since(connection, EVA, NOW)
        assert not mailed.came_back_since(connection, MAX, NOW - timedelta(days=9))
        assert mailed.sent_to(connection, 77) is None


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("correspondent IN ('a') AND outbox.correspondent IS NOT NULL AND created_at > 'x'", "ix_outbox_correspondent"),
        ("outbox.customer AND created_at > 'x'", "ix_outbox_customer"),
        (f"{ALERTS} AND recipient IN ('a') AND created_at > 'x'", "ix_outbox_alerts"),
        ("outbox.returned_at IS NOT NULL AND recipient = 'a'", "ix_outbox_returned"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_no_question_reads_the_whole_outbox(where: str, index: str, store: Store) -> None:
    with store.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN SELECT count(*) FROM outbox WHERE {where}")).all()  # noqa: S608
    assert any(index in row.detail for row in plan), plan
