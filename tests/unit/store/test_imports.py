"""Mails from files are taken once, whoever offers them and however often."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from daemon.store import Store, evidence, imports, open_store
from daemon.store.chains import Accepted, Chain
from daemon.store.schema import imported, message

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DEALER = "lead@leads.muster.example"


def mail(text: str, to: str = DEALER) -> tuple[str, Accepted]:
    one = Accepted(text.encode(), to, "", "import", "a.mbox:0", NOW, NOW - timedelta(days=9))
    return imports.key_of_mail(one), one


def take(store: Store, chain: Chain, *mails: tuple[str, Accepted]) -> dict[str, int]:
    return store.write(lambda c: imports.take(c, chain, mails)).result()


def test_a_mail_is_taken_once(store: Store) -> None:
    chain, a, b = Chain("import 1"), mail("a"), mail("b")
    assert list(take(store, chain, a)) == [a[0]]
    assert list(take(store, chain, a, b)) == [b[0]]
    assert take(store, Chain("import 2"), b, a) == {}
    with store.read() as connection:
        assert connection.execute(select(message.c.received_at)).scalars().all() == [NOW - timedelta(days=9)] * 2
        assert imports.known(connection, [a[0], b[0], "x"]) == {a[0], b[0]}
        assert list(evidence.check(connection, NOW)) == []


def test_bytes_and_recipient_make_a_mail(store: Store) -> None:
    mails = [mail("a"), mail("b"), mail("a", "other@leads.muster.example"), mail("a", DEALER.upper())]
    assert len({key for key, _ in mails}) == 3
    assert mails[0][0] == mails[3][0]


def test_nothing_begins_no_chain(store: Store) -> None:
    chain = Chain("import 1")
    assert take(store, chain) == {}
    assert chain.id is None


def test_two_imports_of_one_file_at_once(store: Store) -> None:
    """Each in its own transaction: whoever is second finds what the first has taken."""
    chains, mails = [Chain("import 1"), Chain("import 2")], [mail(str(n)) for n in range(50)]
    taken = [store.write(lambda c, chain=chain: imports.take(c, chain, mails)) for chain in chains]  # type: ignore[misc]
    assert sum(len(one.result()) for one in taken) == 50
    with store.read() as connection:
        assert len(connection.execute(select(imported.c.key)).all()) == 50


def test_what_became_of_an_import(store: Store) -> None:
    chain = Chain("import 1")
    take(store, chain, mail("a"), mail("b"))
    assert chain.id is not None
    with store.read() as connection:
        assert imports.waiting(connection, chain.id) == 2
        assert imports.waiting(connection, chain.id + 1) == 0
        assert imports.by_fate(connection, chain.id) == {"pending": 2}
        assert imports.by_kind(connection, chain.id) == {}
        assert imports.set_aside(connection, chain.id) == []


def test_a_chain_that_was_rolled_back_is_begun_anew(store: Store, url: str) -> None:
    """SQLite gives its number to the next chain, which is another process's."""
    ours, other = Chain("acceptor"), Chain("import 1")
    a, b = (Accepted(text, DEALER, "", "smtp", "192.0.2.1", NOW) for text in (b"a", b"b"))

    def fails(connection: Connection) -> None:
        ours.append(connection, [a])
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own
        store.write(fails).result()
    beside = open_store(url)
    beside.write(lambda c: other.append(c, [b])).result()
    beside.close()
    store.write(lambda c: ours.append(c, [a])).result()
    assert ours.id != other.id
    with store.read() as connection:
        assert list(evidence.check(connection, NOW)) == []
