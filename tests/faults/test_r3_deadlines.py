"""Row R3: death while deadlines are in hand: each step happens once all the same."""

from pathlib import Path

import pytest

from tests.support.client import lead, new_key, send
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

LEADS = 5


def _fired(turned: Turned) -> int:
    return int(turned.house.value("SELECT count(*) FROM deadline WHERE fired_at IS NOT NULL"))


@pytest.mark.parametrize(("point", "done"), [("after-claim-deadlines", 0), ("before-fire", 0), ("after-fire", LEADS)])
def test_each_step_happens_once(point: str, done: int, new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    house = new_house(started=False)
    turned = Turned(house, tmp_path / "clock")
    turned.set("2026-11-23T10:00")
    house.start(turned.env)
    for _ in range(LEADS):
        send(house, lead(new_key("p")))
    wait_until(lambda: house.value("SELECT count(*) FROM record") == LEADS, 30, "the leads")
    house.settle()
    house.stop()

    turned.set("2026-11-23T13:00")
    house.begin({**turned.env, "POSTROOM_TEST_CRASH": point})
    wait_until(lambda: house.status()["counters"]["worker_deaths"] >= 1, 30, f"death at {point}")
    house.kill_all()
    assert _fired(turned) == done
    assert house.value("SELECT count(*) FROM revision WHERE actor_role = 'clock'") == done, "all of it or nothing"

    house.start(turned.env)
    turned.turn("2026-11-23T13:00")
    assert _fired(turned) == LEADS
    told = turned.told("overdue")
    assert len(told) == LEADS
    assert {one.state for one in told} == {"sent"}
    assert sink.doubled() == {}
    assert house.value("SELECT count(*) FROM deadline WHERE lease IS NOT NULL") == 0
    turned.is_in_order()
