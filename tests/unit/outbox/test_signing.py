"""DKIM: what we sign verifies with our public key, and nothing that matters can be changed or added unseen."""

import base64
import re
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import dkim
import pytest

from config.load import load
from config.models import Settings
from daemon.outbox.alarms import alarm
from daemon.outbox.signing import SIGNED, signed
from tests.support.daemon import Installation
from tests.support.outgoing import BEGIN, DESK, letter_to

DOMAIN = "leads.muster.example"
TEXT = "Guten Tag 您好\n.ein Punkt\n\n\n" + "lang " * 200
Programs = Callable[[str, str], str]
KINDS = {
    "rsa": ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "pkcs1": ("genrsa", "-traditional", "2048"),
    "ed25519": ("genpkey", "-algorithm", "ed25519"),
}


class Signer:
    """An installation that signs, and the DNS that publishes its keys."""

    def __init__(self, openssl: str, home: Path, kinds: tuple[str, ...]) -> None:
        self._openssl = openssl
        self.dns: dict[bytes, bytes] = {}
        house = Installation(home / "house", "maildir:out")
        for kind in kinds:
            program, *arguments = KINDS[kind]
            self._run(program, "-out", str(home / f"{kind}.pem"), *arguments)
            self.dns[f"{kind}._domainkey.{DOMAIN}.".encode()] = self._record(kind, home / f"{kind}.pem")
            key = f'key = {{ file = "{home}/{kind}.pem" }}'
            house.append("postroom.toml", f'\n[[dkim]]\ndomain = "{DOMAIN}"\nselector = "{kind}"\n{key}\n')
        settings, problems = load(house.directory)
        assert settings is not None, problems
        self.settings: Settings = settings

    def _record(self, kind: str, file: Path) -> bytes:
        der = self._run("pkey", "-in", str(file), "-pubout", "-outform", "DER")
        if kind == "ed25519":
            return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:])
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)

    def _run(self, *arguments: str) -> bytes:
        return subprocess.run([self._openssl, *arguments], check=True, capture_output=True, timeout=60).stdout

    def verifies(self, mail: bytes) -> bool:
        """Whether all its signatures are genuine."""

        def answer(name: bytes, timeout: float = 5) -> bytes | None:
            del timeout
            return self.dns.get(name)

        number = len(re.findall(rb"^DKIM-Signature:", mail, re.M))
        verifier: Any = dkim.DKIM(mail)
        try:
            return number > 0 and all(verifier.verify(idx=n, dnsfunc=answer) for n in range(number))
        except dkim.DKIMException:
            return False

    def sign(self) -> bytes:
        """A mail of the desk's."""
        return signed(self.settings, DESK, letter_to("team@good.example", text=TEXT).content)


@pytest.fixture(scope="module", params=[("rsa",), ("pkcs1",), ("ed25519",), ("rsa", "ed25519")], ids="+".join)
def signer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, need_program: Programs) -> Signer:
    return Signer(need_program("openssl", "openssl"), tmp_path_factory.mktemp("dkim"), request.param)


def test_what_we_sign_verifies(signer: Signer) -> None:
    mail = signer.sign()
    assert signer.verifies(mail)
    fields = message_from_bytes(mail).get_all("DKIM-Signature") or []
    assert len(fields) == len(signer.dns)
    for field in fields:
        tags = dict(part.strip().split("=", 1) for part in re.sub(r"\s+", "", field).strip(";").split(";"))
        assert "l" not in tags
        assert tags["d"] == DOMAIN
        names = tags["h"].lower().split(":")
        assert all(names.count(name.decode()) >= 2 for name in SIGNED if name != b"reply-to")
        assert "reply-to" in names, "signed by its absence"
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))


MUTATIONS: dict[str, Callable[[bytes], bytes]] = {
    "second From": lambda mail: b"From: boss@muster.example\r\n" + mail,
    "prepended Subject": lambda mail: b"Subject: pay at once\r\n" + mail,
    "added Reply-To": lambda mail: b"Reply-To: thief@evil.example\r\n" + mail,
    "added Content-Type": lambda mail: b"Content-Type: text/html\r\n" + mail,
    "appended body": lambda mail: mail + b"<p>pay at once</p>\r\n",
    "another To": lambda mail: mail.replace(b"To: team@good", b"To: team@evil"),
    "another Date": lambda mail: mail.replace(b"Nov 2026", b"Dec 2026", 1),
    "added Date": lambda mail: b"Date: Fri, 20 Nov 2026 09:00:00 +0000\r\n" + mail,
    "added MIME-Version": lambda mail: mail.replace(b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nMIME-Version: 1.0"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_was_changed_does_not_verify(mutation: str, signer: Signer) -> None:
    mail = signer.sign()
    changed = MUTATIONS[mutation](mail)
    assert changed != mail
    assert not signer.verifies(changed)


def test_what_changes_on_the_way_by_right_still_verifies(signer: Signer) -> None:
    mail = signer.sign()
    assert signer.verifies(b"Received: from a by b\r\n" + mail.replace(b"Subject: Number", b"Subject:   Number"))


def test_other_domains_are_left_alone(signer: Signer) -> None:
    mail = letter_to("team@good.example").content
    for other in ("desk@muster.example", f"desk@sub.{DOMAIN}", f"desk@x{DOMAIN}"):
        assert signed(signer.settings, other, mail) == mail
    assert b"DKIM-Signature" not in alarm(signer.settings, "a", "b", "c", BEGIN).content


def test_a_key_that_has_gone_stops_no_mail(
    tmp_path: Path, need_program: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = Signer(need_program("openssl", "openssl"), tmp_path, ("ed25519",))
    (tmp_path / "ed25519.pem").unlink()
    assert signer.sign() == letter_to("team@good.example", text=TEXT).content
    assert "mail-not-signed" in capsys.readouterr().out
