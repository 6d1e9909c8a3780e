"""`import` beside no daemon: what is taken, what is not, and what is said of it."""

import sqlite3
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from daemon.cli.progress import Bar, Lines
from daemon.intake.importer import Outcome

WEBSITE = "website.berlin.h3t8@leads.muster.example"


def mail(number: object, to: str = WEBSITE) -> bytes:
    return (
        f"From: Eva <eva{number}@kunde.example>\nTo: {to}\nSubject: Anfrage {number}\n"
        f"Date: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <{number}@kunde.example>\n\nHallo\n"
    ).encode()


def box(*mails: bytes) -> bytes:
    return b"".join(b"From - Mon Nov  2 10:00:05 2026\n" + one + b"\n" for one in mails)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the mails lie."""
    path = tmp_path / "kept"
    path.mkdir()
    return path


@pytest.fixture
def take(postroom: Any, post_room: Any) -> Any:
    """Import into a copy that may be changed."""
    return lambda *words: postroom("import", *words, directory=post_room.directory)


@pytest.fixture
def rows(post_room: Any) -> Any:
    """Columns of the mails that are new since the copy was made."""

    def read(columns: str) -> list[Any]:
        with sqlite3.connect(post_room.database) as connection:
            query = f"SELECT {columns} FROM message WHERE chain > 2 ORDER BY message.id"  # noqa: S608 - from a test
            return connection.execute(query).fetchall()

    return read


def test_a_mail_keeps_its_own_time(take: Any, rows: Any, kept: Path) -> None:
    (kept / "a.eml").write_bytes(mail(1))
    answer = take(kept / "a.eml", "--json")
    outcome, summary = answer.rows
    assert answer.code == 0
    assert (outcome["name"], outcome["result"]) == (str(kept / "a.eml"), "taken")
    assert (outcome["recipient"], outcome["received_at"]) == (WEBSITE, "2026-11-02T09:00:00+00:00")
    assert summary["summary"] == {
        "mails": 1, "taken": 1, "known": 0, "refused": 0, "dry_run": False, "interrupted": False,
        "running": False, "fates": {"pending": 1}, "opened": {}, "quarantined": [],
    }  # fmt: skip
    ((number, channel, received_at, sender, client),) = rows("id, channel, received_at, sender, client")
    assert (number, channel, received_at) == (outcome["message"], "import", "2026-11-02 09:00:00.000000")
    assert (sender, client) == ("eva1@kunde.example", str(kept / "a.eml"))


def test_nothing_is_taken_twice(take: Any, rows: Any, kept: Path, postroom: Any, post_room: Any) -> None:
    first = [mail(n) for n in range(450)]
    (kept / "a.mbox").write_bytes(box(*first, first[0], first[449]))
    answer = take(kept / "a.mbox")
    assert answer.out.splitlines()[0] == "452 mails: 450 taken, 2 taken before"
    assert "No daemon runs: 450 mails will be read when it does." in answer.out
    (kept / "b.mbox").write_bytes(box(*first, mail(450)))
    assert take(kept).out.splitlines()[0] == "903 mails: 1 taken, 902 taken before"
    assert take(kept / "a.mbox").out.splitlines()[0] == "452 mails: 0 taken, 452 taken before"
    assert len(rows("id")) == 451
    assert [tuple(row) for row in rows("DISTINCT chain")] == [(3,), (4,)], "an import that takes nothing has no chain"
    assert postroom("ledger", directory=post_room.directory).code == 0


def test_what_cannot_be_taken_is_named(take: Any, rows: Any, kept: Path) -> None:
    (kept / "1.eml").write_bytes(mail(1))
    (kept / "2.eml").write_bytes(b"")
    (kept / "3.eml").write_bytes(mail(3, "x@elsewhere.example"))
    (kept / "4.txt").write_bytes(b"a list\n")
    (kept / "5.eml").write_bytes(mail(5) + b"x" * (26 << 20))
    answer = take(kept)
    assert (answer.code, len(rows("id"))) == (1, 1)
    assert answer.out.splitlines()[0] == "5 mails: 1 taken, 4 not taken"
    assert [line.removeprefix(f"{kept}/") for line in answer.err.splitlines()] == [
        "2.eml: it is empty",
        "3.eml: it names none of our addresses: say for whom it is with --to",
        "4.txt: it is no mail",
        "5.eml: it is larger than 26214400 bytes, the limit of a mail",
    ]
    objects = take(kept, "--json").rows[:-1]
    assert [one["result"] for one in objects] == ["refused"] * 4 + ["known"]  # those that are gathered come last
    assert {one["why"] for one in objects if one["result"] == "refused"} >= {"it is empty", "it is no mail"}


def test_for_whom_can_be_said(take: Any, rows: Any, kept: Path) -> None:
    (kept / "a.eml").write_bytes(mail(1, "x@elsewhere.example"))
    assert take(kept, "--to", WEBSITE).code == 0
    assert take(kept, "--to", "desk.berlin@leads.muster.example", "--live").code == 0
    assert rows("recipient, channel") == [(WEBSITE, "import"), ("desk.berlin@leads.muster.example", "file")]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--to", WEBSITE.replace("h3t8", "h3t9")), f"did you mean '{WEBSITE}'?"), (("nowhere.mbox",), "does not exist")],
)
def test_wrong_usage(take: Any, kept: Path, words: tuple[str, ...], said: str) -> None:
    answer = take(kept, *words)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_a_dry_run_takes_nothing(take: Any, rows: Any, kept: Path) -> None:
    (kept / "a.mbox").write_bytes(box(*(mail(n) for n in range(3))))
    (kept / "b.mbox").write_bytes(box(*(mail(n) for n in range(5))))
    assert take(kept / "a.mbox").code == 0
    answer = take(kept, "--dry-run")
    assert answer.out.splitlines() == ["8 mails: 2 would be taken, 6 taken before"]
    assert len(rows("id")) == 3


def test_without_a_database(postroom: Any, post_room: Any, kept: Path) -> None:
    post_room.database.unlink()
    answer = postroom("import", kept, directory=post_room.directory)
    assert (answer.code, "there is no database yet" in answer.err) == (75, True)


def test_the_bar_shows_rate_and_what_went_wrong() -> None:
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    with Bar(200, console) as bar:
        bar.outcome(Outcome("a.eml", "refused", "it is empty\x1b[31m"))
        bar.outcome(Outcome("b.eml", "taken"))
        bar.reached(100, {"taken": 7, "refused": 1})
    out = written.getvalue()
    for text in ("a.eml: it is empty", "50%", "8 mails", "a second"):
        assert text in out
    assert "b.eml" not in out
    assert "\x1b[31m" not in out.partition("a.eml")[2].partition("\n")[0]


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.cli.progress.LINE_EVERY_SECONDS", 0.0)
    shown = Lines(200)
    shown.reached(100, {"taken": 7, "known": 1})
    assert capsys.readouterr().err.startswith("50 %, 8 mails, ")
