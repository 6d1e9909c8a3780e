"""A daemon that many scenarios share: each looks only at mails with its own key."""

from collections.abc import Iterator

import pytest

from tests.peers.fixtures import mail_server
from tests.support.daemon import Installation
from tests.support.fixtures import Databases, new_house, sink
from tests.support.sink import Sink

__all__ = ["mail_server", "new_house", "sink"]

ENGINES = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.peer, pytest.mark.slow])]


@pytest.fixture(scope="session")
def shared_sink() -> Iterator[Sink]:
    """The relay of the shared daemon; tests leave its script as it is."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Which database the daemons use: every scenario runs on both, unless its module says otherwise.

    All of them a second time is what takes long; single tests of the store are on both in any case.
    """
    found: str = request.param
    return found


@pytest.fixture(scope="session")
def new_database(engine: str, request: pytest.FixtureRequest) -> Databases:
    """A database of its own for each daemon."""
    if engine == "sqlite":
        return lambda: "sqlite"
    made: Databases = request.getfixturevalue("postgres").new_database
    return made


@pytest.fixture(scope="session")
def house(
    tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink, new_database: Databases
) -> Iterator[Installation]:
    """The shared daemon."""
    bounds: dict[str, int | str] = {"size": "1MiB", "recipients": 5}
    house = Installation(
        tmp_path_factory.mktemp("shared") / "house", shared_sink.url, database=new_database(), limits=bounds
    )
    house.start()
    yield house
    house.close()
