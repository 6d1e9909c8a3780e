"""What tests start ends with their run, however that ends."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.daemon import ROOT
from tests.support.orphans import marked
from tests.support.waiting import wait_until

RESTARTING = "import subprocess, sys; [subprocess.run([sys.executable, '-c', 'input()']) for _ in iter(int, 1)]"
"""A daemon with a worker, which it replaces for ever."""
RUN = f"""
import os, subprocess, sys
from tests.support import orphans
orphans.leave_none()
subprocess.Popen([sys.executable, "-c", {RESTARTING!r}], stdin=subprocess.PIPE, start_new_session=True)
print(os.environ[orphans.MARK], flush=True)
input()
"""


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "terminated", "by itself"])
def test_nothing_outlives_the_run_that_started_it(ended_by: signal.Signals | None) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as run:
        assert run.stdout
        assert run.stdin
        mark = run.stdout.readline().strip()
        wait_until(lambda: len(list(marked(mark))) == 2, 10, "both run")
        if ended_by is None:
            run.stdin.write("\n")
            run.stdin.close()
        else:
            os.kill(run.pid, ended_by)
        run.wait(10)
        wait_until(lambda: not list(marked(mark)), 5, "all have ended")
