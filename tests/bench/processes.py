"""What a tree of processes costs: CPU time and memory, from /proc."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(") ")[2].split()


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))

    def below(pid: int) -> Iterator[int]:
        yield pid
        for child in children.get(pid, ()):
            yield from below(child)

    return list(below(root))


def cpu_seconds(root: int) -> float:
    """User and system time of a tree, with that of children which have ended and were waited for."""
    stats = [stat for pid in tree(root) if (stat := _stat(pid))]
    return sum(sum(map(int, stat[11:15])) for stat in stats) / _TICKS


def pss_mib(root: int) -> float:
    """Proportional set size of a tree in MiB: shared pages count once in all."""
    total = 0
    for pid in tree(root):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
