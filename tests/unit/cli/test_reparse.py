"""`reparse` and `sources` beside no daemon, on a post room that has worked."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from daemon.act import act
from daemon.shift import database_url
from daemon.store import open_store
from rules import changes, lifecycle, transition
from rules.model import Action, Actor
from rules.transition import Transition

ALL = ("--since", "2026-01-01")


@pytest.fixture
def ask(postroom: Any, post_room: Any) -> Any:
    """Run a command on a copy that may be changed."""
    return lambda *words: postroom(*words, directory=post_room.directory)


@pytest.fixture
def austrian(post_room: Any) -> None:
    """The site of the website's leads has moved: their numbers without a country code are read otherwise."""
    file = post_room.directory / "sites.toml"
    text = file.read_text("utf-8").replace('country = "DE"', 'country = "AT"')
    if "AT" not in text:
        text = text.replace('id = "berlin"\n', 'id = "berlin"\ncountry = "AT"\n')
    file.write_text(text, "utf-8")


def rows(post_room: Any, query: str) -> list[Any]:
    with closing(sqlite3.connect(post_room.database)) as connection:
        return connection.execute(query).fetchall()


def differences(answer: Any) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (one.get("record"), change["field"], change["before"], change["after"])
        for one in answer.rows[:-1]
        for change in one.get("changes", ())
        if one["fate"] == "opened"
    ]


def test_nothing_differs_while_nothing_changed(ask: Any) -> None:
    answer = ask("reparse", *ALL, "--fate", "opened")
    assert answer.out.splitlines() == ["4 mails read again: 0 would change"]
    assert answer.code == 0


def test_differences_are_shown_and_nothing_is_written(ask: Any, austrian: None, post_room: Any) -> None:
    before = rows(post_room, "SELECT * FROM revision"), rows(post_room, "SELECT * FROM message")
    answer = ask("reparse", *ALL, "--fate", "opened", "--source", "website-berlin", "--json")
    summary = answer.rows[-1]["summary"]
    assert {field for _, field, _, _ in differences(answer)} == {"customer.phones"}
    assert all(str(after).startswith("+43") for _, _, _, after in differences(answer))
    assert (summary["mails"], summary["differ"], summary["done"]) == (2, 2, 0)
    assert (rows(post_room, "SELECT * FROM revision"), rows(post_room, "SELECT * FROM message")) == before
    said = ask("reparse", *ALL, "--fate", "opened", "--source", "website-berlin").out
    assert "  customer.phones: +49" in said
    assert said.endswith("Nothing was written; --apply does it.\n")


def test_applied_it_is_a_revision_and_a_second_run_finds_nothing(ask: Any, austrian: None, post_room: Any) -> None:
    answer = ask("reparse", *ALL, "--fate", "opened", "--source", "website-berlin", "--apply", "--json")
    (ref, field, _, after), *_ = differences(answer)
    assert answer.rows[-1]["summary"]["done"] == 2
    (shown,) = ask("show", ref, "--json").rows
    assert shown["record"]["reading"]["customer"]["phones"] == [after]
    last = shown["revisions"][-1]
    assert (last["action"], last["actor_role"], last["actor"]) == ("reparse", "command", "anna")
    assert last["args"]["fields"] == field
    (why,) = ask("why", ref, "--json").rows
    assert [(one["record"], one["by"], one["fields"]) for one in why["read_again"]] == [(ref, "anna", field)]
    assert f"Read again by anna: {field}" in " ".join(ask("why", ref).out.split())
    again = ask("reparse", *ALL, "--fate", "opened", "--source", "website-berlin", "--apply")
    assert again.out.splitlines() == ["2 mails read again: 0 changed"]
    assert ask("ledger").code == 0
    assert rows(post_room, "SELECT count(*) FROM outbox WHERE purpose = 'late'") == [(0,)]


def test_a_quarantined_mail_becomes_a_record_of_its_own_time(ask: Any, post_room: Any) -> None:
    told = rows(post_room, "SELECT count(*) FROM notice")
    answer = ask("reparse", *ALL, "--fate", "quarantined", "--apply", "--json")
    (one,) = answer.rows[:-1]
    assert (one["fate"], one["fate_now"], one["done"]) == ("quarantined", "opened", True)
    (shown,) = ask("show", one["record"], "--json").rows
    assert shown["record"]["received_at"] == "2026-11-20T09:00:00Z"
    assert [(each["action"], each["args"]) for each in shown["revisions"]] == [("open", {"late": "read again by anna"})]
    assert (shown["notices"], shown["deadlines"]) == ([], []), "it is older than a day: no clock, no mail of its own"
    assert rows(post_room, "SELECT count(*) FROM notice") == told
    letters = rows(post_room, "SELECT recipient, subject FROM outbox WHERE purpose = 'late'")
    assert letters == [("verkauf.berlin@muster.example", "Nachträglich gelesen: Vorgänge (1)")]
    (content,) = rows(post_room, "SELECT bytes FROM rendered ORDER BY outbox DESC LIMIT 1")[0]
    assert one["record"].encode() in content
    assert "late by parser" in ask("why", one["record"]).out
    assert ask("ledger").code == 0
    assert ask("reparse", *ALL, "--fate", "quarantined", "--apply").out.startswith("no mails read again")


