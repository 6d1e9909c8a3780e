"""A PostgreSQL of the test run's own: a cluster in a temporary directory, a database for each test."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from daemon.store.upgrade import upgrade
from tests.support.ports import free_port
from tests.support.waiting import wait_until

START_SECONDS = 30
STOP_SECONDS = 20
TEMPLATE = "postroom_template"
SETTINGS = {
    "fsync": "on",  # a test of what survives must not be eased
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "Asia/Shanghai",  # nobody's but the server's: times must not depend on it
    "autovacuum": "off",
}


class Postgres:
    """One server, started as the user postgres where the tests run as root; it ends with the tests.

    Args:
        programs: Where PostgreSQL's programs lie.
        copy_of: The server that this one is a standby of, instead of one with a cluster of its own.
        settings: Beside those of every test.
    """

    def __init__(
        self,
        programs: Path,
        copy_of: "Postgres | None" = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.programs = programs
        self._settings = {**SETTINGS, **(settings or {})}
        self.directory = Path(tempfile.mkdtemp(prefix="postroom-pg-"))
        self._data = self.directory / "data"
        self._as: tuple[str, ...] = ()
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self._as = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self.port = free_port()
        if copy_of is not None:
            self.copy(copy_of)
            return
        made = self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        assert made.returncode == 0, made.stderr
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        self.start()
        self._make_template()

    def copy(self, primary: "Postgres") -> None:
        """Become a standby of another server; what was here before is gone."""
        self.stop()
        shutil.rmtree(self._data, ignore_errors=True)
        place = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        made = self._run("pg_basebackup", *place, "-D", str(self._data), "-R", "-X", "stream", "-c", "fast")
        assert made.returncode == 0, made.stderr
        self.start()

    def _command(self, program: str, *args: str) -> list[str]:
        return ["setpriv", *self._as, "--pdeathsig=QUIT", str(self.programs / program), *args]

    def _run(self, program: str, *args: str) -> subprocess.CompletedProcess[str]:
        command = self._command(program, *args)
        return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=START_SECONDS, check=False)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {"unix_socket_directories": str(self.directory), **self._settings}
        options = itertools.chain.from_iterable(("-c", f"{name}={value}") for name, value in settings.items())
        with (self.directory / "log").open("ab") as log:
            command = self._command("postgres", "-D", str(self._data), "-p", str(self.port), *options)
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        wait_until(self._answers, START_SECONDS, "PostgreSQL answers")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: int = signal.SIGQUIT) -> None:
        """End the server; SIGQUIT is `immediate`, as if its machine had lost power."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def signal(self, number: int) -> list[int]:
        """Send every process of the server a signal, the first before its children; their ids."""
        assert self._process is not None
        first = self._process.pid
        children = [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        for pid in (first, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return [first, *children]

    def kill(self) -> None:
        """`kill -9` every process of the server, whatever it is doing."""
        pids = self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(STOP_SECONDS)
        self._process = None
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), STOP_SECONDS, "all are gone")

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop()
        shutil.rmtree(self.directory)

    def url(self, database: str) -> str:
        """As `database` in postroom.toml."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = TEMPLATE) -> str:
        """URL of a database of its own: with the tables of the current schema, or as another database is."""
        name = f"postroom_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _make_template(self) -> None:
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.url(TEMPLATE))

    def execute(self, statement: str) -> None:
        """Run a statement that is no query, in no transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def value(self, query: str) -> Any:
        """The one value of a query about the server itself; None if there is no row."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def programs() -> Path | None:
    """Where Debian keeps the newest installed version's programs: not in the path."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server that all tests share; each takes a database of its own."""
    found = programs()
    if found is None:
        message = "initdb is missing: install Debian's package postgresql"
        if os.environ.get("POSTROOM_REQUIRE_PEERS") == "1":
            pytest.fail(message)
        pytest.skip(message)
    server = Postgres(found)
    yield server
    server.close()


@pytest.fixture
def own_postgres(postgres: Postgres) -> Iterator[Postgres]:
    """A server of the test's own, to be stopped at will."""
    server = Postgres(postgres.programs)
    yield server
    server.close()
