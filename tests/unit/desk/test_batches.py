"""Mails of one person that the desk takes in one batch, and the proof of what became of them."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection

from config.load import canonical
from daemon.act import act
from daemon.desk.answer import answered_by, arrived
from daemon.desk.batch import write_plans
from daemon.desk.plan import Late, plan
from daemon.reader import Reader
from daemon.rereading import Rereading
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, desk_keys
from daemon.store import Store, evidence, imports, messages, open_store, records
from daemon.store.chains import Accepted, Chain
from daemon.store.rereading import Selection
from parsers.records import Answer as ParsedAnswer
from parsers.records import Command, Parsed
from rules.model import Action, Actor, Record
from rules.reference import TokenRole, token
from tests.support.client import lead
from tests.unit.conftest import WEBSITE, PostRoom, accept, finish_pending

SENT = wall_now() - timedelta(hours=1)


@pytest.fixture
def shift(post_room: PostRoom) -> Iterator[Shift]:
    store = open_store(post_room.url)
    settings = post_room.settings
    one = Shift(settings, store, Clock(), Reader({}), desk_keys(settings))
    keep = canonical(settings).encode()
    store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, SENT)).result()
    yield one
    one.reader.close()
    store.close()


def taken(shift: Shift, *contents: bytes) -> None:
    """Accepted together, and worked through by the desk."""
    accept(shift, Chain("test"), [(WEBSITE, content) for content in contents], SENT)
    finish_pending(shift)


def fates(store: Store, key: str) -> list[str]:
    with store.read() as connection:
        return [row["fate"] for row in messages.listing(connection) if row["subject"] == f"Anfrage {key}"]


def records_of(store: Store, key: str) -> list[Record]:
    with store.read() as connection:
        every = [one.record for one in records.listing(connection)]
    mail = f"kunde-{key}@kunde.example"
    return [one for one in every if one.reading.customer and mail in one.reading.customer.emails]


def do(shift: Shift, record: Record, name: str, **args: str) -> None:
    act(shift.store, shift.settings, record.ref, Action(name=name, actor=Actor("command"), args=args), wall_now())


def findings(store: Store) -> list[str]:
    with store.read() as connection:
        return [f"{one.where}: {one.what}" for one in evidence.check(connection, wall_now())]


def test_each_mail_of_a_batch_sees_what_the_one_before_became(shift: Shift) -> None:
    texts = [lead("one", text=f"Frage {n}") for n in range(3)]
    other = lead("one").replace(b"Inserat-ID: one", b"Inserat-ID: two")
    taken(shift, texts[0], lead("two"), texts[1], other, texts[1], texts[2])
    assert fates(shift.store, "one") == ["opened", "attached", "opened", "repeat", "attached"]
    first, other_car = records_of(shift.store, "one")
    assert first.reading.comments == "Frage 0"
    assert [one.reading.comments for one in first.requests] == ["Frage 1", "Frage 2"]
    assert (first.related, other_car.related) == ((), (first.ref,))
    assert findings(shift.store) == []


def test_a_reference_that_is_taken_is_drawn_again(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    finish_pending(shift)
    drawn = (number for pair in zip(count(), count(), strict=True) for number in pair)
    monkeypatch.setattr(secrets, "randbits", lambda _bits: next(drawn))
    taken(shift, lead("one"))
    taken(shift, lead("two"), lead("three"), lead("four"))
    refs = [one.ref for key in ("one", "two", "three", "four") for one in records_of(shift.store, key)]
    assert len(set(refs)) == 4, refs
    assert next(drawn) > 2, "some were drawn again"
    assert findings(shift.store) == []


def test_what_was_put_in_later_joins_in_silence(shift: Shift) -> None:
    store = shift.store
    taken(shift, lead("one"))
    (first,) = records_of(store, "one")

    def put_in(number: int) -> None:
        old = lead("one", text=f"Damals {number}")
        mail = Accepted(old, WEBSITE, "", "import", "", wall_now(), SENT - timedelta(days=3))
        chain = Chain("import")
        assert store.write(lambda c: imports.take(c, chain, [(imports.key_of_mail(mail), mail)])).result()
        finish_pending(shift)

    put_in(1)
    (joined,) = records_of(store, "one")
    with store.read() as connection:
        assert [row["purpose"] for row in records.notices(connection, first.ref)] == ["new"]
    assert [one.reading.comments for one in joined.requests] == ["Damals 1"]
    do(shift, first, "later", until="2d")
    put_in(2)
    assert [one.state for one in records_of(store, "one")] == ["waiting", "new"]
    assert findings(store) == []


def test_a_second_request_wakes_what_rests(shift: Shift) -> None:
    store = shift.store
    taken(shift, lead("one"))
    (first,) = records_of(store, "one")
    do(shift, first, "later", until="2d")
    taken(shift, lead("one", text="Hallo?"))
    (woken,) = records_of(store, "one")
    assert (woken.state, woken.resubmit_at, woken.cycle) == ("new", None, 2)
    do(shift, first, "done")
    taken(shift, lead("one", text="Noch einer?"))
    assert [one.state for one in records_of(store, "one")] == ["done", "new"]
    assert findings(store) == []


ALTERED = [
    (
        "DELETE FROM message_record WHERE how = 'attached' AND message = {mail}",
        "is a second request, but is linked to none",
    ),
    ("UPDATE message_record SET record = 1 WHERE message = {mail}", "is a second request of"),
    ("UPDATE message_record SET how = 'opened' WHERE message = {mail}", "is linked to a record that it did not open"),
    ("UPDATE notice SET purpose = 'x' WHERE purpose = 'again'", "was altered"),
    ("DELETE FROM notice WHERE purpose = 'again'", "the notice of its revision 2 is missing"),
]


@pytest.mark.parametrize(("change", "said"), ALTERED)
def test_the_proof_of_a_second_request(shift: Shift, change: str, said: str) -> None:
    taken(shift, lead("one"), lead("one", text="Hallo?"))
    (first,) = records_of(shift.store, "one")
    assert findings(shift.store) == []

    def alter(connection: Connection) -> Any:
        return connection.exec_driver_sql(change.format(mail=first.requests[0].message)).rowcount

    assert shift.store.write(alter).result() > 0
    assert any(said in one for one in findings(shift.store)), findings(shift.store)


TWO = (
    b"From: Autohaus Muster <wordpress@muster.example>\r\nTo: website.berlin.h3t8@leads.muster.example\r\n"
    b"Subject: Anfrage two\r\nMessage-ID: <two@muster.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Name: Jonas Probe\r\nE-Mail: kunde-one@kunde.example\r\nMarke: VW\r\nModell: Tiguan\r\nNachricht: Nochmal\r\n\r\n"
    b"Name: Mia Muster\r\nE-Mail: kunde-mia@kunde.example\r\nMarke: VW\r\nModell: Polo\r\nNachricht: Ist er da?\r\n"
)


def test_of_two_requests_in_one_mail_one_joins_and_one_opens(shift: Shift) -> None:
    taken(shift, lead("one"), TWO)
    assert fates(shift.store, "two") == ["opened"]
    (first,) = records_of(shift.store, "one")
    (mia,) = records_of(shift.store, "mia")
    assert [one.reading.comments for one in first.requests] == ["Nochmal"]
    assert (mia.related, mia.requests) == ((), ())
    assert findings(shift.store) == []
    wanted = Selection(since=SENT - timedelta(days=1), source="website-berlin")
    with Rereading(shift.settings, shift.store, shift.keys, Late("anna", wall_now()), apply=False) as run:
        said = [one for some in run.run(wanted) for one in some if one.why]
    assert run.read > 1
    assert said == []


def commanded(shift: Shift, record: Record, written: str, name: str, **args: str) -> None:
    """A member of the team answers with a command; the reader has understood it."""
    parsed = Parsed(
        mail_class="reply",
        digest=written,
        sender="verkauf.berlin@muster.example",
        authenticated="muster.example",
        answer=ParsedAnswer(commands=(Command(name=name, args=args, written=written),)),
    )
    assert answered(shift, record, "team", parsed) == "command"


def written(shift: Shift, record: Record, text: str) -> None:
    """Its customer answers a mail of ours."""
    assert record.reading.customer
    sender = record.reading.customer.emails[0]
    parsed = Parsed(mail_class="reply", digest=text, sender=sender, answer=ParsedAnswer(text=text))
    assert answered(shift, record, "customer", parsed) == "attached"


def answered(shift: Shift, record: Record, role: TokenRole, parsed: Parsed) -> str:
    """A mail that came to a record's reply address, and its fate."""
    desk = shift.settings.sites["berlin"].desk.replace("@", f"+{token(record.ref, role, shift.keys[0])}@")
    accept(shift, Chain("test"), [(desk, parsed.digest.encode())], SENT)
    claim = shift.store.write(lambda c: messages.claim(c, now=wall_now(), lease="test", limit=1))
    (mail,) = claim.result()
    with shift.store.read() as connection:
        named = answered_by(connection, shift.settings, shift.keys, mail)
        assert named
        came = arrived(connection, shift.settings, mail, parsed, named)
    planned = plan(shift.settings, mail, parsed, came)
    shift.store.write(lambda c: write_plans(c, [planned], shift.settings.digest, wall_now())).result()
    return planned.fated.fate


