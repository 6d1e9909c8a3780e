"""A whole house of real servers: Postfix before and behind us, and a Dovecot whose mailbox we read."""

import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.servers import spool
from tests.peers.dovecot import Dovecot
from tests.peers.fixtures import mail_server
from tests.peers.postfix import postfix
from tests.scenarios.test_mailbox import is_read, mailbox_of
from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until

__all__ = ["mail_server"]

pytestmark = [pytest.mark.peer, pytest.mark.slow]


def test_from_two_ways_in_to_the_team(
    tmp_path: Path, need_program: Callable[[str, str], str], mail_server: Dovecot, sink: Sink
) -> None:
    """A lead by Postfix and LMTP, one by the mailbox; both are told through Postfix, once each."""
    with spool() as before, spool() as behind:
        outwards = {"default_transport": f"smtp:[127.0.0.1]:{sink.port}"}
        with postfix(need_program, behind, outwards) as relay:
            house = Installation(
                tmp_path / "house",
                f"smtp://127.0.0.1:{relay.port}",
                roles=("smtp", "imap", "work"),
                smtp='lmtp = ["127.0.0.1:0"]',
            )
            house.write("imap.password", mail_server.password)
            house.append("postroom.toml", mailbox_of(mail_server, 'source = "website-berlin"\ndone = "move"'))
            house.start()
            is_read(house)
            inwards = {
                "relay_domains": "leads.muster.example",
                "relay_transport": f"lmtp:inet:{house.status()['lmtp'][0]}",
            }
            try:
                with postfix(need_program, before, inwards) as front:
                    try:
                        _tell(house, mail_server, front.port, sink)
                    except AssertionError as error:
                        raise AssertionError(f"{error}\n{front.log()[-3000:]}\n{relay.log()[-3000:]}") from error
            finally:
                house.close()


def _tell(house: Installation, mailbox: Dovecot, front: int, sink: Sink) -> None:
    by_lmtp, by_mailbox = new_key(), new_key()
    with smtplib.SMTP("127.0.0.1", front, "client.example", timeout=30) as client:
        client.sendmail("kunde@kunde.example", [WEBSITE], lead(by_lmtp))
    mailbox.deliver(lead(by_mailbox))
    for key, channel in ((by_lmtp, "lmtp"), (by_mailbox, "imap")):
        wait_until(lambda key=key: sink.about(f"kunde-{key}@"), 40, f"the team is told of the lead by {channel}")  # type: ignore[misc]
        found = house.query("SELECT channel, fate FROM message WHERE subject = ?", f"Anfrage {key}")
        assert [tuple(row) for row in found] == [(channel, "opened")]
    assert [len(sink.about(f"kunde-{key}@")) for key in (by_lmtp, by_mailbox)] == [1, 1]
    wait_until(lambda: mailbox.count() == 0 and mailbox.count("Postroom") == 1, 20)
    assert house.postroom("ledger").returncode == 0
