"""`person export`, `person erase`, `person clear`, on a post room that has worked."""

import base64
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from daemon.act import act, open_by_hand
from daemon.seams import wall_now
from daemon.shift import database_url
from daemon.store import open_store, outgoing
from daemon.store.outgoing import Letter
from daemon.store.schema import outbox
from parsers.records import Customer, Parsed, Reading
from rules.decide import decide
from rules.model import Action, Actor, Context, Envelope, Opening
from tests.unit.store.test_erased_rows import close_all

JONAS, PHONE = "jonas.probe@kunde.example", "+49 30 5550177"
AT_BERLIN = ("--site", "berlin")


@pytest.fixture
def ask(postroom: Any, post_room: Any) -> Any:
    """Run a command on a copy that may be changed."""
    return lambda *words, **how: postroom(*words, directory=post_room.directory, **how)


@pytest.fixture
def all_closed(post_room: Any) -> None:
    store = open_store(database_url(post_room.settings))
    close_all(store, post_room.settings)
    store.close()


def call(post_room: Any, customer: Customer) -> str:
    """Somebody calls Berlin; the reference."""
    settings, now = post_room.settings, wall_now()
    site = settings.sites["berlin"]
    reading = Reading(kind="lead", customer=customer)
    envelope = Envelope(recipient=site.desk, channel="command", accepted_at=now)
    parsed = Parsed(digest="", readings=(reading,))
    decision = decide(reading, envelope, parsed, site, None, settings, Context(), now, 0)
    opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=now)
    store = open_store(database_url(settings))
    anna = Actor("command", "anna")
    ref = open_by_hand(store, settings, opening, Action(name="open", actor=anna), now).ref
    act(store, settings, ref, Action(name="done", actor=anna), now)
    store.close()
    return ref


@pytest.mark.parametrize("key", [JONAS, PHONE, JONAS.upper()])
def test_what_is_open_is_named_and_nothing_is_erased(ask: Any, key: str) -> None:
    before = ask("records", "--json").rows
    said = ask("person", "erase", key, *AT_BERLIN, "--yes")
    assert said.code == 1
    assert said.out.count("close it first, with `postroom do L-") == 2
    assert "nothing was erased" in said.err
    assert ask("records", "--json").rows == before


@pytest.mark.usefixtures("all_closed")
def test_it_asks_first(ask: Any) -> None:
    said = ask("person", "erase", JONAS, *AT_BERLIN, given=b"n\n")
    assert said.code == 1
    assert "Jonas Probe at berlin, known by mail:jonas.probe@kunde.example" in said.out
    assert "2 records: L-" in said.out
    assert JONAS in json.dumps(ask("records", "--json").rows)
    assert ask("person", "erase", JONAS, *AT_BERLIN, "--json").code == 2, "without --yes"


@pytest.mark.usefixtures("all_closed")
def test_one_person_is_erased_and_nobody_else(ask: Any) -> None:
    others = [row for row in ask("records", "--json").rows if "jonas" not in json.dumps(row)]
    findings = ask("ledger", "--json").out.count("what")
    said = ask("person", "erase", PHONE, *AT_BERLIN, given=b"y\n")
    assert said.code == 0, said.err
    assert said.out.rstrip().endswith("Erased.")
    left = ask("records", "--json").rows
    assert [row for row in left if row["ref"] in {one["ref"] for one in others}] == others
    assert "jonas" not in json.dumps(left).casefold()
    assert ask("ledger", "--json").out.count("what") == findings
    for row in left:
        shown = ask("show", row["ref"])
        assert shown.code == 0
        assert "jonas" not in shown.out.casefold()
        assert ask("why", row["ref"]).code in (0, 1)
    assert ask("person", "erase", JONAS, *AT_BERLIN, "--yes").code == 1, "nobody is known any more"
    again = ask("reparse", "--since", "2026-01-01", "--fate", "opened", "--json").rows[-1]["summary"]
    assert again["differ"] == 0, "what was erased is not read again"