def test_the_team_says_otherwise_by_mail(shift: Shift) -> None:
    store = shift.store
    finish_pending(shift)
    taken(shift, lead("one"), lead("one", text="Und mit Anhaengerkupplung?"))
    (first,) = records_of(store, "one")
    commanded(shift, first, "!again no", "apart")
    first, second = records_of(store, "one")
    assert (first.requests, first.related, second.related) == ((), (second.ref,), (first.ref,))
    assert second.reading.comments == "Und mit Anhaengerkupplung?"
    taken(shift, lead("one", text="Hallo?"))
    first, second = records_of(store, "one")
    assert (len(first.requests), len(second.requests)) == (0, 1), "the newest is meant"
    commanded(shift, second, f"!again {first.ref}", "again", ref=first.ref)
    first, second = records_of(store, "one")
    assert (second.state, second.again_of) == ("linked", first.ref)
    assert [one.reading.comments for one in first.requests] == ["Und mit Anhaengerkupplung?"]
    assert findings(store) == []


def purposes(store: Store, ref: str) -> list[str]:
    with store.read() as connection:
        return [row["purpose"] for row in records.notices(connection, ref)]


def test_what_a_customer_writes_to_a_second_request_is_read_where_it_was_joined(shift: Shift) -> None:
    store = shift.store
    finish_pending(shift)
    other = lead("one").replace(b"Inserat-ID: one", b"Inserat-ID: two")
    taken(shift, lead("one"), other, other.replace(b"ID: two", b"ID: three"))
    first, second, third = records_of(store, "one")
    do(shift, third, "again", ref=second.ref)
    do(shift, second, "again", ref=first.ref)
    do(shift, first, "done")
    written(shift, third, "Ist er noch da?")
    first, *linked = records_of(store, "one")
    assert (first.state, [one.state for one in linked]) == ("new", ["linked", "linked"])
    assert purposes(store, first.ref)[-1] == "attached"
    assert "attached" not in (*purposes(store, second.ref), *purposes(store, third.ref))
    assert findings(store) == []


