"""`!booking` of a member: the booking is opened in the customer's name, or its writer hears why not."""

import email
import email.policy
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from config.load import canonical, load
from daemon.desk.batch import write_plans
from daemon.desk.behalf import on_behalf
from daemon.desk.desk import Desk
from daemon.desk.plan import hints_for, plan
from daemon.errands import Parse
from daemon.outbox.guide import Guide
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, desk_keys
from daemon.store import evidence, messages, open_store, records
from daemon.store.chains import Accepted, Chain
from parsers.records import Command
from rules.model import Record
from tests.unit.conftest import SENT_AT, PostRoom

DESK = "desk.berlin@leads.muster.example"
ANNA = "anna@muster.example"
PROVEN = "Authentication-Results: mx.muster.example; dmarc=pass header.from=muster.example\r\n"
LABELS = """Name: Eva Beispiel
Telefon: 030 5550123
E-Mail: eva@kunde.example
Kennzeichen: B-MX 1234
Fahrzeug: VW Golf
Leistung: Inspektion, HU
Termin: 3.12.2026 9:00
"""


def written(body: str, head: str = PROVEN, sender: str = ANNA) -> bytes:
    return (
        f"{head}From: Anna Muster <{sender}>\r\nTo: {DESK}\r\nSubject: Termin\r\nMessage-ID: <a@muster.example>\r\n"
        f"Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    ).encode()


@pytest.fixture
def shift(post_room: PostRoom) -> Iterator[Shift]:
    main = post_room.directory / "postroom.toml"
    main.write_text(main.read_text("utf-8").replace("# authserv_id", "authserv_id"), "utf-8")
    settings, problems = load(post_room.directory)
    assert settings is not None, problems
    store = open_store(post_room.url)
    keep = canonical(settings).encode()
    store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, wall_now())).result()
    one = Shift(settings, store, Clock(), Reader({}), desk_keys(settings))
    yield one
    one.reader.close()
    store.close()


def came(shift: Shift, raw: bytes) -> None:
    taken = Accepted(raw, DESK, ANNA, "smtp", "192.0.2.1", SENT_AT)
    chain = Chain("test")
    shift.store.write(lambda c: chain.append(c, [taken])).result()


def worked(shift: Shift, raw: bytes) -> Any:
    """What the desk made of a mail: its row."""
    came(shift, raw)
    desk, until = Desk(shift, lambda *_: None, guide=Guide(shift, lambda: None)), time.monotonic() + 30
    while taken := desk.take():
        desk.keep(taken)
        assert time.monotonic() < until
    with shift.store.read() as connection:
        assert [one.what for one in evidence.check(connection, wall_now())] == []
        return next(row for row in messages.listing(connection) if row["subject"] == "Termin")


def opened(shift: Shift) -> Record | None:
    with shift.store.read() as connection:
        found = [one.record for one in records.listing(connection, kind="booking")]
    return found[-1] if found else None


def guided(shift: Shift) -> list[str]:
    with shift.store.read() as connection:
        query = "SELECT rendered.bytes FROM outbox JOIN rendered ON outbox = outbox.id WHERE purpose = 'astray'"
        return [bytes(row[0]).decode("latin-1") for row in connection.execute(text(query))]


def test_a_member_books_for_a_customer(shift: Shift) -> None:
    row = worked(shift, written(f"!termin\n{LABELS}\n-- \nAnna Muster\nTel. 030 999999"))
    assert row["fate"] == "opened"
    assert row["reason"] == "booking for berlin: asked for by anna@muster.example in the customer's name"
    record = opened(shift)
    assert record is not None
    person, booking = record.reading.customer, record.reading.booking
    assert person is not None
    assert booking is not None
    assert (person.name, person.emails, person.phones) == ("Eva Beispiel", ("eva@kunde.example",), ("+49305550123",))
    assert (booking.services, booking.starts_at) == (("Inspektion", "HU"), "2026-12-03T09:00:00")
    assert (record.team, record.thread, record.state) == ("service", None, "new")
    with shift.store.read() as connection:
        told = [(one["purpose"], one["recipient"]) for one in records.notices(connection, record.ref)]
        actors = [(one["action"], one["actor_role"], one["actor"]) for one in records.revisions(connection, record.ref)]
    assert told == [("new", "service.berlin@muster.example"), ("status", ANNA)]
    assert actors == [("open", "team", ANNA), ("status", "team", ANNA)]
    assert guided(shift) == []


@pytest.mark.parametrize(
    ("said", "starts_at"),
    [
        ("!schedule 2026-12-03 09:00", "2026-12-03T08:00"),
        ("!einplanen 3.12. 9 Uhr", "2026-12-03T08:00"),
        ("!tilbyd torsdag kl. 9", "2026-11-26T08:00"),
        ("!vormerken Do, 3.12., 9:00", "2026-12-03T08:00"),
    ],
)
def test_its_time_may_be_said_in_the_way_of_all_commands(shift: Shift, said: str, starts_at: str) -> None:
    row = worked(shift, written(f"!termin\n{said}\n{LABELS}"))
    assert row["fate"] == "opened", row["reason"]
    record = opened(shift)
    assert record is not None
    assert record.visit is not None
    assert record.visit.starts_at == datetime.fromisoformat(starts_at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        ("", ANNA),
        ("Authentication-Results: mx.muster.example; dmarc=fail header.from=muster.example\r\n", ANNA),
        ("Authentication-Results: other.example; dmarc=pass header.from=muster.example\r\n", ANNA),
        ("Authentication-Results: mx.muster.example; dmarc=pass header.from=kunde.example\r\n", "max@kunde.example"),
        (f"{PROVEN}Auto-Submitted: auto-generated\r\n", ANNA),
    ],
)
def test_whoever_is_not_proven_books_in_nobodys_name(shift: Shift, head: str, sender: str) -> None:
    row = worked(shift, written(f"!termin\n!schedule 2026-12-03 09:00\n{LABELS}", head, sender))
    assert row["fate"] in ("opened", "automatic")
    assert opened(shift) is None
    with shift.store.read() as connection:
        newest = records.listing(connection)[-1].record
    customers = newest.reading.customer.emails if newest.reading.customer else ()
    assert "eva@kunde.example" not in customers
    assert guided(shift) == []


