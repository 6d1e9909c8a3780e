"""R24: backups under load that hold all that was accepted before; a restored installation that sends nothing."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from daemon.keeping import archive
from daemon.store.standstill import IN_DOUBT
from tests.faults.accounts import draw_up
from tests.support.client import Clients, lead, new_key, send
from tests.support.daemon import ADMIN, Installation
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

ON_BOTH = pytest.mark.parametrize("engine", ["sqlite", ON_POSTGRESQL_ONLY])
SAY_SO = "nothing goes out until you say so"
Databases = Callable[[str], str]


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest) -> Databases:
    """Databases of an engine, by the template that they are made of."""
    if engine == "sqlite":
        return lambda _: "sqlite"
    made: Databases = request.getfixturevalue("postgres").new_database
    return made


def back_up(house: Installation, file: Path, env: dict[str, str] | None = None) -> dict[str, float]:
    """Make one; when it was asked for and how long it took."""
    asked = time.monotonic()
    done = house.postroom("backup", str(file), env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all tables are the same, no findings" in " ".join(done.stdout.split())
    return {"asked": asked, "seconds": time.monotonic() - asked}


@ON_BOTH
def test_backups_under_load(
    database: Databases, engine: str, new_house: Houses, sink: Sink, tmp_path: Path, tell: Tell
) -> None:
    rounds, house = at_length(20), new_house(database=database("postroom_template"))
    clients = Clients(house)
    wait_until(lambda: len(clients.accepted) > 10, 60)
    taken, missing, went_on = [], 0, 0
    for number in range(rounds):
        file = tmp_path / f"{number}.backup"
        before = set(clients.accepted)
        taken.append(back_up(house, file))
        went_on += len(clients.accepted) - len(before)
        with closing(sqlite3.connect(_unpacked(file, tmp_path))) as copy:
            kept = _keys(copy)
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        missing += len(before - kept)
        house.kill("worker" if number % 2 else "reader")
    size = file.stat().st_size
    clients.stop()
    house.settle_all(120)  # the reader of a busy machine is far behind
    books = draw_up(house, sink, clients, doubles_allowed=2 * rounds)
    slowest = max(one["seconds"] for one in taken)
    tell(
        f"R24: {engine}: {rounds} backups under load, each brought back: {books.accepted} mails accepted, {went_on} "
        f"of them while a backup was made; accepted before it and missing in it: {missing}; "
        f"the last {size / (1 << 20):.1f} MiB, the slowest took {slowest:.1f} s; problems: {books.problems or 'none'}"
    )
    assert missing == 0
    assert went_on > 0
    assert not books.problems
    assert house.postroom("ledger").returncode == 0


def _unpacked(file: Path, home: Path) -> Path:
    back = home / f"{file.name}.db"
    archive.unpack(file, lambda name: back if name == archive.DATABASE else None, lambda *_: None)
    return back


def _keys(copy: sqlite3.Connection) -> set[str]:
    """Of the mails in a backup: also of those that nobody has read yet."""
    rows = copy.execute("SELECT bytes FROM raw WHERE NOT packed")
    return {content.partition(b"Subject: Anfrage ")[2].partition(b"\r\n")[0].decode() for (content,) in rows}


@pytest.fixture
def restored(database: Databases, new_house: Houses, sink: Sink, tmp_path: Path) -> Turned:
    """Two days later, from a backup that was made while the relay was away; on other files and another database."""
    number = max(10, at_length(200))
    turned = Turned(new_house(started=False, database=database("postroom_template")), tmp_path / "clock")
    turned.set("2026-11-23T09:00")
    turned.house.start(turned.env)
    for _ in range(number):
        send(turned.house, lead(new_key("told")))
    turned.house.settle(120)
    sink.down()
    for _ in range(number):
        send(turned.house, lead(new_key("wait")))
    wait_until(lambda: turned.house.value("SELECT count(*) FROM record") == 2 * number, 120, "the records")
    wait_until(lambda: turned.house.value("SELECT count(*) FROM outbox WHERE state <> 'sent'") >= number, 60, "letters")
    back_up(turned.house, tmp_path / "a.backup", turned.env)
    turned.house.kill_all()
    sink.up()
    turned.set("2026-11-25T09:30")
    other = new_house(started=False, database=database("template0"))
    shutil.rmtree(other.data, ignore_errors=True)
    done = other.postroom("restore", str(tmp_path / "a.backup"), env=turned.env)
    assert done.returncode == 0, done.stdout + done.stderr
    return Turned(other, turned.clock)


def _sent(sink: Sink, before: int) -> tuple[list[Arrived], list[Arrived]]:
    """To others than the admin, and to him."""
    mails = sink.mails[before:]
    return [one for one in mails if one.recipient != ADMIN], [one for one in mails if one.recipient == ADMIN]


@ON_BOTH
def test_a_restored_installation_sends_nothing(restored: Turned, engine: str, sink: Sink, tell: Tell) -> None:
    house, before = restored.house, len(sink.mails)
    kept = dict(house.query("SELECT message_id, recipient FROM outbox WHERE state <> 'sent'"))
    records = house.value("SELECT count(*) FROM record")
    assert house.value("SELECT count(*) FROM deadline WHERE fired_at IS NULL AND due_at < '2026-11-25 08:30:00'") > 0

    house.start(restored.env)
    keys = [new_key("new") for _ in range(5)]
    for key in keys:
        send(house, lead(key))
    wait_until(lambda: house.value("SELECT count(*) FROM record") == records + len(keys), 60, "mail is read")
    restored.look()
    wait_until(lambda: _sent(sink, before)[1], 30, "the admin is told")
    house.kill_all()
    house.start(restored.env)
    restored.set("2026-11-26T10:00")
    restored.look()
    wait_until(lambda: len(_sent(sink, before)[1]) == 2, 30, "the admin is told each day")
    restored.look()
    others, admins = _sent(sink, before)
    assert [str(mail.parsed()["Subject"]) for mail in admins] == [f"[Postroom] {SAY_SO}"] * 2
    without = len(others)
    status = house.status()["standstill"]
    assert status["letters"] == len(kept)
    assert status["notices"] >= len(keys)
    assert status["deadlines"] > 0
    assert "postroom_standstill 1.0" in house.get("/metrics")[1]
    assert house.value("SELECT count(*) FROM revision WHERE actor_role = 'clock'") == 0, "no time counts"
    assert house.value("SELECT count(*) FROM run WHERE day > '2026-11-24'") == 0, "nor does the calendar"

    sink.down()
    done = house.postroom("release", env=restored.env)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: house.value("SELECT count(*) FROM outbox WHERE last_error <> ?", IN_DOUBT), 60, "a try")
    given_up = house.value("SELECT count(*) FROM outbox WHERE state = 'failed'")
    assert given_up == 0, "they are three days old, and wait for a relay only since now"
    sink.up()
    restored.turn("2026-11-26T10:30")
    told = {mail.message_id: mail.recipient for mail in sink.mails[before:]}
    lost = [own_id for own_id in kept if own_id not in told]
    untold = [key for key in keys if not sink.about(f"kunde-{key}@")]
    again = sum(times - 1 for times in sink.doubled().values())
    tell(
        f"R24: {engine}: restored with {len(kept)} letters waiting, {status['deadlines']} steps due, {len(keys)} new "
        f"mails, 2 days, a kill -9: sent without confirmation {without}, to the admin {len(admins)}; "
        f"after release {len(told) - len(admins)} mails, lost {len(lost)}, not told {len(untold)}, twice {again}"
    )
    assert without == 0
    assert not lost
    assert not untold
    assert again == 0
    assert house.value("SELECT count(*) FROM revision WHERE actor_role = 'clock'") > 0
    assert "postroom_standstill 0.0" in house.get("/metrics")[1]
    restored.is_in_order()


@pytest.mark.parametrize("engine", [ON_POSTGRESQL_ONLY])
def test_a_standstill_begins_and_ends_while_the_daemon_runs(database: Databases, new_house: Houses, sink: Sink) -> None:
    house = new_house(database=database("postroom_template"))
    send(house, lead(first := new_key()))
    wait_until(lambda: sink.about(f"kunde-{first}@"), 30)
    assert house.postroom("standstill", "--why", "somebody looks").returncode == 0
    wait_until(lambda: [mail for mail in sink.to(ADMIN) if "somebody looks" in mail.parsed().as_string()], 30)
    send(house, lead(key := new_key()))
    wait_until(
        lambda: house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{key}@%"), 30, "it is read"
    )
    send(house, lead(later := new_key()))
    wait_until(lambda: house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{later}@%"), 30, "a round")
    assert not sink.about(f"kunde-{key}@")
    assert house.postroom("release").returncode == 0
    for one in (key, later):
        assert wait_until(lambda one=one: sink.about(f"kunde-{one}@"), 30)[0].recipient  # type: ignore[misc]
    assert house.value("SELECT count(*) FROM standstill WHERE ended_at IS NOT NULL") == 1
