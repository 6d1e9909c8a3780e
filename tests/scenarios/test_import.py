"""Mails from files beside a running daemon: killed and resumed, interrupted, quiet and live."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from config.load import load
from daemon.shift import desk_keys
from daemon.store.upgrade import prepare
from rules.reference import token
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, ROOT, SALES, WEBSITE, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

OLD = b"Mon, 02 Mar 2026 10:00:00 +0100"


def old(key: str) -> bytes:
    """A lead of long ago, as it lies in a mailbox."""
    lines = lead(key).replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(b"Date: " + OLD if line.startswith(b"Date:") else line for line in lines)


def mbox(path: Path, number: int) -> Path:
    """Leads with keys of their own."""
    mails = (b"From - Mon Mar  2 09:00:00 2026\n" + old(new_key("old")) + b"\n" for _ in range(number))
    path.write_bytes(b"".join(mails))
    return path


def importing(house: Installation, *words: object, crash: str = "") -> "subprocess.Popen[str]":
    """The command, running."""
    code = "from daemon.cli import main; main()"
    command = [sys.executable, "-c", code, "import", *map(str, words), "-c", str(house.directory)]
    env = {**os.environ, "POSTROOM_TEST_CRASH": crash}
    return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def summary(out: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(out.splitlines()[-1])["summary"]
    return found


def test_killed_and_resumed_it_takes_each_mail_once(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    house, file = new_house(), mbox(tmp_path / "old.mbox", 500)
    for taken in (200, 400):
        with importing(house, file, crash="after-import") as killed:
            assert killed.wait(60) == -signal.SIGKILL
        assert house.value("SELECT count(*) FROM message") == taken
    with importing(house, file, "--json") as resumed:
        out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    found = summary(out)
    assert (found["taken"], found["known"], found["fates"], found["opened"]) == (
        100,
        400,
        {"opened": 100},
        {"lead": 100},
    )
    house.settle()
    send(house, lead(key := new_key()))
    wait_until(lambda: sink.about(f"kunde-{key}@"), 20, "a mail that comes in now is told as ever")
    house.settle()

    assert house.value("SELECT count(*) FROM message WHERE channel = 'import'") == 500
    assert house.value("SELECT count(*) FROM record WHERE received_at = '2026-03-02 09:00:00.000000'") == 500
    assert house.value("SELECT count(*) FROM outbox") == house.value("SELECT count(*) FROM notice") == 1
    assert house.value("SELECT count(DISTINCT record) FROM deadline") == 1
    assert len(sink.mails) == 1
    assert house.postroom("ledger").returncode == 0
    assert house.postroom("import", str(file)).stdout.startswith("500 mails: 0 taken, 500 taken before")


def test_an_old_lead_shows_its_own_time(house: Installation, shared_sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(old(key := new_key()))
    answer = house.postroom("import", str(tmp_path / "a.eml"))
    assert answer.stdout.splitlines() == ["1 mail: 1 taken", "1 opened; records: 1 lead"]
    ref = ref_of(house, key)
    shown = json.loads(house.postroom("show", ref, "--json").stdout)
    assert shown["record"]["received_at"] == "2026-03-02T09:00:00Z"
    assert (shown["deadlines"], shown["notices"]) == ([], [])
    why = json.loads(house.postroom("why", ref, "--json").stdout)
    assert (why["quiet"], why["at"]) == ("imported: no clock, no mail", "2026-03-02T09:00:00Z")
    house.settle()
    assert shared_sink.about(f"kunde-{key}@") == []


def test_live_it_is_told_and_the_clock_runs(house: Installation, shared_sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(old(key := new_key()))
    assert house.postroom("import", str(tmp_path / "a.eml"), "--live", "--no-wait").returncode == 0
    mail = wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)[0]
    assert mail.recipient == SALES
    due = (
        "SELECT deadline.due_at FROM deadline JOIN record ON record.id = deadline.record WHERE step = 'E1' AND ref = ?"
    )
    assert str(house.value(due, ref_of(house, key))).startswith("2026-03-02 12:00:00")


def test_an_old_reply_is_filed_and_nobody_is_told(house: Installation, shared_sink: Sink, tmp_path: Path) -> None:
    send(house, lead(key := new_key()))
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)
    settings, _ = load(house.directory)
    assert settings
    ref, (local, _, domain) = ref_of(house, key), settings.sites["berlin"].desk.partition("@")
    signed = token(ref, "customer", desk_keys(settings)[0])
    reply = f"From: kunde-{key}@kunde.example\nTo: {local}+{signed}@{domain}\nSubject: Re: Anfrage {key}\n\nJa.\n"
    (tmp_path / "reply.eml").write_text(reply)
    assert house.postroom("import", str(tmp_path / "reply.eml")).stdout.splitlines()[1:] == ["1 attached"]
    shown = json.loads(house.postroom("show", ref, "--json").stdout)
    assert [(one["action"], one["args"].get("imported")) for one in shown["revisions"]] == [
        ("open", None),
        ("attach", "yes"),
    ]
    assert [one["purpose"] for one in shown["notices"]] == ["new"]
    assert len(shown["deadlines"]) == 3
    assert house.postroom("ledger").returncode == 0


def test_what_the_reader_dies_of_is_told_by_the_import(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    house = new_house(started=False)
    house.start({"POSTROOM_TEST_CRASH": "reader-parse@KILLER"})
    (tmp_path / "killer.eml").write_bytes(old(key := new_key()).replace(b"noch da", b"KILLER"))
    answer = house.postroom("import", str(tmp_path / "killer.eml"))
    assert f"{tmp_path}/killer.eml: the reader died of it 3 times" in answer.stdout
    assert house.value("SELECT fate FROM message") == "quarantined"
    house.settle()
    assert sink.about(key) == sink.to(ADMIN) == []


def ref_of(house: Installation, key: str) -> str:
    query = """
        SELECT ref FROM record JOIN message_record AS link ON link.record = record.id
        JOIN message ON message.id = link.message WHERE subject = ?
    """
    found: str = house.value(query, f"Anfrage {key}")
    return found


def test_interrupted_it_says_how_far_it_came(new_house: Houses, tmp_path: Path) -> None:
    """No daemon runs, and nobody reads on: the pipe is full long before the end of the file."""
    house, file = new_house(started=False), mbox(tmp_path / "old.mbox", 1000)
    prepare(f"sqlite:///{house.data / 'postroom.db'}", house.data)
    with importing(house, file, "--json", "--to", WEBSITE) as stopped:
        assert stopped.stdout
        first = stopped.stdout.readline()
        stopped.send_signal(signal.SIGINT)
        out, err = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, err
    found = summary(first + out)
    assert found["interrupted"] is True
    assert found["running"] is False
    assert 200 <= int(str(found["taken"])) < 1000
    assert house.value("SELECT count(*) FROM message") == found["taken"]
    again = house.postroom("import", str(file), "--no-wait")
    assert again.returncode == 0, again.stderr
    assert "No daemon runs" in again.stdout
    assert house.value("SELECT count(*) FROM message") == 1000
