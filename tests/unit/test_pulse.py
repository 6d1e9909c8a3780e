"""Loops that say that they go on, and those that do not any more."""

import threading
import time
from collections.abc import Iterator

import pytest

from daemon import pulse
from daemon.pulse import AS_LONG_AS_IT_TAKES, Beating, Heart
from tests.support.waiting import wait_until

LONG = 1000.0


@pytest.fixture
def heart() -> Iterator[Heart]:
    """One loop of this process with no time for a round: it is overdue unless it waits."""
    one = Heart("test", 0.0)
    yield one
    one.end()


def _found(loop: str = "test") -> Beating | None:
    return next((one for one in pulse.standing() if one.loop == loop), None)


def test_a_loop_is_overdue_after_its_limit(heart: Heart) -> None:
    wait_until(lambda: heart.overdue > 0, 5)
    heart.beat(LONG, "resting")
    assert _found() == Beating("test", "resting", 0.0)
    heart.beat()
    found = wait_until(lambda: (one := _found()) and one.overdue > 0 and one, 5)
    assert found.doing == "resting"


def test_one_that_waits_for_work_is_missed_when_there_is_some(heart: Heart) -> None:
    heart.beat(AS_LONG_AS_IT_TAKES)
    assert heart.overdue == 0
    heart.expect()
    wait_until(lambda: heart.overdue > 0, 5)


def test_what_the_whole_process_missed_is_no_loops_fault(heart: Heart, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pulse.look()
    heart.beat(5)
    now[0] += LONG
    pulse.look()
    assert heart.overdue == 0
    now[0] += 1
    pulse.look()
    now[0] += 4
    pulse.look()
    assert heart.overdue > 0, "others went on, or it was for a moment only"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("ends_well", [True, False])
def test_a_thread_that_dies_is_missed(ends_well: bool) -> None:
    name = f"mortal-{ends_well}"

    def live() -> None:
        with pulse.beating(name, 0.0):
            pulse.beat(0.0, "dying")
            if not ends_well:
                raise ValueError("of something that nobody thought of")

    thread = threading.Thread(target=live)
    thread.start()
    thread.join()
    if ends_well:
        assert _found(name) is None
    else:
        assert wait_until(lambda: (one := _found(name)) and one.overdue > 0 and one, 5).doing == "dying"


def test_a_thread_without_a_loop_need_not_say_anything() -> None:
    before = pulse.standing()
    thread = threading.Thread(target=lambda: pulse.beat(LONG))
    thread.start()
    thread.join()
    assert [one.loop for one in pulse.standing()] == [one.loop for one in before]


def test_who_looks_notices_that_it_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    gap = pulse.Gap(1.0)
    now[0] += 90
    assert gap.seconds() == 0, "it begins with the first look"
    now[0] += 4
    assert gap.seconds() == 0, "a busy machine"
    now[0] += 61
    assert gap.seconds() == 60
    now[0] += 1
    assert gap.seconds() == 0


def test_a_stop_before_anybody_looked_is_no_loops_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(pulse, "_hearts", set())
    monkeypatch.setattr(pulse, "_gap", pulse.Gap(1.0))
    heart = pulse.Heart("first", 60.0)
    now[0] += 600
    assert heart.overdue == 540
    pulse.look()
    assert heart.overdue == 0
