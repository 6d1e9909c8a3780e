"""System calls of a running process made to fail by strace: the disk's errors, on a disk that has none."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import wait_until

ATTACH_SECONDS = 30
WRITES, SYNCS = "pwrite64,ftruncate", "fdatasync,fsync"
"""How SQLite writes to its files, and makes sure of them."""


class Injection:
    """One strace that watches a process with all its threads, and its one fault."""

    def __init__(self, output: Path) -> None:
        self._output = output

    @property
    def hit(self) -> bool:
        """Whether a call was made to fail yet."""
        return "(INJECTED)" in self._output.read_text("utf-8", "replace")


@contextmanager
def failing(strace: str, pid: int, calls: str, number: int, output: Path, error: str = "EIO") -> Iterator[Injection]:
    """The n-th of some system calls that a thread makes from now on fails, once.

    Args:
        strace: The program.
        pid: Whose calls.
        calls: Their names, with commas.
        number: Which one; each thread counts its own, and of ours one alone writes to the database.
        output: Where strace writes what it sees.
        error: What the call ends with.
    """
    fault = f"inject={calls}:error={error}:when={number}"
    command = [
        strace,
        "-f",
        "-o",
        str(output),
        "-e",
        f"trace={calls}",
        "-e",
        fault,
        "-e",
        "signal=none",
        "-p",
        str(pid),
    ]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_attached(pid, tracer)
        yield Injection(output)
    finally:
        tracer.terminate()
        tracer.communicate(timeout=ATTACH_SECONDS)


def _wait_attached(pid: int, tracer: "subprocess.Popen[str]") -> None:
    """Until every thread of the process is traced.

    Raises:
        PermissionError: Tracing is not allowed here.
    """
    began = time.monotonic()

    def attached() -> bool:
        if tracer.poll() is not None:
            assert tracer.stderr
            raise PermissionError(tracer.stderr.read().strip())
        return all(_tracer_of(task) == tracer.pid for task in Path(f"/proc/{pid}/task").iterdir())

    wait_until(attached, ATTACH_SECONDS, f"strace holds {pid} since {began:.0f}")


def _tracer_of(task: Path) -> int:
    said = (task / "status").read_text()
    return int(said.partition("TracerPid:")[2].split()[0])
