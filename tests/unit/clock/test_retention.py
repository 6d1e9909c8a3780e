"""What was kept long enough is erased, once a day, and nothing else is."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from config.load import canonical, load
from config.models import Settings
from daemon.act import act
from daemon.clock import retention as retention_room
from daemon.clock.calendar import Calendar
from daemon.clock.ping import Ping
from daemon.clock.retention import Retention
from daemon.store import evidence, messages, outgoing, records
from daemon.store.chains import Accepted, Chain
from daemon.store.outgoing import Letter
from rules import agenda, keeping
from rules.model import Action, Actor, Record
from tests.unit.clock.conftest import Room
from tests.unit.conftest import finish_pending
from tests.unit.store.test_erased_rows import close_all, settle_letters


def keeping_for(settings: Settings, **keys: str) -> Settings:
    """Settings that keep some things for a time only."""
    retention = settings.postroom.retention.model_validate(
        {key.replace("_", "-"): value for key, value in keys.items()}
    )
    return settings.model_copy(update={"postroom": settings.postroom.model_copy(update={"retention": retention})})


def use(room: Room, settings: Settings) -> None:
    """As the worker takes them over, and remembers what its decisions name."""
    room.use(settings)
    written, at = canonical(settings).encode(), room.clock.at
    room.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", written, at)).result()


@pytest.fixture
def worked(worked_in: Any, tmp_path: Path) -> Iterator[Room]:
    """A room with some days of work behind it, all of it closed at the wall clock's now."""
    shutil.copytree(worked_in.directory, tmp_path / "etc")
    settings, problems = load(tmp_path / "etc")
    assert settings is not None, problems
    room = Room(settings, datetime.now(UTC))
    use(room, settings)
    close_all(room.store, settings)
    yield room
    room.close()


def kept(room: Room) -> list[Record]:
    with room.store.read() as connection:
        return [one.record for one in records.listing(connection)]


def a_day_later(room: Room, days: int) -> list[str]:
    """Let days pass, and the calendar and the run do their part; references of what is erased now."""
    calendar = Calendar(room.shift, lambda: None, Ping(room.shift))
    retention = Retention(room.shift)
    room.clock.at = (room.clock.at + timedelta(days=days)).replace(hour=6)
    calendar.step()
    while retention.step():
        pass
    calendar.close()
    erased = "SELECT ref FROM record JOIN revision ON record = id AND n = revision.n WHERE action = 'erase'"
    return [str(ref) for (ref,) in room.rows(erased)]


def findings(room: Room) -> list[str]:
    with room.store.read() as connection:
        return [one.what for one in evidence.check(connection, datetime.now(UTC))]


def test_shipped_is_to_keep(worked: Room) -> None:
    assert a_day_later(worked, 4000) == []
    assert worked.rows("SELECT * FROM erased") == []
    assert worked.rows("SELECT * FROM run WHERE job = 'retention'") == []


def test_each_kind_has_its_time(worked: Room) -> None:
    before = findings(worked)
    use(worked, keeping_for(worked.shift.settings, unsorted="30d", lead="400d"))
    assert a_day_later(worked, 25) == []
    (first,) = a_day_later(worked, 10)
    assert first.startswith("U-")
    leads = {one.ref for one in kept(worked) if one.kind == "lead"}
    assert set(a_day_later(worked, 400)) == {first, *leads}
    assert all(one.reading.customer is None for one in kept(worked))
    assert findings(worked) == before
    actors = worked.rows("SELECT DISTINCT actor_role FROM revision WHERE action = 'erase'")
    assert actors == [("clock",)]
    again = worked.rows("SELECT count(*) FROM revision WHERE action = 'erase'")
    assert a_day_later(worked, 500)
    assert worked.rows("SELECT count(*) FROM revision WHERE action = 'erase'") == again, "each once"


def test_a_second_request_goes_after_the_record_that_it_stands_in(worked: Room) -> None:
    """Its mail is that record's, too: taken apart again it is needed."""
    now, settings = worked.clock.at, worked.shift.settings
    first, second, *_ = (one.ref for one in kept(worked) if one.kind == "lead" and one.site == "berlin")
    for ref, action in ((first, "reopen"), (second, "reopen"), (second, "again")):
        args = {"ref": first} if action == "again" else {}
        act(worked.store, settings, ref, Action(name=action, actor=Actor("command", "anna"), args=args), now)
    use(worked, keeping_for(settings, lead="30d"))
    assert not {first, second} & set(a_day_later(worked, 40))
    act(worked.store, settings, first, Action(name="done", actor=Actor("command", "anna")), worked.clock.at)
    settle_letters(worked.store)
    assert not {first, second} & set(a_day_later(worked, 20))
    a_day_later(worked, 20)
    assert {first, second} <= set(a_day_later(worked, 1))


