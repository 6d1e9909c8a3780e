"""Row S19: the systemd unit is well formed, as closed as we promise, and the daemon works within its limits."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

SYSTEMD = Path(__file__).resolve().parent.parent.parent / "systemd"
UNIT, SOCKET = SYSTEMD / "postroom.service", SYSTEMD / "postroom.socket"
MOST_EXPOSURE = 2.0
THRESHOLD = 20
"""The same on the scale that systemd-analyze judges by."""

pytestmark = pytest.mark.peer


def test_exposure_is_small(need_program: Callable[[str, str], str], tell: Tell) -> None:
    analyze = need_program("systemd-analyze", "systemd")
    answer = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={THRESHOLD}", "--no-pager", UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", answer.stdout)
    assert level is not None, answer.stdout + answer.stderr
    tell(f"S19: exposure {level[1]} of 10")
    assert float(level[1]) <= MOST_EXPOSURE
    assert answer.returncode == 0, "nor by its own judgement"


def test_systemd_never_gives_up() -> None:
    """A database that is away for two minutes must not need an admin afterwards; errors of the configuration do."""
    unit = UNIT.read_text("utf-8").splitlines()
    assert {"StartLimitIntervalSec=0", "Restart=on-failure", "RestartPreventExitStatus=78"} <= set(unit)


def test_the_daemon_works_without_the_rights_that_the_unit_takes(
    new_house: Houses, sink: Sink, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    """No capabilities, no way to new ones, its number of files, its umask; the rest needs systemd itself."""
    limits = dict(re.findall(r"^(LimitNOFILE|UMask)=(\d+)$", UNIT.read_text("utf-8"), re.MULTILINE))
    confined = f'umask {limits["UMask"]}; ulimit -n {limits["LimitNOFILE"]}; exec "$@"'
    setpriv = need_program("setpriv", "util-linux")
    house = new_house(started=False)
    house.start(
        wrapper=(setpriv, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "sh", "-c", confined, "sh")
    )
    pid = house.pid("acceptor")
    assert pid
    rights = Path(f"/proc/{pid}/status").read_text()
    assert re.search(r"^CapEff:\s+0+$", rights, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", rights, re.MULTILINE)
    send(house, lead(key := new_key()))
    wait_until(lambda: sink.about(f"kunde-{key}@"), 60, "its team is told")
    house.settle()
    assert house.postroom("ledger").returncode == 0
    tell("S19: a request went its whole way without capabilities and new privileges, within the unit's files and umask")


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
