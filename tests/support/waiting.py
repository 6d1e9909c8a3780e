"""Waiting for something to become true, with a deadline; the only place of the tests that sleeps."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")

LOOK_AGAIN_SECONDS = 0.02


def wait_until(condition: Callable[[], T | Literal[False] | None], seconds: float = 20.0, what: str = "") -> T:
    """The first true value of a condition.

    Raises:
        AssertionError: It did not become true in time.
    """
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(LOOK_AGAIN_SECONDS)


def pause(seconds: float) -> None:
    """Let time pass where time itself is the matter: a random moment for a kill, a lock that is held for so long."""
    time.sleep(seconds)
