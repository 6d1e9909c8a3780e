"""Real mails of many programs and years go through the running daemon: each is answered once, stored once, settled."""

import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.client import Talk
from tests.support.daemon import ROOT, WEBSITE
from tests.support.fixtures import Houses, Tell

CORPUS = Path(os.environ.get("POSTROOM_CORPUS", ROOT.parent / "shared" / "corpus"))
MAILS = ("mime", "spam-ham", "bounces")
BODIES = ("forwards", "replies", "tnef")
NOT_INPUT = {".json", ".tsv", ".html", ".md"}


def _files(folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(p for p in (CORPUS / folder).rglob("*") if p.is_file() and p.suffix not in NOT_INPUT)


def _wrapped(path: Path) -> bytes:
    """A body as a mail of its own."""
    mail, content = EmailMessage(), path.read_bytes()
    mail["From"], mail["To"], mail["Subject"] = "kunde@kunde.example", WEBSITE, f"corpus {path.stem}"
    if path.suffix == ".txt":
        mail.set_content(content.decode("utf-8", "replace"))
    else:
        mail.set_content("See attachment.")
        mail.add_attachment(content, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return mail.as_bytes()


def _on_the_wire(content: bytes) -> bytes:
    """As a mail server would hand it over: a file with Unix line ends gets those of SMTP, others stay as they are."""
    if b"\r\n" not in content:
        content = content.replace(b"\n", b"\r\n")
    content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def test_the_corpus(new_house: Houses, tell: Tell) -> None:
    if not CORPUS.is_dir():
        pytest.skip("no sample mails: POSTROOM_CORPUS names no directory")
    contents = [p.read_bytes() for p in _files(MAILS)] + [_wrapped(p) for p in _files(BODIES)]
    house = new_house()
    assert house.port
    session, answers = Talk(house.port, timeout=60), list[int]()
    session.read()
    session.ask("EHLO client.example")
    for content in contents:
        for line in ("MAIL FROM:<a@kunde.example>", f"RCPT TO:<{WEBSITE}>", "DATA"):
            session.ask(line)
        session.raw(_on_the_wire(content))
        answers.append(session.read().code)
    session.close()
    house.settle(300)
    fates = dict(house.query("SELECT fate, count(*) FROM message GROUP BY fate"))
    tell(f"{len(contents)} mails of the corpus: {answers.count(250)} answered with 250, fates {fates}")
    assert answers.count(250) == len(contents) > 0
    assert sum(fates.values()) == answers.count(250)
    assert fates.keys() <= {"opened", "attached", "repeat", "automatic", "bounce", "ignored"}
    counters = house.status()["counters"]
    assert [counters[name] for name in ("worker_deaths", "reader_deaths", "trouble") if counters.get(name)] == []
    checked = house.postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Traceback" not in house.log()
