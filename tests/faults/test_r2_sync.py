"""Row R2: 250 stands for a synced commit: the order of system calls shows it; the same check fails without syncs."""

import re
import smtplib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell

CLIENTS, EACH = 4, 55
TRACED = "trace=fdatasync,fsync,sendto,recvfrom"

_RECEIVED = re.compile(r'recvfrom\((\d+), "|<\.\.\. recvfrom resumed>"')
_CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)")
_FD = re.compile(r"\w+\((\d+)")


def unsynced(trace: str) -> tuple[int, list[str]]:
    """Look for each 250 after a mail: had a sync begun after the last bytes of that mail, and ended, before it?

    Returns:
        How many mails were answered, and the lines of those answers that stood for no sync.
    """
    received: dict[str, int] = {}
    begun: dict[str, int] = {}
    syncs: list[tuple[int, int]] = []
    in_data: set[str] = set()
    answers, bad = 0, []
    for number, line in enumerate(trace.splitlines()):
        call, fd = _CALL.match(line), _FD.search(line)
        if call is None:
            continue
        thread, name = call.groups()
        if name in ("fdatasync", "fsync"):
            if "resumed" not in line:
                begun[thread] = number
            if line.endswith("= 0"):
                syncs.append((begun[thread], number))
        elif fd is not None and name == "recvfrom" and '"' in line:
            received[fd[1]] = number
        elif fd is not None and name == "sendto" and '"354 ' in line:
            in_data.add(fd[1])
        elif fd is not None and name == "sendto" and '"250 ' in line and fd[1] in in_data:
            in_data.remove(fd[1])
            answers += 1
            if not any(start > received[fd[1]] for start, _ in syncs):
                bad.append(line)
    return answers, bad


def _send(house: Installation, failed: list[str]) -> None:
    assert house.port
    for _ in range(EACH):
        try:
            with smtplib.SMTP("127.0.0.1", house.port, "client.example", timeout=60) as smtp:
                smtp.sendmail("wordpress@muster.example", WEBSITE, lead(new_key("s")))
        except (OSError, smtplib.SMTPException) as error:
            failed.append(str(error))


def _trace(house: Installation, file: Path, wrapper: tuple[str, ...], strace: str) -> str:
    house.start(wrapper=(strace, "-f", "-qq", "-s", "16", "-e", TRACED, "-e", "signal=none", "-o", str(file), *wrapper))
    failed: list[str] = []
    clients = [threading.Thread(target=_send, args=(house, failed)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)
    house.stop()
    assert failed == []
    return file.read_text("utf-8", "replace")


@pytest.mark.peer
def test_every_250_stands_for_a_sync(
    new_house: Houses, tmp_path: Path, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    strace = need_program("strace", "strace")
    house = new_house(started=False, roles=("smtp",))
    answers, bad = unsynced(_trace(house, tmp_path / "trace", (), strace))
    tell(f"R2: {answers} answers to mails, {len(bad)} without a sync before")
    assert answers == CLIENTS * EACH >= 200
    assert bad == []


@pytest.mark.peer
def test_the_check_sees_missing_syncs(
    new_house: Houses, tmp_path: Path, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    strace, eatmydata = need_program("strace", "strace"), need_program("eatmydata", "eatmydata")
    house = new_house(started=False, roles=("smtp",))
    answers, bad = unsynced(_trace(house, tmp_path / "trace", (eatmydata,), strace))
    tell(f"R2: the same check where syncs do nothing: {answers} answers, {len(bad)} without a sync before")
    assert answers == CLIENTS * EACH
    assert len(bad) > answers * 0.9
