"""Row R3: death at named points: what each leaves behind, and that all goes on from there."""

from typing import NamedTuple

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import DROP, Attempt, Sink
from tests.support.waiting import wait_until

TIMES = at_length(20) if at_length(100) == 100 else 1
MAILS = 5


class Left(NamedTuple):
    """What a death left behind."""

    opened: int
    """Mails that had become a record."""
    letters: int
    told: int
    """Letters that the relay had taken."""


def _left(house: Installation, sink: Sink, keys: list[str]) -> Left:
    opened = house.value(
        f"SELECT count(*) FROM message WHERE fate = 'opened' AND subject IN ({', '.join('?' * len(keys))})",  # noqa: S608
        *(f"Anfrage {key}" for key in keys),
    )
    return Left(opened, house.value("SELECT count(*) FROM outbox WHERE state <> 'sent'"), _told(sink, keys))


def _told(sink: Sink, keys: list[str]) -> int:
    return sum(len(sink.about(f"kunde-{key}@")) for key in keys)


def _die_at(point: str, house: Installation, sink: Sink, keys: list[str]) -> Left:
    """Run with a crash point until the worker has died of it, then stop everything."""
    house.start({"POSTROOM_TEST_CRASH": point})
    for key in keys:
        send(house, lead(key))
    wait_until(lambda: house.status()["counters"]["worker_deaths"] >= 1, 30, f"death at {point}")
    house.kill_all()
    return _left(house, sink, keys)


def _go_on(house: Installation, sink: Sink, keys: list[str]) -> None:
    """Start without a crash point: every mail is a record and told in the end."""
    house.start()
    house.settle()
    assert _left(house, sink, keys)[:2] == (len(keys), 0)
    for key in keys:
        assert house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{key}@%") == 1
    assert house.value("SELECT count(*) FROM message WHERE tries > 0 OR alone OR fate = 'quarantined'") == 0


@pytest.mark.parametrize("point", ["after-claim", "after-parse", "after-commit", "after-render", "after-outbox-claim"])
def test_nothing_is_lost_or_doubled(point: str, new_house: Houses, sink: Sink, tell: Tell) -> None:
    house = new_house(started=False)
    for _ in range(TIMES):
        keys = [new_key("p") for _ in range(MAILS)]
        left = _die_at(point, house, sink, keys)
        match point:
            case "after-claim" | "after-parse":
                assert left == Left(0, 0, 0)
            case "after-commit":
                assert left.opened > 0
            case "after-render":
                assert left.opened > 0
                assert (left.letters, left.told) == (0, 0)
            case "after-outbox-claim":
                assert left.letters > 0
                assert left.told == 0
        _go_on(house, sink, keys)
        assert _told(sink, keys) == MAILS
        assert sink.doubled() == {}
        house.stop()
    tell(f"R3: {TIMES} x {point}: {TIMES * MAILS} mails, 0 lost, 0 told twice")


def test_what_the_relay_took_unmarked_comes_once_more(new_house: Houses, sink: Sink, tell: Tell) -> None:
    house = new_house(started=False)
    for _ in range(TIMES):
        key, before = new_key("p"), len(sink.mails)
        # The worker comes back and would try again, and die again: the relay takes one mail only, until we go on.
        sink.script = lambda attempt, full=before + 1: DROP if _is_late(attempt, sink, full) else None  # type: ignore[misc]
        left = _die_at("after-relay", house, sink, [key])
        assert (left.opened, left.letters, left.told) == (1, 1, 1)
        sink.script = lambda attempt: None
        _go_on(house, sink, [key])
        first, second = sink.about(f"kunde-{key}@")
        assert first.message_id == second.message_id
        assert first.content == second.content
        house.stop()
    tell(f"R3: {TIMES} x after-relay: 0 lost, each told exactly twice, with the same Message-ID and bytes")


def _is_late(attempt: Attempt, sink: Sink, full: int) -> bool:
    return attempt.command == "CONNECT" and len(sink.mails) >= full
