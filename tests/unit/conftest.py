"""A post room with some days of work behind it: the example group, its ledger filled by the desk itself."""

import hashlib
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import Connection

from config.init import initialise
from config.load import canonical, load
from config.models import Settings
from daemon.act import act, open_by_hand
from daemon.desk.desk import Desk
from daemon.outbox.bundle import Bundler
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import Store, imports, mailboxes, messages, open_store, outgoing, records
from daemon.store.chains import Accepted, Chain
from daemon.store.mailboxes import Fetched, Folder, Holder
from daemon.store.upgrade import prepare
from parsers.records import Customer, Parsed, Reading
from rules.decide import decide
from rules.model import Action, Actor, Context, Envelope, Opening
from rules.reference import token
from tests.peers.postgres import Postgres

WEBSITE = "website.berlin.h3t8@leads.muster.example"
SENT_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday, and long before the tests run or long after: only the pending mail is of now."""


class PostRoom(NamedTuple):
    """An installation on disk."""

    directory: Path
    settings: Settings
    database: Path

    @property
    def url(self) -> str:
        """Of its database, wherever that is."""
        return database_url(self.settings)


@pytest.fixture(scope="session")
def worked_in(tmp_path_factory: pytest.TempPathFactory) -> PostRoom:
    """Built once; tests that change it take a copy of their own by `post_room`."""
    return room_on("sqlite", tmp_path_factory.mktemp("room") / "etc")


@pytest.fixture(scope="session")
def worked_in_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> PostRoom:
    """The same on PostgreSQL."""
    return room_on(postgres.new_database(), tmp_path_factory.mktemp("room") / "etc")


def room_on(database: str, directory: Path) -> PostRoom:
    """A room in which some days of work were done, on this database."""
    initialise(directory)
    main = directory / "postroom.toml"
    main.write_text(f'database = "{database}"\n' + main.read_text().replace(":2525", ":0").replace(":9125", ":0"))
    settings, problems = load(directory)
    assert settings is not None, problems
    prepare(database_url(settings), data_directory(settings))
    shift = Shift(settings, open_store(database_url(settings)), Clock(), Reader({}), desk_keys(settings))
    try:
        work(shift)
    finally:
        shift.reader.close()
        shift.store.close()
    return PostRoom(directory, settings, data_directory(settings) / "postroom.db")


@pytest.fixture
def post_room(worked_in: PostRoom, tmp_path: Path) -> PostRoom:
    directory = tmp_path / "etc"
    shutil.copytree(worked_in.directory, directory)
    settings, problems = load(directory)
    assert settings is not None, problems
    return PostRoom(directory, settings, data_directory(settings) / "postroom.db")


def work(shift: Shift) -> None:
    """One of each fate, records with some history, letters sent and waiting."""
    at, keep = SENT_AT, canonical(shift.settings).encode()
    shift.store.write(lambda c: messages.keep_settings(c, shift.settings.digest, "{}", keep, at)).result()
    chain = Chain("test")
    accept(shift, chain, [(WEBSITE, mail(shift, "form-german")), (WEBSITE, mail(shift, "form-german"))])
    accept(shift, chain, [("mobile.berlin.x7k2@leads.muster.example", mail(shift, "adf-text"))])
    accept(shift, chain, [("autoscout.potsdam.q4m9@leads.muster.example", mail(shift, "newsletter"))])
    accept(shift, chain, [("desk.potsdam@leads.muster.example", mail(shift, "free-text"))])
    accept(shift, chain, [("desk.potsdam@leads.muster.example", ADVERTISING), (WEBSITE, BOUNCE)])
    finish_pending(shift)
    with shift.store.read() as connection:
        first, second, third = (kept.record.ref for kept in records.listing(connection))
    desk = shift.settings.sites["berlin"].desk.replace("@", f"+{token(first, 'customer', shift.keys[0])}@")
    accept(shift, chain, [(desk, REPLY)])
    finish_pending(shift)
    read_mailbox(shift, chain)
    set_aside(shift)
    anna = Actor("command", "anna")
    act(shift.store, shift.settings, first, Action(name="take", actor=anna), at)
    act(shift.store, shift.settings, first, Action(name="later", actor=anna, args={"until": "2d"}), at)
    act(shift.store, shift.settings, second, Action(name="not-mine", actor=anna, args={"team": "service"}), at)
    act(shift.store, shift.settings, third, Action(name="done", actor=anna, args={"result": "won"}), at)
    by_telephone(shift, anna)
    put_in(shift)
    tell(shift)
    send_one(shift.store)
    accept(shift, chain, [(WEBSITE, mail(shift, "form-chinese"))], wall_now())


def mail(shift: Shift, name: str) -> bytes:
    return (shift.settings.directory / "mails" / f"{name}.eml").read_bytes()


def accept(shift: Shift, chain: Chain, mails: list[tuple[str, bytes]], at: datetime = SENT_AT) -> None:
    """As the acceptor does it."""
    taken = [Accepted(raw, to, "sender@kunde.example", "smtp", "192.0.2.1", at) for to, raw in mails]
    shift.store.write(lambda c: chain.append(c, taken)).result()


def read_mailbox(shift: Shift, chain: Chain) -> None:
    """A mailbox with a mail of each state; the one that is taken cannot be read."""
    digest = hashlib.sha256(UNREADABLE).hexdigest()
    holder = Holder("main", "test", wall_now())
    mail = Accepted(UNREADABLE, WEBSITE, "", "imap", "imap.muster.example", SENT_AT)

    def write(connection: Connection) -> None:
        assert mailboxes.hold(connection, holder, SENT_AT)
        blank = Folder(0, "main", "INBOX", 1, 7, 4, 4, SENT_AT, 0)
        folder = mailboxes.begin(connection, holder, blank, [])
        folder = mailboxes.found(connection, holder, folder, [5, 6, 7, 8])
        assert mailboxes.take(connection, chain, holder, folder, [Fetched(5, digest, SENT_AT, mail)], None) == 1
        mailboxes.settle(connection, holder, folder, [6], "too-large")
        mailboxes.settle(connection, holder, folder, [7], "gone")
        mailboxes.missed(connection, holder, folder, {8: 1})
        mailboxes.release(connection, holder)

    shift.store.write(write).result()


def finish_pending(shift: Shift) -> None:
    """The desk works until nothing waits: a batch with two mails of one digest is taken in turn."""
    until = time.monotonic() + 30
    desk = Desk(shift, lambda *_: None)
    while taken := desk.take():
        desk.keep(taken)
        assert time.monotonic() < until


def tell(shift: Shift) -> None:
    """All that is due becomes letters."""
    bundler = Bundler(shift, lambda: None)
    while gathered := bundler.gather():
        bundler.keep(gathered)
    bundler.close()


def set_aside(shift: Shift) -> None:
    """Quarantine the pending mail as if the reader had died of it three times."""

    def write(connection: Connection) -> None:
        (claimed,) = messages.claim(connection, now=SENT_AT, lease="test", limit=1)
        claimed = msgspec.structs.replace(claimed, tries=2)
        assert messages.suspect(connection, claimed, proven=True, why="it ended", at=SENT_AT) == "quarantined"

    shift.store.write(write).result()


def by_telephone(shift: Shift, actor: Actor) -> None:
    """A lead without a mail."""
    site = shift.settings.sites["odense"]
    reading = Reading(kind="lead", customer=Customer(name="Mads Eksempel", phones=("+4520123456",)))
    decision = decide(
        reading,
        Envelope(recipient=site.desk, channel="command", accepted_at=SENT_AT),
        Parsed(digest="", readings=(reading,)),
        site,
        None,
        shift.settings,
        Context(),
        SENT_AT,
        0,
    )
    opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=SENT_AT)
    open_by_hand(shift.store, shift.settings, opening, Action(name="open", actor=actor), SENT_AT)


def put_in(shift: Shift) -> None:
    """A mail of three months ago, from a file."""
    content = mail(shift, "form-german").replace(b"Message-ID: <", b"Message-ID: <old.")
    old = Accepted(content, WEBSITE, "", "import", "old.mbox:0", SENT_AT, SENT_AT - timedelta(days=90))
    chain = Chain("import")
    assert shift.store.write(lambda c: imports.take(c, chain, [(imports.key_of_mail(old), old)])).result()
    finish_pending(shift)


def send_one(store: Store) -> None:
    """The oldest letter is sent, the others wait."""

    def write(connection: Connection) -> None:
        now = wall_now() + timedelta(minutes=1)
        (letter,) = outgoing.claim(connection, now=now, lease="test", limit=1)
        assert outgoing.mark(connection, letter, "sent", at=now)

    store.write(write).result()


ADVERTISING = (
    b"From: werbung@lieferant.example\r\nTo: desk.potsdam@leads.muster.example\r\nSubject: Angebot\r\n"
    b"Message-ID: <werbung.1@lieferant.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    + "Neue Werbeartikel für Autohäuser: Kugelschreiber.\r\n".encode()
)
BOUNCE = (
    b"From: MAILER-DAEMON@relay.example\r\nTo: desk.berlin@leads.muster.example\r\nSubject: Undelivered Mail\r\n"
    b"Message-ID: <bounce.1@relay.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
    b"Status: 5.1.1\r\n--b--\r\n"
)
REPLY = (
    b"From: Jonas Probe <jonas.probe@kunde.example>\r\nTo: desk.berlin@leads.muster.example\r\n"
    b"Subject: Re: Anfrage\r\nMessage-ID: <antwort.1@kunde.example>\r\nIn-Reply-To: <x@postroom.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nKann ich am Samstag kommen?\r\n"
)
UNREADABLE = b"From: a@b.example\r\nSubject: killer\r\nMessage-ID: <killer@b.example>\r\n\r\nx\r\n"