def test_what_the_admin_has_of_nobodys_site_has_its_time_too(worked: Room) -> None:
    mail = b"From: Greta <greta@post.example>\r\nSubject: Hilfe\r\nMessage-ID: <g1@post.example>\r\n\r\nMein Auto\r\n"
    to, sender = "postmaster@leads.muster.example", "greta@post.example"
    taken = Accepted(mail, to, sender, "smtp", "192.0.2.1", worked.clock.at)
    worked.store.write(lambda c: Chain("test").append(c, [taken])).result()
    finish_pending(worked.shift)
    close_all(worked.store, worked.shift.settings)
    (ref,) = [one.ref for one in kept(worked) if one.site == "admin"]
    use(worked, keeping_for(worked.shift.settings, unsorted="30d"))
    assert ref in a_day_later(worked, 40)


def test_mails_that_opened_nothing_and_reports_have_theirs(worked: Room) -> None:
    before = findings(worked)
    use(worked, keeping_for(worked.shift.settings, mails="30d"))
    loose = worked.rows(
        "SELECT id FROM message WHERE fate IN ('automatic', 'bounce', 'ignored', 'repeat')"
        " AND id NOT IN (SELECT message FROM message_record) ORDER BY id"
    )
    assert loose
    a_day_later(worked, 40)
    assert worked.rows("SELECT message FROM erased ORDER BY message") == loose
    assert {row[0] for row in worked.rows("SELECT DISTINCT why FROM erased")} == {"retention"}
    assert worked.rows("SELECT count(*) FROM raw JOIN erased USING (message) WHERE bytes <> x''") == [(0,)]
    assert all(one.reading.customer for one in kept(worked))
    assert findings(worked) == before


def test_reports_have_theirs(worked: Room) -> None:
    now = worked.clock.at

    def write(connection: Connection) -> None:
        for number in range(2):
            told = Letter(
                dedupe=f"list:berlin:{number}:verkauf@muster.example",
                purpose="list",
                site="berlin",
                recipient="verkauf@muster.example",
                sender="desk@muster.example",
                subject="Offen: 1",
                message_id=f"<list-{number}@muster.example>",
                content=f"Message-ID: <list-{number}@muster.example>\r\n\r\nErika Beispiel\r\n".encode(),
            )
            outgoing.put(connection, told, now)
        (letter,) = outgoing.claim(connection, now=now, lease="test", limit=1)
        assert outgoing.mark(connection, letter, "sent", at=now)

    worked.store.write(write).result()
    before = findings(worked)
    use(worked, keeping_for(worked.shift.settings, reports="30d"))
    a_day_later(worked, 40)
    query = "SELECT state, subject, rendered.bytes FROM outbox JOIN rendered ON outbox = id WHERE purpose = 'list'"
    sent, waiting = sorted(worked.rows(query))
    assert sent == ("sent", "", b"Message-ID: <list-0@muster.example>\r\n\r\n")
    assert waiting[:2] == ("waiting", "Offen: 1"), "what is not out yet stays"
    assert findings(worked) == before


