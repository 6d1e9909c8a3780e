"""Row R8, a full disk: mail is refused for now, never for good; what was accepted goes on; it ends by itself."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.accounts import draw_up
from tests.support.client import Clients, Reply, lead, new_key, send, talk
from tests.support.daemon import ADMIN, WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

SIZE = 20 << 20
RESERVE = 6 << 20
LEFT = 1 << 20
"""Beside the reserve, for mails until it is full."""
CLIENTS = 4
NO_ROOM = "452 4.3.1"


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


def _begin(new_house: Houses, disk: Path, reserve: int) -> Installation:
    house = new_house(started=False, limits={"reserve": reserve})
    house.data.symlink_to(disk, target_is_directory=True)
    house.start()
    return house


def _fill(ballast: Path, leave: int = 0) -> None:
    """Take all the room that there is, but so much."""
    disk = os.statvfs(ballast.parent)
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        for _ in range((disk.f_bavail * disk.f_frsize - leave) // 4096):
            file.write(b"x" * 4096)
        while not leave:  # until it is as full as it gets
            file.write(b"x" * 512)


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def _refused_early(house: Installation, *parameters: str) -> str:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        return session.ask(" ".join(["MAIL FROM:<a@kunde.example>", *parameters])).text[:9]


def _refused_late(house: Installation, content: bytes) -> str:
    with talk(house) as session:
        answer: Reply = session.begin(WEBSITE)
        if answer.code != 354:
            return answer.text[:9]
        session.raw(content + b".\r\n")
        return session.read().text[:9]


def test_a_reserve(small_disk: Path, new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, ballast, began = _begin(new_house, small_disk, RESERVE), small_disk / "ballast", time.monotonic()
    send(house, lead(new_key()))
    house.settle()
    sink.down()
    _fill(ballast, leave=RESERVE + LEFT)
    too_large = f"SIZE={2 * LEFT}"
    wait_until(lambda: _refused_early(house, too_large) == NO_ROOM, 10, "it alone would break into the reserve")
    assert _refused_early(house, "SIZE=1000") == "250 2.1.0"
    clients = Clients(house, CLIENTS)
    wait_until(lambda: clients.postponed.total() >= 10 * CLIENTS, 60, "mail is refused")
    wait_until(lambda: house.status()["disk"]["is_short"], 10, "the daemon says so")
    before, sent = set(clients.accepted), len(sink.mails)
    sink.up()
    wait_until(lambda: all(sink.about(f"kunde-{key}@") for key in before), 60, "what was accepted is told")
    wait_until(lambda: sink.to(ADMIN), 20, "the admin is told")
    house.settle()
    free = _free(small_disk)
    assert free < RESERVE, "all this while there was no room for new mail"
    assert _refused_early(house) == NO_ROOM
    went_on, taken = len(sink.mails) - sent, len(clients.accepted)
    ballast.unlink()
    emptied = time.monotonic()
    wait_until(lambda: len(clients.accepted) >= taken + CLIENTS, 20, "the refused ones are taken")
    again = time.monotonic() - emptied
    wait_until(lambda: "disk-has-room" in house.log(), 10, "the episode is over")
    clients.stop()
    house.settle()
    (letter,) = sink.to(ADMIN)
    assert "disk is too full" in str(letter.parsed()["Subject"])
    books = draw_up(house, sink, clients, doubles_allowed=0)
    tell(
        f"R8: {SIZE >> 20} MB disk, {RESERVE >> 20} MB reserve: {books.accepted} accepted, "
        f"{clients.postponed.total()} times 452, {len(clients.refused)} times 5xx; {went_on} mails sent meanwhile, "
        f"{free / (1 << 20):.1f} MB left then; taken again after {again:.1f} s; one letter to the admin; "
        f"problems: {books.problems or 'none'}; {time.monotonic() - began:.0f} s"
    )
    assert not books.problems
    assert set(clients.postponed) == {NO_ROOM}
    assert house.value("PRAGMA integrity_check") == "ok"
    assert house.postroom("ledger").returncode == 0
    house.stop()


@pytest.mark.parametrize("reserve", [0, RESERVE], ids=["none", "taken-by-others"])
def test_full_to_the_last_byte(reserve: int, small_disk: Path, new_house: Houses, sink: Sink) -> None:
    house, ballast = _begin(new_house, small_disk, reserve), small_disk / "ballast"
    send(house, lead(before := new_key()))
    wait_until(lambda: sink.about(f"kunde-{before}@"), 20)
    house.settle()
    _fill(ballast)
    if reserve:
        wait_until(lambda: house.status()["disk"]["is_short"], 10, "the daemon has seen it")
        answers = {_refused_early(house) for _ in range(3)}
    else:
        big = lead(new_key(), text="x\r\n" * 1_000_000)
        answers = {_refused_late(house, big) for _ in range(3)}
    assert answers == {NO_ROOM}
    ballast.unlink()
    wait_until(lambda: house.status()["disk"]["free"] > reserve, 10, "there is room")
    send(house, lead(after := new_key()))
    wait_until(lambda: sink.about(f"kunde-{after}@"), 40, "it goes on without a restart")
    if reserve:
        wait_until(lambda: sink.to(ADMIN), 20, "the admin is told afterwards, when it can be written")
    house.settle()
    assert len(sink.to(ADMIN)) == bool(reserve)
    assert house.value("SELECT count(*) FROM message WHERE fate = 'opened'") == 2
    assert house.value("PRAGMA integrity_check") == "ok"
    assert house.postroom("ledger").returncode == 0
    house.stop()
