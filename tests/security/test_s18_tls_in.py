"""Row S18, the incoming half: TLS 1.2 or newer, no password in the clear, certificates renewed without a restart."""

import base64
import smtplib
import socket
import ssl
import struct
from contextlib import ExitStack
from typing import Literal

import pytest

from tests.security.conftest import Certificate
from tests.support.client import Talk, lead, new_key, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.waiting import wait_until

OTHER = "mobile.berlin.x7k2@leads.muster.example"
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
How = Literal["starttls", "implicit"]


def implicit_port(house: Installation) -> int:
    return int(house.status()["smtp_tls"][0].rpartition(":")[2])


def connected(house: Installation, how: How, context: ssl.SSLContext) -> smtplib.SMTP:
    """A client inside TLS."""
    if how == "implicit":
        return smtplib.SMTP_SSL("localhost", implicit_port(house), timeout=30, context=context)
    assert house.port
    client = smtplib.SMTP("localhost", house.port, timeout=30)
    client.starttls(context=context)
    return client


def old_client(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks nothing newer, and takes whatever it is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(tls_house: Installation, tell: Tell) -> None:
    made = 0
    for version in OLD:
        for how in ("starttls", "implicit"):
            try:
                connected(tls_house, how, old_client(version)).close()
            except (OSError, smtplib.SMTPException):
                continue
            made += 1
    tell(f"S18: {made} of {2 * len(OLD)} connections made with TLS 1.0 and 1.1")
    assert made == 0
    connected(tls_house, "implicit", old_client(ssl.TLSVersion.TLSv1_2)).quit()
    wait_until(lambda: tls_house.status()["connections"] == 0, 10, "failed handshakes give their places free")


def test_a_handshake_that_never_ends_or_breaks_off_gives_its_place_free(
    new_house: Houses, certificate: Certificate
) -> None:
    smtp = certificate.settings + 'listen_tls = ["127.0.0.1:0"]'
    house = new_house(smtp=smtp, roles=("smtp",), limits={"idle_seconds": 1, "connections_per_address": 3})
    port = implicit_port(house)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    wait_until(lambda: house.status()["connections"] == 3)
    with socket.create_connection(("127.0.0.1", port), 10) as surplus:
        assert surplus.recv(100) == b""
    for one in silent[:2]:
        one.close()
    wait_until(lambda: house.status()["connections"] == 0, 10)
    silent[2].close()
    connected(house, "implicit", certificate.trusting()).quit()


@pytest.mark.parametrize("how", ["starttls", "implicit"])
def test_who_hangs_up_at_any_moment_gives_the_place_free(
    how: How, tls_house: Installation, shared_certificate: Certificate
) -> None:
    context, port = shared_certificate.trusting(), implicit_port(tls_house) if how == "implicit" else tls_house.port
    assert port
    for number in range(60):
        session = Talk(port)
        # Closed with an answer unread, a connection is reset.
        session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", number % 2, 0))
        if how == "starttls":
            session.read()
            session.ask("EHLO client.example")
            session.ask("STARTTLS")
        if number % 3:
            session.begin_tls(context)
        session.close()
    wait_until(lambda: tls_house.status()["connections"] == 0, 10)


@pytest.mark.parametrize("how", ["starttls", "implicit"])
def test_login_is_offered_inside_tls_only(how: How, tls_house: Installation, shared_certificate: Certificate) -> None:
    with talk(tls_house) as session:
        session.read()
        offered = session.ask("EHLO client.example").text
        assert "STARTTLS" in offered
        assert "AUTH" not in offered
        assert session.ask("AUTH PLAIN " + base64.b64encode(b"\0boerse\0x").decode()).code in (530, 538)
    with connected(tls_house, how, shared_certificate.trusting()) as client:
        client.ehlo()
        assert client.esmtp_features["auth"].split() == ["LOGIN", "PLAIN"]
        assert "starttls" not in client.esmtp_features
        assert client.docmd("STARTTLS")[0] == 503


@pytest.mark.parametrize("how", ["starttls", "implicit"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_login(how: How, mechanism: str, tls_house: Installation, shared_certificate: Certificate) -> None:
    key = new_key()
    with connected(tls_house, how, shared_certificate.trusting()) as client:
        client.ehlo()
        # smtplib encodes as ASCII; passwords of people are UTF-8 (RFC 4616 2).
        if mechanism == "PLAIN":
            proof = base64.b64encode("\0boerse\0Sesam-öffne-dich".encode()).decode()
            answers = [client.docmd("AUTH", f"plain {proof}")]
        else:
            steps = ("AUTH LOGIN", *(base64.b64encode(x.encode()).decode() for x in ("boerse", "Sesam-öffne-dich")))
            answers = [client.docmd(step) for step in steps]
        assert [code for code, _ in answers[:-1]] == [334] * (len(answers) - 1)
        assert answers[-1][0] == 235
        assert client.docmd("AUTH", "PLAIN")[0] == 503
        client.sendmail(f"{key}@boerse.example", [WEBSITE, OTHER], lead(key))
    kept = tls_house.query("SELECT client, channel FROM message WHERE sender = ?", f"{key}@boerse.example")
    assert kept == [("127.0.0.1 boerse", "smtp")] * 2


def test_a_user_of_a_source_sends_to_its_address_only(tls_house: Installation, shared_certificate: Certificate) -> None:
    with connected(tls_house, "implicit", shared_certificate.trusting()) as client:
        client.login("website", "Sesam-nur-Berlin")
        client.mail("a@kunde.example")
        assert client.rcpt(OTHER) == (550, b"5.7.1 Not an address that you may send to")
        assert client.rcpt("nobody@leads.muster.example")[0] == 550
        assert client.rcpt(WEBSITE.upper())[0] == 250


def test_wrong_passwords(tls_house: Installation, shared_certificate: Certificate) -> None:
    before = tls_house.status()["counters"].get("logins_refused", 0)
    proofs = [
        (b"boerse", b"Sesam-zu"),
        (b"website", b"Sesam-zu"),
        (b"Sesam-zu", b"boerse"),
        (b"\xff", b"\xff"),
        (b"", b""),
    ]
    with connected(tls_house, "implicit", shared_certificate.trusting()) as client:
        client.ehlo()
        codes = [client.docmd("AUTH PLAIN", base64.b64encode(b"\0" + b"\0".join(p)).decode())[0] for p in proofs]
        assert codes == [535] * 5
        assert client.docmd("AUTH PLAIN", base64.b64encode(b"\0boerse\0Sesam-zu").decode())[0] == 421
    counters = tls_house.status()["counters"]
    assert counters["logins_refused"] - before == 5
    assert "Sesam" not in tls_house.log()
    assert base64.b64encode(b"\0boerse\0Sesam-zu").decode() not in tls_house.log()


def test_a_broken_login_ends_nothing_but_itself(tls_house: Installation, shared_certificate: Certificate) -> None:
    with connected(tls_house, "implicit", shared_certificate.trusting()) as client:
        client.ehlo()
        asked = ("AUTH", "AUTH NONSENSE x", "AUTH PLAIN ???", "AUTH PLAIN " + base64.b64encode(b"no").decode())
        assert [client.docmd(line)[0] for line in asked] == [501, 504, 501, 501]
        assert client.docmd("AUTH LOGIN")[0] == 334
        assert client.docmd("MAIL FROM:<a@kunde.example>")[0] == 501  # an answer to the question, not a command
        client.mail("a@kunde.example")
        assert client.docmd("AUTH PLAIN")[0] == 421  # too many tries


def test_nobody_logs_in_inside_a_mail(tls_house: Installation, shared_certificate: Certificate) -> None:
    with connected(tls_house, "implicit", shared_certificate.trusting()) as client:
        client.ehlo()
        client.mail("a@kunde.example")
        assert client.docmd("AUTH PLAIN " + base64.b64encode(b"\0boerse\0x").decode())[0] == 503


def test_mail_from_users_only(new_house: Houses, certificate: Certificate) -> None:
    users = 'require_auth = true\n[[smtp.user]]\nname = "eins zwei"\npassword = { file = "password" }\n'
    house = new_house(started=False, smtp=certificate.settings + users, roles=("smtp",))
    house.write("password", "Sesam")
    house.start()
    with connected(house, "starttls", certificate.trusting()) as client:
        client.ehlo()
        for line in ("MAIL FROM:<a@kunde.example>", f"RCPT TO:<{WEBSITE}>", "DATA"):
            assert client.docmd(line)[0] == 530, line
        client.login("eins zwei", "Sesam")
        client.sendmail("a@kunde.example", WEBSITE, lead(new_key()))
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        assert session.ask("MAIL FROM:<a@kunde.example>").code == 530
    assert house.query("SELECT client FROM message") == [("127.0.0.1 eins zwei",)]
    assert house.postroom("ledger").returncode == 0


def test_a_renewed_certificate_and_a_changed_password_need_no_restart(
    new_house: Houses, certificate: Certificate
) -> None:
    smtp = certificate.settings + 'listen_tls = ["127.0.0.1:0"]\n'
    user = '[[smtp.user]]\nname = "boerse"\npassword = { file = "password" }\n'
    house = new_house(started=False, smtp=smtp + user, roles=("smtp",))
    house.write("password", "alt")
    house.start()
    port = implicit_port(house)
    old = certificate.trusting()
    with connected(house, "implicit", old) as before:
        before.login("boerse", "alt")
        certificate.renew()
        house.write("password", "neu")
        house.hang_up()
        wait_until(lambda: house.status()["reloaded_at"])
        before.sendmail("a@kunde.example", WEBSITE, lead(new_key()))  # goes on as it began
    for how in ("starttls", "implicit"):
        with pytest.raises(ssl.SSLCertVerificationError):
            connected(house, how, old)
        with connected(house, how, certificate.trusting()) as after:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                after.login("boerse", "alt")
            after.login("boerse", "neu")
    assert implicit_port(house) == port


def test_a_key_of_another_certificate_is_an_error_and_changes_nothing(
    new_house: Houses, certificate: Certificate
) -> None:
    house = new_house(smtp=certificate.settings + 'listen_tls = ["127.0.0.1:0"]', roles=("smtp",))
    trusting, key = certificate.trusting(), certificate.key.read_bytes()
    sound = certificate.file.read_bytes()
    certificate.renew()
    certificate.key.write_bytes(key)
    expected = "certificate and key cannot be used: key values mismatch"
    problems = house.reload()["problems"]
    assert len(problems) == 1
    lines = (house.directory / "postroom.toml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith("tls_certificate"))
    assert problems[0].startswith(f"postroom.toml:{line}: smtp.tls_certificate: ")
    assert problems[0].endswith(expected)
    assert expected in house.postroom("check").stdout
    connected(house, "implicit", trusting).quit()
    certificate.file.write_text("no certificate")
    assert house.reload()["problems"][0].endswith("one of the files is not PEM, or the key is encrypted")
    certificate.file.write_bytes(sound)
    assert house.reload()["ok"]


def test_tls_is_counted_at_the_door(tls_house: Installation, shared_certificate: Certificate) -> None:
    session = Talk(implicit_port(tls_house))
    wait_until(lambda: tls_house.status()["connections"] >= 1)
    session.begin_tls(shared_certificate.trusting())
    assert session.begin(WEBSITE).code == 354
    session.close()
    wait_until(lambda: tls_house.status()["connections"] == 0, 10)


def test_who_asks_for_tls_and_says_no_more_gives_the_place_free(new_house: Houses, certificate: Certificate) -> None:
    limits = {"idle_seconds": 1, "connections_per_address": 3}
    house = new_house(smtp=certificate.settings, roles=("smtp",), limits=limits)
    with ExitStack() as stack:
        for _ in range(3):
            session = stack.enter_context(talk(house))
            session.read()
            session.ask("EHLO client.example")
            assert session.ask("STARTTLS").code == 220
        wait_until(lambda: house.status()["connections"] == 0, 30, "their places are free")
        connected(house, "starttls", certificate.trusting()).quit()
    assert house.status()["counters"].get("trouble", 0) == 0, "it was the client's"
