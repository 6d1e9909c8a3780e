"""A server that never comes to an end: bytes now and then, so that no single wait is long."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PAUSE_SECONDS = 0.02


@contextmanager
def dripping(first: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port on loopback where these bytes are followed by one now and then, whatever the client says; for one client.

    Args:
        first: Said at once.
        tls: The server's side, for TLS from the first byte.
    """
    ending = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            accepted, _ = listening.accept()
            with tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
                connection.sendall(first)
                while not ending.wait(PAUSE_SECONDS):
                    connection.sendall(b"*")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ending.set()
            serving.join(5)
