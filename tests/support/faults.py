"""Faults that are put into a running daemon from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.daemon import Installation


@contextmanager
def unable_to_store(house: Installation, recipient: str = "%") -> Iterator[None]:
    """The database refuses every mail for a recipient, given as a LIKE pattern."""
    house.alter(
        f"CREATE TRIGGER unable BEFORE INSERT ON message WHEN NEW.recipient LIKE '{recipient}'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    try:
        yield
    finally:
        house.alter("DROP TRIGGER unable")
