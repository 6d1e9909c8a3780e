"""Reading takes time in proportion to a mail's size, whatever is repeated in it: no pattern, no loop in a loop."""

import os
import time

import pytest

from parsers import read
from tests.fuzz.fields import SOURCE
from tests.fuzz.growing import GROWING, PLACES, mail

ALL = bool(os.environ.get("POSTROOM_FUZZ_CASES"))
SMALL, LARGE = 16_384, 131_072
ENOUGH_SECONDS = 0.5
"""What takes less for the large mail is judged no further: so short a time says little."""
TIMES = 3
"""How often both are measured, for the best of each: a busy machine has been seen to take five times as long once."""
WORSE = 3
"""How much more than eight times as long eight times as much may take; in square time it would be 8."""
PIECES = [(place, GROWING[(number + offset) % len(GROWING)])
          for offset, place in enumerate(PLACES) for number in range(0, len(GROWING), 1 if ALL else 60)]  # fmt: skip


@pytest.mark.parametrize(("place", "piece"), PIECES, ids=repr)
def test_eight_times_as_much_takes_about_eight_times_as_long(place: str, piece: str) -> None:
    large = mail(place, piece, LARGE)
    if _seconds(large) >= ENOUGH_SECONDS:
        assert _best(large) < WORSE * 8 * _best(mail(place, piece, SMALL))


def _best(raw: bytes) -> float:
    return min(_seconds(raw) for _ in range(TIMES))


def _seconds(raw: bytes) -> float:
    began = time.process_time()
    read.parse(raw, SOURCE)
    return time.process_time() - began
