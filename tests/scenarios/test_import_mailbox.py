"""`import --imap`: a whole folder of a mailbox goes into the books, and stays as it is."""

import json

import pytest

from tests.peers.dovecot import Dovecot
from tests.peers.fixtures import mail_server
from tests.scenarios.test_mailbox import mailbox_of
from tests.support.client import lead, new_key
from tests.support.fixtures import Houses

__all__ = ["mail_server"]

pytestmark = pytest.mark.peer

MAILS = 120


def test_a_folder_is_imported_once_and_left_alone(new_house: Houses, mail_server: Dovecot) -> None:
    mail_server.doveadm("mailbox", "create", "Archiv")
    for _ in range(MAILS):
        mail_server.deliver(lead(new_key()), "Archiv")
    house = new_house(started=False)
    house.write("imap.password", mail_server.password)
    house.append("postroom.toml", mailbox_of(mail_server, 'source = "website-berlin"'))
    house.start()
    first, second = (_summary(house.postroom("import", "--imap", "main", "--folder", "Archiv", "--json")) for _ in "12")
    assert (first["mails"], first["taken"], first["fates"]) == (MAILS, MAILS, {"opened": MAILS})
    assert (second["taken"], second["known"]) == (0, MAILS)
    assert house.value("SELECT count(*) FROM message WHERE channel = 'import' AND received_at IS NOT NULL") == MAILS
    assert house.value("SELECT count(*) FROM outbox") == house.value("SELECT count(*) FROM deadline") == 0
    assert mail_server.count("Archiv") == MAILS
    assert not any(mail_server.flags("Archiv"))
    assert house.postroom("ledger").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--imap", "main", "--folder", "Nirgends"), 75, "goes on where it was"),
        (("--imap", "mian"), 2, "there is no mailbox 'mian'"),
        ((), 2, "say what to import"),
        (("--imap", "main", "."), 2, "say what to import"),
    ],
)
def test_what_cannot_be_imported_is_told(
    new_house: Houses, mail_server: Dovecot, words: tuple[str, ...], code: int, said: str
) -> None:
    house = new_house(started=False)
    house.write("imap.password", mail_server.password)
    house.append("postroom.toml", mailbox_of(mail_server, 'source = "website-berlin"'))
    ended = house.postroom("import", *words)
    assert (ended.returncode, said in ended.stderr) == (code, True), ended.stderr


def _summary(ended: object) -> dict[str, object]:
    lines = str(ended.stdout).splitlines()  # type: ignore[attr-defined]
    found: dict[str, object] = json.loads(lines[-1])["summary"]
    return found
