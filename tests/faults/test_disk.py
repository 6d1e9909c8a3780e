"""The disk is full: mail is refused for now, never for good, and taken again without a restart once there is room."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

SIZE = "8m"


@pytest.fixture
def small_disk(tmp_path: Path, need_program: Callable[[str, str], str]) -> Iterator[Path]:
    """A file system of a few megabytes."""
    directory = tmp_path / "small"
    directory.mkdir()
    mount = [need_program("mount", "mount"), "-t", "tmpfs", "-o", f"size={SIZE}", "postroom-test", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of our own cannot be mounted here")
    yield directory
    subprocess.run([need_program("umount", "mount"), "-l", str(directory)], check=True)


def _answer(house: Installation, content: bytes) -> str:
    with talk(house) as session:
        assert session.begin(WEBSITE).code == 354
        session.raw(content + b".\r\n")
        return session.read().text


@pytest.mark.slow
def test_a_full_disk(small_disk: Path, new_house: Houses, sink: Sink) -> None:
    house = new_house(started=False)
    house.data.symlink_to(small_disk, target_is_directory=True)
    house.start()
    send(house, lead(before := new_key()))
    wait_until(lambda: sink.about(f"kunde-{before}@"), 20)
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:  # until it is as full as it gets
            file.write(b"x" * 65536)
    big = lead(new_key(), text="x\r\n" * 100_000)
    answers = {_answer(house, big)[:9] for _ in range(3)}
    assert answers == {"452 4.3.1"}
    ballast.unlink()
    send(house, lead(after := new_key()))
    wait_until(lambda: sink.about(f"kunde-{after}@"), 40, "it goes on without a restart")
    house.settle()
    assert house.value("SELECT count(*) FROM message WHERE fate = 'opened'") == 2
    assert house.value("PRAGMA integrity_check") == "ok"
    assert house.postroom("ledger").returncode == 0
    house.stop()
