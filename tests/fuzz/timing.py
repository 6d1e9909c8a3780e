"""How long one input takes: the slowest is kept, and one that takes too long is a finding."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.targets import BrokenError

MOST_SECONDS = 5.0
"""Processor time of one input, slowed as it is by being watched."""


def timed(target: Callable[[bytes], None], kept: Path, most: float = MOST_SECONDS) -> Callable[[bytes], None]:
    """The target with a limit of time; its slowest input is kept in a file, and told on standard output."""
    slowest = 0.0

    def run(data: bytes) -> None:
        nonlocal slowest
        began = time.process_time()
        target(data)
        took = time.process_time() - began
        if took > slowest:
            slowest = took
            kept.write_bytes(data)
            print(f"slowest: {took:.3f} s", flush=True)  # noqa: T201
        if took > most:
            raise BrokenError(f"{took:.1f} s for one input")

    return run
