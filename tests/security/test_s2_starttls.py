"""Row S2: what is said in the clear counts for nothing inside TLS, and mail in the clear is not taken if TLS is wanted.

CVE-2024-34083 was aiosmtpd's own; CVE-2011-0411 the first of its kind.
"""

import smtplib

import pytest

from tests.security.conftest import Certificate
from tests.support.answers import leaks
from tests.support.client import Talk, lead, new_key, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Tell
from tests.support.waiting import wait_until

MAIL = (b"MAIL FROM:<a@kunde.example>", b"RCPT TO:<" + WEBSITE.encode() + b">", b"DATA")
BODY = b"Subject: in the clear\r\n\r\nhello\r\n.\r\n"
INJECTED = (
    b"NOOP\r\n",
    b"EHLO client.example\r\n",
    b"\r\n".join((b"EHLO client.example", *MAIL)) + b"\r\n",
    b"\r\n".join((b"EHLO client.example", *MAIL)) + b"\r\n" + BODY,
    b"AUTH PLAIN AGJvZXJzZQBTZXNhbQ==\r\n",
    b"\n", b"x", b"\0" * 1000,
)  # fmt: skip
BEFORE_TLS = (
    (*MAIL, BODY[:-2]), (MAIL[1],), (MAIL[2],), (b"HELO client.example", *MAIL), (b"AUTH PLAIN AGJvZXJzZQBTZXNhbQ==",),
    (b"AUTH LOGIN", b"Ym9lcnNl"), (b"VRFY postmaster",), (b"EXPN postmaster",), (b"HELP",), (b"RSET",),
    (b"\r\n".join(MAIL),), (b"STARTTLS now", *MAIL),
)  # fmt: skip


def stored(house: Installation) -> int:
    found: int = house.value("SELECT count(*) FROM message")
    return found


def answered_inside(house: Installation, certificate: Certificate, injected: bytes) -> int:
    """Answers inside TLS to what came before it."""
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.raw(b"STARTTLS\r\n" + injected)
        if session.read().code != 220:
            return 0
        try:
            session.begin_tls(certificate.trusting())
        except OSError:
            return 0
        # Nothing said before is known any more: not the greeting, and no mail that was begun.
        answers = [session.ask("DATA").code, session.ask("EHLO client.example").code, session.ask("DATA").code]
        return sum(one != expected for one, expected in zip(answers, (503, 250, 503), strict=True))


def test_nothing_is_injected(tls_house: Installation, shared_certificate: Certificate, tell: Tell) -> None:
    before = stored(tls_house)
    injected = sum(answered_inside(tls_house, shared_certificate, one) for one in INJECTED)
    in_the_clear = 0
    for lines in BEFORE_TLS:
        with talk(tls_house) as session:
            session.read()
            session.ask("EHLO client.example")
            answers = [session.ask(line) for line in lines]
            in_the_clear += sum(answer.code not in (0, 421, 500, 501, 530, 554) for answer in answers)
            assert not leaks("".join(f"{answer.text}\n" for answer in answers).encode())
    kept = stored(tls_house) - before
    tell(
        f"S2: {injected} answers to {len(INJECTED)} injections, {in_the_clear} commands taken in "
        f"{len(BEFORE_TLS)} sessions in the clear, {kept} mails"
    )
    assert (injected, in_the_clear, kept) == (0, 0, 0)


def test_a_session_in_tls_begins_anew(tls_house: Installation, shared_certificate: Certificate) -> None:
    with talk(tls_house) as session:
        session.read()
        session.ask("EHLO client.example")
        assert session.ask("STARTTLS").code == 220
        session.begin_tls(shared_certificate.trusting())
        assert session.ask(MAIL[0]).code == 503
        assert "STARTTLS" not in session.ask("EHLO client.example").text
        assert session.ask(MAIL[0]).code == 250


def test_what_is_no_handshake_ends_the_session(tls_house: Installation) -> None:
    assert tls_house.port
    session = Talk(tls_house.port)
    session.read()
    session.ask("EHLO client.example")
    assert session.ask("STARTTLS").code == 220
    session.raw(b"MAIL FROM:<a@kunde.example>\r\n")
    session.sock.settimeout(10)
    assert b"250" not in session.sock.recv(4096)
    session.close()
    wait_until(lambda: tls_house.status()["connections"] == 0, 10, "the place is given free")


def test_mail_in_tls(tls_house: Installation, shared_certificate: Certificate) -> None:
    before = stored(tls_house)
    assert tls_house.port
    with smtplib.SMTP("localhost", tls_house.port, timeout=30) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            smtp.sendmail("a@kunde.example", WEBSITE, lead(new_key()))
        assert refused.value.smtp_code == 530
        smtp.starttls(context=shared_certificate.trusting())
        for _ in range(2):
            smtp.sendmail("a@kunde.example", WEBSITE, lead(new_key()))
    assert stored(tls_house) == before + 2
    wait_until(lambda: tls_house.status()["connections"] == 0, 10, "the place is given free")
