"""Few mails: check-ins of the same minutes in one, audit mails once a day, a list of what is open in the morning."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import SALES, Installation
from tests.support.fixtures import ON_SQLITE
from tests.support.sink import Sink
from tests.support.waiting import wait_until

Houses = Callable[..., Installation]
SERVICE = "service.berlin@muster.example"
CHECK_IN = "checkin.berlin.t5w2@leads.muster.example"
SOURCE = f"""
[[source]]
id = "checkin-berlin"
site = "berlin"
type = "tjekvik"
address = "{CHECK_IN}"
"""
MONDAY = "2026-11-23T"
BUNDLED = 'mail = { bundle = { check-in = "10m" }, categories = { check-in = "action" } }'


class Day:
    """A daemon, and the hand that turns its clock (UTC)."""

    def __init__(self, house: Installation, clock: Path) -> None:
        self.house = house
        self.clock = clock

    def at(self, time: str) -> None:
        """Turn the clock."""
        self.clock.write_text(f"{time}+00:00")

    def start(self) -> None:
        """Run by that clock."""
        self.house.start({"POSTROOM_TEST_CLOCK": str(self.clock)})

    def check_ins(self, number: int) -> None:
        """So many customers check in."""
        before = self.house.value("SELECT count(*) FROM record")
        for _ in range(number):
            send(self.house, lead(new_key()), CHECK_IN)
        wait_until(lambda: self.house.value("SELECT count(*) FROM record") == before + number, 20, "check-ins")

    def carried(self) -> list[tuple[str, str, int]]:
        """Purpose, state and number of notices of each outgoing mail to the service team."""
        return self.house.query(
            "SELECT outbox.purpose, outbox.state, count(notice.id) FROM outbox JOIN notice ON notice.outbox = outbox.id"
            " WHERE outbox.recipient = ? GROUP BY outbox.id ORDER BY outbox.id",
            SERVICE,
        )

    def is_in_order(self) -> None:
        """The ledger finds nothing."""
        found = self.house.postroom("ledger")
        assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture
def monday(new_house: Houses, tmp_path: Path) -> Callable[[str], Day]:
    """Monday 10:03 at Berlin, with settings of the site's mails."""

    def make(mail: str) -> Day:
        house = new_house(started=False)
        house.append("sources.toml", SOURCE)
        sites = (house.directory / "sites.toml").read_text("utf-8")
        house.write("sites.toml", sites.replace("steps = { standard", f"{mail}\nsteps = {{ standard", 1))
        day = Day(house, tmp_path / "clock")
        day.at(f"{MONDAY}09:03:00")
        day.start()
        return day

    return make


def test_check_ins_of_the_same_minutes_are_one_mail(monday: Callable[[str], Day], sink: Sink) -> None:
    day = monday(BUNDLED)
    day.check_ins(3)
    send(day.house, lead(new_key()))
    wait_until(lambda: sink.to(SALES), 20, "the lead, at once")
    assert sink.to(SERVICE) == []
    day.at(f"{MONDAY}09:10:00")
    mail = wait_until(lambda: sink.to(SERVICE), 20, "the bundle")[0].parsed()
    assert (mail["X-Postroom-Category"], mail["Reply-To"], mail["X-Postroom-Record"]) == ("action", None, None)
    day.check_ins(1)
    day.at(f"{MONDAY}09:20:00")
    wait_until(lambda: len(sink.to(SERVICE)) == 2, 20, "the next one alone")
    wait_until(lambda: day.carried() == [("bundle", "sent", 3), ("new", "sent", 1)], 20, "sent")
    assert sink.to(SERVICE)[1].parsed()["Reply-To"] is not None
    day.is_in_order()
    counted = [json.loads(line) for line in day.house.postroom("stats", "mails", "--json").stdout.splitlines()]
    assert [(one["to"], one["category"], one["purpose"], one["mails"]) for one in counted if one["to"] == SERVICE] == [
        (SERVICE, "action", "bundle", 1),
        (SERVICE, "action", "new", 1),
    ]
    assert "Mails sent: none" in day.house.postroom("stats", "mails", "--since", "2026-11-24").stdout
    day.house.alter("UPDATE notice SET outbox = NULL, withdrawn_at = at WHERE recipient = ?", SERVICE)
    found = day.house.postroom("ledger")
    assert (found.returncode, found.stdout.count("the notice that it tells of is missing")) == (1, 2)


