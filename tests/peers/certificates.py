"""A certificate authority for a test: certificates for loopback, right ones and wrong ones, made by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

LOOPBACK = "DNS:localhost,IP:127.0.0.1"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificate(NamedTuple):
    """A certificate with its private key, both PEM."""

    file: Path
    key: Path


class Authority:
    """An authority of its own, in a directory; nobody trusts it but who is given its `ca_file`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.ca_file = directory / "ca.pem"
        self._key = directory / "ca.key"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=Test authority", "-out", str(self.ca_file),
                 "-keyout", str(self._key))  # fmt: skip

    def issue(self, name: str, subjects: str = LOOPBACK) -> Certificate:
        """Sign a certificate for a server.

        Args:
            name: Of its files.
            subjects: Its subjectAltName as openssl writes it.
        """
        made = Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        request, extensions = self._directory / f"{name}.csr", self._directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={subjects}\nbasicConstraints=critical,CA:FALSE\n")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-out", str(request), "-keyout", str(made.key))
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.ca_file), "-CAkey", str(self._key),
                 "-CAcreateserial", "-days", "2", "-extfile", str(extensions), "-out", str(made.file))  # fmt: skip
        return made


def _openssl(*args: str) -> None:
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)
