"""What mailboxes share with the rest of the daemon."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from config.models import Settings
from daemon.intake.room import Room
from daemon.seams import Clock, wall_now
from daemon.store import Store, outgoing
from daemon.store.chains import Chain
from daemon.store.mailboxes import Holder
from daemon.store.outgoing import Letter

T = TypeVar("T")


@dataclass(frozen=True)
class House:
    """The daemon, as mailboxes see it.

    Attributes:
        chain: That of this process; used by the store's own thread only.
        owner: Name of this daemon, by which it holds mailboxes.
        settings: Gives the present ones.
        wake: Tells the worker that there is something to do; from any thread.
        letter: Makes a mail to the admin of a key that is told once, a subject and a text.
        room: What is fetched needs room.
    """

    store: Store
    chain: Chain
    clock: Clock
    owner: str
    settings: Callable[[], Settings]
    wake: Callable[[], None]
    letter: Callable[[str, str, str], Letter]
    room: Room
    counters: Counter[str] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, number: int = 1) -> None:
        """Count something that metrics show; from any thread."""
        with self._counting:
            self.counters[name] += number

    def holder(self, account: str) -> Holder:
        """This daemon as the holder of a mailbox, now."""
        return Holder(account, self.owner, wall_now())

    def begin_write(
        self,
        account: str,
        work: Callable[[Connection, Holder], T],
        letters: Sequence[Letter] = (),
        *,
        sync: bool = True,
    ) -> "Future[T]":
        """Write as the holder of a mailbox, with letters to the admin, all at once; the result once it is committed."""
        holder, now = self.holder(account), self.clock.now()

        def write(connection: Connection) -> T:
            result = work(connection, holder)
            for letter in letters:
                outgoing.put(connection, letter, now)
            return result

        return self.store.write(write, sync=sync)

    def write(
        self,
        account: str,
        work: Callable[[Connection, Holder], T],
        letters: Sequence[Letter] = (),
        *,
        sync: bool = True,
    ) -> T:
        """Do the same, and wait until it is committed."""
        written = self.begin_write(account, work, letters, sync=sync).result()
        if letters:
            self.wake()
        return written
