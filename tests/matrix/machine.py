"""On what a run was made: version, commit, machine, programs. Written into its results."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from daemon.versions import versions
from tests.peers.postgres import programs

ROOT = Path(__file__).resolve().parent.parent.parent
GIB = 1 << 30


def facts() -> dict[str, str]:
    """By the names of the table in docs/reliability.md, in its order."""
    return {
        "version": versions()["postroom"],
        "commit": _commit(),
        "machine": f"{os.cpu_count()} cores ({_processor()}), {_memory() / GIB:.0f} GiB, Linux {platform.release()}",
        "python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_postgresql()}",
        "length": f"{os.environ.get('POSTROOM_FAULT_ROUNDS', '10')} %",
    }


def _commit() -> str:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return "none"
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "none"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _postgresql() -> str:
    found = programs()
    return f"PostgreSQL {found.parent.name}" if found else "no PostgreSQL"
