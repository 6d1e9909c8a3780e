"""What tests of several kinds share: real programs of Debian's as peers, figures, and what is slow."""

import os
import shutil
import sys
from collections.abc import Callable

import pytest

from tests.peers.postgres import postgres
from tests.support import orphans
from tests.support.fixtures import Tell

__all__ = ["need_program", "postgres"]

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def pytest_configure() -> None:
    """Whatever ends this run, or one of the processes that it is spread over, ends the daemons that it has started."""
    orphans.leave_none()


@pytest.fixture(scope="session")
def need_program() -> Callable[[str, str], str]:
    """Find a program or skip, naming the Debian package; under POSTROOM_REQUIRE_PEERS=1 its lack is a failure."""

    def find(program: str, package: str) -> str:
        path = shutil.which(program, path=_PATH)
        if path is None:
            message = f"{program} is missing: install Debian's package {package}"
            if os.environ.get("POSTROOM_REQUIRE_PEERS") == "1":
                pytest.fail(message)
            pytest.skip(message)
        return path

    return find


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]) -> Tell:
    """Show a test's figures, whether it passes or not, and keep them for the report of the matrix."""

    def show(figures: str) -> None:
        record_property("figure", figures)
        with capsys.disabled():
            # Where tests run two at a time, only this gets out of their processes.
            sys.stderr.write(f"\n{figures}\n")

    return show


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A daemon of its own makes a test slow: three processes start for it."""
    for item in items:
        if "new_house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
