"""No process outlives the test run that started it, not even where the run was killed by SIGKILL.

All that a run starts inherits a mark in its environment. A watcher in a session of its own reads from a pipe whose
other end is the run's alone. When that is closed, by whatever end of the run, it ends all that bears the mark, again
and again until nothing does: a daemon may just be replacing its worker. What a run within a run starts has both marks.
"""

import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

MARK = "POSTROOM_TEST_RUN"
LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 1.0
"""For a PostgreSQL to end as it is told; killed it would leave its shared memory behind."""
LONGEST_SECONDS = 30.0


def leave_none() -> None:
    """Have all that this process starts from now on ended with it."""
    mark = f"{os.environ.get(MARK, '')}/{os.getpid()}-{secrets.token_hex(4)}"
    reading, _ = os.pipe()  # the end that is written to stays open, here alone, as long as this process lives
    others = {name: value for name, value in os.environ.items() if name != MARK}
    streams = [
        (os.POSIX_SPAWN_DUP2, reading, 0),
        *((os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)),
    ]
    command = [sys.executable, "-I", "-S", __file__, mark]
    os.posix_spawn(sys.executable, command, others, file_actions=streams, setsid=True)
    os.close(reading)
    os.environ[MARK] = mark


def marked(mark: str) -> Iterator[int]:
    """Ids of the processes that bear a mark, or one that was made under it."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):  # it has just ended, or is another user's
                words = (folder / "environ").read_bytes().split(b"\0")
                if any(word == wanted or word.startswith(wanted + b"/") for word in words):
                    yield int(folder.name)


def _end_all(mark: str) -> None:
    begun, asked = monotonic(), set[int]()
    while (found := list(marked(mark))) and monotonic() - begun < LONGEST_SECONDS:
        for pid in found:
            with suppress(OSError):
                patient = monotonic() - begun < PATIENCE_SECONDS and _is_postgres(pid)
                if not (patient and pid in asked):
                    os.kill(pid, signal.SIGQUIT if patient else signal.SIGKILL)
                asked.add(pid)
        sleep(LOOK_AGAIN_SECONDS)


def _is_postgres(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"


if __name__ == "__main__":
    sys.stdin.buffer.read()
    _end_all(sys.argv[1])
