"""What the rooms of the worker share while it runs: settings, store, clock, reader, keys, counters."""

import hashlib
import os
import secrets
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from email.utils import make_msgid
from pathlib import Path
from typing import Protocol

from config.machine import Postroom
from config.models import Settings
from config.secrets import reveal
from daemon.gate import Gate
from daemon.leases import Leases
from daemon.log import get_logger
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.store import Store

log = get_logger(__name__)


class Shift:
    """The worker's present state; the settings are swapped between batches only."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, reader: Reader, keys: Sequence[bytes]) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.reader = reader
        self.keys = tuple(keys)
        self.leases = Leases(store, daemon_name(settings))
        self.gate = Gate(store)
        self.counters: Counter[str] = Counter()
        self._counting = threading.Lock()

    def count(self, name: str, number: int = 1) -> None:
        """Count something that metrics show; from any thread."""
        with self._counting:
            self.counters[name] += number

    def counted(self) -> dict[str, int]:
        """What was counted so far; from any thread."""
        with self._counting:
            return dict(self.counters)

    def new_number(self) -> int:
        """A number for a reference: six characters of base 32."""
        return secrets.randbits(30)

    def new_message_id(self) -> str:
        """A Message-ID of our own domain."""
        return make_msgid(domain=self.settings.postroom.hostname)


class Place(Protocol):
    """What is needed to find a daemon and its store: settings, or postroom.toml alone."""

    @property
    def directory(self) -> Path:
        """Of the configuration."""

    @property
    def postroom(self) -> Postroom:
        """What postroom.toml says."""


def data_directory(settings: Place) -> Path:
    """Where the database, the sockets and the keys lie."""
    return (settings.directory / settings.postroom.data).resolve()


def database_url(settings: Place) -> str:
    """SQLAlchemy URL; `sqlite` stands for a file in the data directory."""
    url = settings.postroom.database
    return f"sqlite:///{data_directory(settings) / 'postroom.db'}" if url == "sqlite" else url


def desk_keys(settings: Settings) -> tuple[bytes, ...]:
    """Keys of the desk's tokens, the current one first; unless configured, one of our own in the data directory."""
    told = [reveal(secret, settings.directory) for secret in settings.postroom.desk.keys]
    if told:
        return tuple(hashlib.sha256(key.encode()).digest() for key in told)
    kept = _kept_at_first(data_directory(settings) / "desk.key", secrets.token_bytes(32))
    return (hashlib.sha256(kept).digest(),)


def has_own_keys(settings: Place) -> bool:
    """Whether daemons that share our database would not understand the reply addresses in our notifications."""
    return settings.postroom.database != "sqlite" and not settings.postroom.desk.keys


def daemon_name(settings: Place) -> str:
    """Who we are among the daemons of one database: by the data directory, and on which machine it is used."""
    kept = _kept_at_first(data_directory(settings) / "daemon.id", secrets.token_hex(8).encode())
    return f"{socket.gethostname()[:64]}.{kept.decode()}"


def _kept_at_first(file: Path, content: bytes) -> bytes:
    """What a file of ours holds; the first who asks writes it, readable by our user alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_bytes()
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return content
