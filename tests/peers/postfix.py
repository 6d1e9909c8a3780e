"""A Postfix of the test's own: on a high port, with a queue of its own, and nothing else on the machine touched."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.servers import postfix_on

_SERVICES = Path(__file__).resolve().parent.parent / "bench" / "postfix" / "master.cf"
_LOGGING = "postlog   unix-dgram n - n - 1 postlogd\n"
_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {directory}/maillog
maillog_file_prefixes = {directory}
myhostname = mail.muster.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
queue_run_delay = 1s
minimal_backoff_time = 3s
maximal_backoff_time = 4s
"""
"""A mail that is tried again before the program that tried it has let go of its file is left alone for long."""


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
def postfix(
    need_program: Callable[[str, str], str],
    directory: Path,
    settings: Mapping[str, str],
    listen: Sequence[str] = (),
) -> Iterator[Postfix]:
    """Run one.

    Args:
        need_program: The fixture.
        directory: From `tests.bench.servers.spool`.
        settings: Beside those of every test, or instead of them: where mail goes, for a start.
        listen: Addresses that it takes mail at beside 127.0.0.1, on the same port.
    """
    need_program("postfix", "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix runs as root only")
    own = "".join(f"{key} = {value}\n" for key, value in settings.items())
    further = "".join(f"{address}:{{port}} inet n - n - - smtpd\n" for address in listen)
    with postfix_on(directory, _SETTINGS + own, _SERVICES.read_text() + further + _LOGGING) as running:
        yield Postfix(running.port, directory)
