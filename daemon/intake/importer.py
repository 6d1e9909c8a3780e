"""Mails from files go into the ledger, many to a commit, each once."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.intake.room import Room
from daemon.seams import crash_point
from daemon.store import Store, imports
from daemon.store.chains import Accepted, Chain

BATCH = 200
BATCH_BYTES = 32 << 20
REPEATS = 5

Result = Literal["taken", "known", "refused"]
Batch = Sequence[tuple[str, Accepted]]
Write = Callable[[Batch], dict[str, int | None]]
"""Takes mails with their keys; gives the numbers of those that are new, None where they have none."""


class Outcome(NamedTuple):
    """What became of one mail of a file."""

    name: str
    result: Result
    why: str | None = None
    """Of a mail that was refused."""
    message: int | None = None
    recipient: str | None = None
    received_at: datetime | None = None


class Importer:
    """Gathers mails and writes them; says what became of each when that is committed.

    Attributes:
        counts: Mails by result.
    """

    def __init__(self, write: Write, tell: Callable[[Outcome], None]) -> None:
        self.counts: Counter[Result] = Counter()
        self._write = write
        self._tell = tell
        self._batch: dict[str, Accepted] = {}
        self._bytes = 0

    def offer(self, mail: Accepted) -> bool:
        """Take a mail with the next batch; whether that was written now.

        Raises:
            StoreError: The database could not do it; nothing of the batch was kept.
            NoRoom: The disk is too full for the batch.
        """
        key = imports.key_of_mail(mail)
        if key in self._batch:
            self._say(_outcome(mail, "known"))
            return False
        self._batch[key] = mail
        self._bytes += len(mail.content)
        if len(self._batch) < BATCH and self._bytes < BATCH_BYTES:
            return False
        self.flush()
        return True

    def refuse(self, name: str, why: str) -> None:
        """A mail cannot be taken."""
        self._say(Outcome(name, "refused", why))

    def flush(self) -> None:
        """Write what was gathered.

        Raises:
            StoreError: As for `offer`.
        """
        if not self._batch:
            return
        batch, self._batch, self._bytes = self._batch, {}, 0
        new = self._write(list(batch.items()))
        for key, mail in batch.items():
            self._say(_outcome(mail, "taken" if key in new else "known", new.get(key)))

    def _say(self, outcome: Outcome) -> None:
        self.counts[outcome.result] += 1
        self._tell(outcome)


def _outcome(mail: Accepted, result: Result, message: int | None = None) -> Outcome:
    return Outcome(mail.client, result, None, message, mail.recipient, mail.received_at)


def into(store: Store, chain: Chain, room: Room) -> Write:
    """Write into the ledger, as links of a chain; raises NoRoom where the disk is too full."""

    def write(batch: Batch) -> dict[str, int | None]:
        room.demand(sum(len(mail.content) for _, mail in batch))

        def work(connection: Connection) -> dict[str, int]:
            return imports.take(connection, chain, batch)

        for _ in range(REPEATS):
            try:
                taken = store.write(work).result()
            except IntegrityError:  # another import of the same mails was faster; its mails are known now
                continue
            if taken:
                crash_point("after-import")
            return dict(taken)
        return dict(store.write(work).result())

    return write


def nowhere(store: Store) -> Write:
    """Only look which mails are new: to the store, and in these files."""
    seen = set[bytes]()

    def look(batch: Batch) -> dict[str, int | None]:
        with store.read() as connection:
            known = imports.known(connection, (key for key, _ in batch))
        new: dict[str, int | None] = {
            key: None for key, _ in batch if key not in known and bytes.fromhex(key) not in seen
        }
        seen.update(map(bytes.fromhex, new))
        return new

    return look
