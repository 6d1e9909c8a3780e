"""A directory for a moment, beside what will be written; the next command sweeps away what a killed one left there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PREFIX = ".postroom-scratch."
ATTEMPTS = 20


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A directory of our user's alone, gone afterwards.

    Args:
        place: Where there is room for what will be as large.

    Raises:
        OSError: It cannot be made there.
    """
    sweep(place)
    with ExitStack() as stack:
        yield _made(place, stack)


def sweep(place: Path) -> None:
    """Remove such directories of ours that nobody holds any more: they may be full of mails and secrets."""
    for left in place.glob(f"{PREFIX}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)


def _made(place: Path, stack: ExitStack) -> Path:
    """Make one and hold it. Before it is held, another command's sweep may take it away: then there is a next one."""
    for _ in range(ATTEMPTS):
        made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX, dir=place)))
        with suppress(BlockingIOError, FileNotFoundError):
            stack.enter_context(_held(made))
            return made
    raise BlockingIOError(f"others take away what is made in {place}")


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """A lock that ends with the process, however that ends.

    Raises:
        BlockingIOError: Another process holds it.
        FileNotFoundError: It is gone.
        OSError: It is another user's, or no directory.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        directory.stat()  # what is gone can be locked by who has it open
        yield
    finally:
        os.close(descriptor)
