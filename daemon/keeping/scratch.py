"""A directory for a moment, beside what will be written; the next command sweeps away what a killed one left there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".postroom-scratch."


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A directory of our user's alone, gone afterwards.

    Args:
        place: Where there is room for what will be as large.

    Raises:
        OSError: It cannot be made there.
    """
    sweep(place)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as name, _held(Path(name)):
        yield Path(name)


def sweep(place: Path) -> None:
    """Remove such directories of ours that nobody holds any more: they may be full of mails and secrets."""
    for left in place.glob(f"{PREFIX}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """A lock that ends with the process, however that ends.

    Raises:
        OSError: Another process holds it, or the directory is another user's or none.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(f"{directory} is another user's")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