def test_what_a_person_has_changed_is_left(
    ask: Any, austrian: None, post_room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No action of today changes a reading: one that does is put into the tables."""
    table: transition.Table = {
        **lifecycle.LEAD,
        ("waiting", "correct"): Transition(to=None),
        ("new", "correct"): Transition(to=None),
    }
    monkeypatch.setattr(lifecycle, "_TABLES", {"lead": table})

    def correct(record: Any, *_: object) -> dict[str, Any]:
        customer = msgspec.structs.replace(record.reading.customer, phones=("+4930999",))
        return {"reading": msgspec.structs.replace(record.reading, customer=customer)}

    monkeypatch.setattr("rules.apply._FIELDS", {**changes.FIELDS, "correct": correct})
    ref = ask("records", "--state", "waiting", "--json").rows[0]["ref"]
    store = open_store(database_url(post_room.settings))
    by = Action(name="correct", actor=Actor("team", "eva@muster.example"))
    act(store, post_room.settings, ref, by, datetime(2026, 11, 21, tzinfo=UTC))
    store.close()
    answer = ask("reparse", *ALL, "--fate", "opened", "--source", "website-berlin", "--apply", "--json")
    left = [one for one in answer.rows[:-1] if one["record"] == ref]
    assert [change["left"] for one in left for change in one["changes"]] == ["a person has changed it"]
    assert not any(one.get("done") for one in left)
    assert answer.rows[-1]["summary"]["left"] == 1
    assert ask("show", ref, "--json").rows[0]["record"]["reading"]["customer"]["phones"] == ["+4930999"]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ((), 6),
        (("--fate", "unsorted"), 1),
        (("--fate", "automatic"), 1),
        (("--source", "mobile-berlin"), 1),
        (("--limit", "2"), 2),
        (("--until", "2026-09-01"), 1),
        (("--since", "2026-10-01"), 5),
        (("--since", "2030-01-01"), 0),
    ],
)
def test_which_mails(ask: Any, words: tuple[str, ...], number: int) -> None:
    assert ask("reparse", *ALL, *words, "--json").rows[-1]["summary"]["mails"] == number


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reparse", "--since", "yesterday"), "is no date"),
        (("reparse", *ALL, "--source", "website-berlni"), "did you mean 'website-berlin'?"),
        (("reparse",), "--since"),
        (("sources", "website-berlni"), "did you mean 'website-berlin'?"),
    ],
)
def test_wrong_usage(ask: Any, words: tuple[str, ...], said: str) -> None:
    answer = ask(*words)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_sources_fit_a_terminal(ask: Any) -> None:
    answer = ask("sources")
    assert max(map(len, answer.out.splitlines())) <= 100
    for text in ("website-berlin", "1/1", "10d", "off", "several"):
        assert text in answer.out


def test_sources_as_objects(ask: Any) -> None:
    found = {one["source"]: one for one in ask("sources", "--json").rows}
    assert len(found) == 7
    assert found["importer"]["last"] is None
    assert found["website-berlin"]["last"] == "2026-11-20T09:00:00+00:00"
    assert (found["website-berlin"]["mails"], found["website-berlin"]["silence"]) == (2, "7d")
    assert "fields" not in found["website-berlin"]


def test_one_source_in_detail(ask: Any) -> None:
    (found,) = ask("sources", "website-berlin", "--json").rows
    assert {"field": "customer.phones", "was": 0.0, "now": 1.0} in found["fields"]
    assert [(one["structure"], one["mails"]) for one in found["structures"]] == [("table in html (table, h2)", 2)]
    out = ask("sources", "website-berlin").out
    for text in ("website.berlin.h3t8@leads.muster.example", "customer.phones", "100 %", "table in html", "Latest 2"):
        assert text in out
    assert max(map(len, out.splitlines())) <= 100
    assert "nothing came from it yet" in ask("sources", "importer").out
