"""Erased records and mails: nothing of their people is left in any row, and the books are as sound as before."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from config.load import canonical, load
from config.models import Settings
from daemon.act import act
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, database_url, desk_keys
from daemon.store import Store, erasing, evidence, letters_erased, messages, open_store, outgoing, records
from daemon.store.chains import Chain
from daemon.store.schema import message, message_record, metadata, outbox
from rules.erasing import BY_TIME, ON_REQUEST
from rules.model import Action, Actor, Record, Refused
from rules.transition import CLOSED_STATES
from tests.unit.conftest import accept, finish_pending
from tests.unit.store.conftest import Books

ADMIN = Actor("command", "anna")
BY_ADMIN = Action(name="erase", actor=ADMIN, args={"why": ON_REQUEST})
NAMES = ("jonas", "erika", "paul anders", "mads", "5550177", "15155500123", "20123456", "gartenweg", "10439")
"""What is known of the people in the room."""


@pytest.fixture
def settings(engine: str, request: pytest.FixtureRequest) -> Settings:
    found: Settings = request.getfixturevalue("worked_in" if engine == "sqlite" else "worked_in_postgres").settings
    return found


@pytest.fixture
def room(books: Books) -> Iterator[Store]:
    """A copy of the room that was worked in."""
    store = open_store(books.url)
    yield store
    store.close()


def all_records(room: Store) -> list[Record]:
    with room.read() as connection:
        return [one.record for one in records.listing(connection)]


def close_all(room: Store, settings: Settings) -> list[str]:
    """Close what is open; all references."""
    for one in all_records(room):
        if one.state not in CLOSED_STATES:
            act(room, settings, one.ref, Action(name="done", actor=ADMIN), wall_now())
    settle_letters(room)
    return [one.ref for one in all_records(room)]


def settle_letters(room: Store) -> None:
    """Whatever waits is sent."""

    def write(connection: Any) -> None:
        now = wall_now() + timedelta(days=1)
        for letter in outgoing.claim(connection, now=now, lease="test", limit=100):
            outgoing.mark(connection, letter, "sent", at=now)

    room.write(write).result()


def erase(room: Store, settings: Settings, ref: str, why: str = ON_REQUEST) -> Record:
    return act(room, settings, ref, Action(name="erase", actor=ADMIN, args={"why": why}), wall_now())


def everything(room: Store) -> str:
    """All rows of all tables, in lower case; bytes as they are."""
    with room.read() as connection:
        found = []
        for table in metadata.sorted_tables:
            if table.name != "settings_version":
                found += [" ".join(map(str, row)) for row in connection.execute(select(table))]
    return "\n".join(found).casefold()


def loose_mails(room: Store) -> list[int]:
    """Mails that were read and stand for no record."""
    linked = select(message_record.c.message)
    with room.read() as connection:
        query = select(message.c.id).where(message.c.id.not_in(linked), message.c.fate != "pending")
        return list(connection.execute(query).scalars())


def findings(room: Store) -> list[str]:
    with room.read() as connection:
        return [f"{one.where}: {one.what}" for one in evidence.check(connection, wall_now() + timedelta(minutes=1))]


def test_the_books_hold_and_nobody_is_left_in_them(room: Store, settings: Settings) -> None:
    refs = close_all(room, settings)
    before = findings(room)
    for ref in refs:
        erase(room, settings, ref)
        assert findings(room) == before, ref
    loose = loose_mails(room)
    assert loose
    for mail in loose:
        room.write(lambda c, mail=mail: erasing.erase_mail(c, mail, BY_ADMIN, wall_now())).result()  # type: ignore[misc]
    assert findings(room) == before
    left = everything(room)
    assert [name for name in NAMES if name in left] == []
    assert [one.reading.customer for one in all_records(room)] == [None] * len(refs)


@pytest.mark.parametrize("why", [ON_REQUEST, BY_TIME])
def test_a_record_can_be_erased_again(room: Store, settings: Settings, why: str) -> None:
    refs = close_all(room, settings)
    before = findings(room)
    erase(room, settings, refs[0], why)
    erase(room, settings, refs[0], why)
    assert findings(room) == before


def test_the_names_are_there_at_first(room: Store) -> None:
    found = everything(room)
    assert [name for name in NAMES if name not in found] == []


ADF = """<?xml version="1.0"?><adf>{}</adf>"""
PROSPECT = """<prospect><requestdate>2026-11-20T09:00:00+01:00</requestdate>
<vehicle interest="buy"><make>VW</make><model>{model}</model></vehicle>
<customer><contact><name part="full">{name}</name><email>{name}@kunde.example</email></contact>
<comments>{name} fragt</comments></customer><vendor><vendorname>Muster</vendorname></vendor></prospect>"""


@pytest.fixture
def of_two(worked_in: Any, tmp_path: Path) -> Iterator[Shift]:
    """A mail that brought the requests of two people, both closed."""
    directory = tmp_path / "two"
    shutil.copytree(worked_in.directory, directory)
    settings, problems = load(directory)
    assert settings is not None, problems
    shift = Shift(settings, open_store(database_url(settings)), Clock(), Reader({}), desk_keys(settings))
    written = canonical(settings).encode()
    shift.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", written, wall_now())).result()
    body = ADF.format("".join(PROSPECT.format(name=n, model=m) for n, m in (("kanaria", "Golf"), ("zeisig", "Polo"))))
    head = "From: a@mobile.de\r\nSubject: zwei\r\nMessage-ID: <zwei@mobile.de>\r\nContent-Type: text/plain\r\n\r\n"
    accept(shift, Chain("two"), [("mobile.berlin.x7k2@leads.muster.example", (head + body).encode())])
    finish_pending(shift)
    close_all(shift.store, settings)
    yield shift
    shift.reader.close()
    shift.store.close()


@pytest.mark.parametrize("why", [ON_REQUEST, BY_TIME])
def test_a_mail_of_two_people_keeps_the_books_sound(of_two: Shift, why: str) -> None:
    """On request the original goes with the first of them, by time with the last; the other's record stays."""
    store, settings = of_two.store, of_two.settings
    before = findings(store)
    first, second = [
        one.ref for one in all_records(store) if "kunde.example" in str(one.reading) and "fragt" in str(one)
    ]
    erase(store, settings, first, why)
    assert findings(store) == before
    left = everything(store)
    assert ("kanaria" in left) is (why == BY_TIME), "in the original, which the other record still needs"
    assert "zeisig" in left
    erase(store, settings, second, why)
    assert findings(store) == before
    assert "kanaria" not in everything(store)
    assert "zeisig" not in everything(store)


