"""A mailbox of 200 mails whose connection is cut at every kilobyte: each mail exactly once, no original touched early.

POSTROOM_FAULT_ROUNDS=100 cuts at every kilobyte; fewer cut at so many of a hundred, which POSTROOM_FAULT_SEED chooses.
"""

import os
import re
from random import Random

import pytest

from tests.faults.mailboxes import Mails, numbers, read_mailbox
from tests.peers.dovecot import Dovecot
from tests.peers.fault_proxy import FaultProxy
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.waiting import wait_until

ROUNDS = int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("POSTROOM_FAULT_SEED", "1"))
MAILS = 200
BOXES = 6
"""Mailboxes that are read at the same time, so that the waits after a cut are not added up."""
KILOBYTES = 320
"""What the server says about 200 mails of 1 to 2 KB, and about their flags."""
_TOUCH = re.compile(rb"^\S+ UID (?:STORE|MOVE|COPY) (\S+) ", re.IGNORECASE | re.MULTILINE)
_TAKEN = """
    SELECT uid FROM mailbox_mail
    JOIN mailbox_folder ON mailbox_folder.id = folder JOIN message ON message.id = message
    WHERE state = 'taken' AND account = ?
"""


class Box:
    """A mailbox behind a proxy of its own, which looks at every command: may this be done to an original already?"""

    def __init__(self, house: Installation, server: Dovecot, number: int, done: str) -> None:
        self.name, self.done = f"box{number}", done
        self.proxy = FaultProxy(server.port)
        self.proxy.up.watch = self._watch
        self.mails = Mails(f"{SEED} {number}")
        self.early: list[str] = []
        self.touched = 0
        self._house, self._server = house, server
        keys = {"id": self.name, "username": self.name, "done": done}
        read_mailbox(house, self.proxy.port, server.password, **keys)

    def fill(self, kilobyte: int) -> None:
        """A mailbox of fresh mails, one cut."""
        self._server.doveadm("expunge", "mailbox", "INBOX", "all", user=self.name)
        self.proxy.how = "reset" if kilobyte % 2 else "close"
        self.proxy.down.cut_in = kilobyte << 10
        for raw in self.mails.make(MAILS):
            self._server.deliver(raw, user=self.name)

    def is_done(self) -> bool:
        """Whether each mail is stored, and each original where, and as, it is to be in the end."""
        if not self.mails.is_stored(self._house):
            return False
        if self.done == "move":
            return self._server.count("INBOX", user=self.name) == 0
        return all("\\Seen" in flags for flags in self._server.flags(user=self.name))

    def _watch(self, data: bytes) -> None:
        for named in _TOUCH.findall(data):
            uids = numbers(named.decode())
            committed = {uid for (uid,) in self._house.query(_TAKEN, self.name)}
            self.touched += len(uids)
            self.early.extend(f"{uid}: {data[:80]!r}" for uid in sorted(uids - committed))


@pytest.mark.parametrize(("done", "every"), [("flag", 1), ("move", 4)])
def test_cut_at_every_kilobyte(done: str, every: int, new_house: Houses, mail_server: Dovecot, tell: Tell) -> None:
    moments = Random(f"{done} {SEED}")  # noqa: S311 - moments
    cuts = moments.sample(range(1, KILOBYTES + 1), min(KILOBYTES, KILOBYTES * ROUNDS // 100) // every)
    house = new_house(started=False, roles=("imap",))
    boxes = [Box(house, mail_server, number, done) for number in range(BOXES)]
    try:
        for start in range(0, len(cuts), BOXES):
            for box, kilobyte in zip(boxes, cuts[start : start + BOXES], strict=False):
                box.fill(kilobyte)
            if start == 0:
                house.start()
            wait_until(lambda: all(box.is_done() for box in boxes), 120, "all is read and done with")
        house.stop()
    finally:
        for box in boxes:
            box.proxy.close()
    _balance(house, mail_server, boxes, len(cuts), tell)


def _balance(house: Installation, server: Dovecot, boxes: list[Box], cuts: int, tell: Tell) -> None:
    mails = sum(len(box.mails.keys) for box in boxes)
    stored = sum(sum(box.mails.stored(house).values()) for box in boxes)
    cut, connections = sum(box.proxy.cuts for box in boxes), sum(box.proxy.connections for box in boxes)
    touched, early = sum(box.touched for box in boxes), [one for box in boxes for one in box.early]
    tell(
        f"R11 {boxes[0].done}: {cut} cuts in {connections} connections; {mails} mails, {stored} stored; "
        f"{touched} originals touched, {len(early)} of them early"
    )
    for box in boxes:
        box.mails.assert_once(house)
        if box.done == "move" and box.mails.keys:
            assert server.count("Postroom", user=box.name) == len(box.mails.keys), "each original was moved once"
    assert stored == mails == cuts * MAILS
    assert early == []
    assert touched >= mails
    assert cut >= cuts * 9 // 10
