"""Mails of every type of source with new values each run: what is read from them is counted, value by value.

`POSTROOM_FUZZ_CASES=2500` writes as many; `POSTROOM_SEED=...` repeats a run whose seed was printed.
"""

import os
import random
from collections import defaultdict

import pytest

from parsers import read
from tests.generator.compare import Score, compare
from tests.generator.sources import TYPES, generate_type, hints_of_type
from tests.generator.sources.noise import generate_noise
from tests.support.seeds import seed

CASES = int(os.environ.get("POSTROOM_FUZZ_CASES", "300"))
SEED = seed()


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """Every type in turn, so that each has its share of the mails."""
    rng = random.Random(SEED)  # noqa: S311
    found: dict[str, Score] = defaultdict(Score)
    for number in range(max(CASES, len(TYPES))):
        sample = generate_type(rng, TYPES[number % len(TYPES)])
        compare(sample, read.parse(sample.raw, sample.hints), found[sample.layout])
    faults = [fault for score in found.values() for fault in score.faults]
    told = [f"types, POSTROOM_SEED={SEED}, {max(CASES, len(TYPES))} mails: {_total(found).told}", *faults[:40]]
    print("\n".join(told))  # noqa: T201 - shown on failure, and by -s
    return found


def _total(scores: dict[str, Score]) -> Score:
    return Score(
        sum(score.right for score in scores.values()),
        sum(score.missed for score in scores.values()),
        sum(score.wrong for score in scores.values()),
    )


def test_no_value_stands_in_a_wrong_field(scores: dict[str, Score]) -> None:
    assert [fault for score in scores.values() for fault in score.faults if "wrong" in fault] == [], f"seed {SEED}"


def test_97_values_of_100_are_read(scores: dict[str, Score]) -> None:
    shares = {name: round(score.share, 3) for name, score in scores.items() if score.share < 0.97}
    assert _total(scores).share >= 0.97, f"seed {SEED}: {shares}"


def test_noise_makes_no_request() -> None:
    rng = random.Random(SEED)  # noqa: S311
    for _ in range(max(30, CASES // 10)):
        raw, writing = generate_noise(rng)
        parsed = read.parse(raw, hints_of_type(writing.type, writing.region))
        assert (parsed.mail_class, parsed.readings) == ("automatic", ()), f"seed {SEED}: {parsed.subject}"
        assert writing.type in (parsed.class_because or "")
