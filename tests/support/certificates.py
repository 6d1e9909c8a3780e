"""Certificates made for a test, good ones and bad ones, by openssl."""

import ssl
import subprocess
from pathlib import Path


class Authority:
    """A certificate authority of the test's own.

    Attributes:
        file: Its certificate, for `ca_file`.
    """

    def __init__(self, openssl: str, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._openssl = openssl
        self._directory = directory
        self.file = directory / "ca.pem"
        self._self_signed("ca", "IP:192.0.2.1")

    def good(self) -> ssl.SSLContext:
        """A server's side with a certificate that is right for 127.0.0.1."""
        return self._signed("good", "IP:127.0.0.1", days=2)

    def for_another_host(self) -> ssl.SSLContext:
        """Good, but another host's."""
        return self._signed("other", "DNS:other.example", days=2)

    def expired(self) -> ssl.SSLContext:
        """Good until yesterday."""
        return self._signed("expired", "IP:127.0.0.1", days=-1)

    def self_signed(self) -> ssl.SSLContext:
        """Signed by nobody that we know."""
        self._self_signed("self", "IP:127.0.0.1")
        return self._server("self")

    def _self_signed(self, name: str, host: str) -> None:
        self._run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={host}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip

    def _signed(self, name: str, host: str, days: int) -> ssl.SSLContext:
        (self._directory / f"{name}.ext").write_text(f"subjectAltName={host}")
        self._run(
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        self._run(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem",
        )  # fmt: skip
        return self._server(name)

    def _server(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        return context

    def _run(self, *arguments: str) -> None:
        subprocess.run([self._openssl, *arguments], cwd=self._directory, check=True, capture_output=True, timeout=60)
