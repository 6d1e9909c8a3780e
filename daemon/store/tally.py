"""How many mails have which fate and how many letters are done with: counted as it happens, not when somebody asks.

Who changes a fate adds rows here in the same transaction, and never changes one, so that daemons do not wait for each
other; from time to time many rows become one. What is not done with is few, and counted where it stands.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from daemon.store.schema import tally

MAIL, LETTER = "mail", "letter"
FOLD_AT = 200
"""Rows from which it is worth it; a sum over ten times as many takes a millisecond."""
AT_ONCE = 20_000

_ADD = insert(tally)
_SUM = (
    select(tally.c.name, tally.c.source, func.sum(tally.c.number).label("number"))
    .where(tally.c.sort == bindparam("of"))
    .group_by(tally.c.name, tally.c.source)
)
_MANY = select(tally.c.id).order_by(tally.c.id).limit(1).offset(FOLD_AT)
_SOME = select(tally.c.id).order_by(tally.c.id).limit(AT_ONCE).with_for_update(skip_locked=True)
_TAKE = (
    delete(tally)
    .where(tally.c.id.in_(bindparam("ids", expanding=True)))
    .returning(tally.c.sort, tally.c.name, tally.c.source, tally.c.number)
)


class What(NamedTuple):
    """What is counted together."""

    sort: str
    """`mail` or `letter`."""
    name: str
    """Fate or state."""
    source: str | None = None


def count(connection: Connection, numbers: Mapping[What, int]) -> None:
    """So many more, or with a negative number fewer."""
    rows = [{**what._asdict(), "number": number} for what, number in numbers.items() if number]
    if rows:
        connection.execute(_ADD, rows)


def numbers(connection: Connection, sort: str) -> dict[tuple[str, str | None], int]:
    """How many there are, by fate or state and source; those of which there are none are left out."""
    rows = connection.execute(_SUM, {"of": sort})
    return {(row.name, row.source): int(row.number) for row in rows if row.number}


def fold(connection: Connection) -> int:
    """Make one row of all that count the same, where there are many; how many there were."""
    if connection.execute(_MANY).first() is None:
        return 0
    ids = list(connection.execute(_SOME).scalars())
    sums = Counter[What]()
    for sort, name, source, number in connection.execute(_TAKE, {"ids": ids}):
        sums[What(sort, name, source)] += number
    count(connection, sums)
    return len(ids)
