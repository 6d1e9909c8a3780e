"""Load and check a configuration in a process of its own.

Checking compiles the admin's templates and looks up every holiday: what that imports would stay in the acceptor's
memory for good. The child hands back the built settings, or the problems.
"""

import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from config.models import Settings
from config.problems import Problem
from daemon.processes import end_with_parent
from templates.purposes import PURPOSES

CHECK_SECONDS = 120
CHECK_BYTES = 1 << 30
QUIET_SECONDS = 0.2
QUIET_TRIES = 25


class Loaded(NamedTuple):
    """Settings that may be run on, with their canonical JSON; or None and everything that is wrong."""

    settings: Settings | None
    problems: list[Problem]
    written: bytes = b""


def load_quiet(directory: Path, tries: int = QUIET_TRIES) -> Loaded:
    """Load and check files that nobody is writing meanwhile: half of a file may be well formed and mean something else.

    What goes on changing is refused after some tries.
    """
    before = _look_of(directory)
    for _ in range(tries):
        loaded = load_checked(directory)
        after = _look_of(directory)
        if after == before:
            return loaded
        time.sleep(QUIET_SECONDS)
        before = _look_of(directory)
    return Loaded(None, [Problem(str(directory), 0, "", "files are being written all the time", "reload afterwards")])


def _look_of(directory: Path) -> list[tuple[Any, ...]]:
    """Names, sizes and times of all files of a configuration."""
    files = [*directory.glob("*.toml"), *directory.glob("*.d/*.toml"), *(directory / "templates").rglob("*")]
    seen: list[tuple[Any, ...]] = []
    for file in sorted(files):
        try:
            told = file.stat()
        except OSError:
            seen.append((file,))
        else:
            seen.append((file, told.st_ino, told.st_size, told.st_mtime_ns))
    return seen


def load_checked(directory: Path) -> Loaded:
    """Load and check files and templates in a child."""
    command = [sys.executable, "-P", "-m", "daemon.loading", str(directory)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=CHECK_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return Loaded(None, [Problem(str(directory), 0, "", f"could not be checked: {error}")])
    loaded: Loaded = pickle.loads(done.stdout)  # noqa: S301 - from our own child
    return loaded


def problems_of_templates(settings: Settings) -> list[Problem]:
    """Faults of the admin's templates, in the shape of all others; the shipped ones were tried before."""
    named = {n.template for rule in settings.rules for n in rule.notify if n.template}
    if not settings.templates and named <= PURPOSES.keys():
        return []
    from templates.check import check

    return [Problem(f"templates/{p.file}", p.line, "", p.what) for p in check(settings.templates, named)]


def problems_of_certificate(settings: Settings) -> list[Problem]:
    """What is wrong with our certificate and its key."""
    from daemon.intake.tls import problems_of_certificate

    return problems_of_certificate(settings)


def load_here(directory: Path) -> Loaded:
    """The same, in this process."""
    from config.load import canonical, check

    settings, problems = check(directory, [problems_of_templates, problems_of_certificate])
    if settings is None or problems:
        return Loaded(None, problems)
    return Loaded(settings, [], canonical(settings).encode())


def main() -> None:
    """Answer on standard output; `Loaded` must be the module's class, not that of the script."""
    from daemon.loading import load_here

    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (CHECK_BYTES, CHECK_BYTES))
    sys.stdout.buffer.write(pickle.dumps(load_here(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
