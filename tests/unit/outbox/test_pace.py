"""How often a relay is asked: never more than allowed, and rarely while it is down."""

import threading
import time
from itertools import pairwise

import pytest

from daemon.outbox.pace import FIRST_SECONDS, LONGEST_SECONDS, PROBE_SECONDS, Pace, Patience


class Watch:
    """Monotonic time that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.mark.parametrize("per_minute", [1, 2, 30, 59, 60, 119, 120, 600, 6000, 100_000])
def test_no_minute_has_more_than_its_mails_and_hardly_fewer(per_minute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, pace, taken = Watch(monkeypatch), Pace(per_minute), list[float]()
    until = watch.now + 180
    while watch.now < until and len(taken) < 20_000:
        if pace.take():
            taken.append(watch.now)
        else:
            watch.now += pace.left() + 1e-6
    first = 0
    for last, at in enumerate(taken):
        while taken[first] <= at - 60:
            first += 1
        assert last - first + 1 <= per_minute
    minutes = (taken[-1] - taken[0] + 60) / 60 if len(taken) > 1 else 1
    assert len(taken) >= 0.95 * per_minute * (minutes - 1)


def test_threads_share_the_allowance() -> None:
    pace, taken = Pace(1200), list[bool]()
    threads = [threading.Thread(target=lambda: taken.extend(pace.take() for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= sum(taken) <= 40


def test_without_a_limit_nothing_waits() -> None:
    pace = Pace(None)
    assert all(pace.take() for _ in range(1000))
    assert pace.left() == 0


def test_a_relay_that_stays_down_is_asked_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, patience, pauses = Watch(monkeypatch), Patience(), list[float]()
    for _ in range(10):
        assert patience.may_try()
        patience.failed("it is down")
        pauses.append(patience.left())
        assert not patience.may_try()
        watch.now += patience.left()
    assert 0.8 * FIRST_SECONDS <= pauses[0] <= FIRST_SECONDS
    assert all(later > before for before, later in pairwise(pauses[:6]))
    assert max(pauses) <= LONGEST_SECONDS
    assert patience.may_try()
    patience.worked()
    assert patience.left() == 0
    assert patience.why is None


def test_only_one_finds_out_whether_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, patience = Watch(monkeypatch), Patience()
    for _ in range(4):
        patience.failed("four threads saw it at the same time")
    assert patience.left() <= FIRST_SECONDS
    watch.now += FIRST_SECONDS
    assert [patience.may_try() for _ in range(4)] == [True, False, False, False]
    watch.now += PROBE_SECONDS
    assert patience.may_try(), "the one who tried never came back"
    patience.found_nothing()
    assert patience.may_try(), "the one who tried could not find out"
