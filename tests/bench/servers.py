"""The servers that are measured: each a context that yields a running one on a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SPOOL = "/var/tmp"  # noqa: S108 - a real disk, the same for all, that Postfix's user can reach
POSTROOM = Path(sys.executable).parent / "postroom"
RECIPIENT = "boerse.berlin@leads.muster.example"
START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A server under test."""

    port: int
    pid: int
    directory: Path


Server = Callable[[], AbstractContextManager[Running]]


def find(program: str, package: str) -> str:
    """Path of a program, or the Debian package that brings it."""
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        sys.exit(f"{program} is missing: install Debian's package {package}")
    return path


def wait_for_banner(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until a port greets with 220."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as probe:
            if probe.recv(3) == b"220":
                return
        time.sleep(0.05)
    raise RuntimeError(f"no SMTP server came up on port {port}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process group that we started: politely, then not."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def started(command: list[str | Path], directory: Path, port: int) -> Iterator[Running]:
    """A server in a process group of its own."""
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        wait_for_banner(port, process)
        yield Running(port, process.pid, directory)
    except RuntimeError:
        sys.stderr.write((directory / "log").read_text("utf-8", "replace")[-4000:])
        raise
    finally:
        stop(process)


@contextmanager
def spool() -> Iterator[Path]:
    """A directory on the disk that all servers write to; Postfix's user can reach it."""
    with tempfile.TemporaryDirectory(prefix="postroom-", dir=SPOOL, ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextmanager
def postfix_on(directory: Path, settings: str, services: str) -> Iterator[Running]:
    """A private Postfix with its queue in a directory; needs root, as Postfix does.

    Args:
        directory: From `spool`.
        settings: Its main.cf; `{queue}`, `{data}` and `{directory}` stand for its directories.
        services: Its master.cf; `{port}` stands for where it listens.
    """
    program, port = find("postfix", "postfix"), free_port()
    daemons = subprocess.run([find("postconf", "postfix"), "-dh", "daemon_directory"], capture_output=True, check=True)
    conf, queue, data = directory / "conf", directory / "queue", directory / "data"
    for path in (conf, queue, data):
        path.mkdir()
    shutil.chown(data, "postfix")
    (conf / "main.cf").write_text(settings.format(queue=queue, data=data, directory=directory))
    (conf / "master.cf").write_text(services.format(port=port))
    checked = subprocess.run([program, "-c", conf, "check"], capture_output=True, text=True, check=False)
    if checked.returncode:  # `check` also makes the queue's directories
        raise RuntimeError(f"postfix does not accept its settings: {checked.stderr}")
    # master itself, in the foreground, so that its processes are ours to end.
    with started([Path(daemons.stdout.decode().strip()) / "master", "-c", conf, "-d"], directory, port) as running:
        yield running


@contextmanager
def postfix() -> Iterator[Running]:
    """As it is measured: its default durable queue, everything then discarded."""
    settings, services = ((HERE / "postfix" / name).read_text() for name in ("main.cf", "master.cf"))
    with spool() as directory, postfix_on(directory, settings, services) as running:
        yield running


@contextmanager
def module(name: str, *args: str) -> Iterator[Running]:
    """A server of ours that is a Python module: `python -m tests.bench.NAME PORT ...`."""
    port = free_port()
    with (
        spool() as directory,
        started([sys.executable, "-m", f"tests.bench.{name}", str(port), *args], directory, port) as running,
    ):
        yield running


def dropper() -> AbstractContextManager[Running]:
    """Stock aiosmtpd that drops."""
    return module("dropper")


def write_configuration(
    directory: Path, port: int, health: int, relay: int, roles: str, more: str = "", first: str = ""
) -> None:
    """The bench's group with its ports, with more at the end of postroom.toml, and before its tables."""
    shutil.copytree(HERE / "config", directory, dirs_exist_ok=True)
    file = directory / "postroom.toml"
    values = {"@PORT@": str(port), "@HEALTH@": str(health), "@RELAY@": str(relay), "@ROLES@": roles}
    text = file.read_text("utf-8")
    for mark, value in values.items():
        text = text.replace(mark, value)
    file.write_text(first + text + more, "utf-8")


def wait_ready(health: int) -> None:
    """Wait until the whole daemon is ready."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{health}/-/ready"):
            return
        time.sleep(0.05)
    raise RuntimeError("Postroom was not ready in time")


@contextmanager
def postroom(
    relay: int, roles: str = '["smtp", "work"]', more: str = "", database: str = "sqlite"
) -> Iterator[Running]:
    """Postroom as users run it, on the bench's group.

    Args:
        relay: Port of the relay.
        roles: TOML list of roles.
        more: Tables to add to postroom.toml.
        database: As in postroom.toml.
    """
    port, health = free_port(), free_port()
    with spool() as directory:
        write_configuration(directory, port, health, relay, roles, more, f'database = "{database}"\n')
        with started([POSTROOM, "run", "-c", directory], directory, port) as running:
            wait_ready(health)
            yield running


def acceptor() -> AbstractContextManager[Running]:
    """Postroom's acceptor alone."""
    return postroom(relay=9, roles='["smtp"]')


@contextmanager
def naive(relay: int) -> Iterator[Running]:
    """The naive shape on the same group.

    Args:
        relay: Port of the relay.
    """
    with spool() as directory:
        write_configuration(directory, free_port(), free_port(), relay, '["smtp", "work"]')
        with module("naive", str(directory)) as running:
            yield running
