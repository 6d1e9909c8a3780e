"""Sockets that are listened to: `host:port`, or `unix:PATH` for a file that its group may write to."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

BACKLOG = 512
SOCKET_MODE = 0o660


class Listeners:
    """The open listeners of one kind."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._files: list[tuple[Path, int]] = []
        self.places: list[str] = []
        """Where they listen, with the ports chosen where 0 was asked for."""

    async def open(self, place: str, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Listen at a place.

        Raises:
            OSError: It is taken or not ours.
        """
        loop = asyncio.get_running_loop()
        if place.startswith("unix:"):
            path = Path(place.removeprefix("unix:"))
            server = await loop.create_unix_server(factory, sock=_bound(path), backlog=BACKLOG)
            self._files.append((path, _inode(path)))
            self.places.append(place)
        else:
            host, _, port = place.rpartition(":")
            server = await loop.create_server(factory, host.strip("[]"), int(port), backlog=BACKLOG)
            self.places += [_written(*one.getsockname()[:2]) for one in server.sockets]
        self._servers.append(server)

    async def adopt(self, listening: socket.socket, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Listen on a socket that somebody else has opened, and keeps open when we are gone."""
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(factory, sock=listening, backlog=BACKLOG))
        name = listening.getsockname()
        self.places.append(f"unix:{name}" if isinstance(name, str) else _written(*name[:2]))

    def close(self) -> None:
        """Take no new connections; a file is removed unless another has taken its place."""
        for server in self._servers:
            server.close()
        for path, inode in self._files:
            with contextlib.suppress(OSError):
                if _inode(path) == inode:
                    path.unlink()


def _inode(path: Path) -> int:
    return path.stat().st_ino


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(path: Path) -> socket.socket:
    """A socket in the file system, instead of one that nobody listens to any more."""
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        os.chmod(path, SOCKET_MODE)  # noqa: PTH101 - before anybody can connect: it does not listen yet
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"{path}: {error.strerror or error}") from error
    return bound


def _remove_stale(path: Path) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise FileExistsError(f"{path} is there and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise FileExistsError(f"{path} is in use by another process")