def test_audit_mails_go_once_a_day(monday: Callable[[str], Day], sink: Sink) -> None:
    day = monday("")
    day.check_ins(2)
    day.at(f"{MONDAY}11:00:00")
    day.check_ins(1)
    day.at(f"{MONDAY}15:29:00")
    send(day.house, lead(new_key()))
    wait_until(lambda: sink.to(SALES), 20, "a lead: whatever was due was sent before")
    assert sink.to(SERVICE) == []
    day.at(f"{MONDAY}15:30:00")
    mail = wait_until(lambda: sink.to(SERVICE), 20, "the digest of 16:30 at Berlin")[0].parsed()
    assert mail["X-Postroom-Category"] == "audit"
    wait_until(lambda: day.carried() == [("digest", "sent", 3)], 20, "sent")
    day.is_in_order()


@ON_SQLITE
@pytest.mark.parametrize(("way", "mails"), [("off", 0), ("archiv@muster.example", 2)])
def test_audit_mails_go_to_an_archive_or_not_at_all(
    monday: Callable[[str], Day], sink: Sink, way: str, mails: int
) -> None:
    day = monday(f'mail = {{ audit = "{way}" }}')
    day.check_ins(2)
    send(day.house, lead(new_key()))
    day.house.settle()
    wait_until(lambda: not day.house.query("SELECT id FROM notice WHERE outbox IS NULL AND withdrawn_at IS NULL"), 20)
    assert [len(sink.to(address)) for address in (SALES, SERVICE, way)] == [1, 0, mails]
    day.is_in_order()


def test_a_bundle_that_no_relay_has_seen_tells_of_what_holds(monday: Callable[[str], Day], sink: Sink) -> None:
    day = monday(BUNDLED)
    day.check_ins(3)
    sink.down()
    day.at(f"{MONDAY}09:10:00")
    wait_until(lambda: day.house.value("SELECT attempts FROM outbox"), 20, "an attempt")
    refs = [ref for (ref,) in day.house.query("SELECT ref FROM record ORDER BY id")]
    assert day.house.postroom("do", refs[0], "spam").returncode == 0
    wait_until(lambda: day.house.value("SELECT revision FROM outbox") == 4, 20, "written again")
    for ref in refs[1:]:
        assert day.house.postroom("do", ref, "spam").returncode == 0
    wait_until(lambda: day.carried() == [("bundle", "withdrawn", 3)], 20, "nothing of it holds")
    sink.up()
    day.at(f"{MONDAY}10:00:00")
    send(day.house, lead(new_key()))
    wait_until(lambda: sink.to(SALES), 20, "what came after it")
    assert sink.to(SERVICE) == []
    day.is_in_order()


def test_what_is_open_is_told_every_working_morning(monday: Callable[[str], Day], sink: Sink) -> None:
    day = monday('escalate = { lead = "none" }')  # nothing else is told of them
    send(day.house, lead(new_key()))
    wait_until(lambda: sink.to(SALES), 20, "the lead")
    day.at("2026-11-24T06:59:00")
    send(day.house, lead(new_key()))
    wait_until(lambda: len(sink.to(SALES)) == 2, 20, "another lead; it is too early for the list")
    day.at("2026-11-24T07:00:00")
    wait_until(lambda: len(sink.to(SALES)) == 3, 20, "the list of 8:00 at Berlin")
    day.house.stop()
    day.at("2026-11-29T12:00:00")  # down for days; nobody works on Sunday
    day.start()
    send(day.house, lead(new_key()))
    wait_until(lambda: len(sink.to(SALES)) == 4, 20, "a lead on Sunday")
    day.at("2026-11-30T07:00:00")
    wait_until(lambda: len(sink.to(SALES)) == 5, 20, "the list of Monday")
    told = day.house.query("SELECT purpose, recipient, state FROM outbox WHERE purpose = 'list' ORDER BY id")
    assert [each[:2] for each in told] == [("list", SALES)] * 2
    assert day.house.query("SELECT scope, day FROM run WHERE job = 'list' AND scope = 'berlin' ORDER BY day") == [
        ("berlin", "2026-11-23"),
        ("berlin", "2026-11-24"),
        ("berlin", "2026-11-30"),
    ]
    day.is_in_order()
