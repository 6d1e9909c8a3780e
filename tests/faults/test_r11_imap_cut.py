"""A mailbox of 200 mails whose connection is cut at every kilobyte: each mail exactly once, no original touched early.

POSTROOM_FAULT_ROUNDS=100 cuts at every kilobyte; fewer cut at so many of a hundred, which POSTROOM_FAULT_SEED chooses.
"""

import os
import re
from random import Random

import pytest

from tests.faults.mailboxes import Mails, deliver_all, numbers, read_mailbox
from tests.peers.dovecot import Dovecot
from tests.peers.fault_proxy import FaultProxy, fault_proxy
from tests.support.daemon import Installation
from tests.support.fixtures import Houses
from tests.support.waiting import wait_until

ROUNDS = int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("POSTROOM_FAULT_SEED", "1"))
MAILS = 200
KILOBYTES = 300
"""What the server says about 200 mails of 1 to 2 KB, and about their flags."""
_TOUCH = re.compile(rb"^\S+ UID (?:STORE|MOVE|COPY) (\S+) ", re.IGNORECASE | re.MULTILINE)
_TAKEN = "SELECT uid FROM mailbox_mail JOIN message ON message.id = message WHERE state = 'taken'"


class Watch:
    """Looks at every command on its way to the server: may this be done to an original already?"""

    def __init__(self, house: Installation) -> None:
        self.early: list[str] = []
        self.touched = 0
        self._house = house

    def __call__(self, data: bytes) -> None:
        for named in _TOUCH.findall(data):
            uids = numbers(named.decode())
            committed = {uid for (uid,) in self._house.query(_TAKEN)}
            self.touched += len(uids)
            self.early.extend(f"{uid}: {data[:80]!r}" for uid in sorted(uids - committed))


def _round(house: Installation, server: Dovecot, proxy: FaultProxy, kilobyte: int, mails: Mails) -> None:
    """A mailbox of fresh mails, one cut."""
    server.doveadm("expunge", "mailbox", "INBOX", "all")
    proxy.how = "reset" if kilobyte % 2 else "close"
    proxy.down.cut_in = kilobyte << 10
    deliver_all(server.deliver, mails.make(MAILS))
    mails.wait_stored(house)


def _is_done(server: Dovecot, done: str) -> bool:
    """Whether each original is where, and as, it is to be in the end."""
    if done == "move":
        return server.count("INBOX") == 0
    return all("\\Seen" in flags for flags in server.flags())


@pytest.mark.slow
@pytest.mark.parametrize(("done", "every"), [("flag", 1), ("move", 4)])
def test_cut_at_every_kilobyte(
    done: str, every: int, new_house: Houses, mail_server: Dovecot, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = Random(f"{done} {SEED}")  # noqa: S311 - moments
    cuts = sorted(moments.sample(range(1, KILOBYTES + 1), min(KILOBYTES, KILOBYTES * ROUNDS // 100) // every))
    house, mails = new_house(started=False, roles=("imap",)), Mails(SEED)
    watch = Watch(house)
    with fault_proxy(mail_server.port) as proxy:
        proxy.up.watch = watch
        read_mailbox(house, proxy.port, mail_server.password, username=mail_server.user, done=done)
        proxy.down.cut_in = moments.randrange(KILOBYTES) << 10
        deliver_all(mail_server.deliver, mails.make(MAILS))
        house.start()
        mails.wait_stored(house)
        for kilobyte in cuts:
            _round(house, mail_server, proxy, kilobyte, mails)
            wait_until(lambda: _is_done(mail_server, done), 60, "the originals are done with")
        house.stop()
    mails.assert_once(house)
    moved = mail_server.count("Postroom") if done == "move" else 0
    with capsys.disabled():
        print(  # noqa: T201 - the figures are the point
            f"\nR11 {done}: {proxy.cuts} cuts in {proxy.connections} connections, {len(mails.keys)} mails, "
            f"{sum(mails.stored(house).values())} stored; {watch.touched} originals touched, {len(watch.early)} early"
        )
    assert watch.early == []
    assert proxy.cuts >= len(cuts) * 9 // 10
    assert watch.touched >= len(mails.keys) - MAILS
    if done == "move":
        assert moved == len(mails.keys), "each original was moved once"
