"""A post room within this process: store, desk and bundler on a database of the bench, without network."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from config.load import canonical, load
from daemon.desk.desk import Desk
from daemon.outbox.bundle import Bundler
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import messages, open_store, outgoing
from daemon.store.chains import Accepted, Chain
from daemon.store.upgrade import prepare
from tests.bench import mails, servers


class StillClock(Clock):
    """Stands where it is put."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        """That time."""
        return self.at


class Room:
    """The rooms of one worker, called by hand."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.chain = Chain("bench")
        self.desk = Desk(shift, lambda *_: None)
        self.bundler = Bundler(shift, lambda: None)

    def accept(self, contents: Sequence[bytes]) -> list[int]:
        """As the acceptor does it; the numbers of the mails."""
        at = self.shift.clock.now()
        taken = [Accepted(raw, servers.RECIPIENT, "a@boerse.example", "smtp", "192.0.2.1", at) for raw in contents]
        return self.shift.store.write(lambda c: self.chain.append(c, taken)).result()

    def settle(self) -> None:
        """Read, decide, write and tell until nothing waits."""
        while taken := self.desk.take():
            self.desk.keep(taken)
        while gathered := self.bundler.gather():
            self.bundler.keep(gathered)

    def send(self, limit: int = 50) -> int:
        """Claim letters and mark them as sent; how many."""
        store, now = self.shift.store, self.shift.clock.now()
        lease = self.shift.leases.new()
        letters = store.write(lambda c: outgoing.claim(c, now=now, lease=lease, limit=limit)).result()
        for one in letters:
            assert store.write(lambda c, one=one: outgoing.mark(c, one, "sent", at=now)).result()  # type: ignore[misc]
        self.shift.leases.let_go(lease)
        return len(letters)

    def work_through(self, first: int, count: int) -> None:
        """So many mails of the bench, each of a person of its own, all the way."""
        self.accept([content for _, content in mails.stream(first, count, servers.RECIPIENT)])
        self.settle()
        while self.send():
            pass

    def close(self) -> None:
        """Free what was claimed ahead; leave nothing behind."""
        self.desk.put_back()
        self.bundler.close()
        self.shift.reader.close()
        self.shift.store.close()


@contextmanager
def room(directory: Path, database: str = "sqlite", at: datetime | None = None) -> Iterator[Room]:
    """A room on the bench's group.

    Args:
        directory: For configuration and data; what is there already is used.
        database: As in postroom.toml.
        at: Where its clock stands; None for the machine's time.
    """
    if not (directory / "postroom.toml").exists():
        directory.mkdir(parents=True, exist_ok=True)
        first = f'database = "{database}"\n'
        servers.write_configuration(directory, 0, 0, 9, '["smtp", "work"]', first=first)
    settings, problems = load(directory)
    if settings is None:
        raise RuntimeError("\n".join(map(str, problems)))
    url = database_url(settings)
    prepare(url, data_directory(settings))
    clock = Clock() if at is None else StillClock(at)
    one = Room(Shift(settings, open_store(url), clock, Reader({}), desk_keys(settings)))
    keep = canonical(settings).encode()
    one.shift.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, clock.now())).result()
    try:
        yield one
    finally:
        one.close()
