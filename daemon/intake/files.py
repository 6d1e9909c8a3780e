"""Mails from files: single ones, directories of them, mbox files, Maildirs; as a stream, however many there are."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from io import BufferedReader, FileIO
from pathlib import Path
from typing import NamedTuple

from daemon.intake import mbox
from daemon.store.chains import Accepted
from parsers.arrival import EARLIEST, arrival

_DELIVERED = re.compile(r"(\d{9,10})\.")
"""A Maildir's file is named after the second of its delivery."""


class Found(NamedTuple):
    """A mail, or what stands where one should be."""

    name: str
    """Its file; in an mbox with the offset of its beginning: `inbox.mbox:4711`."""
    content: bytes = b""
    at: datetime | None = None
    """When it came, as far as file or separator say."""
    wrong: str | None = None
    """Why there is no mail."""


class NotTaken(Exception):  # noqa: N818 - a verdict on the mail
    """The mail cannot be taken; the text says why."""


class Files:
    """What is in the files, in their order.

    Attributes:
        done: Bytes that were read so far.
    """

    def __init__(self, paths: Sequence[Path], limit: int) -> None:
        self._paths = paths
        self._limit = limit
        self.done = 0

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(_size(one) for path in self._paths for one in _files(path) if isinstance(one, Path))

    def __iter__(self) -> Iterator[Found]:
        for path in self._paths:
            for one in _files(path):
                if isinstance(one, Found):
                    yield one
                    continue
                before = self.done
                yield from self._contents(one)
                self.done = before + _size(one)

    def _contents(self, path: Path) -> Iterator[Found]:
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                yield Found(_name(path), wrong="it is no regular file")
            elif not found.st_size:
                yield Found(_name(path), wrong="it is empty")
            else:
                yield from self._mails(path)
        except OSError as error:
            yield _unreadable(path, error)

    def _mails(self, path: Path) -> Iterator[Found]:
        with BufferedReader(FileIO(path), 1 << 20) as handle:
            if handle.peek(5).startswith(b"From "):
                before = self.done
                for kept in mbox.mails(handle, self._limit):
                    self.done = before + handle.tell()
                    yield self._found(f"{_name(path)}:{kept.offset}", kept.content, kept.at)
                return
            content = handle.read(self._limit + 1)
        yield self._found(_name(path), content if len(content) <= self._limit else None, _delivered_at(path))

    def _found(self, name: str, content: bytes | None, at: datetime | None) -> Found:
        if content is None:
            return Found(name, wrong=f"it is larger than {self._limit} bytes, the limit of a mail")
        return Found(name, content, at)


def accepted(found: Found, to: str | None, is_ours: Callable[[str], bool], channel: str, now: datetime) -> Accepted:
    """The mail as it goes into the ledger: for whom, from whom, and when it came first.

    Args:
        found: A mail.
        to: For whom it is; None: the first address of ours that its header names as a recipient.
        is_ours: Whether mail to an address is ours to take.
        channel: Of the ledger.
        now: UTC; the time of acceptance.

    Raises:
        NotTaken: It is no mail, or for none of us.
    """
    if found.wrong:
        raise NotTaken(found.wrong)
    said = arrival(found.content)
    if said is None:
        raise NotTaken("it is no mail")
    recipient = to or next((address for address in said.recipients if is_ours(address)), None)
    if recipient is None:
        raise NotTaken("it names none of our addresses: say for whom it is with --to")
    at = said.received_at(now) or (found.at if found.at and found.at <= now else None)
    return Accepted(found.content, recipient, said.sender, channel, found.name, now, at)


def _files(path: Path) -> Iterator[Path | Found]:
    """The files at and below a path, sorted; of a Maildir and the folders in it those in `cur` and `new`."""
    waiting = [path]
    while waiting:
        at = waiting.pop()
        if not at.is_dir():
            yield at
            continue
        try:
            names = sorted(os.listdir(at))  # noqa: PTH208 - names of a million files, not as many paths
        except OSError as error:
            yield _unreadable(at, error)
            continue
        if {"cur", "new"} <= set(names):
            yield from _maildir(at)
            below = [at / name for name in names if name not in ("cur", "new", "tmp")]
            waiting += [one for one in reversed(below) if one.is_dir() and not one.is_symlink()]  # the rest is no mail
        else:
            below = [at / name for name in names if not name.startswith(".")]
            waiting += [one for one in reversed(below) if not (one.is_symlink() and one.is_dir())]  # could be a circle


def _maildir(path: Path) -> Iterator[Path | Found]:
    """Read and unread mails together, in the order of their delivery."""
    try:
        names = [(name, part) for part in ("cur", "new") for name in os.listdir(path / part)]  # noqa: PTH208
    except OSError as error:
        yield _unreadable(path, error)
        return
    yield from (path / part / name for name, part in sorted(names) if not name.startswith("."))


def _delivered_at(path: Path) -> datetime | None:
    if path.parent.name not in ("cur", "new") or not (found := _DELIVERED.match(path.name)):
        return None
    at = datetime.fromtimestamp(int(found[1]), UTC)
    return at if at >= EARLIEST else None


def _unreadable(path: Path, error: OSError) -> Found:
    return Found(_name(path), wrong=f"it cannot be read: {error.strerror}")


def _name(path: Path) -> str:
    """As text that can be stored, whatever bytes the name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
