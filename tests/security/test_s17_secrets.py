"""S17: passwords, keys and tokens never show, whoever repeats them; what lies in the data directory is ours alone."""

import base64
import json
import os
import smtplib
import stat
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.load import load
from config.masking import MOST_PASSING, masked, remember
from daemon.cli import main
from tests.peers.script_imap import Command, ScriptedImap, script_imap
from tests.security.conftest import Certificate
from tests.support.client import lead, new_key, send
from tests.support.daemon import ROOT, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.repeating import Repeating
from tests.support.sink import Attempt, Sink
from tests.support.twins import all_of
from tests.support.waiting import wait_until

CANARIES = {
    name: f"Kanari-{name}-\"7Qz'{number}"
    for number, name in enumerate(
        ("relay", "mailbox", "user", "desk", "hook", "client", "refresh", "guessed", "environment")
    )
}
ONE_LINE = {"desk", "hook", "client", "refresh", "user", "mailbox"}
MAILBOXES = """
[[imap]]
id = "plain"
host = "127.0.0.1"
port = {port}
tls = "off"
username = "anfragen@muster.example"
password = {{ file = "mailbox.secret" }}

[[imap]]
id = "token"
host = "127.0.0.1"
port = {port}
tls = "off"
username = "anfragen@muster.example"
[imap.oauth]
provider = "google"
client_id = "muster"
client_secret = {{ file = "client.secret" }}
refresh_token = {{ file = "refresh.secret" }}
token_url = "{tokens}"

[desk]
keys = [{{ file = "desk.secret" }}]
"""
HOOK = """
[[rule]]
name = "CRM"
also = true
webhook = {{ url = "{url}", secret = {{ file = "hook.secret" }} }}
"""
COMMANDS = (
    "check", "config show", "config show --changed", "config overview", "status", "queue list", "records", "ledger",
    "sources", "escalation show", "schema postroom.toml", "schema rules.toml", "silence list", "quarantine list",
    "stats mails", "kpi", "send missing.eml --to x@y.example", "db upgrade",
)  # fmt: skip


@pytest.fixture
def provider() -> Iterator[Repeating]:
    with Repeating() as made:
        yield made


@pytest.fixture
def mailbox() -> Iterator[ScriptedImap]:
    with script_imap() as server:
        yield server


