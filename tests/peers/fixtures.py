"""Fixtures with real peers from Debian packages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peers.dovecot import Dovecot, dovecot


@pytest.fixture
def mail_server(tmp_path: Path, need_program: Callable[[str, str], str]) -> Iterator[Dovecot]:
    """A Dovecot of the test's own."""
    need_program("openssl", "openssl")
    need_program("dovecot", "dovecot-imapd")
    with dovecot(tmp_path / "dovecot") as server:
        yield server
