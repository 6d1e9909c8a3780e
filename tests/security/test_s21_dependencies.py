"""Row S21: what we build on is new enough, says why, and what was once broken in it is not broken for us."""

import asyncio
import re
import smtplib
import ssl
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from config.machine import Relay
from daemon.intake.content import read_mail
from daemon.outbox.smtp_relay import SmtpRelay
from parsers.read import parse
from templates.render import Renderer, TemplateFault
from templates.samples import sample_job
from tests.support.client import talk
from tests.support.daemon import Installation

PROJECT = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
PINS = {
    "aiosmtpd": ("1.4.6", "CVE-2024-27305 in 1.4.5, CVE-2024-34083 in 1.4.6"),
    "IMAPClient": ("4.1.0", "string ranges of 4.0"),
    "APScheduler": ("3.11.3", "jobs around a change of the clock"),
    "SQLAlchemy": ("2.1.9", "psycopg 3"),
    "Jinja2": ("3.1.6", "CVE-2024-56201, CVE-2024-56326, CVE-2025-27516: ways out of the sandbox"),
    "mail-parser": ("4.8", "headers that recursed; lists where a text was expected"),
    "lxml": ("6", "libxml2 with its limits"),
    "icalendar": ("7.3", "aware times"),
    "dkimpy": ("1.1.8", "it signs our mail"),
}
"""The oldest that may be installed, and why."""


def pinned() -> dict[str, tuple[Requirement, str]]:
    """Our requirements with the words beside each."""
    written = PROJECT.read_text("utf-8")
    named = (Requirement(one) for one in tomllib.loads(written)["project"]["dependencies"])
    said = dict(re.findall(r'^    "([A-Za-z0-9-]+)[^"]*",\s*# (.+)$', written, re.MULTILINE))
    return {one.name: (one, said.get(one.name, "")) for one in named}


@pytest.mark.parametrize("name", PINS)
def test_a_minimum_is_asked_for_with_its_reason_and_met(name: str) -> None:
    least, why = PINS[name]
    assert why
    requirement, said = pinned()[name]
    assert said, "the reason stands beside it"
    oldest = [Version(one.version) for one in requirement.specifier if one.operator in (">=", "==")]
    assert oldest, requirement
    assert max(oldest) >= Version(least)
    assert Version(version(name)) >= Version(least)


ENDINGS = (
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\0\r\n.\n",
    b"\r\n.\0\r\n",
)  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_cve_2024_27305_only_one_ending_ends_a_mail(ending: bytes) -> None:
    """Of aiosmtpd before 1.4.5 (PYSEC-2024-221), and SMTP smuggling in general."""

    async def taken() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"\r\none" + ending + b"MAIL FROM:<smuggled@evil.example>\r\n.\r\n")
        return await asyncio.wait_for(read_mail(reader, 1000, lambda: None), 5)

    found = asyncio.run(taken())
    assert found is not None
    assert b"smuggled" in found


def test_cve_2024_34083_nothing_said_before_tls_counts_inside(tls_house: Installation) -> None:
    """Of aiosmtpd before 1.4.6 (PYSEC-2026-1111); row S2 tries more of them."""
    with talk(tls_house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.raw(b"STARTTLS\r\nNOOP\r\n")
        assert session.read().code == 554
        assert session.read().code == 0


@pytest.mark.parametrize(
    "sender",
    [
        "alice@kunde.example]<bob@evil.example>",
        '"alice@kunde.example"<bob@evil.example>',
        "alice@kunde.example <bob@evil.example>",
        "alice@kunde.example(<bob@evil.example>",
    ],
)
def test_cve_2023_27043_an_address_is_not_read_out_of_another(sender: str) -> None:
    """Of Python's email.utils: what is taken for alice's mail must not be bob's, whatever stands around it."""
    assert parse(f"From: {sender}\r\nSubject: x\r\n\r\nx".encode()).sender != "alice@kunde.example"


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\r", "\u2028", "\x85", "\0"])
def test_headers_with_line_ends_inside_encoded_words_stay_one_line(mark: str) -> None:
    """Python 3.11 and 3.12 write a copied header object out with the line end in it (measured)."""
    word = "".join(f"={byte:02X}" for byte in f"a{mark}Bcc: evil@x.example".encode())
    subject = parse(f"From: a@kunde.example\r\nSubject: =?utf-8?q?{word}?=\r\n\r\nx".encode()).subject
    assert subject
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()


def test_cve_2026_41016_certificates_of_relays_are_verified(tmp_path: Path) -> None:
    """`smtplib.starttls()` without a context verifies nothing; row S18 shows it on connections."""
    trust = SmtpRelay(Relay(url="smtp://relay.example:25"), "postroom.muster.example", tmp_path)._trust
    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert trust.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("command", ["mail FROM:<a@b.example>\r\nRCPT TO:<evil@x.example>", "noop\n", "noop\rquit"])
def test_ghsa_v3q9_hj7j_63hq_no_command_has_a_line_end_in_it(command: str) -> None:
    """Of aiosmtplib, which is not ours; smtplib must refuse the same."""
    with pytest.raises(ValueError, match="newline"):
        smtplib.SMTP().putcmd(command)


SANDBOX: dict[str, str] = {
    "CVE-2024-56326": "{% set f = '{0.__class__}'.format %}{{ f('') }}",
    "CVE-2025-27516": "{{ ('{0.__class__}'|attr('format'))('') }}",
    "CVE-2024-56201": "{% include \"{{ ''.__class__ }}.html.j2\" %}",
    "CVE-2019-10906": "{{ '{a.__class__}'.format_map({'a': ''}) }}",
}


@pytest.mark.parametrize("name", SANDBOX)
def test_ways_out_of_the_sandbox(name: str) -> None:
    try:
        told = Renderer({"de/new.txt.j2": SANDBOX[name]}).render(sample_job("de")).text
    except TemplateFault:
        return
    assert "class" not in told


HANGS: dict[str, Callable[[], bytes]] = {
    "cpython 81642, comments in comments": lambda: b"To: " + b"(" * 20_000 + b"\r\n\r\nx",
    "Microsoft's Message-ID, IndexError": lambda: b"Message-ID: <[4f3d@x.example]>\r\n\r\nx",
    "mail-parser 139, a header called headers": lambda: b"headers: x\r\nheader: y\r\nmail: z\r\n\r\nx",
    "mail-parser, two subjects": lambda: b"Subject: a\r\nSubject: b\r\n\r\nx",
    "mail-parser, NUL in From": lambda: b"From: a\0b@kunde.example\r\n\r\nx",
    "mail-parser, a thousand multiparts": lambda: b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000)
    ),
}


@pytest.mark.parametrize("name", HANGS)
def test_what_broke_a_parser_is_read(name: str) -> None:
    parsed = parse(b"From: a@kunde.example\r\n" + HANGS[name]())
    assert parsed.mail_class
    assert parsed.subject is None or isinstance(parsed.subject, str)
