"""What `simulate` says of some days, and what the daemon does in them: the same mails, to the same people, at the same
minute.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import SALES
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.turning import BERLIN, Turned

SERVICE = "service.berlin@muster.example"
CHECK_IN = "checkin.berlin.t5w2@leads.muster.example"
SOURCE = f"""
[[source]]
id = "checkin-berlin"
site = "berlin"
type = "tjekvik"
address = "{CHECK_IN}"

[[source]]
id = "silent-berlin"
site = "berlin"
type = "website"
address = "silent.berlin.r2d9@leads.muster.example"
silence = "1d"
"""
MONITOR = '[monitor]\nday = "mon"\n'
OURS = 'receipt = ["lead"]\nmail = { bundle = { check-in = "10m" }, categories = { check-in = "action" } }'
MINUTE = timedelta(minutes=1)


class Told(NamedTuple):
    """A mail: to whom, about what, in which minute."""

    to: str
    purpose: str
    at: datetime


@pytest.fixture
def friday(new_house: Houses, tmp_path: Path) -> Turned:
    """Friday afternoon at Berlin, which works until 18:00, and from 9:00 to 13:00 on Saturday."""
    house = new_house(started=False)
    house.append("sources.toml", SOURCE)
    house.append("postroom.toml", MONITOR)
    sites = (house.directory / "sites.toml").read_text("utf-8")
    ours = f'{OURS}\nsteps = {{ standard = {{ "EM2.1" = "on" }} }}'
    house.write("sites.toml", sites.replace('steps = { standard = { "EM2.1" = "on", "E1" = "3h" } }', ours, 1))
    turned = Turned(house, tmp_path / "clock")
    turned.set("2026-11-20T16:30")
    house.start(turned.env)
    return turned


def came(turned: Turned, local: str, content: bytes, *to: str) -> None:
    """A mail comes at a minute, and what follows at once has happened."""
    turned.turn(local)
    send(turned.house, content, *to)
    turned.house.settle()
    turned.turn(local)


def simulated(turned: Turned, answers: str) -> list[Told]:
    """What the command says of Friday to Tuesday, from the mails that came on Friday."""
    span = ("--stored", "2026-11-20..2026-11-20", "--from", "2026-11-20", "--to", "2026-11-24")
    done = turned.house.postroom("simulate", *span, "--answers", answers, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    return [Told(row["to"], row["purpose"], _minute(row["at"])) for row in rows]


def really(turned: Turned) -> list[Told]:
    """What the daemon wrote."""
    rows = turned.house.query("SELECT recipient, purpose, created_at FROM outbox WHERE state = 'sent'")
    return [Told(to, purpose, _minute(str(at))) for to, purpose, at in rows]


def _minute(text: str) -> datetime:
    at = datetime.fromisoformat(text)  # SQLite says UTC without its name
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(second=0, microsecond=0)


@ON_SQLITE
@pytest.mark.parametrize("answers", ["0%", "100%/3h/done"])
def test_the_daemon_sends_what_was_simulated(friday: Turned, answers: str) -> None:
    first, second, third, fourth = (new_key() for _ in range(4))
    came(friday, "2026-11-20T16:30", lead(first))
    came(friday, "2026-11-20T16:32", lead(third), CHECK_IN)
    came(friday, "2026-11-20T16:33", lead(fourth), CHECK_IN)
    came(friday, "2026-11-20T16:35", lead(first, text="Und was kostet er?"))
    friday.turn("2026-11-20T16:40")
    came(friday, "2026-11-20T16:41", lead(second))
    friday.turn("2026-11-20T16:42")

    expected = simulated(friday, answers)
    purposes = {told.purpose for told in expected}
    assert {"new", "again", "bundle", "receipt", "list", "overdue", "silent"} <= purposes
    assert ("untouched" in purposes) == ("escalations" in purposes) == (answers == "0%")

    closing = {"21T10:30": first, "21T10:41": second, "23T09:32": third, "23T09:33": fourth}
    answered = {
        datetime.fromisoformat(f"2026-11-{at}").replace(tzinfo=BERLIN): f"kunde-{key}@%" for at, key in closing.items()
    }
    if answers == "0%":
        answered.clear()
    changes = {told.at for told in expected} | {at.astimezone(UTC) for at in answered}
    now = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
    for at in sorted({moment for each in changes for moment in (each - MINUTE, each) if moment > now}):
        friday.turn(at.astimezone(BERLIN).replace(tzinfo=None).isoformat())
        for due, like in answered.items():
            if due == at:
                ref = friday.house.value("SELECT ref FROM record WHERE data LIKE ?", f"%{like}")
                assert friday.house.postroom("do", ref, "done").returncode == 0
    friday.turn("2026-11-24T23:59")
    assert sorted(really(friday)) == sorted(expected)
    assert {SALES, SERVICE} <= {told.to for told in expected}
    friday.is_in_order()
