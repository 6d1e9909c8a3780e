"""A daemon that many scenarios share: each looks only at mails with its own key."""

from collections.abc import Iterator

import pytest

from tests.peers.fixtures import mail_server
from tests.support.daemon import Installation
from tests.support.fixtures import new_house, sink
from tests.support.sink import Sink

__all__ = ["mail_server", "new_house", "sink"]


@pytest.fixture(scope="session")
def shared_sink() -> Iterator[Sink]:
    """The relay of the shared daemon; tests leave its script as it is."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """The shared daemon."""
    bounds: dict[str, int | str] = {"size": "1MiB", "recipients": 5}
    house = Installation(tmp_path_factory.mktemp("shared") / "house", shared_sink.url, limits=bounds)
    house.start()
    yield house
    house.close()
