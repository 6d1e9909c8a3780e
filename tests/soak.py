"""`python -m tests.soak MINUTES [postgresql]`: a daemon under mixed load and mixed faults, and what it grows by.

Twenty mails a second by SMTP, some by IMAP where Dovecot is installed, while processes are killed, the relay refuses
and vanishes, the configuration is reloaded and PostgreSQL is restarted. Writes build/soak.json; ends with 1 if a mail
is lost or doubled, the ledger finds anything, or memory or descriptors go on growing after the warm-up.
"""

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import psycopg

from tests.bench.processes import pss_mib, tree
from tests.faults.accounts import draw_up
from tests.faults.mailboxes import Mails, read_mailbox
from tests.peers.dovecot import Dovecot, dovecot
from tests.peers.postgres import Postgres, programs
from tests.support import orphans
from tests.support.client import Clients, lead
from tests.support.daemon import Installation
from tests.support.sink import Attempt, Sink
from tests.support.waiting import pause

RESULT = Path(__file__).resolve().parent.parent / "build" / "soak.json"
RATE = 20.0
SENDERS = 6
IMAP_EVERY_SECONDS = 2.0
SAMPLES = 120
"""In all, and not oftener than every two seconds."""
TROUBLE_SECONDS = 2.0
SETTLE_SECONDS = 240.0
FAULTS_AN_HOUR = {"reader": 20, "worker": 8, "refusing": 20, "relay": 10, "reload": 30, "database": 6}
"""How often each happens, at least once in any run."""
FIRST, LAST = 0.1, 0.85
"""The part of a run in which there are faults."""
WARM_UP = 0.34
GROWTH = {"rss_mib": 20.0, "fds": 10.0, "wal_mib": 64.0}
"""By how much a figure may be higher at the end of the run than after its warm-up, by its straight line."""
RELAY_CONNECTIONS = 2


@dataclass(frozen=True)
class Row:
    """How things stood at a moment."""

    minute: float
    rss_mib: float
    """Of all processes; what they share counts once."""
    fds: int
    wal_mib: float
    db_mib: float
    accepted: int
    stored: int
    pending: int