@pytest.fixture
def planted(
    new_house: Houses, sink: Sink, provider: Repeating, mailbox: ScriptedImap, certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> Installation:  # fmt: skip
    """An installation with a secret in every place that takes one, among servers that repeat what they are told."""
    monkeypatch.setenv("RELAY_SECRET", CANARIES["environment"])
    smtp = certificate.settings + '[[smtp.user]]\nname = "boerse"\npassword = { file = "user.secret" }\n'
    house = new_house(started=False, roles=("smtp", "imap", "work"), smtp=smtp)
    for name in ONE_LINE:
        house.write(f"{name}.secret", CANARIES[name] + "\n")
    told = (house.directory / "postroom.toml").read_text("utf-8")
    told = told.replace("connections = 2\n", 'username = "postroom"\npassword = { env = "RELAY_SECRET" }\n', 1)
    mailboxes = MAILBOXES.format(port=mailbox.port, tokens=provider.url)
    house.write("postroom.toml", told + '\n[log]\nlevel = "debug"\n' + mailboxes)
    rules = (house.directory / "rules.toml").read_text("utf-8")
    house.write("rules.toml", HOOK.format(url=provider.url) + rules)
    sink.features = ("8BITMIME", "AUTH PLAIN LOGIN")
    mailbox.script = _repeat_command
    return house


def _repeat(asked: Attempt) -> str | None:
    """A relay that repeats what it was told, as it came and as it was meant."""
    if asked.command != "AUTH":
        return None
    meant = base64.b64decode(asked.line.split(" ")[-1]).decode("utf-8", "replace").replace("\0", " ")
    return f"535 5.7.8 not '{asked.line}', which is {meant}"


def _repeat_command(asked: Command) -> bytes | None:
    if asked.name not in ("LOGIN", "AUTHENTICATE"):
        return None
    return f"{asked.tag} NO [AUTHENTICATIONFAILED] {asked.name} {asked.rest}\r\n".encode()


def forms() -> dict[bytes, str]:
    """The canaries, and how programs quote them."""
    found = {}
    for name, canary in CANARIES.items():
        for form in (canary, json.dumps(canary)[1:-1], canary.replace('"', '\\"'), repr(canary.encode())[2:-1]):
            found[form.encode()] = name
        found[base64.b64encode(f"\0postroom\0{canary}".encode())[12:-8]] = name
    return found


def assert_silent(told: str | bytes, where: str) -> None:
    content = told.encode("utf-8", "replace") if isinstance(told, str) else told
    for form, name in forms().items():
        assert form not in content, f"{name} shows in {where}"


def test_no_secret_shows(
    planted: Installation, sink: Sink, provider: Repeating, mailbox: ScriptedImap, tell: Tell,
) -> None:  # fmt: skip
    house, looked = planted, 0
    house.start()
    send(house, lead(new_key()))
    wait_until(lambda: provider.asked(b'"event"'), 60, "the webhook is asked")
    sink.down()
    sink.script = _repeat
    sink.up()
    send(house, lead(new_key()))
    wait_until(lambda: "535" in str(house.query("SELECT last_error FROM outbox")), 60, "the relay complains")
    wait_until(lambda: provider.asked(b"refresh_token="), 60, "a token is asked for")
    wait_until(lambda: mailbox.said("LOGIN"), 60, "the mailbox is asked")
    wait_until(lambda: "mailbox-failed" in house.log(), 60, "the mailbox's answer is told")
    _guess(house, CANARIES["guessed"])
    assert CANARIES["environment"] in "".join(
        base64.b64decode(line.split(" ")[-1]).decode() for line in sink.lines if line.startswith("AUTH")
    ), "the relay was given it"

    for words in COMMANDS:
        for form in ([], ["--json"]):
            result = CliRunner().invoke(main, [*words.split(), *form, "-c", str(house.directory)])
            assert_silent(result.output + repr(result.exception), f"{words} {form}")
            looked += 1
    for number, _ in house.query("SELECT id, purpose FROM outbox"):
        result = CliRunner().invoke(main, ["queue", "show", str(number), "-c", str(house.directory)])
        assert_silent(result.output, "queue show")
    for path in ("/-/healthy", "/-/ready", "/metrics", "/"):
        assert_silent(house.get(path)[1], path)
    assert_silent(json.dumps(house.status(), ensure_ascii=False), "status")
    sink.script = lambda asked: None  # now the admin's alarms can leave
    house.postroom("queue", "retry", "--all")
    looked += _break_the_configuration(house)
    house.stop()
    for mail in sink.mails:
        assert_silent(all_of(mail), "a mail")
    assert_silent(house.log(), "the log")
    assert "mailbox-failed" in house.log()
    looked += _look_at_the_data(house)
    tell(f"S17: {len(CANARIES)} planted secrets, {looked} commands, configurations and files: 0 hits")


def _guess(house: Installation, password: str) -> None:
    """Somebody tries to log in; perhaps it is his password for something else."""
    with smtplib.SMTP("127.0.0.1", house.port or 0, timeout=30) as client:
        client.starttls()
        client.ehlo()
        for name in ("boerse", password):
            plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
            assert client.docmd("AUTH", f"PLAIN {plain}")[0] == 535


def _break_the_configuration(house: Installation) -> int:
    """A secret written where none may stand, in every way: the message says so and does not repeat it."""
    text = (house.directory / "postroom.toml").read_text("utf-8")
    canary = CANARIES["relay"].replace('"', "")
    broken = [text.replace(f"{{ {where} }}", f"'''{canary}'''", 1) for where in ('env = "RELAY_SECRET"',)]
    broken += [text.replace('{ file = "mailbox.secret" }', wrong, 1) for wrong in (
        f"'''{canary}'''", f"{{ file = 'x', plain = '''{canary}''' }}", f"['''{canary}''']", f"'''{canary}",
        f"{{ env = 'x', file = 'y', credential = '''{canary}''' }}",
    )]  # fmt: skip
    relay = next(line for line in text.splitlines() if line.startswith("url = "))
    for url in ("smtp://u:{0}@h", "smtps://u:{0}@h:1", "ftp://u:{0}@h", "https://{0}@h/", "//u:{0}@h"):
        broken.append(text.replace(relay, f"url = '''{url.format(canary)}'''", 1))
    for url in (
        "postgresql://u:{0}@h/d", "postgresql://u@h/d?password={0}", "mysql://u:{0}@h/d", "postgresql://u:{0} @h/d",
        "postgresql://u:a/{0}@h/d", "postgresql://h/d?sslmode=x&sslpassword={0}", "mysql://h/d?Password={0}",
    ):  # fmt: skip
        broken.append(text.replace('database = "sqlite"', f"database = '''{url.format(canary)}'''", 1))
    broken.append(text + f"\n[monitor]\nping = '''http://u:{canary}@hc.example/'''\n")
    plain = canary.encode()
    for number, wrong in enumerate(broken):
        assert wrong != text, number
        house.write("postroom.toml", wrong)
        settings, problems = load(house.directory)
        assert settings is None, number
        told = "\n".join(map(str, problems))
        assert plain not in told.encode(), told
        result = CliRunner().invoke(main, ["check", "-c", str(house.directory)])
        assert plain not in (result.output + repr(result.exception)).encode()
        if number in (0, 1):
            assert canary not in json.dumps(house.reload(), ensure_ascii=False)
    house.write("postroom.toml", text)
    assert canary not in house.log()
    return len(broken)


def _look_at_the_data(house: Installation) -> int:
    """Every file of the data directory, and the settings that it keeps: no secret, and nobody else's to read."""
    files = [house.data, *house.data.rglob("*")]
    for path in files:
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode & 0o077 == 0, f"{path}: {mode:o}"
        if path.is_file():
            assert_silent(path.read_bytes(), path.name)
    for (packed,) in house.query("SELECT packed FROM settings_version"):
        assert_silent(zlib.decompress(packed), "the kept settings")
    return len(files)


def test_what_was_open_is_closed_at_the_start(new_house: Houses) -> None:
    house = new_house(started=False, roles=("smtp",))
    before = os.umask(0o022)
    try:
        house.data.mkdir()
        (house.data / "postroom.db.before-0000").write_text("of an older version")
        house.start()
        house.stop()
    finally:
        os.umask(before)
    assert {f"{stat.S_IMODE(path.lstat().st_mode):o}" for path in (house.data, *house.data.iterdir())} == {"700", "600"}
    assert "data-directory-was-open" in house.log()


@pytest.mark.parametrize("secret", ["geheim-7Q", "öffne dich \"'\\ jetzt", "Qz8" * 14, "一二三四五六七八"])
@pytest.mark.parametrize("before", ["", "a", "ab", "\0user\0", "\0anna\0", "user=anna\x01auth=Bearer "])
def test_a_secret_is_masked_however_it_is_repeated(secret: str, before: str) -> None:
    remember(secret)
    spoken = base64.b64encode(f"{before}{secret}{before}".encode()).decode()
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    once = (secret, f'LOGIN "anna" "{quoted}"', f"535 {secret}!", f"it's {secret}")
    for told in (*once, json.dumps(secret), *map(repr, once), *(repr(each.encode()) for each in once)):
        assert secret not in masked(told)
        assert "***" in masked(told)
    assert len(masked(spoken)) < len(spoken)
    assert masked("535 who are you?") == "535 who are you?"


def test_tokens_that_pass_displace_no_password() -> None:
    remember("Kanari-bleibt-7Q")
    for number in range(MOST_PASSING + 1):
        remember(f"Kanari-geht-{number:05}", passing=True)
    assert masked("535 Kanari-bleibt-7Q") == "535 ***"
    assert masked(f"535 Kanari-geht-{MOST_PASSING:05}") == "535 ***"
    assert "Kanari-geht-00000" in masked("535 Kanari-geht-00000"), "it is good no more"


def test_of_a_secret_that_begins_like_another_nothing_is_left() -> None:
    for secret in ("Kanari-kurz", "Kanari-kurz-und-lang"):
        remember(secret)
    assert masked("535 Kanari-kurz-und-lang") == "535 ***"


LOGGING = """
from config.masking import remember
from daemon import log
remember("Kanari-Ding-7Q")
log.set_up("info", "test")
odd = {"error": ValueError("Kanari-Ding-7Q"), "raw": b"Kanari-Ding-7Q", "number": 7, "is_so": True}
log.get_logger("x").warning("odd", **odd, **{"Kanari-Ding-7Q": None})
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_no_text_is_masked_in_the_log(as_json: bool) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("JOURNAL_STREAM", "INVOCATION_ID")}
    more = {"INVOCATION_ID": "1"} if as_json else {}
    command = [sys.executable, "-c", LOGGING]
    said = subprocess.run(command, cwd=ROOT, env={**env, **more}, capture_output=True, text=True, check=True).stderr
    assert "Kanari" not in said
    assert said.count("***") == 3
    assert ('"number": 7' if as_json else "number=7") in said
    assert ('"is_so": true' if as_json else "is_so=True") in said


def test_keys_and_certificates_are_masked_line_by_line() -> None:
    pem = f"-----BEGIN PRIVATE KEY-----\n{'Qz7' * 20}\n{'8kR' * 20}\n-----END PRIVATE KEY-----\n"
    remember(pem)
    assert masked(f"bad line: {'8kR' * 20}") == "bad line: ***"
    assert Path("-----BEGIN PRIVATE KEY-----").name in masked("-----BEGIN PRIVATE KEY-----")
