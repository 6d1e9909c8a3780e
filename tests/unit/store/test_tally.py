"""Sums that are kept say what counting would say, whatever becomes of mails and letters."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from daemon.seams import wall_now
from daemon.store import Store, mailed, messages, open_store, outgoing, rereading, tally
from daemon.store.rereading import Selection
from daemon.store.schema import message, outbox
from daemon.store.schema import tally as table
from tests.unit.store.conftest import Books


@pytest.fixture
def worked(books: Books) -> Iterator[Store]:
    store = open_store(books.url)
    yield store
    store.close()


def mails_counted(connection: Connection) -> dict[tuple[str, str | None], int]:
    rows = connection.execute(
        select(message.c.fate, message.c.source, func.count()).group_by(message.c.fate, message.c.source)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def letters_counted(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}


def agrees(store: Store) -> None:
    with store.read() as connection:
        told = messages.by_fate(connection)
        assert {(fate, source): number for fate, source, number in told} == mails_counted(connection)
        assert len(told) == len(mails_counted(connection))
        assert mailed.by_state(connection) == letters_counted(connection)


def of_fate(store: Store, fate: str) -> int:
    with store.read() as connection:
        number: int = connection.execute(select(message.c.id).where(message.c.fate == fate).limit(1)).scalar_one()
        return number


def test_after_days_of_work(worked: Store) -> None:
    agrees(worked)


def test_after_what_people_do_with_mails(worked: Store) -> None:
    number = of_fate(worked, "quarantined")
    assert worked.write(lambda c: messages.retry(c, number)).result()
    agrees(worked)
    mail, *_ = worked.write(lambda c: messages.claim(c, now=wall_now(), lease="x/1", limit=50)).result()
    worked.write(lambda c: messages.quarantine(c, mail.id, mail.lease, "no", wall_now())).result()
    agrees(worked)
    assert worked.write(lambda c: messages.drop(c, mail.id, "no", wall_now())).result()
    assert not worked.write(lambda c: messages.drop(c, mail.id, "no", wall_now())).result()
    agrees(worked)


def test_a_mail_that_is_read_again_is_taken_from_its_fate(worked: Store) -> None:
    with worked.read() as connection:
        (kind, *_) = rereading.mails(connection, Selection(since=wall_now() - timedelta(days=9_999)), 0)
    worked.write(lambda c: rereading.take_back(c, kind)).result()
    agrees(worked)


def test_after_what_becomes_of_letters(worked: Store) -> None:
    now = wall_now() + timedelta(hours=1)
    letters = worked.write(lambda c: outgoing.claim(c, now=now, lease="x/2", limit=50)).result()
    first, *others = letters
    assert worked.write(lambda c: outgoing.mark(c, first, "sent", at=now)).result()
    assert not worked.write(lambda c: outgoing.mark(c, first, "sent", at=now)).result()
    agrees(worked)
    worked.write(lambda c: outgoing.mark(c, others[0], "waiting", at=now, next_try_at=now)).result()
    agrees(worked)
    assert worked.write(lambda c: outgoing.act_on(c, others[0].id, "drop", now)).result()
    assert not worked.write(lambda c: outgoing.act_on(c, others[0].id, "drop", now)).result()
    agrees(worked)


def test_many_rows_become_one_and_say_the_same(worked: Store) -> None:
    what = tally.What(tally.MAIL, "opened", "somebody")
    with worked.read() as connection:
        before = tally.numbers(connection, tally.MAIL)
    for by in (3, -1, 5, -7):
        for _ in range(100):
            worked.write(lambda c, by=by: tally.count(c, {what: by})).result()  # type: ignore[misc]
    assert worked.write(tally.fold).result() > 400
    with worked.read() as connection:
        assert tally.numbers(connection, tally.MAIL) == before
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() < 20
    assert worked.write(tally.fold).result() == 0