def test_what_a_customer_writes_to_spam_is_kept_and_wakes_nobody(shift: Shift) -> None:
    store = shift.store
    finish_pending(shift)
    taken(shift, lead("one"))
    (record,) = records_of(store, "one")
    do(shift, record, "spam")
    written(shift, record, "Warum antwortet niemand?")
    (kept,) = records_of(store, "one")
    assert kept.state == "spam"
    with store.read() as connection:
        assert records.revisions(connection, kept.ref)[-1]["action"] == "write"
    assert "attached" not in purposes(store, kept.ref)
    assert findings(store) == []


def open_steps(store: Store, ref: str) -> list[tuple[str, int]]:
    with store.read() as connection:
        return [(row["step"], row["cycle"]) for row in records.deadlines(connection, ref) if row["ended_at"] is None]


def test_who_joined_two_requests_takes_both_halves_back(shift: Shift) -> None:
    store = shift.store
    finish_pending(shift)
    other = lead("one", text="Und dieser?").replace(b"Inserat-ID: one", b"Inserat-ID: two")
    taken(shift, lead("one"), other)
    first, second = records_of(store, "one")
    do(shift, first, "later", until="2d")
    resting, steps = records_of(store, "one")[0], open_steps(store, first.ref)
    commanded(shift, second, f"!again {first.ref}", "again", ref=first.ref)
    woken, linked = records_of(store, "one")
    assert ([one.ref for one in woken.requests], woken.state, linked.state) == ([second.ref], "new", "linked")
    commanded(shift, second, "!undo", "undo")
    first, second = records_of(store, "one")
    assert (second.state, second.again_of) == ("new", None)
    assert (first.requests, first.sources, first.state) == ((), (), "waiting")
    assert (first.resubmit_at, open_steps(store, first.ref)) == (resting.resubmit_at, steps)
    assert findings(store) == []
    commanded(shift, second, f"!again {first.ref} 2", "again", ref=first.ref)
    do(shift, first, "take")
    commanded(shift, second, "!undo 2", "undo")
    first, second = records_of(store, "one")
    assert (first.requests, first.state, second.state) == ((), "taken", "new"), "it was taken since, and stays so"
    assert findings(store) == []


def test_what_was_taken_apart_meanwhile_is_no_half_to_take_back(shift: Shift) -> None:
    store = shift.store
    finish_pending(shift)
    other = lead("one", text="Und dieser?").replace(b"Inserat-ID: one", b"Inserat-ID: two")
    taken(shift, lead("one"), other)
    first, second = records_of(store, "one")
    do(shift, second, "again", ref=first.ref)
    do(shift, first, "apart")
    do(shift, second, "undo")
    first, second, _third = records_of(store, "one")
    assert (first.requests, second.state, second.again_of) == ((), "new", None)
    assert findings(store) == []
