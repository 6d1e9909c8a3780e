"""S16: whatever stands in envelopes, mails, files and arguments, it is data: no SQL, no path, no line of the log."""

import json
import os
import random
import re
import smtplib
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

from click.testing import CliRunner

from daemon.cli import main
from tests.support.client import Talk
from tests.support.daemon import ROOT, SALES, WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.naughty import NAUGHTY
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Sink
from tests.support.waiting import wait_until

FORGED = "forged-event"
INJECTED = (
    "'; DROP TABLE message; --", "' OR '1'='1", '" OR ""="', "1; SELECT pg_sleep(9); --", "%", "_", "%%' ESCAPE '",
    "'; INSERT INTO record (ref) VALUES ('forged') --", ":the_record", "%(id)s", "?", "\\'; --", "') UNION SELECT 1 --",
    "../../../escaped", "..\\..\\escaped", "/escaped", "escaped\x00.eml", "~/escaped", "$HOME/escaped", "|escaped",
    f'x\n{{"event": "{FORGED}"}}', f"x\r\n2026-11-22T12:00:00Z [info     ] {FORGED}", f"x\x1b[2K\r{FORGED}",
    f"x\u2028{FORGED}", f"x\x85{FORGED}", f"x\x0b{FORGED}", "%s%s%n", "{event}", "{0.__class__}", "\x1b]0;title\x07",
)  # fmt: skip
"""Beside the others: for each way out of a value there is one."""
STATE = re.compile(
    r"postroom\.db(-wal|-shm|-turn)?|daemon\.(lock|id)|desk\.key|[a-z-]*\.sock(et)?|control|spool|maildir"
)
EVENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
COMMANDS = tuple(
    words.split(" ")
    for words in (
        "records --site {}", "records --kind {}", "show {}", "why {}", "history person {}", "history vehicle {}",
        "do REF {}", "do REF note text={}", "do REF done result={}", "do REF assign to={}", "do REF again ref={}",
        "new {}", "new lead site=berlin customer.name={} comments={}", "new lead site=berlin person={}",
        "new booking site=berlin vehicle={}", "queue show {}", "quarantine drop {}", "stats mails --since {}",
        "silence add website-berlin --until 2027-01-01 --reason {}", "silence end {}", "sources {}", "kpi --site {}",
        "escalation show {}", "sieve {}", "send {} --to {}", "parse {}", "import {}", "schema {}", "config overview {}",
        "source add {} --site berlin --type website", "reparse --source {}",
    )
)  # fmt: skip
"""REF is a record's, {} a text."""


def texts() -> list[str]:
    """Our own, and of the others as many as the length of the run asks for."""
    dice = random.Random(seed())  # noqa: S311 - guards nothing
    return [*INJECTED, *dice.sample(NAUGHTY, at_length(len(NAUGHTY)))]


def mail_with(text: str, number: int) -> bytes:
    """A mail that has it everywhere, as far as a mail can be written so: as it is in header fields, in words, names."""
    message = EmailMessage()
    text = text.encode("utf-8", "replace").decode()
    message.set_content(f"Name: {text}\nE-Mail: kunde-{number}@kunde.example\nTelefon: {text}\nNachricht: {text}\n")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="name")
    flat = " ".join(text.split())
    head = f"From: {flat} <web@muster.example>\r\nSubject: {flat}\r\nMessage-ID: <{number}.{flat}@x>\r\nX: {flat}\r\n"
    body = message.as_bytes().replace(b'filename="name"', f'filename="{flat}"'.encode())
    return head.encode() + body.replace(b"\n", b"\r\n")


def argument(text: str) -> str:
    """As a program is given it: without NUL, which ends an argument, and its bytes where they are no UTF-8."""
    return os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogatepass"))


def speak(house: Installation, text: str) -> None:
    """The same in the dialogue: greeting, envelope, commands, a log-in."""
    raw = text.encode("utf-8", "surrogateescape" if text.isprintable() else "replace")
    flat = raw.replace(b"\r", b" ").replace(b"\n", b" ")
    session = Talk(house.port or 0)
    session.read()
    for line in (
        b"EHLO " + flat, flat, b"VRFY " + flat, b"MAIL FROM:<" + flat + b">", b'MAIL FROM:<"' + flat + b'"@x.example>',
        b"RCPT TO:<" + flat + b"@muster.example>", b"RCPT TO:<desk.berlin+" + flat + b"@leads.muster.example>",
    ):  # fmt: skip
        if session.ask(line).code in (0, 421):
            break
    session.close()


