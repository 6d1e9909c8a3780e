"""`run`, `send`, `status`, `reload` against a daemon of our own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WEBSITE = "website.berlin.h3t8@leads.muster.example"
START_SECONDS = 60


@pytest.fixture(scope="module")
def running(worked_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A daemon on a fresh example group; it says by systemd's protocol when it takes mail."""
    from config.init import initialise

    directory = tmp_path_factory.mktemp("running") / "etc"
    initialise(directory)
    main = directory / "postroom.toml"
    main.write_text(main.read_text().replace(":2525", ":0").replace(":9125", ":0"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        place = directory.parent / "notify"
        ready.bind(str(place))
        ready.settimeout(START_SECONDS)
        command = [sys.executable, "-c", "from daemon.cli import main; main()", "run", "-c", str(directory)]
        with (directory.parent / "log").open("wb") as log:
            process = subprocess.Popen(command, env=os.environ | {"NOTIFY_SOCKET": str(place)}, stderr=log)
        try:
            while b"READY=1" not in ready.recv(4096):
                assert process.poll() is None
            yield directory
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, (directory.parent / "log").read_text()


def test_a_mail_is_sent_and_accepted(postroom: Any, running: Path) -> None:
    mail = running / "mails" / "form-german.eml"
    answer = postroom("send", mail, "--to", WEBSITE, directory=running)
    assert (answer.code, "250" in answer.out) == (0, True), answer.err
    (found,) = postroom("status", "--json", directory=running).rows
    assert found["running"] is True
    assert found["counters"]["accepted"] >= 1


def test_a_wrong_address_is_refused_and_remembered(postroom: Any, running: Path) -> None:
    wrong = WEBSITE.replace("h3t8", "h3t9")
    answer = postroom("send", "-", "--to", wrong, directory=running, given=b"Subject: x\n\n.\nx")
    assert (answer.code, "550" in answer.err) == (1, True)
    out = postroom("status", directory=running).out
    assert wrong in out
    assert WEBSITE in out


def test_one_wrong_address_among_two(postroom: Any, running: Path) -> None:
    both = ("--to", WEBSITE, "--to", "nobody@leads.muster.example")
    answer = postroom("send", "-", *both, directory=running, given=b"Subject: x\n\nanother")
    assert answer.code == 1
    assert "250" in answer.out
    assert "nobody@leads.muster.example: 550" in answer.err


def test_records_opened_by_hand_are_told(postroom: Any, running: Path) -> None:
    (record,) = postroom("new", "lead", "site=berlin", "customer.name=Eva", "--json", directory=running).rows
    assert postroom("do", record["ref"], "note", "text=calls again", directory=running).code == 0
    assert postroom("ledger", directory=running).code == 0


def test_reload_takes_over_or_says_why_not(postroom: Any, running: Path) -> None:
    rules = running / "rules.toml"
    good = rules.read_text()
    before = postroom("status", "--json", directory=running).rows[0]["settings"]
    try:
        rules.write_text(good.replace("Everything else", "All others"))
        assert postroom("reload", directory=running).code == 0
        after = postroom("status", "--json", directory=running).rows[0]
        assert (after["settings"] != before, after["problems"]) == (True, [])
        rules.write_text(good.replace('team = "service"', 'team = "servcie"'))
        answer = postroom("reload", directory=running)
        assert (answer.code, "did you mean 'service'?" in answer.err) == (1, True)
        shown = postroom("status", directory=running)
        assert (shown.code, "the last reload was refused: rules.toml:" in shown.out) == (0, True)
    finally:
        rules.write_text(good)


def test_a_second_daemon_is_refused(running: Path) -> None:
    command = [sys.executable, "-c", "from daemon.cli import main; main()", "run", "-c", str(running)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS)
    assert (done.returncode, "in use by another daemon" in done.stderr) == (75, True)


def test_status_shows_mailboxes_though_no_daemon_runs(postroom: Any, post_room: Any) -> None:
    """The database of this post room has read a mailbox `main`; `second` was never read."""
    (post_room.directory / "imap.password").write_text("x")
    with (post_room.directory / "postroom.toml").open("a") as main:
        for name in ("main", "second"):
            main.write(f'[[imap]]\nid = "{name}"\nhost = "imap.muster.example"\nusername = "leads"\n')
            main.write('password = { file = "imap.password" }\n')
    (found,) = postroom("status", "--json", directory=post_room.directory).rows
    (main_box, second) = found["mailboxes"]
    assert (main_box["id"], main_box["state"], main_box["found"], main_box["waiting"]) == (
        "main",
        "not read here",
        4,
        1,
    )
    assert (second["last_success"], second["found"]) == (None, 0)
    shown = postroom("status", directory=post_room.directory).out
    assert "leads at imap.muster.example" in shown


def test_a_data_directory_that_cannot_be_used_is_said_in_a_line(post_room: Any, postroom: Any) -> None:
    """A disk that is not mounted comes by itself: try again."""
    main, place = post_room.directory / "postroom.toml", post_room.directory / "no-directory"
    place.touch()
    main.write_text(main.read_text().replace('data = "./data"', f'data = "{place}"'))
    command = [sys.executable, "-c", "from daemon.cli import main; main()", "run", "-c", str(post_room.directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (75, f"postroom: {place} cannot be the data directory now: File exists\n")


def test_a_damaged_database_is_said_in_a_line(post_room: Any, postroom: Any) -> None:
    post_room.database.write_bytes(b"no database" * 500)
    answer = postroom("db", "upgrade", directory=post_room.directory)
    assert (answer.code, answer.err) == (75, "postroom: the database cannot be used now: file is not a database\n")
