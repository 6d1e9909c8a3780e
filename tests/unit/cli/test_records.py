"""`records`, `show`, `do`, `new`, `ledger`, `queue`, `quarantine`, `status`: looking and acting without a daemon."""

import sqlite3
from typing import Any

import pytest


@pytest.fixture
def ask(postroom: Any, post_room: Any) -> Any:
    """Run a command on a copy that may be changed."""
    return lambda *words, **more: postroom(*words, directory=post_room.directory, **more)


def ref_of(ask: Any, *words: str) -> str:
    ref: str = ask("records", *words, "--json").rows[-1]["ref"]
    return ref


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ((), 5),
        (("--site", "berlin"), 3),
        (("--site", "berlin", "--state", "waiting"), 1),
        (("--kind", "unsorted"), 1),
        (("--kind", "review"), 0),
        (("--limit", "3"), 3),
    ],
)
def test_records_are_listed(ask: Any, words: tuple[str, ...], number: int) -> None:
    assert len(ask("records", *words, "--json").rows) == number


def test_records_of_an_unknown_site(ask: Any) -> None:
    answer = ask("records", "--site", "berlni")
    assert (answer.code, "did you mean 'berlin'?" in answer.err) == (2, True)


def test_show_tells_all_there_is(ask: Any) -> None:
    ref = ref_of(ask, "--state", "waiting")
    (found,) = ask("show", ref, "--json").rows
    assert [one["action"] for one in found["revisions"]] == ["open", "attach", "take", "later"]
    assert [one["how"] for one in found["mails"]] == ["opened", "attached"]
    assert found["mails"][0]["verified"] == "address"
    assert [(one["purpose"], one["state"]) for one in found["notices"]] == [("new", "sent"), ("attached", "waiting")]
    out = ask("show", ref).out
    for text in ("Jonas Probe", "Tiguan", "comes back ", "until=2d", "counts 24h elapsed", "verified by its address"):
        assert text in out


def test_a_mail_that_was_put_in_later_tells_its_own_time(ask: Any, post_room: Any) -> None:
    (found,) = [ask("show", row["ref"], "--json").rows[0] for row in ask("records", "--json").rows[-1:]]
    assert found["record"]["received_at"] == "2026-08-22T09:00:00Z"
    (mail,) = found["mails"]
    assert (mail["channel"], mail["accepted_at"]) == ("import", "2026-11-20T09:00:00Z")
    assert (found["deadlines"], found["notices"]) == ([], [])
    assert "received Sat 2026-08-22 11:00 +02:00" in ask("show", found["record"]["ref"]).out
    assert "Nobody is told: imported: no clock, no mail." in ask("why", found["record"]["ref"]).out
    (reopened,) = ask("do", found["record"]["ref"], "not-mine", "team=service", "--json").rows
    assert [one["step"] for one in ask("show", reopened["ref"], "--json").rows[0]["deadlines"]] != []


def test_show_as_it_was(ask: Any) -> None:
    ref = ref_of(ask, "--state", "waiting")
    (found,) = ask("show", ref, "--at", "2100-01-01", "--json").rows
    assert found["record"]["state"] == "waiting"
    assert ask("show", ref, "--at", "2000-01-01T10:00").code == 1
    assert "is no time" in ask("show", ref, "--at", "then").err