def post(post_room: Any, dedupe: str, text: str, *, sent: bool, site: str = "berlin") -> None:
    """An outgoing mail about no single record, its words in base64."""
    own_id = f"<{dedupe.partition(':')[0]}.{sent}@muster.example>"
    words = base64.b64encode(text.encode()).decode()
    head = f"Message-ID: {own_id}\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n"
    letter = Letter(
        dedupe=dedupe,
        purpose=dedupe.partition(":")[0],
        site=site,
        recipient="verkauf.berlin@muster.example",
        sender="desk.berlin@leads.muster.example",
        subject="Offen: 2",
        message_id=own_id,
        content=f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n".encode(),
    )
    store = open_store(database_url(post_room.settings))

    def write(connection: Connection) -> None:
        outgoing.put(connection, letter, wall_now())
        if sent:
            state = {"state": "sent", "sent_at": wall_now()}
            connection.execute(update(outbox).where(outbox.c.dedupe == dedupe).values(state))

    store.write(write).result()
    store.close()


@pytest.mark.usefixtures("all_closed")
def test_lists_and_alarms_that_name_the_person_go_too(ask: Any, post_room: Any) -> None:
    refs = [row["ref"] for row in ask("records", "--json").rows if JONAS in json.dumps(row)]
    findings = ask("ledger", "--json").out.count("what")
    post(post_room, "list:verkauf.berlin@muster.example", f"{refs[0]}  Jonas Probe, Golf", sent=True)
    post(post_room, f"alarm:cap:{JONAS}:2026-11-20", "zu viele Mails", sent=True)
    post(post_room, "visits:verkauf.berlin@muster.example", "L-5RN8C3-7  Erika Beispiel", sent=True)
    assert ask("person", "erase", JONAS, *AT_BERLIN, "--yes").code == 0
    with closing(sqlite3.connect(post_room.database)) as connection:
        left = connection.execute(
            "SELECT purpose, dedupe, subject FROM outbox WHERE purpose IN ('list', 'alarm', 'visits')"
        )
        found = {purpose: (JONAS in dedupe, subject) for purpose, dedupe, subject in left}
    assert found == {"list": (False, ""), "alarm": (False, ""), "visits": (False, "Offen: 2")}
    assert ask("ledger", "--json").out.count("what") == findings


@pytest.mark.usefixtures("all_closed")
def test_a_controllers_list_that_counts_as_another_sites_goes_too(ask: Any, post_room: Any) -> None:
    """He has one list of all his sites. The same address there may be the same person, who is that site's own."""
    (ref, *_) = [row["ref"] for row in ask("records", "--json").rows if JONAS in json.dumps(row)]
    post(post_room, "escalations:potsdam", f"{ref}  Jonas Probe, Golf", sent=True, site="potsdam")
    post(post_room, "list:potsdam", f"L-5RN8C3-7  Jonas Probe {JONAS}", sent=True, site="potsdam")
    assert ask("person", "erase", JONAS, *AT_BERLIN, "--yes").code == 0
    with closing(sqlite3.connect(post_room.database)) as connection:
        left = dict(connection.execute("SELECT purpose, subject FROM outbox WHERE purpose IN ('escalations', 'list')"))
    assert left == {"escalations": "", "list": "Offen: 2"}


@pytest.mark.usefixtures("all_closed")
def test_a_list_that_is_not_out_yet_stands_in_the_way(ask: Any, post_room: Any) -> None:
    post(post_room, "list:verkauf.berlin@muster.example", f"Jonas Probe, {JONAS}", sent=False)
    said = ask("person", "erase", JONAS, *AT_BERLIN, "--yes")
    assert said.code == 1
    assert "tells of several records and waits: send it or `postroom queue drop` it first" in said.out
    assert JONAS in json.dumps(ask("records", "--json").rows)


