"""A Postfix of the test's own: on a high port, with a queue of its own, and nothing else on the machine touched."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.processes import free_port
from tests.bench.servers import started

SPOOL = "/var/tmp"  # noqa: S108 - Postfix's user must reach it, which it cannot below pytest's directories
_SERVICES = Path(__file__).resolve().parent.parent / "bench" / "postfix" / "master.cf"
_LOGGING = "postlog   unix-dgram n - n - 1 postlogd\n"
_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {log}
maillog_file_prefixes = {directory}
myhostname = mail.muster.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
"""


class Postfix:
    """A running one.

    Attributes:
        port: Where it takes mail, from this machine to anybody.
        directory: A directory that its user can reach.
    """

    def __init__(self, port: int, directory: Path) -> None:
        self.port = port
        self.directory = directory

    def log(self) -> str:
        """What it has logged."""
        file = self.directory / "maillog"
        return file.read_text("utf-8", "replace") if file.exists() else ""


@contextmanager
def spool() -> Iterator[Path]:
    """A directory that Postfix's user can reach, for as long as a Postfix runs on it."""
    with tempfile.TemporaryDirectory(prefix="postroom-postfix-", dir=SPOOL, ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@contextmanager
def postfix(need_program: Callable[[str, str], str], directory: Path, settings: Mapping[str, str]) -> Iterator[Postfix]:
    """Run one.

    Args:
        need_program: The fixture.
        directory: From `spool`.
        settings: Beside those of every test: where mail goes, for a start.
    """
    program = need_program("postfix", "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix runs as root only")
    asked = [need_program("postconf", "postfix"), "-dh", "daemon_directory"]
    daemons = Path(subprocess.run(asked, capture_output=True, check=True, text=True).stdout.strip())
    port = free_port()
    conf, queue, data = (directory / name for name in ("conf", "queue", "data"))
    for path in (conf, queue, data):
        path.mkdir()
    shutil.chown(data, "postfix")
    places = {"queue": queue, "data": data, "log": directory / "maillog", "directory": directory}
    own = "".join(f"{key} = {value}\n" for key, value in settings.items())
    (conf / "main.cf").write_text(_SETTINGS.format(**places) + own)
    (conf / "master.cf").write_text(_SERVICES.read_text().format(port=port) + _LOGGING)
    checked = subprocess.run([program, "-c", conf, "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    # master itself, in the foreground, so that its processes are ours to end.
    with started([daemons / "master", "-c", conf, "-d"], directory, port):
        yield Postfix(port, directory)
