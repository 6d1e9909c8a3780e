"""A PostgreSQL of the test run's own: a cluster in a temporary directory, a database for each test."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    "timezone": "Asia/Shanghai",  # nobody's but the server's: times must not depend on it
    "autovacuum": "off",
}


class Postgres:
    """One server, started as the user postgres where the tests run as root; it ends with the tests."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
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
        made = self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        assert made.returncode == 0, made.stderr
        self.start()
        self._make_template()

    def _command(self, program: str, *args: str) -> list[str]:
        return ["setpriv", *self._as, "--pdeathsig=QUIT", str(self.programs / program), *args]

    def _run(self, program: str, *args: str) -> subprocess.CompletedProcess[str]:
        command = self._command(program, *args)
        return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=START_SECONDS, check=False)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {**SETTINGS, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.directory)}
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
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _make_template(self) -> None:
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.url(TEMPLATE))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


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
