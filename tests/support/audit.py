"""Row R27 after a test: of every mail that its daemons accepted, the ledger knows the place, the bytes and the fate."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from daemon.store import StoreError, evidence, open_store
from tests.support.daemon import Installation

Audit = Callable[[Installation], None]


@pytest.fixture
def audit(record_property: Callable[[str, object], None]) -> Audit:
    """The books of each installation of `new_house` are looked over at its end, in place of `fixtures.audit`."""
    return lambda house: audited(house, record_property)


def audited(house: Installation, keep: Callable[[str, object], None]) -> None:
    """Look a closed installation's books over; `ledger` is kept with the test's result: mails and findings.

    Raises:
        AssertionError: The ledger has findings.
    """
    file = house.data / "postroom.db"
    url = f"sqlite:///{file}" if house.database == "sqlite" else house.database
    if house.database == "sqlite" and not file.exists():
        return
    try:
        mails, findings = _looked_over(url)
    except (StoreError, OperationalError):
        if house.database == "sqlite":
            raise
        return  # a server of the test's own that has ended with it: such a test asks for the ledger itself
    keep("ledger", f"{mails} {len(findings)}")
    assert findings == []


def _looked_over(url: str) -> tuple[int, list[str]]:
    store = open_store(url)
    try:
        with store.read() as connection:
            mails = sum(number for _, _, number in evidence.summary(connection))
            return mails, [f"{one.where}: {one.what}" for one in evidence.check(connection, datetime.now(UTC))]
    finally:
        store.close()
