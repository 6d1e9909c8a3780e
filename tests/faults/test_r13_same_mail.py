"""Row R13: the same mail on several ways, without a Message-ID, and for two dealers."""

import pytest

from tests.peers.dovecot import Dovecot
from tests.scenarios.test_mailbox import is_read, mailbox_of
from tests.support.client import lead, new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.waiting import wait_until

OTHER = "website.odense.b8n4@leads.muster.example"
pytestmark = pytest.mark.peer


def test_one_one_and_two_records(new_house: Houses, mail_server: Dovecot, tell: Tell) -> None:
    house = new_house(started=False, roles=("smtp", "imap", "work"))
    house.write("imap.password", mail_server.password)
    house.append("postroom.toml", mailbox_of(mail_server, 'source = "website-berlin"'))
    house.start()
    is_read(house)
    copied, bare, shared = new_key(), new_key(), new_key()
    mail = lead(copied)
    send(house, mail)
    send(house, mail)
    mail_server.deliver(mail)
    mail = _without_message_id(lead(bare))
    send(house, mail)
    send(house, mail)
    mail = lead(shared)
    for to in (WEBSITE, OTHER):
        send(house, mail, to)
    wait_until(lambda: _fates(house, copied, bare, shared) == 7, 30, "all are read")
    found = [
        house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{k}@%") for k in (copied, bare, shared)
    ]
    tell(f"R13: by SMTP twice and IMAP {found[0]}, without Message-ID twice {found[1]}, two dealers {found[2]}")
    assert found == [1, 1, 2]
    assert house.postroom("ledger").returncode == 0


def _without_message_id(mail: bytes) -> bytes:
    lines = mail.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"message-id:"))


def _fates(house: Installation, *keys: str) -> int:
    counted = (
        house.value("SELECT count(*) FROM message WHERE subject = ? AND fate != 'pending'", f"Anfrage {key}")
        for key in keys
    )
    return sum(counted)