def test_nothing_leaves_its_place(new_house: Houses, sink: Sink, tmp_path: Path, tell: Tell) -> None:
    house = new_house(started=False)
    house.append("postroom.toml", '\n[log]\nlevel = "debug"\n[brakes]\nper_hour = 10000\nper_day = 10000\n')
    house.start({"INVOCATION_ID": "1"})
    tables, before = _tables(house), _files(tmp_path)
    given = texts()
    accepted = 0
    for number, text in enumerate(given):
        speak(house, text)
        accepted += _send(house, mail_with(text, number))
    house.settle(120)
    ref = str(house.value("SELECT ref FROM record ORDER BY id LIMIT 1"))
    commands = _commands(house, given, ref)
    imported = _import(house, given, tmp_path)
    _ask_over_http(house, given)
    house.settle(120)

    assert house.value("SELECT count(*) FROM message WHERE channel = 'smtp'") == accepted
    assert _tables(house) == tables
    with closing(sqlite3.connect(house.data / "postroom.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ledger = house.postroom("ledger")
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    house.stop()
    stray = _files(tmp_path) - before
    assert not stray, stray
    assert not [*Path("/").glob("escaped*"), *Path.home().glob("escaped*"), *ROOT.glob("*escaped*")]
    odd = [path.name for path in house.data.iterdir() if not STATE.fullmatch(path.name)]
    assert not odd, odd
    events = _events(house.log())
    assert len(sink.to(SALES)) >= accepted // 2
    tell(
        f"S16: {len(given)} texts in {accepted} mails, as many dialogues, {commands} commands and {imported} files:"
        f" 0 tables changed, 0 files outside, {events} log lines = events"
    )


def _send(house: Installation, content: bytes) -> int:
    with smtplib.SMTP("127.0.0.1", house.port or 0, "client.example", timeout=30) as client:
        client.sendmail("web@muster.example", WEBSITE, content)
    return 1


def _commands(house: Installation, given: Sequence[str], ref: str) -> int:
    """Each text through some commands, each command with some texts: JSON stays JSON, and no terminal is commanded."""
    dice, done = random.Random(seed()), 0  # noqa: S311 - guards nothing
    for number, text in enumerate(map(argument, given)):
        for words in [COMMANDS[number], dice.choice(COMMANDS)] if number < len(COMMANDS) else dice.sample(COMMANDS, 2):
            args = [word.replace("REF", ref).replace("{}", text) for word in words]
            result = CliRunner().invoke(main, [*args, "-c", str(house.directory)])
            assert result.exception is None or isinstance(result.exception, SystemExit), (args, result.exc_info)
            odd = {c for c in result.output if not c.isprintable()} - {"\n", "\t"}
            assert not odd, (args, odd)
            done += 1
    for listing in (("records",), ("silence", "list"), ("show", ref), ("why", ref)):
        result = CliRunner().invoke(main, [*listing, "--json", "-c", str(house.directory)])
        assert result.output.splitlines(), listing
        for line in result.output.splitlines():  # which breaks at more than line feeds
            json.loads(line)
    return done


def _import(house: Installation, given: Sequence[str], tmp_path: Path) -> int:
    """Files with such names, where a file system takes them."""
    directory, made = tmp_path / "given", 0
    directory.mkdir()
    for number, text in enumerate(given):
        name = f"{number}-{text}".replace("/", "_").replace("\0", "_").encode("utf-8", "replace")[:200]
        with (directory / os.fsdecode(name)).open("wb") as file:
            file.write(f"From: a@kunde.example\r\nSubject: {number}\r\n\r\nGuten Tag {number}\r\n".encode())
        made += 1
    done = house.postroom("import", str(directory), "--to", WEBSITE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not {c for c in done.stdout + done.stderr if not c.isprintable()} - {"\n", "\t", "\r"}
    wait_until(lambda: house.value("SELECT count(*) FROM imported") == made, 60, "all are taken")
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    return made


def _ask_over_http(house: Installation, given: Sequence[str]) -> None:
    host, _, port = house.health.rpartition(":")
    for text in given:
        path = "".join(c for c in text if c not in "\r\n").encode("utf-8", "replace")
        with socket.create_connection((host, int(port)), 30) as session:
            session.sendall(b"GET /" + path + b" HTTP/1.1\r\nX: " + path + b"\r\n\r\n")
            with session.makefile("rb") as told:
                assert told.readline()[9:12] in (b"404", b"400", b""), text


def _tables(house: Installation) -> list[tuple[object, ...]]:
    return house.query("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name")


def _files(directory: Path) -> set[Path]:
    return {path for path in directory.rglob("*") if "data" not in path.relative_to(directory).parts}


def _events(log: str) -> int:
    """Each line is an event of ours; how many."""
    lines = log.rstrip("\n").split("\n")
    for line in lines:
        told = json.loads(line)
        assert EVENT.fullmatch(told["event"]), line
        assert told["event"] != FORGED
        assert not {c for c in line if not c.isprintable()}, line
    assert len(lines) == len(log.splitlines()), "no value holds what some program takes for the end of a line"
    return len(lines)


LOGGING = f"""
import logging, sys
from daemon import log
from tests.security.test_s16_injection import INJECTED
from tests.support.naughty import NAUGHTY
log.set_up("info", "test")
own = log.get_logger("x")
for text in (*INJECTED, *NAUGHTY):
    own.info("told", text=text, several=[text], by={{"name": text}})
    try:
        raise ValueError(text)
    except ValueError:
        own.exception("failed", text=text)
    logging.getLogger("library").warning("it said %s", text)
sys.stderr.write(f"{FORGED}-end\\n")
"""


def test_an_event_is_a_line_and_a_line_an_event() -> None:
    told = 3 * len((*INJECTED, *NAUGHTY))
    # under systemd: JSON
    lines = _logged({"INVOCATION_ID": "1"})
    assert [json.loads(line)["event"] for line in lines].count("library") == told // 3
    assert len(lines) == told
    # by hand: what does not stand to the right of a bar begins an event
    begun = [line for line in _logged({}) if not line.startswith("    | ")]
    assert all(
        re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[(info|error) +\] (told|failed) |WARNING library ", line) for line in begun
    )
    assert len(begun) == told


def _logged(more: dict[str, str]) -> list[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("JOURNAL_STREAM", "INVOCATION_ID")}
    done = subprocess.run(
        [sys.executable, "-c", LOGGING],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        check=True,
    )
    *lines, last = done.stderr.decode("utf-8").splitlines()
    assert last == f"{FORGED}-end"
    return lines
