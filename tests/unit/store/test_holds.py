"""Two daemons write different letters at the same time; what one leaves undone is the other's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from daemon.seams import wall_now
from daemon.store import Store, notices, open_store
from daemon.store.holds import Holds
from daemon.store.schema import notice
from tests.support.waiting import wait_until

LATER = wall_now() + timedelta(days=30)


@pytest.fixture
def store(books: Any) -> Iterator[Store]:
    """With every notice open again."""
    one = open_store(books.url)
    one.write(lambda c: c.execute(update(notice).values(outbox=None, withdrawn_at=None))).result()
    yield one
    one.close()


def in_order(store: Store) -> list[int]:
    with store.read() as connection:
        return list(connection.execute(select(notice.c.id).order_by(notice.c.at, notice.c.id)).scalars())


def test_each_takes_what_the_other_left(store: Store, engine: str) -> None:
    one, two, everything = Holds(store), Holds(store), in_order(store)
    try:
        taken = one.take(LATER, 2)
        if engine == "sqlite":
            assert taken is None, "nobody else is there"
            return
        assert taken == everything[:2]
        assert two.take(LATER, 100) == everything[2:]
        one.let_go()
        assert two.take(LATER, 100) == everything
        two.close()
        wait_until(lambda: one.take(LATER, 100) == everything, what="gone with its connection, as soon as it is heard")
    finally:
        one.close()
        two.close()


def test_what_is_carried_is_not_taken_up_again(store: Store) -> None:
    first, second, *_ = in_order(store)
    store.write(lambda c: notices.withdraw(c, [first], LATER)).result()
    with store.read() as connection:
        assert [one.id for one in notices.these(connection, [first, second])] == [second]
    assert store.write(lambda c: notices.free(c, [first, second])).result() == {second}
