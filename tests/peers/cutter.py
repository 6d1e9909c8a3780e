"""A proxy in front of PostgreSQL that cuts connections at COMMIT: before the server hears it, or before it answers."""

import socket
import threading
from contextlib import closing, suppress

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
MOST = 1 << 16


class Cutter:
    """Cuts every so many-th commit; of those by turns one that is lost, and one that is kept.

    Attributes:
        every: A cut every so many commits; 0 for none.
        lost: Commits that the server never heard of.
        unanswered: Commits that were kept, and nobody was told.
    """

    def __init__(self, port: int, every: int) -> None:
        self.every = every
        self.lost = self.unanswered = 0
        self._commits = 0
        self._guard = threading.Lock()
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="cutter", daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with their peers."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError), socket.create_connection(("127.0.0.1", self._server_port)) as server:
            cut = threading.Event()
            threading.Thread(target=_answers, args=(server, client, cut), daemon=True).start()
            while asked := client.recv(MOST):
                kept = self._cut() if COMMIT in asked else None
                if kept is False:
                    break
                if kept:
                    cut.set()  # the answer goes nowhere
                server.sendall(asked)
            _hang_up(server, client)

    def _cut(self) -> bool | None:
        """None for a commit that passes; else whether the server is to hear of it."""
        with self._guard:
            self._commits += 1
            if not self.every or self._commits % self.every:
                return None
            kept = self.lost > self.unanswered
            self.unanswered += kept
            self.lost += not kept
            return kept


def _answers(server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
    with suppress(OSError):
        while (told := server.recv(MOST)) and not cut.is_set():
            client.sendall(told)
    _hang_up(server, client)


def _hang_up(*ends: socket.socket) -> None:
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