def test_what_is_sent_again_meanwhile_stays_and_the_run_goes_on(worked: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person may retry what failed between the look and the erasure."""
    monkeypatch.setattr("daemon.clock.retention.SLICE_SECONDS", 0.0)
    now = worked.clock.at

    def write(connection: Connection) -> list[int]:
        keys = []
        for number in range(3):
            told = Letter(
                dedupe=f"list:berlin:{number}:verkauf@muster.example",
                purpose="list",
                site="berlin",
                recipient="verkauf@muster.example",
                sender="desk@muster.example",
                subject="Offen: 1",
                message_id=f"<list-{number}@muster.example>",
                content=b"Erika Beispiel",
            )
            keys.append(outgoing.put(connection, told, now) or 0)
        for letter in outgoing.claim(connection, now=now, lease="test", limit=9):
            if letter.id in keys:
                assert outgoing.mark(connection, letter, "failed", at=now)
        return keys

    first, second, third = worked.store.write(write).result()
    use(worked, keeping_for(worked.shift.settings, reports="30d"))
    calendar = Calendar(worked.shift, lambda: None, Ping(worked.shift))
    worked.clock.at = (worked.clock.at + timedelta(days=40)).replace(hour=6)
    calendar.step()
    calendar.close()
    retention = Retention(worked.shift)
    erased = "SELECT id FROM outbox WHERE subject = '' AND dedupe LIKE 'list:%' ORDER BY id"
    while not worked.rows(erased):
        assert retention.step()
    assert worked.store.write(lambda c: outgoing.act_on(c, second, "retry", worked.clock.at)).result()
    while retention.step():
        pass
    assert worked.rows(erased) == [(first,), (third,)]
    assert worked.rows("SELECT count(*) FROM run WHERE job = 'retention' AND done_at IS NULL") == [(0,)]


def test_two_daemons_at_the_same_run_erase_each_record_once(worked: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found the same records before either is done."""
    monkeypatch.setattr("daemon.clock.retention.SLICE_SECONDS", 0.0)
    use(worked, keeping_for(worked.shift.settings, lead="30d", unsorted="30d", booking="30d"))
    calendar = Calendar(worked.shift, lambda: None, Ping(worked.shift))
    worked.clock.at = (worked.clock.at + timedelta(days=40)).replace(hour=6)
    calendar.step()
    calendar.close()
    both = [Retention(worked.shift), Retention(worked.shift)]
    while [one for one in both if one.step()]:
        pass
    erasures = worked.rows("SELECT record, count(*) FROM revision WHERE action = 'erase' GROUP BY record")
    assert len(erasures) > 3
    assert {number for _, number in erasures} == {1}


def test_what_is_read_again_meanwhile_stays(worked: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found with others, and retried before its turn: the run goes on, and so does the worker."""
    monkeypatch.setattr(retention_room, "SLICE_SECONDS", 0.0)
    use(worked, keeping_for(worked.shift.settings, mails="30d"))
    worked.clock.at = (worked.clock.at + timedelta(days=40)).replace(hour=6)
    calendar, retention = Calendar(worked.shift, lambda: None, Ping(worked.shift)), Retention(worked.shift)
    calendar.step()
    erased = "SELECT message FROM erased"
    while not worked.rows(erased):
        assert retention.step()
    ((first,),) = worked.rows(erased)
    again = "UPDATE message SET fate = 'pending' WHERE id > ? AND fate IN ('automatic', 'bounce', 'ignored', 'repeat')"
    assert worked.store.write(lambda c: c.exec_driver_sql(again, (first,)).rowcount).result()
    while retention.step():
        pass
    calendar.close()
    assert worked.rows(erased) == [(first,)]


def test_what_is_open_stays(worked: Room) -> None:
    ref = kept(worked)[0].ref
    with worked.store.read() as connection:
        key = records.load(connection, ref)
    assert key is not None
    worked.store.write(
        lambda c: c.exec_driver_sql("UPDATE record SET state = 'new' WHERE id = ?", (key.id,)).rowcount
    ).result()
    worked.use(keeping_for(worked.shift.settings, lead="30d", unsorted="30d"))
    assert ref not in a_day_later(worked, 40)


@pytest.mark.parametrize(
    ("keys", "at", "places"),
    [
        ({}, "2026-11-02T12:00", set()),
        ({"lead": "30d"}, "2026-11-02T03:09", set()),
        ({"lead": "30d"}, "2026-11-02T03:10", {"berlin", "potsdam", "odense"}),
        ({"mails": "30d"}, "2026-11-02T04:09", set()),
        ({"mails": "30d"}, "2026-11-02T04:10", {"admin"}),
        ({"reports": "30d", "check_in": "60d"}, "2026-11-02T12:00", {"admin", "berlin", "potsdam", "odense"}),
    ],
)
def test_when_it_is_looked_for(room: Room, keys: dict[str, str], at: str, places: set[str]) -> None:
    settings = keeping_for(room.shift.settings, **keys)
    now = datetime.fromisoformat(f"{at}+00:00")
    found = {one.scope for one in agenda.due(settings, now) if one.job == keeping.RETENTION}
    assert found == places
    zones = {bell.zone for bell in agenda.bells(settings) if (bell.hour, bell.minute) == (4, 10)}
    assert zones == set(keeping.zones(settings))


@pytest.mark.parametrize("text", ["29d", "2wd", "700h", "forever", "0d"])
def test_what_is_no_time_of_keeping_is_refused(room: Room, text: str) -> None:
    with pytest.raises(ValueError, match=r"too short|no time to keep|is not a duration"):
        keeping_for(room.shift.settings, lead=text)
