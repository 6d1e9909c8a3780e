"""Two requests of one person at the same moment see each other, on both databases."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from config.models import Settings
from daemon.desk import people
from daemon.desk.batch import write_plans
from daemon.desk.plan import Plan, plan
from daemon.seams import wall_now
from daemon.store import Store, contacts, evidence, messages, open_store, records
from daemon.store.chains import Accepted, Chain
from daemon.store.messages import Claimed
from daemon.store.schema import contact, record
from parsers.records import Customer, Parsed, Reading, Vehicle

WEBSITE = "website.berlin.h3t8@leads.muster.example"
JONAS = ("berlin", "mail", "jonas.probe@kunde.example")
EVA = ("berlin", "mail", "eva@kunde.example")


@pytest.fixture
def store(books: Any) -> Iterator[Store]:
    """With the records of some days."""
    one = open_store(books.url)
    yield one
    one.close()


@pytest.fixture
def other(books: Any) -> Iterator[Store]:
    """The same books, opened by somebody else."""
    one = open_store(books.url)
    yield one
    one.close()


@pytest.fixture
def settings(engine: str, request: pytest.FixtureRequest) -> Settings:
    room: Any = request.getfixturevalue("worked_in" if engine == "sqlite" else "worked_in_postgres")
    found: Settings = room.settings
    return found


def asked(number: int, *mails: str, model: str = "Tiguan") -> Parsed:
    """What the reader says of a request; each is another mail."""
    car = Vehicle(role="wanted", make="VW", model=model)
    person = Customer(emails=mails or ("eva@kunde.example",))
    reading = Reading(kind="lead", language="de", customer=person, vehicles=(car,), comments=f"Frage {number}")
    return Parsed(digest=f"digest {number}", readings=(reading,), subject=f"Anfrage {number}", message_id="<same@id>")


def accepted(store: Store, number: int) -> list[Claimed]:
    """So many mails in hand."""
    taken = [Accepted(b"x%d" % n, WEBSITE, "", "smtp", "192.0.2.1", wall_now()) for n in range(number)]
    chain = Chain("test")
    store.write(lambda c: chain.append(c, taken)).result()
    found = store.write(lambda c: messages.claim(c, now=wall_now(), lease="test", limit=50)).result()
    return [one for one in found if one.content.startswith(b"x")]


def planned(store: Store, settings: Settings, mail: Claimed, parsed: Parsed) -> Plan:
    """As the desk does it."""
    draft = plan(settings, mail, parsed, None)
    with store.read() as connection:
        (met,) = people.look_up(connection, [draft.people])
    return plan(settings, mail, parsed, None, met=met)


def kept(store: Store, settings: Settings, *plans: Plan) -> None:
    store.write(lambda c: write_plans(c, plans, settings.digest, wall_now())).result()


def test_the_records_of_a_person_are_found_while_they_are_open(store: Store) -> None:
    with store.read() as connection:
        keys = contacts.find(connection, [JONAS, EVA, ("potsdam", *JONAS[1:])])
        assert list(keys) == [JONAS]
        found = contacts.open_records(connection, keys)
        refs = [records.kept(*row).record.ref for row in found[JONAS]]
        everything = [one.record for one in records.listing(connection, site="berlin")]
    own = [one for one in everything if one.reading.customer and JONAS[2] in one.reading.customer.emails]
    assert refs == [one.ref for one in reversed(own) if one.state in ("new", "taken", "waiting")]
    assert refs


def test_at_most_twenty_are_looked_at(store: Store, settings: Settings) -> None:
    mails = accepted(store, 25)
    for number, mail in enumerate(mails):
        kept(store, settings, planned(store, settings, mail, asked(number, model=f"Modell {number}")))
    with store.read() as connection:
        (met,) = people.look_up(connection, [frozenset({EVA})])
    assert [one.kept.record.reading.comments for one in met] == [f"Frage {n}" for n in range(24, 4, -1)]


def test_whoever_locks_later_sees_what_was_opened(store: Store, other: Store) -> None:
    held, go_on = threading.Event(), threading.Event()

    def first(connection: Connection) -> None:
        keys = contacts.hold(connection, [EVA])
        held.set()
        assert go_on.wait(20)
        contacts.link(connection, [(1, keys[EVA])])

    def second(connection: Connection) -> list[int]:
        keys = contacts.hold(connection, [EVA])
        return [key for key, _ in contacts.open_records(connection, keys).get(EVA, [])]

    one = store.write(first)
    assert held.wait(20)
    two = other.write(second)
    go_on.set()
    one.result(20)
    assert two.result(20) == [1]


def test_a_decision_that_did_not_know_of_the_other_is_not_written(
    store: Store, other: Store, settings: Settings
) -> None:
    one, two = accepted(store, 2)
    first, second = (
        planned(db, settings, mail, asked(number)) for number, (db, mail) in enumerate(((store, one), (other, two)))
    )
    kept(store, settings, first)
    with pytest.raises(records.Changed):
        kept(other, settings, second)
    again = planned(other, settings, two, asked(1))
    assert again.fated.fate == "attached"
    kept(other, settings, again)
    with store.read() as connection:
        (met,) = people.look_up(connection, [frozenset({EVA})])
        assert [each.message for each in met[0].kept.record.requests] == [two.id]
        assert list(evidence.check(connection, wall_now())) == []


def test_what_a_second_request_says_of_the_person_is_known_from_then_on(store: Store, settings: Settings) -> None:
    mails = accepted(store, 3)
    kept(store, settings, planned(store, settings, mails[0], asked(0)))
    kept(store, settings, planned(store, settings, mails[1], asked(1, "eva@kunde.example", "eva@arbeit.example")))
    third = planned(store, settings, mails[2], asked(2, "eva@arbeit.example"))
    assert third.fated.fate == "attached"


def test_a_batch_costs_no_more_statements_than_a_mail(store: Store, settings: Settings) -> None:
    mails = accepted(store, 31)
    drafts = [plan(settings, mail, asked(n, f"m{n}@kunde.example"), None) for n, mail in enumerate(mails)]
    for some in (drafts[:1], drafts[1:]):
        with store.read() as connection, _counted(connection) as reads:
            people.look_up(connection, [one.people for one in some])
        assert len(reads) == 1, "nobody of them is known"

        def write(connection: Connection, some: list[Plan] = some) -> int:
            with _counted(connection) as writes:
                write_plans(connection, some, settings.digest, wall_now())
            return len([each for each in writes if "contact" in each])

        assert store.write(write).result() == 4, "insert, lock, look, link"


@contextmanager
def _counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that run meanwhile; what is inserted in pages counts once."""
    found: list[str] = []

    def seen(*args: Any) -> None:
        found.append(args[2])

    event.listen(connection, "before_cursor_execute", seen)
    yield found
    event.remove(connection, "before_cursor_execute", seen)


def test_a_person_of_another_site_is_another_one(store: Store, settings: Settings) -> None:
    one, two = accepted(store, 2)
    kept(store, settings, planned(store, settings, one, asked(0)))
    elsewhere = Claimed(two.id, "desk.potsdam@leads.muster.example", *list(_fields(two))[2:])
    found = planned(store, settings, elsewhere, asked(1))
    assert (found.fated.fate, found.known) == ("opened", ())


def _fields(mail: Claimed) -> Iterator[Any]:
    return (getattr(mail, name) for name in mail.__struct_fields__)


def test_a_request_without_a_person_asks_nothing_and_locks_nothing(store: Store, settings: Settings) -> None:
    (mail,) = accepted(store, 1)
    nobody = asked(0, "noreply@mobile.de")
    before = _contacts(store)
    found = planned(store, settings, mail, nobody)
    assert found.people == frozenset()
    kept(store, settings, found)
    assert _contacts(store) == before


def _contacts(store: Store) -> int:
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(record)).scalar_one()
        return connection.execute(select(func.count()).select_from(contact)).scalar_one()