@dataclass
class Soak:
    """One run."""

    house: Installation
    sink: Sink
    server: Postgres | None
    mailbox: Dovecot | None
    minutes: float
    seed: int = 1
    rows: list[Row] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    fetched: Mails = field(default_factory=Mails)

    def run(self) -> dict[str, Any]:
        """All of it; what is written to soak.json."""
        began = time.monotonic()
        feeder = Clients(self.house, SENDERS, _paced(RATE))
        plan = sorted(self._plan(), reverse=True)
        sample_every = max(2.0, self.minutes * 60 / SAMPLES)
        next_sample = next_imap = 0.0
        while (passed := time.monotonic() - began) < self.minutes * 60 or plan:
            if plan and plan[-1][0] <= passed:
                self._fault(plan.pop()[1])
            elif passed >= next_sample:
                next_sample = passed + sample_every
                self.rows.append(self._row(passed / 60, len(feeder.accepted)))
            elif self.mailbox is not None and passed >= next_imap and passed < self.minutes * 60 * LAST:
                next_imap = passed + IMAP_EVERY_SECONDS
                self.mailbox.deliver(self.fetched.make(1)[0])
            else:
                pause(0.05)
        feeder.stop()
        return self._result(feeder)

    def _plan(self) -> Iterator[tuple[float, str]]:
        """Faults with their seconds, spread evenly with some chance in it."""
        chance = random.Random(self.seed)  # noqa: S311 - moments
        for name, an_hour in FAULTS_AN_HOUR.items():
            if name == "database" and self.server is None:
                continue
            times = max(1, round(an_hour * self.minutes / 60))
            for n in range(times):
                share = (n + chance.random()) / times
                yield 60 * self.minutes * (FIRST + (LAST - FIRST) * share), name

    def _fault(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1
        match name:
            case "reader" | "worker":
                self.house.kill(name)
            case "refusing":
                self.sink.script = _later
                pause(TROUBLE_SECONDS)
                self.sink.script = _usual
            case "relay":
                self.sink.down()
                pause(TROUBLE_SECONDS)
                self.sink.up()
            case "reload":
                assert self.house.reload()["ok"]
            case "database":
                assert self.server is not None
                self.server.stop()
                pause(TROUBLE_SECONDS / 4)
                self.server.start()

    def _row(self, minute: float, accepted: int) -> Row:
        pid = self.house.pid("acceptor")
        assert pid is not None, self.house.log()[-2000:]
        wal, size = self._sizes()
        waiting = "sum(CASE WHEN fate = 'pending' THEN 1 ELSE 0 END)"
        stored, pending = self.house.query(f"SELECT count(*), {waiting} FROM message")[0]  # noqa: S608 - ours
        return Row(
            round(minute, 2), round(pss_mib(pid), 1), sum(map(_descriptors, tree(pid))), wal, size, accepted, stored,
            pending or 0,
        )  # fmt: skip

    def _sizes(self) -> tuple[float, float]:
        """MiB of the log and of the database."""
        if self.server is None:
            file = self.house.data / "postroom.db"
            wal = file.with_name(f"{file.name}-wal")
            return _mib(wal), _mib(file)
        with psycopg.connect(self.house.database) as connection:
            sizes = "SELECT (SELECT sum(size) FROM pg_ls_waldir()), pg_database_size(current_database())"
            wal_bytes, size = connection.execute(sizes).fetchone() or (0, 0)
            return round(float(wal_bytes) / 2**20, 1), round(size / 2**20, 1)

    def _result(self, feeder: Clients) -> dict[str, Any]:
        waiting = self.house.query("SELECT id FROM outbox WHERE state = 'waiting'")  # refused: in minutes once more
        if waiting:
            self.house.postroom("queue", "retry", *(str(key) for (key,) in waiting))
        self.house.settle(SETTLE_SECONDS)
        deaths = self.done.get("worker", 0) + self.done.get("database", 0) + self.done.get("relay", 0)
        books = draw_up(self.house, self.sink, feeder, doubles_allowed=deaths * RELAY_CONNECTIONS)
        problems = list(books.problems)
        if self.mailbox is not None:
            missing = len(self.fetched.keys) - len(self.fetched.stored(self.house))
            problems += [f"{missing} mails of the mailbox are not stored"] if missing else []
        checked = self.house.postroom("ledger")
        grown = {name: _growth(self.rows, name) for name in GROWTH}
        return {
            "minutes": self.minutes,
            "engine": "SQLite" if self.server is None else "PostgreSQL",
            "rows": [asdict(row) for row in self.rows],
            "slopes": {f"{name} from the warm-up to the end": round(value, 2) for name, value in grown.items()},
            "ledger": checked.returncode,
            "faults": self.done,
            "accepted": books.accepted,
            "doubled": books.doubled,
            "by_imap": len(self.fetched.keys),
            "kib_a_mail": _kib_a_mail(self.rows),
            "problems": problems,
        }


def _paced(rate: float) -> Callable[[str], bytes]:
    """Makes a lead when it is its turn."""
    start, turns, guard = time.monotonic(), iter(range(sys.maxsize)), threading.Lock()

    def make(key: str) -> bytes:
        with guard:
            due = start + next(turns) / rate
        pause(max(0.0, due - time.monotonic()))
        return lead(key)

    return make


def _usual(_: Attempt) -> None:
    return None


def _later(attempt: Attempt) -> str | None:
    return "450 4.2.0 later" if attempt.command == "RCPT" else None


def _mib(file: Path) -> float:
    return round(file.stat().st_size / 2**20, 1) if file.exists() else 0.0


def _descriptors(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - counted only
    except OSError:
        return 0


def _after_warm_up(rows: Sequence[Row]) -> Sequence[Row]:
    return rows[int(len(rows) * WARM_UP) :]


def _growth(rows: Sequence[Row], name: str) -> float:
    """What a straight line through the figures rises from the warm-up to the end."""
    late = _after_warm_up(rows)
    times, values = [row.minute for row in late], [float(getattr(row, name)) for row in late]
    if len(late) < 2:
        return 0.0
    time_mean, mean = fmean(times), fmean(values)
    spread = sum((at - time_mean) ** 2 for at in times)
    slope = sum((at - time_mean) * (value - mean) for at, value in zip(times, values, strict=True)) / spread
    return slope * (times[-1] - times[0])


def _kib_a_mail(rows: Sequence[Row]) -> list[float]:
    """What each stored mail added to the database, in the first and in the second half after the warm-up."""
    late = _after_warm_up(rows)
    halves = late[: len(late) // 2 + 1], late[len(late) // 2 :]
    return [
        round((half[-1].db_mib - half[0].db_mib) * 1024 / max(1, half[-1].stored - half[0].stored), 1)
        for half in halves
        if half
    ]


def wrong(result: dict[str, Any]) -> list[str]:
    """What must not be; growth is judged of runs that are long enough to tell it from the warm-up."""
    found = list(result["problems"])
    if result["ledger"]:
        found.append(f"the ledger ended with {result['ledger']}")
    if result["minutes"] >= 10:
        grown = zip(GROWTH.items(), result["slopes"].values(), strict=True)
        found += [f"{name} grew by {value}" for (name, most), value in grown if value > most]
    return found


@contextmanager
def _mailbox(directory: Path) -> Iterator[Dovecot | None]:
    try:
        with dovecot(directory) as server:
            yield server
    except FileNotFoundError:
        yield None


def soak(
    directory: Path, minutes: float, server: Postgres | None = None, mailbox: Dovecot | None = None
) -> dict[str, Any]:
    """A daemon in a directory under load for so long; what came of it.

    Args:
        directory: For its files.
        minutes: How long.
        server: A PostgreSQL to restart; without one it is SQLite.
        mailbox: To fetch mails from.
    """
    with ExitStack() as stack:
        sink = Sink()
        stack.callback(sink.close)
        database = server.new_database() if server is not None else "sqlite"
        roles = ("smtp", "imap", "work") if mailbox is not None else ("smtp", "work")
        house = Installation(directory / "house", sink.url, roles=roles, database=database)
        if mailbox is not None:
            read_mailbox(house, mailbox.port, mailbox.password)
        stack.callback(house.close)
        house.start()
        return Soak(house, sink, server, mailbox, minutes).run()


def keep(result: dict[str, Any]) -> None:
    """For docs/reliability.md."""
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def told(result: dict[str, Any]) -> str:
    """In a line."""
    faults = ", ".join(f"{times} x {name}" for name, times in result["faults"].items())
    slopes = ", ".join(f"{name} {value:+}" for name, value in result["slopes"].items())
    return (
        f"R26: {result['minutes']} minutes on {result['engine']}: {result['accepted']} accepted, {result['by_imap']} by"
        f" IMAP, {faults}; {result['doubled']} told twice; {slopes}; KiB a mail {result['kib_a_mail']}; ledger"
        f" {result['ledger']}; problems: {result['problems'] or 'none'}"
    )


def main(minutes: float, *, postgresql: bool) -> int:
    """Run it by hand."""
    orphans.leave_none()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-", dir="/var/tmp")))
        server = None
        if postgresql:
            found = programs()
            if found is None:
                sys.exit("initdb is missing: install Debian's package postgresql")
            server = Postgres(found)
            stack.callback(server.close)
        result = soak(directory, minutes, server, stack.enter_context(_mailbox(directory / "dovecot")))
    keep(result)
    sys.stdout.write(f"{told(result)}\nwritten to {RESULT}\n")
    return 1 if wrong(result) else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), postgresql="postgresql" in sys.argv[2:]))
