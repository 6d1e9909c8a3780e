"""Who may log in (AUTH), and which address of ours each may write to."""

import hashlib
import hmac
import os

import msgspec

from config.models import Settings
from config.secrets import reveal
from daemon.log import get_logger

log = get_logger(__name__)


class User(msgspec.Struct, frozen=True):
    """One who has logged in."""

    name: str
    only: str | None
    """The one recipient this user may write to, in lower case; None: any of ours."""

    def may_write_to(self, address: str) -> bool:
        """Whether this user may send mail to the address."""
        return self.only is None or address.lower() == self.only


class Users:
    """The users of one set of settings; passwords are kept as keyed hashes only."""

    def __init__(self, settings: Settings) -> None:
        self._key = os.urandom(32)
        self._nobody = self._hash(os.urandom(32))
        self._known: dict[bytes, tuple[bytes, User]] = {}
        for user in settings.postroom.smtp.user:
            try:
                password = reveal(user.password, settings.directory)
            except ValueError:  # it was there when the settings were checked, a moment ago
                log.exception("user-without-password", user=user.name)
                continue
            only = settings.sources[user.source].address.lower() if user.source else None
            self._known[user.name.encode()] = (self._hash(password.encode()), User(user.name, only))

    def __len__(self) -> int:
        return len(self._known)

    def recognise(self, name: bytes, password: bytes) -> User | None:
        """The user, if the password is right; takes as long for a wrong name as for a wrong password."""
        expected, user = self._known.get(name, (self._nobody, None))
        return user if hmac.compare_digest(expected, self._hash(password)) else None

    def named(self, name: bytes) -> str | None:
        """The name as configured, fit for the log; None for one that nobody has: it may be a password by mistake."""
        return name.decode() if name in self._known else None

    def _hash(self, password: bytes) -> bytes:
        return hashlib.blake2b(password, key=self._key).digest()