def test_do_changes_a_record_and_says_by_whom(ask: Any) -> None:
    ref = ref_of(ask, "--site", "berlin", "--state", "new")
    assert ask("do", ref.lower(), "done", "result=won").code == 0
    (found,) = ask("show", ref, "--json").rows
    assert (found["record"]["state"], found["record"]["result"]) == ("done", "won")
    last = found["revisions"][-1]
    assert (last["action"], last["actor"], last["actor_role"]) == ("done", "anna", "command")
    assert ask("ledger").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("dome",), 1, "did you mean 'done'?"),
        (("reopen",), 1, "not possible"),
        (("done", "reslut=won"), 1, "did you mean 'result'?"),
        (("later", "until"), 2, "write KEY=VALUE"),
    ],
)
def test_what_cannot_be_done_is_explained(ask: Any, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("do", ref_of(ask, "--site", "berlin", "--state", "new"), *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_new_opens_a_record_by_the_rules(ask: Any) -> None:
    answer = ask(
        "new", "lead", "site=berlin", "customer.name=Eva  Beispiel", "customer.phones=030 5550123",
        "customer.phones=0170 1234567", "vehicles.make=VW", "vehicles.odometer.value=12000", "comments=red\nsoon",
        "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    (record,) = answer.rows
    reading = record["reading"]
    assert record["ref"].startswith("L-")
    assert reading["customer"] == {"name": "Eva Beispiel", "phones": ["+49305550123", "+491701234567"]}
    assert reading["vehicles"] == [{"make": "VW", "odometer": {"value": 12000}}]
    (found,) = ask("show", record["ref"], "--json").rows
    assert [one["to"] for one in found["notices"]] == ["verkauf.berlin@muster.example"]
    assert [one["step"] for one in found["deadlines"]] == ["E1", "E2.1", "EM2.1"]
    assert ask("ledger").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "site= is missing"),
        (("site=berlni",), "did you mean 'berlin'?"),
        (("site=berlin", "custmer.name=Eva"), "did you mean 'customer'?"),
        (("site=berlin", "customer.nam=Eva"), "did you mean 'name'?"),
        (("site=berlin", "customer=Eva"), "has parts"),
        (("site=berlin", "comments.more=Eva"), "has no parts"),
        (("site=berlin", "origins.x=y"), "unknown key"),
        (("site=berlin", "vehicles.odometer.value=many"), "vehicles.0.odometer.value: must be a whole number"),
        (("site=berlin", "vehicles.make=VW", "vehicles.2.make=Audi"), "leaves some out"),
        (("site=berlin", "at=soon"), "is no time"),
        (("site=berlin", "at=2100-01-01"), "lies ahead"),
    ],
)
def test_new_with_mistakes(ask: Any, words: tuple[str, ...], said: str) -> None:
    answer = ask("new", "lead", *words)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_a_call_with_two_cars(ask: Any) -> None:
    answer = ask("new", "lead", "site=berlin", "vehicles.make=VW", "vehicles.1.role=trade-in", "vehicles.1.make=Audi",
                 "call.number=030 5550123", "--json")  # fmt: skip
    reading = answer.rows[0]["reading"]
    assert reading["vehicles"] == [{"make": "VW"}, {"role": "trade-in", "make": "Audi"}]
    assert reading["call"] == {"number": "+49305550123"}


def test_the_ledger_counts_every_mail(ask: Any) -> None:
    answer = ask("ledger", "--json")
    assert answer.code == 0
    assert sum(row["mails"] for row in answer.rows) == 11


def test_the_ledger_names_what_was_deleted(ask: Any, post_room: Any) -> None:
    with sqlite3.connect(post_room.database) as connection:
        connection.execute("DELETE FROM raw WHERE message = 4294967299")
    answer = ask("ledger")
    assert answer.code == 1
    assert "message 4294967299: its bytes are missing" in answer.out
    assert "1 finding" in answer.out
    findings = [row for row in ask("ledger", "--json").rows if "finding" in row]
    assert findings == [{"finding": "its bytes are missing", "where": "message 4294967299"}]


def test_the_queue(ask: Any) -> None:
    assert [row["state"] for row in ask("queue", "list", "--json").rows] == ["waiting"] * 4
    assert len(ask("queue", "list", "--all", "--json").rows) == 5
    assert ask("queue", "hold", 2, 3).code == 0
    assert [row["id"] for row in ask("queue", "list", "--state", "held", "--json").rows] == [2, 3]
    assert ask("queue", "drop", 2).code == 0
    assert ask("queue", "retry", 3).code == 0
    answer = ask("queue", "drop", 1, 99)
    assert (answer.code, "1 is sent: it cannot be dropped" in answer.out) == (1, True)
    assert "99 is not there" in answer.out
    assert b"verkauf.berlin@muster.example" in ask("queue", "show", 1, "--raw").out.encode()
    assert ask("queue", "show", 1, "--json").rows[0]["state"] == "sent"
    assert ask("queue", "show", 99).code == 1
    assert ask("ledger").code == 0


