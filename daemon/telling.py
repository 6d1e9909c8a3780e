"""The worker's side of what the acceptor hears of it: each second what it counted and how its loops stand.

A thread of its own, so that a loop that stands still is told of, and not only missed.
"""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from daemon import pulse, wire


class Telling:
    """Tells for as long as the process lives; what one loop has to say by itself goes the same way."""

    def __init__(self, sock: socket.socket, news: Callable[[], dict[str, Any]]) -> None:
        """Begin nothing yet.

        Args:
            sock: To the acceptor.
            news: Gives what was counted; from any thread.
        """
        self._sock = sock
        self._news = news
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)

    def start(self) -> None:
        """Tell from now on."""
        self._thread.start()

    def tell(self, what: dict[str, Any]) -> None:
        """Say one thing."""
        with self._lock:
            wire.send(self._sock, json.dumps(what).encode())

    def _run(self) -> None:
        never = threading.Event()
        while True:
            pulse.look()
            try:
                self.tell({**self._news(), "loops": pulse.standing()})
            except OSError:
                return  # nobody is there any more; the main thread hears of it
            never.wait(pulse.LOOK_SECONDS)
