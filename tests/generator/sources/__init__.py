"""Mails of every type of source, with new values each run."""

import random

from tests.generator.sample import Sample
from tests.generator.sources import english, exchanges, forms, service
from tests.generator.sources.writing import hints_of_type

__all__ = ["TYPES", "WRITERS", "generate_type", "hints_of_type"]

WRITERS = {**exchanges.WRITERS, **english.WRITERS, **forms.WRITERS, **service.WRITERS}
"""Type -> functions that write one of its mails each."""
TYPES = tuple(WRITERS)


def generate_type(rng: random.Random, name: str) -> Sample:
    """Write one mail of a type; the same state of `rng` writes the same mail."""
    return rng.choice(WRITERS[name])(rng)
