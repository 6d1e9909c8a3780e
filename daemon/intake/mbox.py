"""Mails out of an mbox file of any size, one at a time (RFC 4155, and the kinds called mboxo, mboxrd and mboxcl)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO, NamedTuple

from parsers.arrival import instant

LINE = 64 << 10
"""Bytes of a line that are held at once."""
SEPARATOR = 300
"""Bytes of the longest line that can separate two mails."""

_QUOTED = re.compile(rb">+From ")
_DATED = re.compile(rb"\d:\d\d\b.*\b(?:19|20)\d\d\b", re.DOTALL)
_BLANK = (b"\n", b"\r\n")


class Kept(NamedTuple):
    """One mail of the file."""

    offset: int
    """Of its separator, in bytes."""
    content: bytes | None
    """Without the separator, `>From` unquoted; None if it is larger than asked for."""
    at: datetime | None
    """When the separator says it was put in."""


def is_separator(line: bytes) -> bool:
    """Whether a line behind a blank one begins a mail.

    Some programs quote no line of a text, so one that merely begins with "From " must not do: it has to say when, or
    nothing at all, as Thunderbird's does.
    """
    if not line.startswith(b"From ") or len(line) > SEPARATOR:
        return False
    told = line[5:].strip()
    return told in (b"", b"-") or _DATED.search(told) is not None


def mails(handle: IO[bytes], limit: int) -> Iterator[Kept]:
    """The mails of an open file, from its beginning.

    Args:
        handle: Its first line is a separator, whatever follows its "From ".
        limit: Bytes of the largest mail that is handed over.
    """
    one = _Mail(0, handle.readline(LINE), limit)
    offset = len(one.separator)
    begins, after_blank = one.separator.endswith(b"\n"), False
    while line := handle.readline(LINE):
        if begins and after_blank and is_separator(line):
            yield one.kept()
            one = _Mail(offset, line, limit)
            after_blank = False
        else:
            one.add(line, begins=begins)
            after_blank = begins and line in _BLANK
        offset += len(line)
        begins = line.endswith(b"\n")
    yield one.kept()


class _Mail:
    """A mail that is being put together."""

    def __init__(self, offset: int, separator: bytes, limit: int) -> None:
        self.separator = separator
        self._offset = offset
        self._limit = limit
        self._content = bytearray()
        self._size = 0

    def add(self, line: bytes, *, begins: bool) -> None:
        """Take a line, or a part of one; what is over the limit is only counted."""
        if begins and _QUOTED.match(line):
            line = line[1:]
        self._size += len(line)
        if self._size <= self._limit + 2:  # the blank line before the next separator is not the mail's
            self._content += line
        else:
            self._content.clear()

    def kept(self) -> Kept:
        """The mail as far as it came."""
        content = bytes(self._content)
        for blank in (b"\r\n\r\n", b"\n\n"):
            if content.endswith(blank):
                content = content[: -len(blank) // 2]
                break
        fits = self._size <= self._limit + 2 and len(content) <= self._limit
        return Kept(self._offset, content if fits else None, _put_in_at(self.separator))


def _put_in_at(separator: bytes) -> datetime | None:
    """`From eva@x.example Mon Nov  2 10:00:05 2026`: the time stands at the end, usually in UTC."""
    words = separator.decode("ascii", "replace").split()
    return next((at for start in (-6, -5) if len(words) > -start and (at := instant(" ".join(words[start:])))), None)
