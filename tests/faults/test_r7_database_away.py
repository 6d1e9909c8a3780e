"""Row R7 for what goes out: the database is away between a relay's 250 and our mark, for longer than any patience."""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from daemon.outbox import kept
from daemon.outbox.sender import LeaseLost
from daemon.store import StoreError, outgoing
from tests.support.outgoing import Outgoing, letter_to, opened
from tests.support.sink import Attempt, Sink

TO = "verkauf@muster.example"


class Away:
    """So many commits are refused from now on."""

    def __init__(self, half: Outgoing) -> None:
        self.commits = 0.0
        event.listen(half.shift.store._writes, "commit", self._refuse)

    def _refuse(self, _: Connection) -> None:
        if self.commits > 0:
            self.commits -= 1
            raise OSError(5, "Input/output error")


@pytest.fixture
def relay() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relay: Sink) -> Iterator[Outgoing]:
    monkeypatch.setattr(kept, "PATIENCE_SECONDS", 0.5)
    with opened(tmp_path, monkeypatch, f'[[relay]]\nurl = "{relay.url}"\ntls = "off"\nconnections = 1\n') as half:
        yield half


def upkeep(half: Outgoing) -> int:
    """What the worker does every few seconds, after all leases ran out."""
    store, leases = half.shift.store, half.shift.leases
    store.write(lambda c: c.execute(text("UPDATE outbox SET lease_until = '2001-01-01 00:00:00.000000'"))).result()
    now = datetime.now(UTC)
    return store.write(lambda c: outgoing.recover(c, now, expired=True, spared=leases.in_hand())).result()


@pytest.mark.parametrize("letters", [1, 2, 5])
def test_a_letter_that_went_out_is_marked_when_the_database_is_back(letters: int, half: Outgoing, relay: Sink) -> None:
    numbers = half.put(*(letter_to(TO, number=n) for n in range(letters)))
    away = Away(half)

    def leave(attempt: Attempt) -> None:
        if attempt.command == "DOT" and not relay.mails:
            away.commits = math.inf

    relay.script = leave
    for _ in range(3):
        with suppress(StoreError):
            half.step()
    assert len(relay.mails) == 1, "nothing more goes out before the first is marked"
    away.commits = 0
    relay.script = lambda attempt: None
    upkeep(half)
    half.work()
    assert relay.doubled() == {}
    assert [half.state(number).state for number in numbers] == ["sent"] * letters
    assert half.shift.leases.in_hand() == []


def test_what_another_daemon_took_meanwhile_is_left_to_it(half: Outgoing, relay: Sink) -> None:
    half.put(*(letter_to(TO, number=n) for n in range(3)))
    away = Away(half)

    def leave(attempt: Attempt) -> None:
        if attempt.command != "DOT" or relay.mails:
            return
        store, now = half.shift.store, half.shift.clock.now()
        store.write(lambda c: outgoing.recover(c, now)).result()  # its own connection still works
        assert len(store.write(lambda c: outgoing.claim(c, now=now, lease="other/1-1", limit=5)).result()) == 3
        away.commits = 1

    relay.script = leave
    with pytest.raises(LeaseLost):
        half.step()
    assert len(relay.mails) == 1
    assert half.rows("SELECT DISTINCT state, lease FROM outbox") == [("sending", "other/1-1")]
