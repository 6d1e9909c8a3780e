"""A dealer that keeps its mailbox: mail comes in by IMAP, from a real Dovecot."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.dovecot import Dovecot
from tests.peers.fixtures import mail_server
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

__all__ = ["mail_server"]

Readers = Callable[..., Installation]

MAILBOX = """
[[imap]]
id = "{name}"
host = "127.0.0.1"
port = {port}
tls = "{tls}"
username = "{user}"
password = {{ file = "imap.password" }}
{keys}
"""
MORE_THAN_THERE_IS = 1 << 60
BY_IMAP = "SELECT count(*) FROM message WHERE channel = 'imap'"


@pytest.fixture
def new_reader(new_house: Houses, mail_server: Dovecot) -> Readers:
    """Make daemons that read the mailbox."""

    def make(keys: str = 'source = "website-berlin"', *, started: bool = True, **options: object) -> Installation:
        house = new_house(started=False, roles=("smtp", "imap", "work"), **options)
        house.write("imap.password", mail_server.password)
        house.append("postroom.toml", mailbox_of(mail_server, keys))
        if started:
            house.start()
            is_read(house)
        return house

    return make


def mailbox_of(server: Dovecot, keys: str, name: str = "main", user: str | None = None) -> str:
    return MAILBOX.format(
        name=name,
        port=server.tls_port,
        tls="implicit",
        user=user or server.user,
        keys=f'ca_file = "{server.ca_file}"\n{keys}',
    )


def state(house: Installation, name: str = "main") -> dict[str, object]:
    return next(one for one in house.status()["mailboxes"] if one["id"] == name)


def records_are(house: Installation, number: int) -> None:
    wait_until(lambda: house.value("SELECT count(*) FROM record") == number, 20, f"{number} records")


def is_read(house: Installation, name: str = "main") -> None:
    wait_until(lambda: state(house, name)["state"] in ("listening", "resting"), 20, "the mailbox is read")


@pytest.mark.alone
def test_a_new_mail_in_an_idle_mailbox_is_a_record_within_two_seconds(
    new_reader: Readers, mail_server: Dovecot, sink: Sink
) -> None:
    mail_server.deliver(lead(new_key()))
    house = new_reader()
    took = []
    for number in range(1, 6):
        began = time.monotonic()
        mail_server.deliver(lead(key := new_key()))
        records_are(house, number)
        took.append(time.monotonic() - began)
    assert max(took) < 2, took
    wait_until(lambda: sink.about(f"kunde-{key}@"), 10, "the team is told")
    assert house.value(BY_IMAP) == 5, "what was there before the first reading is left alone"
    assert mail_server.count() == 6
    assert not any(mail_server.flags())
    assert house.postroom("ledger").returncode == 0


SINCE = 'since = "2001-01-01"\n'
WEBSITE_SOURCE = 'source = "website-berlin"\n'


def is_touched(server: Dovecot, done: str, mails: int) -> bool:
    """Whether all originals are where, and as, they are to be."""
    match done:
        case "leave":
            return server.count() == mails and not any(server.flags())
        case "flag":
            return server.flags() == [("\\Seen",)] * mails
        case _:
            return server.count() == 0 and server.count("Postroom") == mails


@pytest.mark.parametrize("done", ["leave", "flag", "move"])
def test_originals_are_left_flagged_or_moved(done: str, new_reader: Readers, mail_server: Dovecot) -> None:
    for _ in range(3):
        mail_server.deliver(lead(new_key()))
    house = new_reader(f'{WEBSITE_SOURCE}{SINCE}done = "{done}"')
    records_are(house, 3)
    mail_server.deliver(lead(new_key()))
    records_are(house, 4)
    wait_until(lambda: is_touched(mail_server, done, 4), 20, "the originals are dealt with")
    assert house.stop() < 5
    mail_server.deliver(lead(new_key()))
    house.start()
    records_are(house, 5)
    wait_until(lambda: is_touched(mail_server, done, 5), 20, "the originals are dealt with")
    assert house.value(BY_IMAP) == 5
    assert state(house)["found"] == 5
    assert house.postroom("ledger").returncode == 0


@pytest.mark.parametrize(
    ("point", "stored", "flagged"),
    [("mailbox-before-commit", 0, 0), ("mailbox-after-commit", 3, 0), ("mailbox-after-done", 3, 3)],
)
def test_nothing_is_flagged_before_its_commit(
    point: str, stored: int, flagged: int, new_reader: Readers, mail_server: Dovecot
) -> None:
    for _ in range(3):
        mail_server.deliver(lead(new_key()))
    house = new_reader(f'{WEBSITE_SOURCE}{SINCE}done = "flag"', started=False)
    assert house.launch({"POSTROOM_TEST_CRASH": point}).wait(60) == -9
    assert house.value(BY_IMAP) == stored
    assert sum(map(bool, mail_server.flags())) == flagged
    house.start()
    records_are(house, 3)
    wait_until(lambda: is_touched(mail_server, "flag", 3), 20, "what was not done is done now")
    assert house.value(BY_IMAP) == 3
    assert house.value("SELECT count(*) FROM mailbox_mail WHERE done_at IS NULL") == 0


def test_whose_mail_it_is(new_reader: Readers, mail_server: Dovecot) -> None:
    named, unnamed, second = lead(new_key()), lead(new_key()), lead(new_key())
    mail_server.doveadm("mailbox", "create", "Leads/neu")
    mail_server.deliver(b"Delivered-To: Website.Berlin.H3t8@leads.muster.example\r\n" + named)
    mail_server.deliver(unnamed.replace(b"leads.muster.example", b"elsewhere.example"), "Leads/neu")
    mail_server.deliver(second, user="potsdam")
    house = new_reader(SINCE + 'folders = ["INBOX", "Leads/neu"]', started=False)
    house.append("postroom.toml", mailbox_of(mail_server, SINCE + 'site = "potsdam"', "second", "potsdam"))
    house.start()
    wait_until(lambda: house.value(BY_IMAP) == 3, 20, "all are taken")
    house.settle()
    assert house.query("SELECT recipient, site, source FROM message ORDER BY recipient") == [
        ("imap:main", "admin", None),
        ("imap:second", "potsdam", None),
        ("website.berlin.h3t8@leads.muster.example", "berlin", "website-berlin"),
    ]


def test_the_same_mail_by_smtp_and_imap_opens_one_record(new_reader: Readers, mail_server: Dovecot) -> None:
    house = new_reader()
    mail = lead(new_key())
    send(house, mail)
    records_are(house, 1)
    mail_server.deliver(mail)
    mail_server.deliver(mail)
    taken = "SELECT count(*) FROM mailbox_mail WHERE state = 'taken'"
    wait_until(lambda: house.value(taken) == 2, 20, "both copies are taken")
    house.settle()
    assert house.query("SELECT channel, fate FROM message ORDER BY accepted_at") == [
        ("smtp", "opened"),
        ("imap", "repeat"),
    ]
    assert house.value("SELECT count(DISTINCT message) FROM mailbox_mail") == 1


def test_a_mail_over_the_limit_is_told_of(new_reader: Readers, mail_server: Dovecot, sink: Sink) -> None:
    house = new_reader(limits={"size": "100KiB"})
    mail_server.deliver(lead(new_key()) + b"x" * 200_000)
    mail_server.deliver(lead(new_key()))
    records_are(house, 1)
    (alarm,) = wait_until(lambda: sink.to(ADMIN), 20, "the admin is told")
    assert "too large" in str(alarm.parsed()["Subject"])
    assert house.query("SELECT state FROM mailbox_mail ORDER BY uid") == [("too-large",), ("taken",)]


def test_without_room_on_the_disk_nothing_is_fetched(new_reader: Readers, mail_server: Dovecot) -> None:
    mail_server.deliver(lead(new_key()))
    house = new_reader(f'{WEBSITE_SOURCE}{SINCE}done = "flag"', started=False, limits={"reserve": MORE_THAN_THERE_IS})
    house.start()
    wait_until(lambda: state(house)["state"] == "failing", 20, "it does not begin")
    assert "disk is too full" in str(state(house)["error"])
    main = house.directory / "postroom.toml"
    main.write_text(main.read_text("utf-8").replace(str(MORE_THAN_THERE_IS), "0"), "utf-8")
    assert house.reload()["ok"]
    records_are(house, 1)
    wait_until(lambda: is_touched(mail_server, "flag", 1), 20, "the original is dealt with")
    main.write_text(main.read_text("utf-8").replace("reserve = 0", f"reserve = {MORE_THAN_THERE_IS}"), "utf-8")
    assert house.reload()["ok"]
    mail_server.deliver(lead(new_key()))
    wait_until(lambda: state(house)["state"] == "failing", 20, "it stops while it listens")
    assert mail_server.flags() == [("\\Seen",), ()]
    assert house.value(BY_IMAP) == 1


def test_mailboxes_come_and_go_with_a_reload(new_reader: Readers, mail_server: Dovecot) -> None:
    house = new_reader()
    main = house.directory / "postroom.toml"
    before = main.read_text("utf-8")
    house.append("postroom.toml", mailbox_of(mail_server, SINCE + WEBSITE_SOURCE, "second", "second"))
    mail_server.deliver(lead(new_key()), user="second")
    assert house.reload()["ok"]
    records_are(house, 1)
    is_read(house, "second")
    assert 'postroom_mailbox_last_success_timestamp_seconds{mailbox="second"}' in house.get("/metrics")[1]
    assert 'postroom_mailbox_mails_total{mailbox="second"} 1.0' in house.get("/metrics")[1]
    main.write_text(before.replace('source = "website-berlin"', 'site = "berlin"'), "utf-8")
    assert house.reload()["ok"]
    is_read(house)
    assert [one["id"] for one in house.status()["mailboxes"]] == ["main"]
    mail_server.deliver(lead(new_key()), user="second")
    mail_server.deliver(lead(new_key()))
    records_are(house, 2)
    assert house.value("SELECT recipient FROM message ORDER BY accepted_at DESC LIMIT 1") == "imap:main"
    assert "main" in house.postroom("status").stdout


def test_an_outage_is_told_of_once_and_its_end(
    new_reader: Readers, mail_server: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-11-23T09:00:00+00:00")
    house = new_reader(started=False)
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    is_read(house)
    mail_server.stop()
    wait_until(lambda: state(house)["state"] == "failing", 20, "it fails")
    assert state(house)["error"]
    clock.write_text("2026-11-23T09:31:00+00:00")
    wait_until(lambda: sink.to(ADMIN), 20, "the admin is told")
    clock.write_text("2026-11-23T10:50:00+00:00")
    mail_server.start()
    mail_server.deliver(lead(new_key()))
    records_are(house, 1)
    first, second = wait_until(lambda: len(sink.to(ADMIN)) > 1 and sink.to(ADMIN), 30, "the admin is told of its end")
    assert "mailbox main cannot be read" in str(first.parsed()["Subject"])
    assert "mailbox main is read again" in str(second.parsed()["Subject"])
    assert house.value("SELECT told_at FROM mailbox") is None


def test_once_a_day_folder_and_ledger_are_compared(
    new_reader: Readers, mail_server: Dovecot, sink: Sink, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-11-23T09:00:00+00:00")
    mail_server.deliver(lead(new_key()))
    house = new_reader(SINCE + WEBSITE_SOURCE + 'poll = "1m"', started=False)
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    is_read(house)
    mail_server.deliver(lead(new_key()))
    records_are(house, 2)
    house.stop()
    house.alter("DELETE FROM mailbox_mail WHERE uid = 2")
    clock.write_text("2026-11-24T10:00:00+00:00")
    house.start({"POSTROOM_TEST_CLOCK": str(clock)})
    (alarm,) = wait_until(lambda: sink.to(ADMIN), 20, "the admin is told")
    assert "overlooked" in str(alarm.parsed()["Subject"])
    assert house.value("SELECT state FROM mailbox_mail WHERE uid = 2") == "waiting"
