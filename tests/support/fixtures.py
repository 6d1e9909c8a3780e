"""Fixtures with a running daemon."""

import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from daemon.store.upgrade import prepare
from tests.support.audit import Audit
from tests.support.daemon import Installation
from tests.support.sink import Sink

ON_POSTGRESQL_ONLY = pytest.param("postgresql", marks=pytest.mark.peer)
ENGINES = ["sqlite", ON_POSTGRESQL_ONLY]
"""Both databases."""
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True, scope="session")
"""For scenarios in which the database plays no part: once is enough.

Indirect, as an engine that is no fixture leaves what was made on it standing: the next module would go on with SQLite
where it says PostgreSQL.
"""
Houses = Callable[..., Installation]
Databases = Callable[[], str]
"""Makes a database with the current schema: what `database` in postroom.toml says."""
Tell = Callable[[str], None]
"""Shows the figures of a test."""


@cache
def _empty_database() -> bytes:
    """A SQLite file with the current schema, made once: each daemon that makes its own loads all of Alembic for it."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "postroom.db"
        prepare(f"sqlite:///{file}", file.parent)
        return file.read_bytes()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A relay of the test's own."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def new_database() -> Databases:
    """The databases of `new_house`; a conftest that wants others has a fixture of this name."""
    return lambda: "sqlite"


@pytest.fixture
def database_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """By engine: what `database` in postroom.toml says, of a database of its own."""

    def make(engine: str) -> str:
        return "sqlite" if engine == "sqlite" else str(request.getfixturevalue("postgres").new_database())

    return make


@pytest.fixture
def audit() -> Audit:
    """What is done with each closed installation of `new_house`: nothing, unless a conftest says otherwise."""
    return lambda house: None


@pytest.fixture
def new_house(tmp_path: Path, sink: Sink, new_database: Databases, audit: Audit) -> Iterator[Houses]:
    """Make installations that send to the test's relay; those that run at its end are ended."""
    made: list[Installation] = []

    def make(*, started: bool = True, **options: object) -> Installation:
        options = {"database": new_database(), **options}
        house = Installation(tmp_path / f"house{len(made)}", sink.url, **options)  # type: ignore[arg-type]
        made.append(house)
        if started:
            if house.database == "sqlite":
                house.begin_with(_empty_database())
            house.start()
        return house

    yield make
    for house in made:
        house.close()
    for house in made:
        audit(house)
