"""The socket in the data directory through which commands talk to the running daemon: one JSON line each way."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

NAME = "control.sock"
ANSWER_SECONDS = 60
MAX_LINE = 1 << 20

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class NotRunning(Exception):  # noqa: N818
    """No daemon listens in this data directory."""


@contextlib.contextmanager
def _short_path(directory: Path) -> Iterator[str]:
    """A path of the socket that fits into the 107 bytes of a socket address, however deep the directory lies."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


def ask(directory: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the daemon that runs on this data directory.

    Raises:
        NotRunning: There is none, or it ended before it answered.
    """
    try:
        with _short_path(directory) as path, socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(ANSWER_SECONDS)
            sock.connect(path)
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as answer:
                line = answer.readline(MAX_LINE)
    except OSError as error:
        raise NotRunning(f"no daemon answers in {directory}") from error
    if not line:
        raise NotRunning(f"the daemon in {directory} ended before it answered")
    answered: dict[str, Any] = json.loads(line)
    return answered


async def serve(directory: Path, handler: Handler) -> asyncio.Server:
    """Answer requests; only the daemon's own user may ask."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.LimitOverrunError):
            request = json.loads(await reader.readline())
            writer.write(json.dumps(await handler(request), default=str).encode() + b"\n")
            await writer.drain()
        writer.close()

    (directory / NAME).unlink(missing_ok=True)
    with _short_path(directory) as path:
        server = await asyncio.start_unix_server(answer, path, limit=MAX_LINE)
    (directory / NAME).chmod(0o600)
    return server
