"""A dealer that keeps its mailbox: mail comes in by IMAP, from a real Dovecot."""

import time
from collections.abc import Callable

import pytest

from tests.peers.dovecot import Dovecot
from tests.peers.fixtures import mail_server
from tests.support.client import lead, new_key
from tests.support.daemon import Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

__all__ = ["mail_server"]

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
BY_IMAP = "SELECT count(*) FROM message WHERE channel = 'imap'"


@pytest.fixture
def new_reader(new_house: Houses, mail_server: Dovecot) -> Callable[..., Installation]:
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


def test_a_new_mail_in_an_idle_mailbox_is_a_record_within_two_seconds(
    new_reader: Callable[..., Installation], mail_server: Dovecot, sink: Sink
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