def test_the_quarantine(ask: Any) -> None:
    (row,) = ask("quarantine", "list", "--json").rows
    assert "the reader died" in row["reason"]
    assert "Subject: killer" in ask("quarantine", "show", row["id"], "--raw").out
    assert row["reason"] in " ".join(ask("quarantine", "show", row["id"]).out.split())
    assert ask("quarantine", "retry", 7).code == 1
    assert ask("quarantine", "drop", row["id"], "--reason", "an attack").code == 0
    assert ask("quarantine", "list", "--json").rows == []
    assert "ignored: an attack (anna)" in ask("why", row["id"]).out
    assert ask("ledger").code == 0


def test_a_mail_can_be_read_again(ask: Any, post_room: Any) -> None:
    (row,) = ask("quarantine", "list", "--json").rows
    assert ask("quarantine", "retry", row["id"]).code == 0
    with sqlite3.connect(post_room.database) as connection:
        (fate,) = connection.execute("SELECT fate FROM message WHERE id = ?", (row["id"],)).fetchone()
    assert fate == "pending"


def test_status_without_a_daemon(ask: Any) -> None:
    answer = ask("status", "--json")
    assert answer.code == 1
    (found,) = answer.rows
    assert found["running"] is False
    assert found["mails"]["opened"] == 4
    assert found["outbox"] == {"sent": 1, "waiting": 4}
    assert "not running" in ask("status").out


def test_what_needs_a_daemon_says_so(ask: Any) -> None:
    assert ask("reload").code == 75
    answer = ask("send", "-", "--to", "desk.berlin@leads.muster.example", given=b"Subject: x\n\nx")
    assert (answer.code, "no daemon answers" in answer.err) == (75, True)


@pytest.mark.parametrize("command", ["records", "ledger"])
def test_a_database_of_another_version_is_left_alone(ask: Any, post_room: Any, command: str) -> None:
    with sqlite3.connect(post_room.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = ask(command)
    assert (answer.code, "newer version" in answer.err) == (78, True)


def test_a_database_that_is_none(ask: Any, post_room: Any) -> None:
    post_room.database.write_bytes(b"no database at all, but long enough to look like one" * 100)
    answer = ask("records")
    assert (answer.code, "cannot be used now" in answer.err) == (75, True)


LOOKS = [("ledger",), ("queue", "list"), ("quarantine", "list"), ("records",), ("show", "REF"), ("why", "REF")]


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
def test_what_must_be_looked_at_in_trouble_needs_no_sound_configuration(
    ask: Any, post_room: Any, words: tuple[str, ...]
) -> None:
    words = tuple(ask("records", "--json").rows[0]["ref"] if word == "REF" else word for word in words)
    whole = ask(*words, "--json")
    main = post_room.directory / "postroom.toml"
    (post_room.directory / "rules.toml").write_text("x = [")
    main.write_text(main.read_text("utf-8").replace("hostname", "hostnmae"), "utf-8")
    looked = ask(*words, "--json")
    assert (looked.code, looked.out) == (whole.code, whole.out)
    assert "problems in" in looked.err
    main.write_text("x = [")
    assert ask(*words).code == 78


def test_times_are_the_sites_own_while_other_files_have_errors(ask: Any, post_room: Any) -> None:
    ref = ask("records", "--json").rows[0]["ref"]
    whole = ask("show", ref).out
    (post_room.directory / "rules.toml").write_text("x = [")
    assert ask("show", ref).out == whole
    (post_room.directory / "sites.toml").write_text("x = [")
    in_utc = ask("show", ref)
    assert (in_utc.code, in_utc.out != whole) == (0, True)
    assert ask("records", "--site", "berlin").code == 0
    assert ask("do", ref, "take").code == 78


def test_records_of_a_mistyped_state(ask: Any) -> None:
    assert ask("records", "--state", "nwe").code == 2
