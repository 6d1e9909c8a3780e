"""Daemons that are attacked: one as it is usually set up, one that is quick to lose patience, one with TLS."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.audit import audit
from tests.support.daemon import Installation
from tests.support.fixtures import new_database, new_house, sink
from tests.support.sink import Sink

__all__ = ["audit", "new_database", "new_house", "sink"]


@pytest.fixture(scope="session")
def shared_sink() -> Iterator[Sink]:
    """The relay of the shared daemons."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """A daemon as it is usually set up: bare line ends are normalised; LMTP on a port beside it."""
    directory, lmtp = tmp_path_factory.mktemp("attacked") / "house", 'lmtp = ["127.0.0.1:0"]'
    house = Installation(directory, shared_sink.url, smtp=lmtp, limits={"size": "1MiB"}, seams=False)
    house.start()
    yield house
    house.close()


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """A daemon that takes no bare line ends."""
    directory = tmp_path_factory.mktemp("strict") / "house"
    house = Installation(directory, shared_sink.url, smtp='bare_newline = "reject"', roles=("smtp",), seams=False)
    house.start()
    yield house
    house.close()


class Certificate:
    """A certificate of our own for localhost."""

    def __init__(self, directory: Path, openssl: str) -> None:
        self.file, self.key = directory / "cert.pem", directory / "key.pem"
        self._openssl = openssl
        self.renew()

    def renew(self) -> None:
        """Make another in its place."""
        subprocess.run(
            [self._openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", self.key, "-out", self.file],
            check=True,
            capture_output=True,
        )  # fmt: skip

    @property
    def settings(self) -> str:
        """The keys of `[smtp]`."""
        return f'tls_certificate = "{self.file}"\ntls_key = "{self.key}"\n'

    def trusting(self) -> ssl.SSLContext:
        """What a client needs that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.file))


@pytest.fixture
def certificate(tmp_path: Path, need_program: Callable[[str, str], str]) -> Certificate:
    """A certificate of the test's own."""
    return Certificate(tmp_path, need_program("openssl", "openssl"))


@pytest.fixture(scope="session")
def shared_certificate(
    tmp_path_factory: pytest.TempPathFactory, need_program: Callable[[str, str], str]
) -> Certificate:
    """That of the shared daemon."""
    return Certificate(tmp_path_factory.mktemp("tls"), need_program("openssl", "openssl"))


@pytest.fixture(scope="session")
def tls_house(
    tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink, shared_certificate: Certificate
) -> Iterator[Installation]:
    """A daemon that wants TLS, by STARTTLS and from the first byte; nothing of it needs the worker."""
    smtp = shared_certificate.settings + (
        'require_tls = true\nlisten_tls = ["127.0.0.1:0"]\n'
        '[[smtp.user]]\nname = "boerse"\npassword = { file = "boerse.password" }\n'
        '[[smtp.user]]\nname = "website"\npassword = { file = "website.password" }\nsource = "website-berlin"\n'
    )
    house = Installation(tmp_path_factory.mktemp("tls") / "house", shared_sink.url, smtp=smtp, roles=("smtp",))
    house.write("boerse.password", "Sesam-öffne-dich\n")
    house.write("website.password", "Sesam-nur-Berlin\n")
    house.start()
    yield house
    house.close()
