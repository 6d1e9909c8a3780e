"""Sockets that systemd opened for us (sd_listen_fds(3)): it keeps them while we start, and nobody is refused."""

import os
import socket
from collections.abc import MutableMapping

from config.models import Settings

KINDS = ("smtp", "smtp_tls", "lmtp")
"""What is spoken on a socket, by its `FileDescriptorName`."""
_FIRST = 3
_MOST = 64


def handed_over(settings: Settings, environ: MutableMapping[str, str] = os.environ) -> dict[str, list[socket.socket]]:
    """The sockets by kind; none where nobody handed any over. They are taken once, and no child inherits them.

    Raises:
        ValueError: One of them is not called what is spoken there, does not listen, or nothing is to be spoken on it.
    """
    pid, number, names = (environ.pop(f"LISTEN_{name}", "") for name in ("PID", "FDS", "FDNAMES"))
    if pid != str(os.getpid()) or not number.isdigit():
        return {}
    called = names.split(":") if names else []
    found: dict[str, list[socket.socket]] = {}
    for at in range(min(int(number), _MOST)):
        name = called[at] if at < len(called) else ""
        found.setdefault(_kind(name), []).append(_listening(_FIRST + at, name))
    if found and "smtp" not in settings.postroom.roles:
        raise ValueError("systemd handed over sockets, and this daemon takes no mail: roles has no smtp")
    if "smtp_tls" in found and settings.postroom.smtp.tls_certificate is None:
        raise ValueError("systemd handed over a socket for TLS, and [smtp] names no tls_certificate")
    return found


def _kind(name: str) -> str:
    if name not in KINDS:
        known = ", ".join(KINDS)
        raise ValueError(f"systemd handed over a socket called '{name}': FileDescriptorName= is one of {known}")
    return name


def _listening(number: int, name: str) -> socket.socket:
    """The socket behind a descriptor."""
    os.set_inheritable(number, False)
    try:
        handed = socket.socket(fileno=number)
        listens = bool(handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError as error:
        raise ValueError(f"what systemd handed over as '{name}' is no socket: {error}") from error
    if not listens or handed.type != socket.SOCK_STREAM:
        handed.close()
        raise ValueError(f"the socket '{name}' that systemd handed over does not listen: it needs ListenStream=")
    handed.setblocking(False)
    return handed
