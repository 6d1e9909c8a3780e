"""The systemd unit: well formed, and as closed as we promise."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parent.parent / "systemd"
UNIT, SOCKET = SYSTEMD / "postroom.service", SYSTEMD / "postroom.socket"
MOST_EXPOSURE = 2.0

pytestmark = pytest.mark.peer


def test_exposure_is_small(need_program: Callable[[str, str], str]) -> None:
    analyze = need_program("systemd-analyze", "systemd")
    answer = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", UNIT], capture_output=True, text=True, check=False
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", answer.stdout)
    assert level is not None, answer.stdout + answer.stderr
    assert float(level[1]) <= MOST_EXPOSURE


def test_the_unit_is_well_formed(need_program: Callable[[str, str], str], tmp_path: Path) -> None:
    analyze = need_program("systemd-analyze", "systemd")
    unit = tmp_path / UNIT.name
    # The program it starts lies elsewhere on a machine that only tests: any program stands for it.
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/postroom/bin/postroom", "/bin/true"), "utf-8")
    socket = tmp_path / SOCKET.name
    socket.write_text(SOCKET.read_text("utf-8"), "utf-8")
    answer = subprocess.run([analyze, "verify", "--man=no", unit, socket], capture_output=True, text=True, check=False)
    complaints = [line for line in answer.stderr.splitlines() if UNIT.stem in line]
    assert complaints == []


@pytest.mark.parametrize("line", ["Type=notify", "NotifyAccess=main", "WatchdogSec=60", "User=postroom"])
def test_the_unit_says_what_the_daemon_relies_on(line: str) -> None:
    assert line in UNIT.read_text("utf-8").splitlines()


@pytest.mark.parametrize("line", ["FileDescriptorName=smtp", "Service=postroom.service", "WantedBy=sockets.target"])
def test_the_socket_says_what_the_daemon_relies_on(line: str) -> None:
    assert line in SOCKET.read_text("utf-8").splitlines()


def test_the_user_exists_where_the_unit_expects_it() -> None:
    assert re.search(r"^u postroom ", (SYSTEMD / "sysusers.d/postroom.conf").read_text("utf-8"), re.MULTILINE)
    assert "/var/lib/postroom 0700 postroom postroom" in (SYSTEMD / "tmpfiles.d/postroom.conf").read_text("utf-8")
