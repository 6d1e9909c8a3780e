"""`parse`, `explain`, `why`: a mail tried, and a mail looked back on."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

WEBSITE = "website.berlin.h3t8@leads.muster.example"
IMPORTER = "importer.c6v3@leads.muster.example"
MONDAY = "2026-11-23T10:00"


@pytest.fixture
def form(worked_in: Any) -> Path:
    path: Path = worked_in.directory / "mails" / "form-german.eml"
    return path


def explain(postroom: Any, worked_in: Any, *words: object, **more: Any) -> Any:
    return postroom("explain", *words, directory=worked_in.directory, **more)


def test_parse_needs_no_configuration(postroom: Any, form: Path, tmp_path: Path) -> None:
    (found,) = postroom("parse", form, "--json", directory=tmp_path / "nowhere").rows
    assert found["file"] == str(form)
    assert found["class"] == "person"
    assert found["defects"] == []
    assert found["readings"][0]["customer"]["emails"] == ["jonas.probe@kunde.example"]
    assert found["readings"][0]["origins"]["customer.emails"] == "table"


def test_parse_prints_fields_with_their_origin(postroom: Any, form: Path, worked_in: Any) -> None:
    answer = postroom("parse", form, "--to", WEBSITE, directory=worked_in.directory)
    (row,) = [line for line in answer.out.splitlines() if "customer.emails" in line]
    assert "jonas.probe@kunde.example" in row
    assert "table" in row


def test_parse_shows_the_way_a_mail_took(postroom: Any, tmp_path: Path) -> None:
    mail = tmp_path / "hops.eml"
    mail.write_text(
        "Received: from b.example by c.example with ESMTP; Mon, 23 Nov 2026 09:00:00 +0100\n"
        "Received: from a.example by b.example with SMTP; Mon, 23 Nov 2026 08:59:00 +0100\n"
        "From: a@a.example\nSubject: way\n\nhello\n"
    )
    (found,) = postroom("parse", mail, "--hops", "--json", directory=tmp_path).rows
    assert [(hop["sender"], hop["delay"]) for hop in found["way"]["hops"]] == [("a.example", 0.0), ("b.example", 60.0)]
    assert "a.example" in postroom("parse", mail, "--hops", directory=tmp_path).out


def test_explain_shows_the_whole_way(postroom: Any, form: Path, worked_in: Any) -> None:
    (found,) = explain(postroom, worked_in, form, "--to", WEBSITE, "--at", MONDAY, "--json").rows
    assert (found["source"], found["site"], found["fate"]) == ("website-berlin", "berlin", "opened")
    assert [rule["matched"] for rule in found["rules"]] == [False] * 6 + [True]
    (told,) = found["notifications"]
    assert (told["to"], told["team"]) == ("verkauf.berlin@muster.example", "sales")
    assert "Jonas Probe" in told["subject"]
    assert "L-000000-?" in told["subject"]
    assert [one["step"] for one in found["deadlines"]] == ["E1", "E2.1", "EM2.1"]
    assert found["deadlines"][0]["due_at"] == "2026-11-23T12:00:00Z"  # 13:00 in Berlin
    assert "due Mon 13:00" in found["deadlines"][0]["because"]


def test_explain_for_people(postroom: Any, form: Path, worked_in: Any) -> None:
    out = explain(postroom, worked_in, form, "--to", WEBSITE, "--at", MONDAY).out
    for text in ("matches everything", "Mon 2026-11-23 13:00 +01:00", "verkauf.berlin@muster.example", "Jonas Probe"):
        assert text in out


def test_explain_says_how_a_source_is_verified(postroom: Any, form: Path, worked_in: Any) -> None:
    (found,) = explain(postroom, worked_in, form, "--to", WEBSITE, "--at", MONDAY, "--json").rows
    assert found["verified"] == "address"
    assert "flags" not in found
    assert "website-berlin (verified by its address)" in explain(postroom, worked_in, form, "--to", WEBSITE).out
    (found,) = explain(postroom, worked_in, form, "--to", IMPORTER, "--at", MONDAY, "--json").rows
    assert "verified" not in found
    assert found["flags"] == ["unverified"]
    out = explain(postroom, worked_in, form, "--to", IMPORTER).out
    assert "importer (not verified)" in out
    assert "beware: unverified" in out


def test_expect(postroom: Any, form: Path, worked_in: Any) -> None:
    met = ("--expect", "fate=opened", "--expect", "notifications.*.team=sales", "--expect", "rules.6.matched=true")
    assert explain(postroom, worked_in, form, "--to", WEBSITE, *met).code == 0
    answer = explain(postroom, worked_in, form, "--to", WEBSITE, *met, "--expect", "site=odense", "--json")
    assert answer.code == 1
    assert "site: expected 'odense', is 'berlin'" in answer.err
    assert len(answer.rows) == 1  # the finding does not swallow the explanation


def test_the_recipient_is_found_in_the_header(postroom: Any, worked_in: Any) -> None:
    mail = f"Delivered-To: {WEBSITE}\nTo: info@elsewhere.example\nFrom: a@b.example\nSubject: x\n\nHello".encode()
    (found,) = explain(postroom, worked_in, "-", "--json", given=mail).rows
    assert found["source"] == "website-berlin"
    answer = explain(postroom, worked_in, "-", given=mail.replace(WEBSITE.encode(), b"x@y.example"))
    assert (answer.code, "--to ADDRESS" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", WEBSITE.replace("h3t8", "h3t9")), f"did you mean '{WEBSITE}'?"),
        (("--to", WEBSITE, "--at", "tomorrow"), "'tomorrow' is no time"),
        (("--to", WEBSITE, "--expect", "fate"), "write KEY=VALUE"),
    ],
)
def test_wrong_usage_says_what_was_meant(
    postroom: Any, form: Path, worked_in: Any, words: tuple[str, ...], said: str
) -> None:
    answer = explain(postroom, worked_in, form, *words)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_what_strangers_write_cannot_reach_the_terminal(postroom: Any, worked_in: Any) -> None:
    mail = b"From: a@b.example\nSubject: x\n\nName: \x1b[31mEva\x9b1m [bold]Beispiel[/bold]\nE-Mail: e@b.example\n"
    out = explain(postroom, worked_in, "-", "--to", WEBSITE, given=mail).out
    assert "\x1b" not in out
    assert "\x9b" not in out


def test_what_was_stored_is_what_a_dry_run_says(postroom: Any, worked_in: Any, tmp_path: Path) -> None:
    """Word by word, but for what only a real run has: number, reference, Message-ID, and the context it found."""
    with sqlite3.connect(worked_in.database) as connection:
        query = "SELECT message.id, recipient, bytes, fate FROM message JOIN raw ON raw.message = message.id"
        mails = connection.execute(f"{query} WHERE trace IS NOT NULL").fetchall()
    compared = []
    for number, recipient, raw, fate in mails:
        (stored,) = postroom("why", number, "--json", directory=worked_in.directory).rows
        if stored["context"].keys() - {"imported"}:
            continue
        file = tmp_path / f"{number}.eml"
        file.write_bytes(raw)
        put_in = ["--imported"] * ("quiet" in stored)
        (dry,) = explain(postroom, worked_in, file, "--to", recipient, "--at", stored["at"], "--json", *put_in).rows
        for found in (dry, stored):
            for name in ("file", "message", "record"):
                found.pop(name, None)
            for told in found["notifications"]:
                subject = told.pop("subject", None)
                assert subject is None or "-" in subject
        assert dry == stored
        compared.append(fate)
    assert set(compared) == {"opened", "automatic", "ignored", "bounce"}


def test_why_knows_references_numbers_and_message_ids(postroom: Any, worked_in: Any) -> None:
    with sqlite3.connect(worked_in.database) as connection:
        ref, number, sent = connection.execute(
            "SELECT record.ref, link.message, outbox.message_id FROM record "
            "JOIN message_record AS link ON link.record = record.id "
            "JOIN outbox ON outbox.record = record.id WHERE record.id = 2"
        ).fetchone()
        received = connection.execute("SELECT bytes FROM raw WHERE message = ?", (number,)).fetchone()[0]
    own = next(line for line in received.decode().splitlines() if line.lower().startswith("message-id:"))
    asked = [ref, ref.lower().replace("-", " "), number, sent, own.partition(":")[2].strip()]
    answers = [postroom("why", one, "--json", directory=worked_in.directory) for one in asked]
    assert [(answer.code, answer.rows[0]["message"]) for answer in answers] == [(0, number)] * len(asked)
    (found,) = answers[0].rows
    assert found["record"] == ref
    assert ref in found["notifications"][0]["subject"]


@pytest.mark.parametrize(
    ("ref", "code", "said"),
    [
        ("L-000000-M", 1, "there is no record"),
        ("L-000000-1", 2, "is mistyped"),
        ("L-00", 2, "is too short"),
        ("X-000000-0", 2, "begins with the letter of a kind"),
        ("99", 1, "no mail 99"),
        ("<nobody@nowhere.example>", 1, "has the Message-ID"),
    ],
)
def test_why_of_what_is_not_there(postroom: Any, worked_in: Any, ref: str, code: int, said: str) -> None:
    answer = postroom("why", ref, directory=worked_in.directory)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_why_of_a_record_without_a_mail(postroom: Any, worked_in: Any) -> None:
    rows = postroom("records", "--site", "odense", "--json", directory=worked_in.directory).rows
    answer = postroom("why", rows[0]["ref"], directory=worked_in.directory)
    assert (answer.code, "opened by hand" in answer.err) == (1, True)


def test_why_of_a_mail_that_nobody_read(postroom: Any, worked_in: Any) -> None:
    with sqlite3.connect(worked_in.database) as connection:
        waiting = dict(connection.execute("SELECT fate, id FROM message"))
    assert "nobody has read it yet" in postroom("why", waiting["pending"], directory=worked_in.directory).out
    out = postroom("why", waiting["quarantined"], "--json", directory=worked_in.directory).out
    assert json.loads(out)["reason"].startswith("the reader died")
