"""Mails written anew each run, in every layout and language: what was put in is what is read.

`POSTROOM_FUZZ_CASES=5000` writes more of them, `POSTROOM_SEED` repeats a run that failed.
"""

import os
import random

import pytest

from parsers import read
from tests.generator import LANGUAGES, LAYOUTS, Score, compare, generate
from tests.support.seeds import seed

CASES = int(os.environ.get("POSTROOM_FUZZ_CASES", "532"))
LEAST = 0.97


@pytest.mark.slow
def test_what_was_put_in_is_what_is_read() -> None:
    chosen = seed()
    rng, score = random.Random(chosen), Score()  # noqa: S311 - not for secrets
    for number in range(CASES):
        layout = LAYOUTS[number % len(LAYOUTS)]
        sample = generate(rng, layout, LANGUAGES[number // len(LAYOUTS) % len(LANGUAGES)])
        compare(sample, read.parse(sample.raw, sample.hints), score)
    told = "\n".join([f"layouts, POSTROOM_SEED={chosen}, {CASES} mails: {score.told}", *score.faults[:40]])
    print(told)  # noqa: T201 - shown on failure, and by -s
    assert score.wrong == 0, told
    assert score.share >= LEAST, told


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_seed_writes_the_same_mail(layout: str) -> None:
    one, other = (generate(random.Random(7), layout, "da") for _ in range(2))  # noqa: S311
    assert one == other
    assert one.expected


def test_the_count_sees_what_is_missed_and_what_stands_in_a_wrong_field() -> None:
    rng = random.Random(1)  # noqa: S311
    sample, other = generate(rng, "colon", "de", kind="lead"), generate(rng, "rows", "fr", kind="booking")
    nothing, mixed = Score(), Score()
    compare(sample, read.parse(b"Subject: x\r\n\r\n"), nothing)
    compare(sample, read.parse(other.raw, other.hints), mixed)
    assert (nothing.right, nothing.wrong, nothing.missed) == (0, 0, len(sample.expected))
    assert mixed.wrong > 3
