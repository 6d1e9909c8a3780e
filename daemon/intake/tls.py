"""TLS of our listeners."""

import ssl
from pathlib import Path

from config.locate import locate
from config.machine import Smtp
from config.models import Settings
from config.problems import Problem

MAIN = "postroom.toml"


def server_tls(smtp: Smtp) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with our certificate, if one is configured.

    Raises:
        OSError: The files cannot be read or do not belong together.
    """
    if smtp.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An encrypted key would be asked for on the terminal of a daemon that has none.
    context.load_cert_chain(smtp.tls_certificate, smtp.tls_key, password=lambda: "")
    return context


def problems_of_certificate(settings: Settings) -> list[Problem]:
    """What is wrong with certificate and key, in the shape of all other problems of a configuration."""
    try:
        server_tls(settings.postroom.smtp)
    except OSError as error:
        what = f"certificate and key cannot be used: {_reason(error)}"
        return [Problem(MAIN, _line(settings.directory / MAIN), "smtp.tls_certificate", what)]
    return []


def _reason(error: OSError) -> str:
    if not isinstance(error, ssl.SSLError):
        return error.strerror or str(error)
    if error.reason:
        return error.reason.replace("_", " ").lower()
    return "one of the files is not PEM, or the key is encrypted"


def _line(file: Path) -> int:
    return locate(file.read_text("utf-8")).get(("smtp", "tls_certificate"), 1)
