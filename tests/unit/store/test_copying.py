"""Databases copied from engine to engine: the same in every row, and able to go on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from daemon.seams import wall_now
from daemon.store import copying, open_store, snapshots
from daemon.store.copying import Content
from daemon.store.schema import chain, metadata
from daemon.store.source_tables import watched
from daemon.store.upgrade import prepare, upgrade
from tests.support.fixtures import ON_POSTGRESQL_ONLY

SINCE = datetime(2026, 11, 20, tzinfo=UTC)


def nobody(*_: object) -> None:
    """Is told and says nothing."""


@pytest.fixture(params=["sqlite", ON_POSTGRESQL_ONLY])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'copy.db'}"
    found: str = request.getfixturevalue("postgres").new_database("template0")
    return found


def write(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount > 0
    engine.dispose()


def test_a_copy_is_the_same_and_goes_on(untouched: Any, target: str) -> None:
    tables = snapshots.move(untouched.url, target, nobody)
    assert tables == snapshots.contents_of(untouched.url, nobody) == snapshots.contents_of(target, nobody)
    assert tables["message"].rows >= 10
    assert set(tables) == {table.name for table in metadata.sorted_tables}
    assert snapshots.findings_of(target) == []
    store = open_store(target)
    numbered = [table for table in metadata.sorted_tables if table.autoincrement_column is not None]
    with store.read() as connection:
        assert copying.lagging_sequences(connection) == []
        rows = {table.name: connection.execute(select(table)).mappings().first() for table in numbered}
    assert rows["chain"] is not None
    fresh = {**rows["chain"], "id": None}
    del fresh["id"]
    key = store.write(lambda c: c.execute(insert(chain), fresh).inserted_primary_key).result()
    assert key is not None
    with store.read() as connection:
        others = connection.execute(select(chain.c.id).where(chain.c.id != key[0])).scalars().all()
    assert key[0] > max(others)
    store.close()


def test_what_is_there_is_never_written_over(untouched: Any, target: str) -> None:
    upgrade(target)
    snapshots.move(untouched.url, target, nobody)
    before = snapshots.contents_of(target, nobody)
    with pytest.raises(snapshots.NotEmpty):
        snapshots.move(untouched.url, target, nobody)
    assert snapshots.contents_of(target, nobody) == before


def test_an_interrupted_copy_leaves_nothing_and_is_made_again(
    untouched: Any, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(name: str, _: int) -> None:
        if name == "revision":
            raise KeyboardInterrupt

    monkeypatch.setattr(copying, "MANY", 1)
    with pytest.raises(KeyboardInterrupt):
        snapshots.move(untouched.url, target, interrupt)
    assert {content.rows for content in snapshots.contents_of(target, nobody).values()} == {0}
    snapshots.move(untouched.url, target, nobody)
    assert snapshots.findings_of(target) == []


@pytest.mark.parametrize(
    "alteration",
    [
        "UPDATE message SET subject = 'altered' WHERE id = (SELECT min(id) FROM message)",
        "UPDATE message SET tries = tries + 1 WHERE id = (SELECT min(id) FROM message)",
        "UPDATE outbox SET next_try_at = created_at, attempts = attempts + 1",
        "DELETE FROM watched",
        "DELETE FROM notice WHERE id = (SELECT max(id) FROM notice)",
    ],
)
def test_a_digest_shows_what_is_altered_or_missing(books: Any, alteration: str) -> None:
    before = snapshots.contents_of(books.url, nobody)
    if "watched" in alteration:
        write(books.url, "INSERT INTO watched (sort, name, since) VALUES ('zone', 'x', '2026-11-20 00:00:00.000000')")
        before = snapshots.contents_of(books.url, nobody)
    write(books.url, alteration)
    table = alteration.split()[1 if alteration.startswith("UPDATE") else 2]
    assert copying.differing(before, snapshots.contents_of(books.url, nobody)) == [table]


def test_the_order_of_rows_does_not_count(tmp_path: Path) -> None:
    urls = []
    for order in (1, -1):
        urls.append(url := f"sqlite:///{tmp_path / str(order)}.db")
        prepare(url, tmp_path)
        rows = [{"sort": "zone", "name": str(n), "since": SINCE + timedelta(days=n)} for n in range(9)]
        store = open_store(url)
        store.write(lambda c, rows=rows[::order]: c.execute(insert(watched), rows)).result()  # type: ignore[misc]
        store.close()
    one, other = (snapshots.contents_of(url, nobody) for url in urls)
    assert copying.differing(one, other) == []
    assert one["watched"].rows == 9


def test_a_missing_table_differs() -> None:
    one = {"a": Content(1, "x"), "b": Content(0, "0")}
    assert copying.differing(one, {"a": Content(1, "x")}) == ["b"]
    assert copying.differing({"a": Content(1, "x")}, {"a": Content(1, "y")}) == ["a"]


def test_a_snapshot_leaves_out_what_is_written_meanwhile(
    books: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source is written to between two steps of the copy."""
    store = open_store(books.url)
    written: list[object] = []

    def meanwhile(*_: object) -> None:
        if len(written) < 20:
            row = {"key": b"k", "process": "test", "started_at": wall_now(), "n": 0, "hash": ""}
            written.append(store.write(lambda c: c.execute(insert(chain), row)).result())

    monkeypatch.setattr(copying, "MANY", 1)
    monkeypatch.setattr(snapshots, "PAGES", 1)
    tables = snapshots.take(books.url, tmp_path / "taken.db", meanwhile)
    store.close()
    assert len(written) == 20
    assert snapshots.is_sound(tmp_path / "taken.db")
    taken = f"sqlite:///{tmp_path / 'taken.db'}"
    assert snapshots.contents_of(taken, nobody) == tables
    assert snapshots.contents_of(books.url, nobody)["chain"].rows == tables["chain"].rows + len(written)
    assert snapshots.findings_of(taken) == []


LOSES_ON_SQLITE = "CREATE TRIGGER lose BEFORE INSERT ON raw WHEN NEW.packed = 0 BEGIN SELECT RAISE(IGNORE); END"
LOSES_ON_POSTGRESQL = """
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER lose BEFORE INSERT ON raw FOR EACH ROW EXECUTE FUNCTION lose();
"""


def test_a_copy_that_lost_something_is_not_kept(untouched: Any, target: str) -> None:
    upgrade(target)
    engine = create_engine(target)
    with engine.begin() as connection:
        connection.exec_driver_sql(LOSES_ON_SQLITE if target.startswith("sqlite") else LOSES_ON_POSTGRESQL)
    engine.dispose()
    with pytest.raises(snapshots.Differs, match="raw"):
        snapshots.move(untouched.url, target, nobody)
    assert {content.rows for content in snapshots.contents_of(target, nobody).values()} == {0}


UNFIT_FOR_POSTGRESQL = "UPDATE message SET subject = 'a' || char(0) || 'b' WHERE id = (SELECT min(id) FROM message)"


@pytest.mark.peer
def test_what_the_other_engine_does_not_take_is_said_as_any_trouble_with_a_database(
    post_room: Any, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue("postgres").new_database("template0")
    source = f"sqlite:///{post_room.database}"
    write(source, UNFIT_FOR_POSTGRESQL)
    with pytest.raises(SQLAlchemyError, match=r"message: .*NUL"):
        snapshots.move(source, target, nobody)
    assert {content.rows for content in snapshots.contents_of(target, nobody).values()} == {0}
