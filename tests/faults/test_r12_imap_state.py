"""What happens to real mailboxes behind a reader's back, on Dovecot: each mail becomes one record all the same."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.mailboxes import OFTEN, POLL_SECONDS, Mails, fresh_ones, read_mailbox
from tests.peers.dovecot import Dovecot
from tests.peers.fault_proxy import FaultProxy
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.waiting import wait_until

NOTICED_SECONDS = 30
"""A few polls, and connections to be made meanwhile."""
DEAD_SECONDS = 15
"""A poll, and ten seconds for a server to end its IDLE."""


class Box:
    """A mailbox in Dovecot behind a proxy of its own, read by a daemon; `mails` are all that were put in and stayed."""

    def __init__(self, house: Installation, server: Dovecot, name: str, folder: str = "INBOX", **keys: str) -> None:
        self.house, self.server, self.name, self.folder = house, server, name, folder
        self.mails = Mails(name)
        self.sent: list[bytes] = []
        self.proxy = FaultProxy(server.port)
        self.proxy.up.watch = self.sent.append
        keys = {"id": name, "username": name, **keys}
        read_mailbox(house, self.proxy.port, server.password, folders=[folder], **keys)
        if folder != "INBOX":
            self.doveadm("mailbox", "create", folder)

    def doveadm(self, *args: str) -> None:
        """A command on this mailbox."""
        self.server.doveadm(*args, user=self.name)

    def deliver(self, count: int) -> None:
        """So many new mails."""
        for raw in self.mails.make(count):
            self.server.deliver(raw, self.folder, user=self.name)

    def deliver_and_wait(self, count: int) -> None:
        """So many new mails; they are read within seconds, for the server tells of them."""
        self.deliver(count)
        self.mails.wait_stored(self.house, 30)

    def flags(self) -> list[tuple[str, ...]]:
        """Of each mail that is there."""
        return self.server.flags(self.folder, user=self.name)

    def wait_listening(self) -> None:
        """Until the daemon has begun to wait in IDLE."""
        wait_until(lambda: any(b" IDLE\r\n" in data for data in self.sent), 30, "the daemon listens")


NewBoxes = Callable[..., list[Box]]


@pytest.fixture
def new_boxes(new_house: Houses, mail_server: Dovecot) -> Iterator[NewBoxes]:
    """Make mailboxes of these names and a daemon that reads them, not yet started."""
    made: list[Box] = []

    def make(*names: str, folder: str = "INBOX", **keys: str) -> list[Box]:
        house = new_house(started=False, roles=("imap", "work"))
        made.extend(Box(house, mail_server, name, folder, **keys) for name in names)
        return made

    yield make
    for box in made:
        box.proxy.close()


def _change_validity(box: Box) -> None:
    box.doveadm("mailbox", "update", "--uid-validity", "1234567", box.folder)


def _recreate(box: Box) -> None:
    box.doveadm("mailbox", "delete", box.folder)
    box.doveadm("mailbox", "create", box.folder)


def _recreate_alike(box: Box) -> None:
    _recreate(box)
    box.doveadm("mailbox", "update", "--uid-validity", "77", box.folder)


def _empty(box: Box) -> None:
    box.doveadm("expunge", "mailbox", box.folder, "all")


def _expunge_some(box: Box) -> None:
    box.doveadm("expunge", "mailbox", box.folder, "uid", "2:4,7")


def _see_all(box: Box) -> None:
    box.doveadm("flags", "add", "\\Seen", "mailbox", box.folder, "all")


def _mark_deleted(box: Box) -> None:
    box.doveadm("flags", "add", "\\Deleted", "mailbox", box.folder, "uid", "1:3")


def _cut(box: Box) -> None:
    box.proxy.cut()


def _reset(box: Box) -> None:
    box.proxy.how = "reset"
    box.proxy.cut()


def _nothing(box: Box) -> None:
    """Mail comes, no more."""


CHANGES: dict[str, Callable[[Box], None]] = {
    "untouched": _nothing,
    "validity": _change_validity,
    "recreated": _recreate,
    "recreated-alike": _recreate_alike,
    "emptied": _empty,
    "expunged": _expunge_some,
    "seen": _see_all,
    "deleted": _mark_deleted,
    "cut": _cut,
    "reset": _reset,
}


@pytest.mark.parametrize(("is_running", "times"), [(True, 1), (False, 2)], ids=["while-it-listens", "while-it-is-down"])
def test_changes_behind_our_back(is_running: bool, times: int, new_boxes: NewBoxes) -> None:
    boxes = new_boxes(*CHANGES, folder="Anfragen")
    house, began = boxes[0].house, time.monotonic()
    house.start(OFTEN)
    for box in boxes:
        box.wait_listening()
        box.deliver(10)
    for _ in range(times):
        for box in boxes:
            box.mails.wait_stored(house, NOTICED_SECONDS)
        if not is_running:
            house.stop()
        for box in boxes:
            CHANGES[box.name](box)
            box.deliver(5)
        if not is_running:
            house.start(OFTEN)
    for box in boxes:
        box.mails.wait_stored(house, NOTICED_SECONDS)
    house.settle(120)
    records = boxes[0].mails.records(house)
    wrong = [(box.name, records[key]) for box in boxes for key in box.mails.keys.values() if records[key] != 1]
    assert wrong == []
    most = 12 + fresh_ones(began)
    assert {box.name: box.proxy.connections for box in boxes if box.proxy.connections > most} == {}, "no storms"
    assert {box.name for box in boxes if any("\\Seen" in flags for flags in box.flags())} == {"seen"}


def test_server_that_comes_and_goes(new_boxes: NewBoxes) -> None:
    (box,) = new_boxes("restarted")
    began = time.monotonic()
    box.house.start(OFTEN)
    box.wait_listening()
    for _ in range(3):
        box.deliver_and_wait(3)
        box.server.stop()
        box.deliver(2)
        box.server.start()
        box.mails.wait_stored(box.house, NOTICED_SECONDS)
    box.mails.assert_one_record_each(box.house)
    assert box.proxy.connections <= 20 + fresh_ones(began), "no storm of connections"


def test_expunged_between_search_and_fetch(new_boxes: NewBoxes) -> None:
    (box,) = new_boxes("expunged")
    box.deliver(20)
    at = {b" LARGER ": "1,5", b"BODY.PEEK": "6,20"}

    def expunge(data: bytes) -> None:
        for mark in [mark for mark in at if mark in data]:
            box.doveadm("expunge", "mailbox", "INBOX", "uid", at.pop(mark))

    box.proxy.up.watch = expunge
    everything = dict(box.mails.keys)
    gone = [digest for number, digest in enumerate(everything, 1) if number in (1, 5, 6, 20)]
    for digest in gone:
        del box.mails.keys[digest]
    box.house.start(OFTEN)
    box.mails.wait_stored(box.house, 30)
    box.deliver_and_wait(3)
    box.mails.assert_one_record_each(box.house)
    assert at == {}
    box.mails.keys = {digest: everything[digest] for digest in gone}
    assert all(times == 1 for times in box.mails.stored(box.house).values())
    wait_until(lambda: not box.house.value("SELECT count(*) FROM mailbox_mail WHERE state = 'waiting'"),
               NOTICED_SECONDS, "nothing waits for what is gone")  # fmt: skip


def test_dead_connection_is_noticed(new_boxes: NewBoxes, tell: Tell) -> None:
    (box,) = new_boxes("dead")
    box.house.start(OFTEN)
    box.wait_listening()
    box.deliver_and_wait(3)
    connections = box.proxy.connections
    wait_until(lambda: box.proxy.connections > connections, NOTICED_SECONDS, "the next poll")
    box.sent.clear()
    box.wait_listening()
    connections = box.proxy.connections
    box.proxy.forget()
    began = time.monotonic()
    box.deliver(3)
    wait_until(lambda: box.proxy.connections > connections, NOTICED_SECONDS, "a fresh connection")
    noticed = time.monotonic() - began
    box.mails.wait_stored(box.house, 30)
    tell(f"R12: a connection that swallows all is given up after {noticed:.1f} s (polling every {POLL_SECONDS} s)")
    assert noticed <= DEAD_SECONDS
    box.deliver_and_wait(2)
    box.mails.assert_one_record_each(box.house)


def test_ends_in_time_before_a_black_hole(new_boxes: NewBoxes) -> None:
    (box,) = new_boxes("hole")
    box.house.start(OFTEN)
    box.wait_listening()
    box.deliver_and_wait(3)
    box.proxy.black_hole()
    assert box.house.stop() <= 10
