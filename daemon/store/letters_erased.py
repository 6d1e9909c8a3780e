"""What is left of outgoing mails once the records that they tell of are erased."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from daemon.store import mailed, seals, tally
from daemon.store.schema import outbox, rendered
from rules.erasing import ERASED

WAITING = ("waiting", "held", "failed")
"""States of a mail of one record that no relay has, and that goes out no more."""

_OF_RECORD = select(outbox).where(mailed.tells_of(bindparam("the_record"))).order_by(outbox.c.id)
_LETTER = select(outbox).where(outbox.c.id == bindparam("the_letter")).with_for_update()
_LOCKED = _OF_RECORD.with_for_update()


class OnItsWay(Exception):  # noqa: N818 - a verdict
    """A mail that tells of the record is being sent, or waits for news of others: its words cannot go yet."""


class Names:
    """What stands in place of addresses of people from outside: the same for a mail and for what it carries."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._addresses = addresses
        self.letters: Mapping[int, str] = {}

    def of(self, address: str, letter: int | None, *, outside: bool) -> str:
        """An address of the house as it is; for any other a name that says nothing of it."""
        if letter is not None and letter in self.letters:
            return self.letters[letter]
        return ERASED if self.is_outside(address, outside=outside) else address

    def is_outside(self, address: str, *, outside: bool) -> bool:
        """Whether it is one of the person's, or was used as one."""
        return outside or address.casefold() in self._addresses


def blank_letters(connection: Connection, key: int, told: Iterable[RowMapping], names: Names) -> dict[int, str]:
    """Blank all mails that tell of a record, also those that tell of others, too; their recipients as they are now.

    Raises:
        OnItsWay: One of them cannot be erased yet.
    """
    told = list(told)
    found: dict[int, str] = {}
    for row in connection.execute(_LOCKED, {"the_record": key}).mappings():
        if (why := in_the_way(row)) is not None:
            raise OnItsWay(f"outgoing mail {row['id']} {why}")
        outside = names.is_outside(row["recipient"], outside=row["customer"])
        found[row["id"]] = f"{ERASED}.{row['id']}" if outside else row["recipient"]
        blank_letter(connection, row, found[row["id"]])
    return found


def in_the_way(row: RowMapping, *, is_whole: bool = True) -> str | None:
    """Why the words of a mail cannot go yet; None where they can.

    Args:
        row: Of the outbox.
        is_whole: Whether the record goes that it is about, if it is about one.
    """
    if row["state"] == "sending" or (row["reached_data"] and row["state"] in ("waiting", "unknown")):
        return "is just being sent, or nobody knows yet whether it was: try again, or `postroom queue drop` it"
    if (row["record"] is None or not is_whole) and row["state"] in ("waiting", "held"):
        return "tells of several records and waits: send it or `postroom queue drop` it first"
    return None


def blank_letter(connection: Connection, row: RowMapping, recipient: str, *, clean_key: bool = False) -> None:
    """Blank one mail; what waits goes out no more.

    Args:
        connection: A writing transaction.
        row: Of the outbox.
        recipient: What is to stand there.
        clean_key: Whether its dedupe key may name somebody, too.
    """
    stub = f"Message-ID: {row['message_id']}\r\n\r\n".encode()
    state = "withdrawn" if row["state"] in WAITING else row["state"]
    fresh: dict[str, object] = {"recipient": recipient, "subject": "", "correspondent": None}
    if clean_key or recipient != row["recipient"]:
        fresh["dedupe"] = f"{row['purpose']}:{ERASED}.{row['id']}:{recipient}"
    fresh["seal"] = seals.letter({**row, **fresh, "rendered": stub})
    connection.execute(update(rendered).where(rendered.c.outbox == row["id"]).values(bytes=stub))
    if state != row["state"]:
        tally.count(connection, {tally.What(tally.LETTER, state): 1})
    fresh |= {"state": state, "last_error": None}
    connection.execute(update(outbox).where(outbox.c.id == row["id"]).values(fresh))


def erase_letter(connection: Connection, key: int) -> None:
    """Blank a mail that names somebody and is not about a record of theirs alone.

    Raises:
        OnItsWay: It cannot be erased yet.
    """
    row = connection.execute(_LETTER, {"the_letter": key}).mappings().one()
    if (why := in_the_way(row, is_whole=False)) is not None:
        raise OnItsWay(f"outgoing mail {key} {why}")
    blank_letter(connection, row, row["recipient"], clean_key=row["record"] is None)


def obstacles(connection: Connection, keys: Sequence[int]) -> list[str]:
    """What stands in the way of erasing these records: mails that are not done with."""
    found: dict[int, str] = {}
    for key in keys:
        for row in connection.execute(_OF_RECORD, {"the_record": key}).mappings():
            if (why := in_the_way(row)) is not None:
                found[row["id"]] = f"outgoing mail {row['id']} {why}"
    return list(found.values())
