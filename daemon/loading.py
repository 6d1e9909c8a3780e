"""What is done once, in a process of its own: loading and checking a configuration, making or upgrading a database.

Checking compiles every template and looks up every holiday, migrating needs all of Alembic: what that imports would
stay in the acceptor's memory for good. The child hands back the built settings, or the problems.
"""

import os
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from config.models import Settings
from config.problems import Problem
from daemon.processes import end_with_parent
from daemon.store.upgrade import is_current, prepare

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


def prepared(url: str, directory: Path) -> None:
    """Have a database of our schema (`daemon.store.upgrade.prepare`), in a child where there is anything to do.

    Raises:
        SchemaTooNew: As there.
        SchemaTooOld: As there.
        OSError: As there, or the child died.
        sqlalchemy.exc.SQLAlchemyError: As there.
    """
    if is_current(url):
        return
    reading, writing = os.pipe()
    child = os.fork()  # no thread runs yet: it is safe to go on as a copy
    if child == 0:
        _report(url, directory, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise OSError("the database could not be prepared: the process that did it died")
    failure: Exception | None = pickle.loads(told)  # noqa: S301 - from our own child
    if failure is not None:
        raise failure


def _report(url: str, directory: Path, writing: int) -> NoReturn:
    """In the child: prepare, say what that failed of, and end without a trace of the parent's own end."""
    failure: Exception | None = None
    try:
        prepare(url, directory)
    except Exception as error:
        failure = error
    try:
        os.write(writing, pickle.dumps(failure))
    finally:
        os._exit(0)


def problems_of_templates(settings: Settings) -> list[Problem]:
    """Faults of the admin's templates, in the shape of all others."""
    from templates.check import check

    named = {n.template for rule in settings.rules for n in rule.notify if n.template}
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
