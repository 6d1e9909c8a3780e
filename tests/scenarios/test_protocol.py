"""What strangers may ask of the SMTP port, and what they may not: bounds, time-outs, abuse, STARTTLS."""

import smtplib
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.client import Talk, lead, new_key, send, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Databases
from tests.support.sink import Sink
from tests.support.waiting import wait_until

pytestmark = ON_SQLITE

DOT = b"\r\n.\r\n"
FROM = "MAIL FROM:<a@kunde.example>"


@pytest.fixture(scope="module")
def strict(
    tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink, new_database: Databases
) -> Iterator[Installation]:
    """A daemon that is quick to lose patience, and takes no bare line ends."""
    house = Installation(
        tmp_path_factory.mktemp("strict") / "house",
        shared_sink.url,
        database=new_database(),
        smtp='bare_newline = "reject"',
        limits={"connections": 6, "connections_per_address": 4, "idle_seconds": 1, "errors": 3},
        seams=False,
    )
    house.start()
    yield house
    house.close()


def stored(house: Installation) -> int:
    found: int = house.value("SELECT count(*) FROM message")
    return found


def test_size(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        assert "SIZE 1048576" in session.ask("EHLO client.example").text
        assert session.ask(f"{FROM} SIZE=2000000").code == 552
    before = stored(house)
    with talk(house) as session:  # one that does not say so beforehand
        assert session.begin(WEBSITE).code == 354
        session.raw(b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 20_000 + DOT)
        assert session.read().code == 552
        assert session.ask("NOOP").code == 250
    assert stored(house) == before


def test_recipients(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.ask(FROM)
        answers = [session.ask(f"RCPT TO:<desk.berlin+{n}@leads.muster.example>").code for n in range(7)]
    assert answers == [250] * 5 + [452] * 2


@pytest.mark.parametrize(("length", "code"), [(998, 250), (10_000, 250), (65_530, 250), (65_540, 500), (300_000, 500)])
def test_line_length(house: Installation, length: int, code: int) -> None:
    key = new_key()
    with talk(house) as session:
        assert session.begin(WEBSITE).code == 354
        session.raw(lead(key, text="x" * (length - 11)) + b".\r\n")
        assert session.read().code == code
    subject = f"Anfrage {key}"
    if code == 250:
        wait_until(lambda: house.query("SELECT 1 FROM message WHERE subject = ? AND fate = 'opened'", subject))


def test_long_commands_and_bad_addresses(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        assert 500 <= session.ask("MAIL FROM:<" + "a" * 3000 + "@kunde.example>").code < 600
        for address in (
            b"<a\0b@kunde.example>",
            b"<a\rb@kunde.example>",
            b"<" + b"a" * 65 + b"@kunde.example>",
            b"<a@k",
        ):
            assert 500 <= session.ask(b"MAIL FROM:" + address).code < 600, address
        assert session.ask("MAIL FROM:<>").code == 250


def test_too_many_errors(strict: Installation) -> None:
    with talk(strict) as session:
        session.read()
        codes = [session.ask("NONSENSE").code for _ in range(4)]
        assert codes == [500, 500, 500, 421]
        assert session.read().code == 0


def test_too_many_connections(strict: Installation) -> None:
    wait_until(lambda: strict.status()["connections"] == 0)
    assert strict.port
    sessions = [Talk(strict.port) for _ in range(5)]
    try:
        assert [session.read().code for session in sessions] == [220] * 4 + [421]
    finally:
        for session in sessions:
            session.close()
    wait_until(lambda: strict.status()["connections"] == 0)
    with talk(strict) as session:
        assert session.read().code == 220
    assert strict.status()["counters"]["connections_refused"] == 1


def test_idle_clients_are_sent_away(strict: Installation) -> None:
    with talk(strict) as session:
        assert session.read().code == 220
        assert session.read() == (421, "421 4.4.2 Timeout")
        assert session.read().code == 0


def test_a_flood_of_commands_ends(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        codes = []
        for _ in range(200):
            codes.append(session.ask("NOOP").code)
            if codes[-1] in (0, 421):
                break
        assert codes[0] == 250
        assert codes[-1] == 421


HTTP = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n"
WHOLE = (
    b"EHLO client.example\r\nMAIL FROM:<a@kunde.example>\r\nRCPT TO:<" + WEBSITE.encode() + b">\r\nDATA\r\n"
    b"Subject: sneaked in\r\n\r\nhello" + DOT
)


@pytest.mark.parametrize("greeted", [False, True], ids=["before-the-banner", "after-it"])
@pytest.mark.parametrize("content", [WHOLE, HTTP + WHOLE, b"GET / HTTP/1.0\r\n" + WHOLE], ids=["smtp", "post", "get"])
def test_a_mail_in_one_piece_is_not_taken(house: Installation, content: bytes, greeted: bool) -> None:
    before = stored(house)
    with talk(house) as session:
        if greeted:
            session.read()
        session.raw(content)
        codes = []
        while (reply := session.read()).code:
            codes.append(reply.code)
    assert 250 not in codes[-1:]
    assert 354 not in codes
    assert stored(house) == before


def test_data_is_not_taken_before_354(house: Installation) -> None:
    before = stored(house)
    with talk(house) as session:
        session.read()
        for line in ("EHLO client.example", FROM, f"RCPT TO:<{WEBSITE}>"):
            session.ask(line)
        session.raw(b"DATA\r\nSubject: too early\r\n\r\nhello" + DOT)
        assert session.read().code in (0, 554)
    assert stored(house) == before


def test_nonsense_hurts_nobody(house: Installation) -> None:
    before = stored(house)
    for content in (b"\x16\x03\x01\x02\x00\x01" + bytes(range(256)) * 20, b"\0" * 5000 + b"\r\n", b"A" * 10_000_000):
        with talk(house) as session:
            session.read()
            try:
                session.raw(content + b"\r\nQUIT\r\n")
            except ConnectionError:
                continue
            while (reply := session.read()).code:
                assert "Error: (" not in reply.text  # how aiosmtpd words an exception
    assert stored(house) == before
    send(house, lead(new_key()))


def test_bare_line_ends_are_kept_as_received(house: Installation) -> None:
    key = new_key()
    content = lead(key).replace(b"Telefon: 030 5550177\r\n", b"Telefon: 030 5550177\nPLZ: 10969\rOrt: Berlin\r\n")
    with talk(house) as session:
        session.begin(WEBSITE)
        session.raw(content + b".\r\n")
        assert session.read().code == 250
    wait_until(lambda: house.query("SELECT 1 FROM message WHERE subject = ? AND fate = 'opened'", f"Anfrage {key}"))
    kept = house.value("SELECT bytes FROM raw JOIN message ON id = message WHERE subject = ?", f"Anfrage {key}")
    assert kept == content
    assert "10969" in house.value("SELECT data FROM record WHERE data LIKE ?", f"%kunde-{key}@%")


def test_bare_line_ends_are_refused_if_the_admin_says_so(strict: Installation) -> None:
    before = stored(strict)
    with talk(strict) as session:
        session.begin(WEBSITE)
        session.raw(lead(new_key()).replace(b"Marke: VW\r\n", b"Marke: VW\n") + b".\r\n")
        assert session.read().text.startswith("550 5.5.2")
        assert session.ask("NOOP").code == 250
    assert stored(strict) == before


SMUGGLED = (
    b"MAIL FROM:<smuggled@kunde.example>\r\nRCPT TO:<" + WEBSITE.encode() + b">\r\nDATA\r\n"
    b"From: smuggled@kunde.example\r\nSubject: smuggled\r\n\r\nin"
)
ENDINGS = (
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\r\n\0.\r\n",
    b"\r\n.\0\r\n", b"\r\n..\r\n", b"\r\n .\r\n",
)  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
@pytest.mark.parametrize("mode", ["normalise", "reject"])
def test_nothing_is_smuggled(mode: str, ending: bytes, house: Installation, strict: Installation) -> None:
    target = {"normalise": house, "reject": strict}[mode]
    before = stored(target)
    with talk(target) as session:
        session.begin(WEBSITE)
        session.raw(b"Subject: outer\r\n\r\nhello" + ending + SMUGGLED + DOT)
        first = session.read().code
        session.raw(b"QUIT\r\n")
        assert session.read().code == 221  # not an answer to a smuggled command
    assert first in (250, 550)
    assert stored(target) - before == (first == 250)
    assert target.value("SELECT count(*) FROM message WHERE sender LIKE '%smuggled%'") == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, need_program: Callable[[str, str], str]) -> tuple[Path, Path]:
    """A certificate of our own for localhost, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(
        [need_program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.fixture(scope="module")
def tls_house(
    tmp_path_factory: pytest.TempPathFactory,
    shared_sink: Sink,
    certificate: tuple[Path, Path],
    new_database: Databases,
) -> Iterator[Installation]:
    """A daemon with STARTTLS; nothing of it needs the worker."""
    smtp = f'tls_certificate = "{certificate[0]}"\ntls_key = "{certificate[1]}"\nrequire_tls = true'
    directory, database = tmp_path_factory.mktemp("tls") / "house", new_database()
    house = Installation(directory, shared_sink.url, smtp=smtp, roles=("smtp",), database=database)
    house.start()
    yield house
    house.close()


def test_starttls(tls_house: Installation, certificate: tuple[Path, Path]) -> None:
    before = stored(tls_house)
    context = ssl.create_default_context(cafile=str(certificate[0]))
    assert tls_house.port
    with smtplib.SMTP("localhost", tls_house.port, timeout=30) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            smtp.sendmail("a@kunde.example", WEBSITE, lead(new_key()))
        assert refused.value.smtp_code == 530
        smtp.starttls(context=context)
        for _ in range(2):
            smtp.sendmail("a@kunde.example", WEBSITE, lead(new_key()))
    assert stored(tls_house) == before + 2
    wait_until(lambda: tls_house.status()["connections"] == 0, 10, "the place is given free")


def test_what_follows_starttls_in_the_clear_is_not_answered_inside(
    tls_house: Installation, certificate: tuple[Path, Path]
) -> None:
    with talk(tls_house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.raw(b"STARTTLS\r\nNOOP\r\n")
        if session.read().code != 220:
            return
        context = ssl.create_default_context(cafile=str(certificate[0]))
        try:
            inside = context.wrap_socket(session.sock, server_hostname="localhost")
        except OSError:
            return
        with inside:
            inside.settimeout(5)
            inside.sendall(b"EHLO client.example\r\n")
            assert inside.recv(4096).startswith(b"250-postroom.muster.example")
