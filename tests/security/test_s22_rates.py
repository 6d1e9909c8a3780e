"""Row S22: a flood of one secret address, or from one client, ends at its own limit; everybody else is served."""

import smtplib
import statistics
import threading
import time
from collections import Counter

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.waiting import pause, wait_until

FLOODED = "mobile.berlin.x7k2@leads.muster.example"
CLIENTS = 8
PER_RECIPIENT, PER_CLIENT = 120, 60
FLOOD_PAUSE = 0.02
"""Seconds between two tries of one flooding client: 400 a second in all, so that the machine is not the limit."""
FLOOR_SECONDS = 0.05
"""A p95 below is as good as any other: what a busy machine does to one mail in twenty is more."""
MAILS = 400


class Flood:
    """Clients of several addresses that send to one recipient and do not stop when they are told to."""

    def __init__(self, house: Installation, to: str, clients: int = CLIENTS) -> None:
        assert house.port
        self.answers: Counter[int] = Counter()
        self.accepted: list[str] = []
        self._port, self._to = house.port, to
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(f"127.2.0.{n + 1}",)) for n in range(clients)]

    def __enter__(self) -> "Flood":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self, address: str) -> None:
        while not self._ending.is_set():
            with smtplib.SMTP("127.0.0.1", self._port, "flood.example", 30, source_address=(address, 0)) as smtp:
                for _ in range(100):
                    if self._ending.is_set():
                        return
                    self._one(smtp)
                    self._ending.wait(FLOOD_PAUSE)

    def _one(self, smtp: smtplib.SMTP) -> None:
        key = new_key("flood-")
        try:
            smtp.sendmail("flut@flood.example", self._to, lead(key))
            self.answers[250] += 1
            self.accepted.append(key)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            self.answers[code] += 1


def p95(house: Installation, number: int) -> float:
    """Seconds from the connection to 250 of mails of honest clients, one after the other."""
    assert house.port
    took = []
    for n in range(number):
        content, began, address = lead(new_key()), time.monotonic(), f"127.9.{n // 250}.{n % 250 + 1}"
        with smtplib.SMTP("127.0.0.1", house.port, "client.example", 30, source_address=(address, 0)) as smtp:
            smtp.sendmail("wordpress@muster.example", WEBSITE, content)
        took.append(time.monotonic() - began)
        pause(0.005)
    return statistics.quantiles(took, n=20)[-1]


def flooded(house: Installation, tell: Tell, what: str, flood: Flood, most: float) -> None:
    """Honest mails before, during and after a flood, and the figures of the row.

    Args:
        house: Who is flooded.
        tell: Shows them.
        what: The flood in words.
        flood: It, not begun.
        most: Mails of the flood that may be taken in a second, after a minute's worth at once.
    """
    number = at_length(MAILS)
    send(house, lead(new_key()))
    before = p95(house, number)
    with flood:
        wait_until(lambda: flood.answers[450] > 50, 60, "the flood has used up its limit")
        began, taken = time.monotonic(), flood.answers[250]
        during = p95(house, number)
        seconds, more = time.monotonic() - began, flood.answers[250] - taken
    after = p95(house, number)
    usual = max(before, after, FLOOR_SECONDS)
    tell(
        f"S22: {what}: {flood.answers[250]} taken, {flood.answers[450]} postponed; honest clients p95 "
        f"{before * 1000:.0f} ms before, {during * 1000:.0f} ms during, {after * 1000:.0f} ms after"
    )
    assert set(flood.answers) == {250, 450}
    assert more <= most * seconds + CLIENTS + 1
    assert during < 2 * usual
    key = new_key()
    sent = time.monotonic()
    send(house, lead(key))
    wait_until(lambda: house.value("SELECT 1 FROM record WHERE data LIKE ?", f"%kunde-{key}@%"), 60, "it is a record")
    assert time.monotonic() - sent < 20, "nor does it wait long behind the flood in the worker"
    assert house.status()["counters"]["mails_postponed"] >= flood.answers[450]
    house.settle(120)
    assert house.value("SELECT count(*) FROM message") == 2 + 3 * number + len(flood.accepted), (
        "what was taken is there"
    )
    assert house.postroom("ledger").returncode == 0


@pytest.mark.alone
def test_a_flood_of_one_secret_address(new_house: Houses, tell: Tell) -> None:
    house = new_house(limits={"mails_per_recipient": PER_RECIPIENT})
    sources = (house.directory / "sources.toml").read_text("utf-8")
    house.write("sources.toml", sources.replace(f'"{WEBSITE}"', f'"{WEBSITE}"\nmails_per_minute = 100000'))
    assert house.reload()["ok"]
    flooded(house, tell, f"{CLIENTS} clients flood one address", Flood(house, FLOODED), PER_RECIPIENT / 60)


@pytest.mark.alone
def test_a_flood_from_one_client(new_house: Houses, tell: Tell) -> None:
    """To the very address that others write to: they are served, as its limit is not used up by what is postponed."""
    house = new_house(limits={"mails_per_client": PER_CLIENT})
    flooded(house, tell, "one client floods an address of others", Flood(house, WEBSITE, 1), PER_CLIENT / 60)


def test_limits_are_counted_by_recipient_and_told_as_temporary(new_house: Houses) -> None:
    house = new_house(limits={"mails_per_client": 3, "mails_per_recipient": 2})
    assert house.port
    with smtplib.SMTP("127.0.0.1", house.port, "client.example", 30, source_address=("127.2.0.1", 0)) as smtp:
        smtp.ehlo()
        assert smtp.mail("a@kunde.example")[0] == 250
        told = [smtp.rcpt(to) for to in (WEBSITE, WEBSITE, WEBSITE, FLOODED, FLOODED)]
    assert [code for code, _ in told] == [250, 250, 450, 250, 450]
    assert told[2][1] == b"4.7.1 Too many mails for this address now, please try again later"
    assert told[4][1] == b"4.7.1 Too many mails from you now, please try again later"
    house.settle()
    assert house.value("SELECT count(*) FROM message") == 0


def test_a_mail_server_on_this_machine_brings_the_mail_of_many(new_house: Houses) -> None:
    house = new_house(limits={"mails_per_client": 3})
    for _ in range(5):
        send(house, lead(new_key()))
    assert house.status()["counters"].get("mails_postponed", 0) == 0
