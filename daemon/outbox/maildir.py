"""A Maildir in place of a relay, for trying out."""

import hashlib
import os
from pathlib import Path

from daemon.outbox.outcome import MayGo, Outcome
from daemon.outbox.pace import NO_LIMIT, Patience
from daemon.store.outgoing import InHand


class MaildirRelay:
    """A Maildir on disk; the name of a file follows from the Message-ID, so that a repeated mail replaces itself."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._patience = Patience()

    def down_for(self) -> float:
        """After trouble with the disk."""
        return self._patience.left()

    def busy_for(self) -> float:
        """Never."""
        return 0.0

    def room(self) -> int:
        """Any number."""
        return NO_LIMIT

    def send(self, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        """Write, sync, then move into place."""
        del envelope_sender
        name = f"{int(letter.created_at.timestamp())}.{hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]}"
        if not self._patience.may_try():
            return Outcome("untried", self._patience.why, down=True)
        try:
            for folder in ("tmp", "new", "cur"):
                (self._directory / folder).mkdir(parents=True, exist_ok=True)
            waiting, ready = self._directory / "tmp" / name, self._directory / "new" / name
            with waiting.open("wb") as file:
                file.write(letter.content.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
            may_go()
            waiting.rename(ready)
            _sync_directory(ready.parent)
        except OSError as error:
            self._patience.failed(f"{self._directory}: {error.strerror}")
            return Outcome("untried", self._patience.why, down=True)
        self._patience.worked()
        return Outcome("sent", reached_data=True)

    def close(self) -> None:
        """Nothing is open."""


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