def test_where_tokens_are_trusted_nobody_books_without_one(shift: Shift) -> None:
    sites = shift.settings.directory / "sites.toml"
    sites.write_text(sites.read_text("utf-8").replace('id = "berlin"', 'id = "berlin"\ntrust = "token"'), "utf-8")
    settings, problems = load(shift.settings.directory)
    assert settings is not None, problems
    shift.settings, keep = settings, canonical(settings).encode()
    shift.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", keep, wall_now())).result()
    worked(shift, written(f"!termin\n{LABELS}"))
    assert opened(shift) is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("!termin\n\nBitte einen Termin für Frau Beispiel", "steht kein Kunde"),
        (f"!termin\n!done\n{LABELS}", "geht unter !termin nicht"),
        (f"!termin\n!gibtsnicht\n{LABELS}", "gibtsnicht"),
    ],
)
def test_what_cannot_be_done_is_told_and_opens_nothing(shift: Shift, body: str, why: str) -> None:
    row = worked(shift, written(body))
    assert row["fate"] == "ignored"
    assert row["reason"].startswith(f"a booking that {ANNA} asks for by mail is refused: ")
    assert opened(shift) is None
    (letter,) = guided(shift)
    assert why in _plain(letter)


def _plain(letter: str) -> str:
    found = email.message_from_string(letter, policy=email.policy.default).get_body(("plain",))
    assert found is not None
    return " ".join(found.get_content().split())


def test_the_same_mail_again_books_nothing(shift: Shift) -> None:
    first = worked(shift, written(f"!termin\n{LABELS}"))
    came(shift, written(f"!termin\n{LABELS}"))
    worked(shift, written(f"!termin\n{LABELS}"))
    with shift.store.read() as connection:
        fates = [row["fate"] for row in messages.listing(connection) if row["subject"] == "Termin"]
        assert len(records.listing(connection, kind="booking")) == 1
    assert (first["fate"], sorted(fates)) == ("opened", ["opened", "repeat", "repeat"])


@pytest.mark.parametrize(("name", "state"), [("offer", "offered"), ("schedule", "scheduled")])
def test_a_time_is_given_in_the_same_go(shift: Shift, name: str, state: str) -> None:
    raw = written(f"!termin\n{LABELS}")
    came(shift, raw)
    claim = shift.store.write(lambda c: messages.claim(c, now=wall_now(), lease="test", limit=50)).result()
    mail = next(one for one in claim if one.content == raw)
    (answer,) = shift.reader.ask([Parse(raw, hints_for(shift.settings, DESK))])
    parsed = answer.parsed
    assert parsed is not None
    assert parsed.behalf is not None
    command = Command(name=name, args={"at": "2026-12-03 09:00"}, written="!…")
    parsed = msgspec.structs.replace(parsed, behalf=msgspec.structs.replace(parsed.behalf, commands=(command,)))
    with shift.store.read() as connection:
        asked = on_behalf(connection, shift.settings, mail, parsed)
    made = plan(shift.settings, mail, parsed, None, asked=asked)
    shift.store.write(lambda c: write_plans(c, [made], shift.settings.digest, wall_now())).result()
    record = opened(shift)
    assert record is not None
    assert record.state == state
    with shift.store.read() as connection:
        actions = [one["action"] for one in records.revisions(connection, record.ref)]
        assert list(evidence.check(connection, wall_now())) == []
    assert actions == ["open", name, "status"]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("!schedule 2026-12-03 09:00", "scheduled"),
        ("!offer 2026-12-03 09:00", "offered"),
        ("!schedule", "scheduled"),
    ],
)
def test_a_line_below_gives_the_time(shift: Shift, line: str, state: str) -> None:
    row = worked(shift, written(f"!termin\n{line}\n{LABELS}"))
    assert row["fate"] == "opened"
    record = opened(shift)
    assert record is not None
    assert (record.state, record.revision) == (state, 3)
    assert record.visit is not None
    assert (record.visit.starts_at, record.visit.invited) == (datetime(2026, 12, 3, 8, 0, tzinfo=UTC), True)
    with shift.store.read() as connection:
        told = [one["purpose"] for one in records.notices(connection, record.ref) if one["recipient"] != ANNA]
    assert told == ["new", f"visit-{state.removesuffix('ed') if state == 'offered' else state}"]


def test_a_time_that_is_refused_opens_nothing(shift: Shift) -> None:
    row = worked(shift, written(f"!termin\n!schedule 2026-11-02 09:00\n{LABELS}"))
    assert (row["fate"], opened(shift)) == ("ignored", None)
    assert len(guided(shift)) == 1
