"""Seeds of tests that draw their cases: always the same, but for the long runs, which look for what nobody knows."""

import os
import random


def seed() -> int:
    """`POSTROOM_SEED` repeats a run; `POSTROOM_FUZZ_CASES` alone asks for cases that nobody has seen."""
    if given := os.environ.get("POSTROOM_SEED"):
        return int(given)
    return random.SystemRandom().randrange(10**9) if os.environ.get("POSTROOM_FUZZ_CASES") else 20261122
