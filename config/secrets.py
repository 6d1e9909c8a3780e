"""Secrets stand outside the configuration: in files, systemd credentials or the environment."""

import os
from pathlib import Path

from config.masking import remember
from config.types import Secret


def reveal(secret: Secret, directory: Path) -> str:
    """Read a secret; a line end at its end is not part of it.

    Args:
        secret: Where it stands.
        directory: The configuration directory, which a relative file name counts from.

    Raises:
        ValueError: It is missing, empty or cannot be read; the message says where it was looked for, never what it is.
    """
    if secret.env is not None:
        found, place = os.environ.get(secret.env), f"environment variable {secret.env}"
    else:
        path = _path(secret, directory)
        found, place = _read(path), f"file {path}"
    if not found:
        raise ValueError(f"the secret is missing: {place} is empty or cannot be read")
    remember(found)
    return found


def _path(secret: Secret, directory: Path) -> Path:
    if secret.credential is None:
        return directory / (secret.file or "")
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if not credentials:
        raise ValueError(f"the secret is missing: no CREDENTIALS_DIRECTORY for credential {secret.credential}")
    return Path(credentials) / secret.credential


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None
