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

from tests.bench.processes import free_port

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
    """A directory on the disk that all servers write to."""
    with tempfile.TemporaryDirectory(prefix="postroom-bench-", dir=SPOOL, ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextmanager
def postfix() -> Iterator[Running]:
    """A private Postfix: its default durable queue, everything then discarded. Needs root, as Postfix does."""
    program, port = find("postfix", "postfix"), free_port()
    daemons = subprocess.run([find("postconf", "postfix"), "-dh", "daemon_directory"], capture_output=True, check=True)
    with spool() as directory:
        settings, queue, data = directory / "conf", directory / "queue", directory / "data"
        for path in (settings, queue, data):
            path.mkdir()
        shutil.chown(data, "postfix")
        (settings / "main.cf").write_text((HERE / "postfix" / "main.cf").read_text().format(queue=queue, data=data))
        (settings / "master.cf").write_text((HERE / "postfix" / "master.cf").read_text().format(port=port))
        try:
            # master itself, in the foreground, so that its tree is ours; `check` makes the queue's directories.
            subprocess.run([program, "-c", settings, "check"], check=True, capture_output=True)
            master = Path(daemons.stdout.decode().strip()) / "master"
            with started([master, "-c", settings, "-d"], directory, port) as running:
                yield running
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"postfix does not accept its settings: {error}") from error


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


def write_configuration(directory: Path, port: int, health: int, relay: int, roles: str, more: str = "") -> None:
    """The bench's group with its ports, and more at the end of postroom.toml."""
    shutil.copytree(HERE / "config", directory, dirs_exist_ok=True)
    file = directory / "postroom.toml"
    values = {"@PORT@": str(port), "@HEALTH@": str(health), "@RELAY@": str(relay), "@ROLES@": roles}
    text = file.read_text("utf-8")
    for mark, value in values.items():
        text = text.replace(mark, value)
    file.write_text(text + more, "utf-8")


def wait_ready(health: int) -> None:
    """Wait until the whole daemon is ready."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{health}/-/ready"):
            return
        time.sleep(0.05)
    raise RuntimeError("Postroom was not ready in time")


@contextmanager
def postroom(relay: int, roles: str = '["smtp", "work"]', more: str = "") -> Iterator[Running]:
    """Postroom as users run it, on the bench's group.

    Args:
        relay: Port of the relay.
        roles: TOML list of roles.
        more: Tables to add to postroom.toml.
    """
    port, health = free_port(), free_port()
    with spool() as directory:
        write_configuration(directory, port, health, relay, roles, more)
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
