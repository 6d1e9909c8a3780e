"""Starting, stopping, reloading: what an admin does, and what must not happen then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send, talk
from tests.support.daemon import ADMIN, ROOT, STOP_SECONDS, Installation
from tests.support.fixtures import ON_SQLITE, Databases, Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

NEW_SOURCE = """
[[source]]
id = "fair"
site = "berlin"
type = "website"
address = "messe.berlin.w1w1@leads.muster.example"
"""
BROKEN_SOURCE = NEW_SOURCE.replace('site = "berlin"', 'site = "berlim"')


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink, new_database: Databases) -> Iterator[Installation]:
    """A daemon whose files the tests of this module change, and bring into order again."""
    house = Installation(tmp_path_factory.mktemp("own") / "house", shared_sink.url, database=new_database())
    house.start()
    yield house
    house.close()


def _takes(house: Installation, address: str) -> bool:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.ask("MAIL FROM:<a@kunde.example>")
        return session.ask(f"RCPT TO:<{address}>").code == 250


def test_a_reload_takes_over_or_changes_nothing(own: Installation, shared_sink: Sink) -> None:
    address, sources = "messe.berlin.w1w1@leads.muster.example", own.directory / "sources.toml"
    good, alarms = sources.read_text("utf-8"), len(shared_sink.to(ADMIN))
    before = own.status()["settings"]
    own.append("sources.toml", BROKEN_SOURCE)
    for _ in range(2):
        own.hang_up()
        wait_until(lambda: own.status()["problems"], 20, "the refusal is shown")
        answer = own.reload()
        assert answer["ok"] is False
        assert any("sources.toml" in problem and "berlim" in problem for problem in answer["problems"])
    assert own.status()["settings"] == before
    assert not _takes(own, address)
    alarm = wait_until(lambda: shared_sink.to(ADMIN)[alarms:], 20, "the admin is told")[0].parsed()
    assert "errors in the configuration" in str(alarm["Subject"])
    assert "berlim" in alarm.as_string()
    send(own, lead(key := new_key()))
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20, "mail goes on")
    assert len(shared_sink.to(ADMIN)) == alarms + 1, "told once"

    sources.write_text(good + NEW_SOURCE, "utf-8")
    own.hang_up()
    wait_until(lambda: own.status()["settings"] != before, 20, "the reload took over")
    assert own.status()["problems"] == []
    assert _takes(own, address)
    send(own, lead(key := new_key()), address)
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)
    assert own.value("SELECT source FROM message WHERE subject = ?", f"Anfrage {key}") == "fair"


@ON_SQLITE
def test_a_broken_template_is_refused(own: Installation) -> None:
    path = own.directory / "templates" / "de" / "new.txt.j2"
    own.write("templates/de/new.txt.j2", "{% extends 'base.txt.j2' %}{% block opening %}{{ recrod.ref }}{% endblock %}")
    answer = own.reload()
    path.unlink()
    assert answer["ok"] is False
    assert any("de/new.txt.j2:1" in problem and "recrod" in problem for problem in answer["problems"])
    assert own.reload() == {"ok": True, "problems": []}


@ON_SQLITE
@pytest.mark.parametrize("what", ["CLOCK", "CRASH", "POLL", "FREEZE"])
def test_seams_need_permission(what: str, new_house: Houses) -> None:
    seam = f"POSTROOM_TEST_{what}"
    house = new_house(started=False, seams=False)
    assert house.launch({seam: "after-claim"}).wait(30) == 78
    assert f"{seam} is set" in house.log()


@ON_SQLITE
def test_errors_at_the_start_are_all_told(new_house: Houses) -> None:
    house = new_house(started=False)
    house.append("sources.toml", BROKEN_SOURCE)
    house.append("rules.toml", '\n[[rule]]\nname = "after all"\nnotify = { team = "slaes" }\n')
    assert house.launch().wait(30) == 78
    assert "berlim" in house.log()
    assert "slaes" in house.log()


def test_the_test_clock_is_the_time_of_receipt(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-11-23T09:00:00+01:00")
    house = new_house(started=False)
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    send(house, lead(key := new_key()))
    mail = wait_until(lambda: sink.about(f"kunde-{key}@"))[0].parsed()
    assert str(mail["Date"]) == "Mon, 23 Nov 2026 08:00:00 +0000"
    due = house.value("SELECT due_at FROM deadline WHERE step = 'E1'")
    assert str(due).startswith("2026-11-23 11:00:00"), "three business hours after nine in Berlin"


def test_a_child_that_dies_comes_back(own: Installation, shared_sink: Sink) -> None:
    deaths = own.status()["counters"]["worker_deaths"]
    send(own, lead(new_key()))  # a reader is started when there is something to read
    reader = own.kill("reader")
    send(own, lead(key := new_key()))
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)
    worker = own.kill("worker")
    wait_until(lambda: own.pid("worker") not in (None, worker) and own.pid("reader") != reader, 20)
    send(own, lead(key := new_key()))
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)
    assert own.status()["counters"]["worker_deaths"] == deaths + 1
    assert own.get("/-/ready")[0] == 200


@ON_SQLITE
def test_a_worker_that_cannot_start_stops_neither_mail_nor_the_end(new_house: Houses, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nif 'daemon.worker' in sys.orig_argv: sys.exit(3)\n")
    house = new_house(started=False)
    house.begin({"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    send(house, lead(new_key()))
    wait_until(lambda: house.status()["counters"]["worker_deaths"] >= 2, 30)
    assert house.get("/-/ready")[0] == 503
    assert house.value("SELECT count(*) FROM message WHERE fate = 'pending'") == 1
    assert house.stop() <= STOP_SECONDS


def test_ledger_names_what_was_tampered_with(own: Installation, shared_sink: Sink) -> None:
    send(own, lead(key := new_key()))
    wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20)
    own.settle()
    assert own.postroom("ledger").returncode == 0
    own.alter("UPDATE raw SET bytes = 'x' WHERE message = ?", _number(own, key))
    found = own.postroom("ledger")
    assert found.returncode == 1, found.stdout
    assert "1 finding" in found.stdout


def _number(house: Installation, key: str) -> int:
    found: int = house.value("SELECT id FROM message WHERE subject = ?", f"Anfrage {key}")
    return found