@pytest.mark.parametrize("change", ["bytes = 'x'", "bytes = ''"])
def test_an_erasure_cannot_be_made_up(room: Store, settings: Settings, change: str) -> None:
    """Bytes that are there although they were erased are named; so are bytes that went without an erasure."""
    refs = close_all(room, settings)
    before = findings(room)
    if "x" in change:
        erase(room, settings, refs[0])
    value = f"CAST('{change[9:-1]}' AS bytea)" if room.is_shared else f"CAST('{change[9:-1]}' AS BLOB)"
    mail = f"SELECT min(message) FROM {'erased' if 'x' in change else 'raw'}"  # noqa: S608 - ours
    room.write(lambda c: c.exec_driver_sql(f"UPDATE raw SET bytes = {value} WHERE message = ({mail})")).result()  # noqa: S608
    new = [one for one in findings(room) if one not in before]
    assert len(new) == 1
    assert ("although it was erased" if "x" in change else "do not match their SHA-256") in new[0]


def test_an_erasure_is_sealed(room: Store, settings: Settings) -> None:
    refs = close_all(room, settings)
    before = findings(room)
    erase(room, settings, refs[0])
    room.write(lambda c: c.exec_driver_sql("UPDATE erased SET actor = 'nobody'")).result()
    new = {one.partition(": ")[2] for one in findings(room) if one not in before}
    assert new == {"its erasure was altered: it is not as it was written"}


def test_what_waits_goes_out_no_more(room: Store, settings: Settings) -> None:
    """A mail of the record alone is withdrawn; one that is just being sent stands in the way."""
    with room.read() as connection:
        waiting = {
            row["record"]: row["id"]
            for row in connection.execute(select(outbox)).mappings()
            if row["state"] == "waiting"
        }
    refs = {}
    for one in all_records(room):
        if one.state not in CLOSED_STATES:
            act(room, settings, one.ref, Action(name="done", actor=ADMIN), wall_now())
        with room.read() as connection:
            kept = records.load(connection, one.ref)
            assert kept is not None
            refs[kept.id] = one.ref
    erased_one, *_ = sorted(set(waiting) & set(refs))
    room.write(
        lambda c: c.execute(update(outbox).where(outbox.c.record == erased_one).values(state="sending"))
    ).result()
    with pytest.raises(letters_erased.OnItsWay, match="is just being sent"):
        erase(room, settings, refs[erased_one])
    room.write(
        lambda c: c.execute(update(outbox).where(outbox.c.record == erased_one).values(state="waiting"))
    ).result()
    erase(room, settings, refs[erased_one])
    with room.read() as connection:
        states = connection.execute(select(outbox.c.state).where(outbox.c.record == erased_one)).scalars().all()
    assert set(states) == {"withdrawn"}


def test_what_is_open_is_not_erased(room: Store, settings: Settings) -> None:
    (first, *_) = [one for one in all_records(room) if one.state not in CLOSED_STATES]
    with pytest.raises(Refused, match="not possible for a record that is"):
        erase(room, settings, first.ref)
