"""What stands between 354 and the final dot: only CRLF.CRLF ends a mail (RFC 5321 4.1.1.4)."""

import asyncio
from collections.abc import Callable

END_OF_DATA = b"\r\n.\r\n"


async def read_mail(reader: asyncio.StreamReader, limit: int, more_comes: Callable[[], None]) -> bytes | None:
    """All lines before the final dot; None if they are more than the limit, after reading to the dot all the same.

    Args:
        reader: It gives a line end first: a dot on the very first line ends the mail like any other.
        limit: Bytes.
        more_comes: Called before each wait for the client.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        more_comes()
        try:
            chunk = await reader.readuntil(END_OF_DATA)
            ended = True
        except asyncio.LimitOverrunError as overrun:
            chunk = await reader.readexactly(overrun.consumed)
            ended = False
        size += len(chunk)
        if size <= limit + len(END_OF_DATA) + 2:
            chunks.append(chunk)
        else:
            chunks.clear()
        if ended:
            return _trimmed(chunks) if chunks else None


def _trimmed(chunks: list[bytes]) -> bytes:
    """Joined without the line end that was put before the first line, and without the final dot.

    The reader never hands over a part of what it looks for, so the dot's line is whole in the last chunk.
    """
    chunks[0] = chunks[0][2:]
    chunks[-1] = chunks[-1][:-3]
    return b"".join(chunks)


def has_line_over(data: bytes, limit: int) -> bool:
    """Whether a line is longer than that; looks for one line end in each span of the limit, not for all of them."""
    at = 0
    while len(data) - at > limit:
        end = data.rfind(b"\n", at, at + limit + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def without_dots(data: bytes) -> bytes:
    """Undo the doubling of dots at the beginning of lines (RFC 5321 4.5.2)."""
    if b"\r\n.." in data:
        data = data.replace(b"\r\n..", b"\r\n.")
    return data[1:] if data.startswith(b"..") else data
