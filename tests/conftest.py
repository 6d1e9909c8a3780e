"""What tests of several kinds share: real programs of Debian's as peers, figures, and what is slow."""

import os
import shutil
import sys
from collections.abc import Callable

import pytest

from tests.matrix import machine
from tests.peers.postgres import postgres
from tests.support import orphans
from tests.support.fixtures import Tell, audit, database_of
from tests.support.rows import at_length, rows_of

__all__ = ["audit", "database_of", "need_program", "postgres"]

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--row R7`, `--row R1,S4`, `--row all`: tests of rows of the matrix only."""
    parser.addoption("--row", default="", help="only tests of these rows of the matrix, or of all")


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


@pytest.fixture(scope="session", autouse=True)
def _made_on(request: pytest.FixtureRequest, record_testsuite_property: Callable[[str, object], None]) -> None:
    """Results that are written to a file say what they were made on."""
    if request.config.option.xmlpath:
        for name, value in machine.facts().items():
            record_testsuite_property(name, value)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A daemon of its own makes a test slow: three processes start for it. `--row` leaves the tests of its rows.

    What cannot be made shorter, as leases must run out or patience must end, is for `make faults` alone.
    """
    for item in items:
        if "new_house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    wanted, in_full = config.getoption("--row"), at_length(100) >= 100
    kept = [
        item
        for item in items
        if (in_full or not item.get_closest_marker("long")) and (not wanted or _is_of(item, wanted.upper()))
    ]
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = kept


def _is_of(item: pytest.Item, wanted: str) -> bool:
    rows = {*rows_of(item.path.stem), *rows_of(item.name)}
    return bool(rows) if wanted == "ALL" else not rows.isdisjoint(wanted.split(","))
