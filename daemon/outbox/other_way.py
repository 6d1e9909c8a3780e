"""The other way to the admin: a program of theirs is told what mail cannot tell, because mail does not go out."""

import queue
import subprocess
import threading

from daemon.log import get_logger

LIMIT_SECONDS = 30
WAITING = 100
"""Alarms that wait for the program; more are only logged."""

log = get_logger(__name__)


class OtherWay:
    """Runs the program in a thread of its own, one alarm after the other; senders never wait for it."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[tuple[str, ...], str]] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def tell(self, command: tuple[str, ...], words: str) -> None:
        """Have it told; nothing happens without a command."""
        if not command:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alarm-command", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait((command, words))
        except queue.Full:
            log.error("alarm-command-too-slow", not_told=words[:200])  # noqa: TRY400 - no fault of ours

    def _run(self) -> None:
        while True:
            command, words = self._waiting.get()
            try:
                run(command, words)
            except Exception:
                log.exception("alarm-command-trouble", command=command[0])


def run(command: tuple[str, ...], words: str) -> bool:
    """Run the program without a shell, the words on its standard input; whether it ended well and in time."""
    try:
        done = subprocess.run(  # noqa: S603 - the admin's own program
            command,
            input=words.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        log.error("alarm-command-failed", command=command[0], why=f"not done after {LIMIT_SECONDS} s")  # noqa: TRY400
        return False
    except OSError as error:
        log.error("alarm-command-failed", command=command[0], why=str(error))  # noqa: TRY400
        return False
    if done.returncode:
        log.error("alarm-command-failed", command=command[0], why=f"it ended with {done.returncode}")
    return done.returncode == 0
