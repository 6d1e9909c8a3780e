"""The same tests on both databases."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, create_engine

from daemon.seams import wall_now
from daemon.store import Store, evidence, open_store
from daemon.store.streams import Finding
from daemon.store.upgrade import prepare
from tests.support.fixtures import ON_POSTGRESQL_ONLY

ON_BOTH = ["sqlite", ON_POSTGRESQL_ONLY]


@pytest.fixture(params=ON_BOTH)
def engine(request: pytest.FixtureRequest) -> str:
    """Which database: `sqlite` or `postgresql`."""
    found: str = request.param
    return found


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is not there yet, or has no tables."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'postroom.db'}"
    found: str = request.getfixturevalue("postgres").new_database("template0")
    return found


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty one."""
    prepare(url, tmp_path / "data")
    one = open_store(url)
    yield one
    one.close()


class Books(msgspec.Struct, frozen=True):
    """The database of a room that was worked in."""

    url: str


@pytest.fixture
def untouched(engine: str, request: pytest.FixtureRequest) -> Books:
    """For looking only."""
    room: Any = request.getfixturevalue("worked_in" if engine == "sqlite" else "worked_in_postgres")
    return Books(room.url)


@pytest.fixture
def books(engine: str, untouched: Books, request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """A copy to change."""
    if engine == "sqlite":
        copy = shutil.copy(untouched.url.removeprefix("sqlite:///"), tmp_path / "postroom.db")
        return Books(f"sqlite:///{copy}")
    new_database: Callable[[str], str] = request.getfixturevalue("postgres").new_database
    return Books(new_database(untouched.url.rpartition("/")[2]))


class Hand:
    """A hand that changes the books behind the daemon's back, no foreign key stops it; and what is found then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")

    def tamper(self, statement: str) -> None:
        """Run a statement; it must change something."""
        if self._connection.dialect.name == "postgresql":
            statement = statement.replace("x'00'", "'\\x00'")
        assert self._connection.exec_driver_sql(statement).rowcount > 0, statement

    def findings(self) -> list[Finding]:
        """What the evidence check says now."""
        return list(evidence.check(self._connection, wall_now()))


@pytest.fixture
def hand(untouched: Books) -> Iterator[Hand]:
    """Changes what the test alone sees: it is undone at its end."""
    engine = create_engine(untouched.url)
    with engine.connect() as connection:
        connection.begin()
        yield Hand(connection)
        connection.rollback()
    engine.dispose()
