"""A daemon of the example group in a directory and on ports of its own: started, watched, killed, asked."""

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal

import psycopg

from daemon.control import NotRunning, ask
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "config" / "example"
START_SECONDS = 60
STOP_SECONDS = 20
RUN = "import sys; from pathlib import Path; from daemon.app import run; sys.exit(run(Path(sys.argv[1])))"

WEBSITE = "website.berlin.h3t8@leads.muster.example"
SALES = "verkauf.berlin@muster.example"
ADMIN = "it@muster.example"

Role = Literal["acceptor", "worker", "reader"]

POSTROOM_TOML = """\
hostname = "postroom.muster.example"
admin = "{admin}"
data = "./data"
language = "de"
roles = {roles}
database = "{database}"

[smtp]
listen = ["127.0.0.1:0"]
{smtp}

[[relay]]
url = "{relay}"
tls = "off"
connections = 2

[limits]
{limits}

[health]
listen = "127.0.0.1:0"

[test]
enabled = {test}
"""


class Installation:
    """The files of one installation, and the daemon that runs on them."""

    def __init__(
        self,
        directory: Path,
        relay: str,
        *,
        roles: tuple[str, ...] = ("smtp", "work"),
        database: str = "sqlite",
        smtp: str = "",
        limits: Mapping[str, int | str] | None = None,
        seams: bool = True,
    ) -> None:
        shutil.copytree(EXAMPLE, directory)
        self.directory = directory
        self.data = directory / "data"
        self.database = database
        bounds = {"connections_per_address": 400, "mails_per_client": 0, "mails_per_recipient": 0, **(limits or {})}
        text = POSTROOM_TOML.format(
            admin=ADMIN,
            roles=json.dumps(roles),
            database=database,
            smtp=smtp,
            relay=relay,
            limits="\n".join(f"{key} = {json.dumps(value)}" for key, value in bounds.items()),
            test=str(seams).lower(),
        )
        self.write("postroom.toml", text)
        self._process: subprocess.Popen[bytes] | None = None
        self._works = "work" in roles
        self.port: int | None = None
        self.health = ""

    def write(self, name: str, text: str) -> None:
        """Replace one file of the configuration."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def append(self, name: str, text: str) -> None:
        """Add to one file of the configuration."""
        self.write(name, (self.directory / name).read_text("utf-8") + text)

    def begin_with(self, database: bytes) -> None:
        """Have this SQLite file instead of one that the daemon makes."""
        self.data.mkdir(mode=0o700)
        file = self.data / "postroom.db"
        file.touch(0o600)
        file.write_bytes(database)

    # Running it.

    def launch(
        self, env: Mapping[str, str] | None = None, wrapper: tuple[str, ...] = (), files: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a daemon process without waiting for anything; it inherits these descriptors."""
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [*wrapper, sys.executable, "-c", RUN, str(self.directory)],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                pass_fds=files,
            )

    def begin(self, env: Mapping[str, str] | None = None) -> None:
        """Start, and wait only until it answers commands; it may never become ready."""
        self._process = self.launch(env)
        wait_until(self._answers, START_SECONDS, "the daemon answers")

    def _answers(self) -> bool:
        try:
            status = self.status()
            self.health, self.port = status["health"], int(status["smtp"][0].rpartition(":")[2])
        except (NotRunning, OSError, KeyError):
            return False
        return True

    def start(
        self, env: Mapping[str, str] | None = None, wrapper: tuple[str, ...] = (), files: tuple[int, ...] = ()
    ) -> None:
        """Start, and wait until it takes mail."""
        self._process = self.launch(env, wrapper, files)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the daemon says that it takes mail; learn its ports."""
        wait_until(self._is_ready, START_SECONDS, "the daemon is ready")

    def _is_ready(self) -> bool:
        process = self._process
        assert process is not None
        assert process.poll() is None, f"the daemon ended with {process.returncode}:\n{self.log()[-3000:]}"
        try:
            status = self.status()
            self.health = status["health"]
            ready = self.get("/-/ready")[0] == 200
        except (NotRunning, OSError, KeyError):
            return False
        if ready:
            self.port = int(status["smtp"][0].rpartition(":")[2]) if status["smtp"] else None
        return ready

    def stop(self) -> float:
        """End it as a service manager does; the seconds it took.

        Raises:
            AssertionError: It did not end in time, or not with 0.
        """
        process = self._process
        assert process is not None
        self.port = None
        self._signal(signal.SIGTERM)
        began = time.monotonic()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM:\n{self.log()[-3000:]}") from None
        assert code == 0, f"ended with {code}:\n{self.log()[-3000:]}"
        return time.monotonic() - began

    def restart(self, env: Mapping[str, str] | None = None) -> None:
        """Stop it cleanly and start it again."""
        self.stop()
        self.start(env)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            finally:
                self.kill_all()

    # Its processes.

    def pid(self, role: Role) -> int | None:
        """Process id; None while there is no such process."""
        if self._process is None or self._process.poll() is not None:
            return None
        acceptor = self._acceptor()
        if role == "acceptor" or acceptor is None:
            return acceptor
        worker = next(_children(acceptor, "daemon.worker"), None)
        if role == "worker" or worker is None:
            return worker
        return next(_children(worker, "daemon.reader_child"), None)

    def _acceptor(self) -> int | None:
        """Ourselves' child, or its child where it is wrapped by another program."""
        assert self._process is not None
        if _is_wrapped(self._process.pid):
            return next(_children(self._process.pid, "daemon.app"), None)
        return self._process.pid

    def kill(self, role: Role, *, not_pid: int | None = None) -> int:
        """`kill -9` one process, waiting for one to be there; its id.

        Args:
            role: Which.
            not_pid: Not this one: it was killed before.
        """
        pid = wait_until(lambda: (p := self.pid(role)) != not_pid and p, START_SECONDS, f"a {role} to kill")
        assert pid
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if role == "acceptor":
            self._reap()
        return pid

    def kill_all(self) -> None:
        """`kill -9` every process, in no particular order."""
        self.port = None
        for role in ("reader", "worker", "acceptor"):
            pid = self.pid(role)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        assert self._process is not None
        self.port = None
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    # Asking it.

    def status(self) -> dict[str, Any]:
        """What `postroom status` shows."""
        return ask(self.data, {"do": "status"})

    def reload(self) -> dict[str, Any]:
        """`postroom reload`."""
        return ask(self.data, {"do": "reload"})

    def hang_up(self) -> None:
        """SIGHUP, as `systemctl reload` sends it."""
        self._signal(signal.SIGHUP)

    def _signal(self, number: int) -> None:
        pid = self.pid("acceptor")
        assert pid, "the daemon runs"
        os.kill(pid, number)

    def get(self, path: str) -> tuple[int, str]:
        """Ask the health port."""
        try:
            with urllib.request.urlopen(f"http://{self.health}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def log(self) -> str:
        """All that its processes have said."""
        return (self.directory / "log").read_text("utf-8", "replace")

    def query(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Rows of one reading query, beside the running daemon."""
        if self.database != "sqlite":
            with psycopg.connect(self.database, options="-c timezone=UTC") as server:
                return server.execute(sql.replace("?", "%s").encode(), args or None).fetchall()
        file = self.data / "postroom.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(sql, args).fetchall()

    def value(self, sql: str, *args: object) -> Any:
        """The one value of a query; None if there is no row."""
        rows = self.query(sql, *args)
        return rows[0][0] if rows else None

    def alter(self, sql: str, *args: object) -> None:
        """Write into the database behind the daemon's back."""
        if self.database != "sqlite":
            with psycopg.connect(self.database) as server:
                server.execute(sql.replace("?", "%s").encode(), args)
            return
        with closing(sqlite3.connect(self.data / "postroom.db", timeout=30)) as connection, connection:
            connection.execute(sql, args)

    def is_settled(self) -> bool:
        """Whether every mail has its fate and every notification that waits for no others is out or given up."""
        return not self.unsettled()

    def unsettled(self) -> int:
        """How many mails and notifications that is not true of."""
        return int(
            self.value(
                "SELECT (SELECT count(*) FROM message WHERE fate = 'pending')"
                " + (SELECT count(*) FROM notice WHERE outbox IS NULL AND withdrawn_at IS NULL AND way = 'own')"
                " + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'unknown'))"
            )
        )

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is on its way any more."""
        wait_until(self.is_settled, seconds, "all is settled")

    def settle_all(self, seconds: float) -> None:
        """The same for a backlog of any length: it is enough that it does not stand still for so long."""
        left = self.unsettled()
        while left:
            wait_until(lambda left=left: self.unsettled() != left, seconds, f"any of {left} is settled")  # type: ignore[misc]
            left = self.unsettled()

    def postroom(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on this installation."""
        running = self.command(*args, env=env)
        out, err = running.communicate(timeout=120)
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)

    def command(self, *args: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Begin one."""
        command = [sys.executable, "-c", "from daemon.cli import main; main()", *args, "-c", str(self.directory)]
        pipe, around = subprocess.PIPE, {**os.environ, **(env or {})}
        return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, env=around)


def _children(pid: int, module: str) -> Iterator[int]:
    """Live children of a process that run a module."""
    with suppress(OSError):
        children = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
        for child in itertools.chain.from_iterable(children):
            with suppress(OSError):
                if module in Path(f"/proc/{child}/cmdline").read_bytes().decode("utf-8", "replace"):
                    yield int(child)


def _is_wrapped(pid: int) -> bool:
    with suppress(OSError):
        return b"python" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    return False