@pytest.mark.usefixtures("all_closed")
def test_two_people_of_one_number_are_told_apart(ask: Any, post_room: Any) -> None:
    ref = call(post_room, Customer(name="Paula Anders", phones=("+49305550177",)))
    said = ask("person", "erase", PHONE, *AT_BERLIN, "--yes")
    assert said.code == 1
    assert "Jonas Probe" in said.out
    assert "Paula Anders" in said.out
    assert "by one of the references" in said.err
    said = ask("person", "erase", JONAS, *AT_BERLIN, "--yes")
    assert said.code == 1, "something was left"
    assert f"{ref} has one of the contacts and is another person's" in said.out
    (left,) = [row for row in ask("records", "--json").rows if row["ref"] == ref]
    assert left["reading"]["customer"]["name"] == "Paula Anders"
    assert ask("history", "person", PHONE, "--json").rows[0]["ref"] == ref, "she is still found by her number"


def test_a_person_who_only_called_is_erased_by_reference(ask: Any, post_room: Any) -> None:
    ref = call(post_room, Customer(name="Karla Kanari"))
    assert ask("person", "erase", ref, *AT_BERLIN, "--yes").code == 0
    assert "Kanari" not in (blank := ask("show", ref, "--json").out)
    assert ask("person", "erase", ref, *AT_BERLIN, "--yes").code == 0
    assert ask("show", ref, "--json").out == blank, "it is not erased once more"


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("nobody@kunde.example", "--site", "berlin"), 1, "nothing is known of them at berlin"),
        (("Jonas Probe", "--site", "berlin"), 2, "is no mail address, telephone number or reference"),
        ((JONAS, "--site", "berln"), 2, "there is no site 'berln', did you mean 'berlin'?"),
    ],
)
@pytest.mark.parametrize("command", ["export", "erase"])
def test_what_means_nobody_is_said(
    ask: Any, command: str, words: tuple[str, ...], code: int, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    said = ask("person", command, *words)
    assert said.code == code
    assert why in said.err
    assert list(tmp_path.glob("*.zip")) == []


def test_a_persons_file_has_all_of_it(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "jonas.zip"
    said = ask("person", "export", JONAS, *AT_BERLIN, "--to", file, "--json")
    assert said.code == 0, said.err
    assert said.rows[-1]["made"]["records"] == 2
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as kept:
        told = json.loads(kept.read("person.json"))
        mails = {name: kept.read(name) for name in kept.namelist() if name.startswith("mails/")}
        letters = [kept.read(name) for name in kept.namelist() if name.startswith("letters/")]
    assert told["format"] == "postroom person 1"
    assert told["names"] == ["Jonas Probe"]
    records = {row["ref"]: row for row in ask("records", *AT_BERLIN, "--json").rows if JONAS in json.dumps(row)}
    for record in told["records"]:
        assert {name: record[name] for name in records[record["ref"]]} == records[record["ref"]]
        assert [step["n"] for step in record["history"]] == list(range(1, record.get("revision", 1) + 1))
        assert all(f"mails/{one['mail']}.eml" in mails for one in record["mails"])
        assert all(f"{one['file']}" for one in record["letters"])
    assert len(mails) == 4
    assert sum(JONAS.encode() in content for content in mails.values()) == 4
    assert letters
    assert ask("person", "export", JONAS, *AT_BERLIN, "--to", file).code == 1, "no file is overwritten"


def test_the_database_is_written_anew(ask: Any, post_room: Any) -> None:
    with closing(sqlite3.connect(post_room.database)) as connection, connection:
        connection.execute("PRAGMA secure_delete = OFF").close()
        connection.execute("CREATE TABLE gone AS SELECT bytes FROM raw").close()
        connection.execute("DROP TABLE gone").close()
    free = post_room.database.stat().st_size
    assert ask("person", "clear").code == 0
    assert post_room.database.stat().st_size < free
    log = Path(f"{post_room.database}-wal")
    assert not log.exists() or log.stat().st_size == 0


def test_a_file_that_cannot_be_written_is_no_trouble_of_the_database(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "jonas.zip"
    answer = ask("person", "export", JONAS, *AT_BERLIN, "--to", file)
    assert (answer.code, answer.err) == (75, f"postroom: {file} cannot be written: No such file or directory\n")
